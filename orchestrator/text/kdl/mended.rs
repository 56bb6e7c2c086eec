//! Documents as their author probably meant them: with the ends of nodes that are missing, and without misspelt words. A fault
//! says itself what is read in its place, so that nothing else follows from it.

use super::{Document, Entry, Node, Value};
use crate::text::{Diagnostic, Diagnostics, Mend, Span, Spanned};
use std::collections::{HashMap, HashSet};

/// The documents as the faults say that they are meant.
pub fn mended(documents: &[Document], found: &Diagnostics) -> Vec<Document> {
    let mends = Mends::of(found.iter());
    let mended = |document: &Document| Document {
        nodes: mends.nodes(&document.nodes),
        ..document.clone()
    };
    documents.iter().map(mended).collect()
}

/// What the faults say, by place.
struct Mends<'f> {
    words: HashMap<Span, &'f str>,
    ends: HashSet<Span>,
}

impl<'f> Mends<'f> {
    fn of(faults: impl Iterator<Item = &'f Diagnostic>) -> Self {
        let (mut words, mut ends) = (HashMap::new(), HashSet::new());
        for mend in faults.filter_map(|fault| fault.mend.as_deref()) {
            match mend {
                Mend::Word(at, word) => drop(words.insert(*at, word.as_str())),
                Mend::End(at) => drop(ends.insert(*at)),
            }
        }
        Self { words, ends }
    }

    fn nodes(&self, nodes: &[Node]) -> Vec<Node> {
        let mut all = Vec::new();
        for node in nodes {
            let mut rest = self.words(node);
            while let Some((first, next)) = rest
                .entries
                .iter()
                .position(|entry| self.ends.contains(&entry.value.span))
                .and_then(|at| split(&rest, at))
            {
                all.push(first);
                rest = next;
            }
            all.push(rest);
        }
        all
    }

    /// A node with the words that are meant.
    fn words(&self, node: &Node) -> Node {
        let mut entries: Vec<Entry> = Vec::new();
        for entry in &node.entries {
            let entry = self.entry(entry);
            // What is misspelt may be there in the right spelling, too.
            if !self.is_misspelt(&entry) || !has(node, &entry) {
                entries.push(entry);
            }
        }
        Node {
            name: self.name(&node.name),
            children: node.children.as_ref().map(|inner| self.nodes(inner)),
            entries,
            ..node.clone()
        }
    }

    fn entry(&self, entry: &Entry) -> Entry {
        Entry {
            name: entry.name.as_ref().map(|name| self.name(name)),
            value: self.value(&entry.value),
            span: entry.span,
        }
    }

    fn is_misspelt(&self, entry: &Entry) -> bool {
        let name = entry.name.as_ref();
        name.is_some_and(|name| self.words.contains_key(&name.span))
    }

    fn name(&self, name: &Spanned<String>) -> Spanned<String> {
        match self.words.get(&name.span) {
            Some(word) => Spanned::new((*word).to_owned(), name.span),
            None => name.clone(),
        }
    }

    fn value(&self, value: &Spanned<Value>) -> Spanned<Value> {
        let Value::Text(text) = &value.value else {
            return value.clone();
        };
        let meant = match self.words.get(&value.span) {
            Some(word) => (*word).to_owned(),
            None => self.parts(text, value.span),
        };
        Spanned::new(Value::Text(meant), value.span)
    }

    /// A text with the words in it that are meant, if it is written as it is.
    fn parts(&self, text: &str, span: Span) -> String {
        let length = (span.end - span.start) as usize;
        let quote = match length.checked_sub(text.len()) {
            Some(0) => 0,
            Some(2) => 1,
            _ => return text.to_owned(),
        };
        let mut parts: Vec<(usize, usize, &str)> = self
            .words
            .iter()
            .filter(|(at, _)| span.contains(**at))
            .filter_map(|(at, word)| {
                let from = |end: u32| ((end - span.start) as usize).checked_sub(quote);
                Some((from(at.start)?, from(at.end)?, *word))
            })
            .collect();
        parts.sort_unstable();
        let mut meant = text.to_owned();
        for (start, end, word) in parts.into_iter().rev() {
            if meant.get(start..end).is_some() {
                meant.replace_range(start..end, word);
            }
        }
        meant
    }
}

/// Whether another entry of a node is the property of this one in its right spelling.
fn has(node: &Node, entry: &Entry) -> bool {
    let others = node.entries.iter().filter(|one| one.span != entry.span);
    let mut names = others.filter_map(|one| one.name.as_ref());
    names.any(|name| Some(&name.value) == entry.name.as_ref().map(|name| &name.value))
}

/// A node that ends before one of its words, and the node that the word begins.
fn split(node: &Node, at: usize) -> Option<(Node, Node)> {
    let entry = node.entries.get(at)?;
    let Value::Text(word) = &entry.value.value else {
        return None;
    };
    let (before, after) = (&node.entries[..at], &node.entries[at + 1..]);
    let end = before
        .last()
        .map_or(node.name.span.end, |last| last.span.end);
    let first = Node {
        entries: before.to_vec(),
        children: None,
        span: Span { end, ..node.span },
        ..node.clone()
    };
    let next = Node {
        name: Spanned::new(word.clone(), entry.value.span),
        entries: after.to_vec(),
        children: node.children.clone(),
        span: Span {
            start: entry.span.start,
            ..node.span
        },
        faulty: node.faulty,
    };
    Some((first, next))
}
