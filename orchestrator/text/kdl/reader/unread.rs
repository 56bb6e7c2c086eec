//! What is left of a node after everything known was read.

use super::Reader;
use super::names::{argument_hint, unknown_property};
use crate::text::kdl::{Document, Entry, Node, Value};
use crate::text::{Diagnostic, Diagnostics, Span, Spanned, suggest};
use std::collections::HashSet;

impl Reader<'_, '_> {
    /// Reports everything that is still unread.
    pub fn done(self) {
        let Self {
            node,
            out,
            taken,
            known,
            flags,
            children_allowed,
            one_each,
        } = self;
        let what = &node.name.value;
        for (at, entry) in node
            .entries
            .iter()
            .enumerate()
            .filter(|(at, _)| !taken[*at])
        {
            if node.entries[..=at].iter().any(|one| is_end(one, out)) {
                break;
            }
            if let (Some(word), true) = (
                bare_word(entry).filter(|word| suggest(word, flags.iter().copied()).is_none()),
                at + 1 < node.entries.len(),
            ) {
                out.push(missing_end(what, word, entry));
                // What follows belongs to the next node.
                break;
            }
            out.push(match &entry.name {
                Some(name) => unknown_property(name, what, &known),
                None => Diagnostic::error(
                    "manifest::unknown-argument",
                    format!("`{what}` takes no further arguments"),
                )
                .at(entry.value.span, "one too many")
                .help(argument_hint(&entry.value, &flags, one_each)),
            });
        }
        let runs_on = node.entries.iter().any(|one| is_end(one, out));
        // The block is that of the node which follows in the line.
        let children = node.children.as_ref().filter(|_| !runs_on);
        if let (false, Some(children)) = (children_allowed, children) {
            let span = children
                .first()
                .map_or(node.name.span, |child| child.name.span);
            out.push(
                Diagnostic::error("manifest::unknown-node", format!("`{what}` takes no block"))
                    .at(
                        span,
                        if children.is_empty() {
                            "it has an empty block"
                        } else {
                            "not expected here"
                        },
                    )
                    .help("remove the block, or move its nodes to another place"),
            );
        }
    }
}

/// An argument that is a word without quotes, such as the name of a node.
pub(super) fn bare_word(entry: &Entry) -> Option<&str> {
    let Value::Text(text) = &entry.value.value else {
        return None;
    };
    let length = (entry.value.span.end - entry.value.span.start) as usize;
    let is_word = text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    (entry.name.is_none() && is_word && length == text.len()).then_some(text)
}

/// Whether the node was already found to end before this word.
fn is_end(word: &Entry, out: &Diagnostics) -> bool {
    let mut found = out.iter().filter(|fault| fault.code == MISSING_END);
    found.any(|fault| fault.labels.first().map(|label| label.span) == Some(word.value.span))
}

/// A node stands behind another one in its line, and was not read.
pub const MISSING_END: &str = "manifest::missing-end";

/// The documents as if the ends of nodes that were found to be missing were written, so that the rest can be read.
pub fn with_ends(documents: &[Document], found: &Diagnostics) -> Vec<Document> {
    let missing = found.iter().filter(|fault| fault.code == MISSING_END);
    let places = missing.filter_map(|fault| Some(fault.labels.first()?.span));
    let places: HashSet<Span> = places.collect();
    let ended = |document: &Document| Document {
        nodes: ended(&document.nodes, &places),
        ..document.clone()
    };
    documents.iter().map(ended).collect()
}

fn ended(nodes: &[Node], places: &HashSet<Span>) -> Vec<Node> {
    let mut all = Vec::new();
    for node in nodes {
        let mut rest = Node {
            children: node.children.as_ref().map(|inner| ended(inner, places)),
            ..node.clone()
        };
        let is_name = |entry: &Entry| places.contains(&entry.value.span);
        while let Some((first, next)) = rest
            .entries
            .iter()
            .position(is_name)
            .and_then(|at| split(&rest, at))
        {
            all.push(first);
            rest = next;
        }
        all.push(rest);
    }
    all
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

/// For the name of a node that stands behind another node in the same line.
pub(super) fn missing_end(what: &str, word: &str, entry: &Entry) -> Diagnostic {
    let message = format!("`{what}` ends here: a `;` or a line break is missing before `{word}`");
    Diagnostic::error(MISSING_END, message)
        .at(entry.value.span, "write `;` before this")
        .help(format!(
            "`;` or a line break ends a node: `{what} …; {word} …`"
        ))
}
