//! The nodes that a block may contain, as rows of a table: a word, and what reads the node. A word without a reader
//! cannot be written down.

use crate::manifest::names;
use crate::text::kdl::{Node, Reader, duplicate, twice};
use crate::text::{Diagnostics, Span, Spanned};
use indexmap::IndexMap;
use std::collections::HashMap;

/// A node that a block may contain: its name, and what reads it into the block.
pub(super) struct Row<T>(pub &'static str, pub fn(&mut T, &mut Child<'_>));

/// The names of the nodes, in order.
pub(super) fn words<T>(rows: &[Row<T>]) -> Vec<&'static str> {
    rows.iter().map(|Row(word, _)| *word).collect()
}

/// Reads those of the nodes that have a row in one of the tables, in file order.
pub(super) fn read<T>(
    block: &mut T,
    tables: &[&[Row<T>]],
    nodes: &[(&'static str, &Node)],
    out: &mut Diagnostics,
) {
    let mut earlier = Earlier::default();
    for (word, node) in nodes {
        let mut rows = tables.iter().copied().flatten();
        if let Some(Row(word, read)) = rows.find(|row| row.0 == *word) {
            let mut child = Child {
                word,
                node,
                out,
                earlier: &mut earlier,
            };
            read(block, &mut child);
        }
    }
}

/// What a block has declared so far, and where.
#[derive(Default)]
struct Earlier {
    nodes: HashMap<&'static str, Span>,
    /// By node: the names in it.
    names: HashMap<(&'static str, String), Span>,
}

/// One node of a block.
pub(super) struct Child<'a> {
    /// Its name, correctly spelt.
    pub word: &'static str,
    pub node: &'a Node,
    pub out: &'a mut Diagnostics,
    earlier: &'a mut Earlier,
}

impl Child<'_> {
    /// Sets what a block declares once, unless there is a fault. A second declaration is reported.
    pub fn once<T>(&mut self, slot: &mut Option<T>, found: Option<T>) {
        self.once_of(self.word, self.node.span, slot, found);
    }

    /// The same for nodes of several names, of which a block has one; `at` is the place for messages.
    pub fn once_of<T>(
        &mut self,
        what: &'static str,
        at: Span,
        slot: &mut Option<T>,
        found: Option<T>,
    ) {
        if found.is_none() {
            return;
        }
        match self.earlier.nodes.get(what) {
            Some(first) => {
                let message = format!("`{what}` is declared twice");
                self.out.push(duplicate(&message, *first, at));
            }
            None => {
                self.earlier.nodes.insert(what, at);
                *slot = found;
            }
        }
    }

    /// Adds the pairs of a node such as `env PATH="…"`: at least one, and each name once in a block.
    pub fn pairs(&mut self, all: &mut IndexMap<String, Spanned<String>>, example: &str) {
        let (mut reader, mut names) = self.reader();
        names.add_all(all, &mut reader, example);
        reader.done();
    }

    /// Starts to read the node, and the names that the block has in such nodes.
    pub fn reader(&mut self) -> (Reader<'_, '_>, Names<'_>) {
        let names = Names(self.word, self.earlier);
        (Reader::new(self.node, self.out), names)
    }
}

/// The names that a block has in nodes of one name.
pub(super) struct Names<'a>(&'static str, &'a mut Earlier);

impl Names<'_> {
    /// Adds all properties that are still unread, at least one.
    pub fn add_all(
        &mut self,
        all: &mut IndexMap<String, Spanned<String>>,
        reader: &mut Reader,
        example: &str,
    ) {
        let pairs = reader.pairs();
        if pairs.is_empty() {
            names::no_pairs(reader, example);
        }
        for (name, value) in pairs {
            self.add(all, name, value, reader);
        }
    }

    /// Adds one pair. A name that exists already is reported.
    pub fn add<T>(
        &mut self,
        all: &mut IndexMap<String, T>,
        name: Spanned<String>,
        value: T,
        reader: &mut Reader,
    ) {
        let key = (self.0, name.value.clone());
        match self.1.names.get(&key) {
            Some(first) => reader.out().push(twice(&name, *first)),
            None => {
                self.1.names.insert(key, name.span);
                all.insert(name.value, value);
            }
        }
    }
}
