//! One node's own line, before its words are read.

use super::Node;
use std::ops::Range;

/// The words of a node, without comments and without its block.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// In order; the first is the name.
    pub words: Vec<Range<usize>>,
    /// Which words a `/-` takes out, in order.
    dropped_words: Vec<usize>,
    /// A `/-` that waits for what it takes out.
    pub slashdash: Option<Range<usize>>,
    /// A `/-` stands before the whole node.
    pub dropped: bool,
    /// A diagnostic was given already.
    pub faulty: bool,
    /// A block stood here: no further word may follow.
    pub ended: bool,
    /// What the words came to, once they were read.
    pub node: Option<Node>,
}

impl Line {
    /// Adds a word.
    pub(super) fn word(&mut self, range: Range<usize>) {
        match self.slashdash.take() {
            Some(_) if self.words.is_empty() => self.dropped = true,
            Some(_) => self.dropped_words.push(self.words.len()),
            None => {}
        }
        self.words.push(range);
    }

    /// Whether a `/-` waits for what it takes out.
    pub(super) fn awaits(&self) -> bool {
        self.slashdash.is_some()
    }

    /// Whether there is no word yet.
    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// What stands behind the name, and whether it is taken out; `key = value` is one.
    pub(super) fn entries(&self, text: &str) -> Vec<(Range<usize>, bool)> {
        let mut entries: Vec<(Range<usize>, bool)> = Vec::new();
        let mut dropped = self.dropped_words.iter().peekable();
        for (at, word) in self.words.iter().enumerate().skip(1) {
            let out = dropped.next_if_eq(&&at).is_some();
            match entries.last_mut() {
                Some((last, _))
                    if text[last.clone()].ends_with('=') || text[word.clone()].starts_with('=') =>
                {
                    last.end = word.end
                }
                _ => entries.push((word.clone(), out)),
            }
        }
        entries
    }
}
