//! The line of one node, before its words are parsed.

use super::Node;
use super::scan::is_quote;
use std::ops::Range;

/// The words of a node, without comments and blocks.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// The words in order; the first is the name.
    pub words: Vec<Range<usize>>,
    /// The column of the name, if it begins a line.
    pub column: Option<usize>,
    /// The indexes of the words that a `/-` comments out, in order.
    dropped_words: Vec<usize>,
    /// A `/-` whose item has not been read yet.
    pub slashdash: Option<Range<usize>>,
    /// Whether a `/-` comments out the whole node.
    pub dropped: bool,
    /// Whether a diagnostic was reported already.
    pub faulty: bool,
    /// Whether a block was read: no further word may follow.
    pub ended: bool,
    /// The node, once its words are parsed.
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

    /// Adds what is between quotes of another kind, if it is a word by itself.
    pub(super) fn word_in_quotes(&mut self, text: &str, range: Range<usize>) {
        let all = &text[range.clone()];
        let inner = all.trim_matches(is_quote);
        let start = range.start + all.find(inner).unwrap_or_default();
        let is_word = |c: char| c.is_alphanumeric() || "-_./".contains(c);
        if inner.starts_with(char::is_alphabetic) && inner.chars().all(is_word) {
            self.word(start..start + inner.len());
        }
    }

    /// Whether the item of a `/-` has not been read yet.
    pub(super) fn awaits(&self) -> bool {
        self.slashdash.is_some()
    }

    /// Whether there are no words yet.
    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The entries after the name, and whether each is commented out. `key = value` is one entry.
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
