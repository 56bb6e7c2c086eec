//! One node's own line: what the `kdl` crate reads, and how its faults become ours.

use super::{Entry, LONGEST_LINE, Node, Value, fault};
use crate::text::{Diagnostic, Diagnostics, SourceId, Span, Spanned};
use kdl::{KdlDocument, KdlEntry, KdlIdentifier, KdlValue};
use std::ops::Range;

/// The words of a node, without comments and without its block.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// Words and `/-` between them, in order.
    words: Vec<Range<usize>>,
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
            slashdash => self.words.extend(slashdash),
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

    /// The words at their places, spaces for all else.
    fn text(&self, text: &str, range: &Range<usize>) -> String {
        let mut line = String::with_capacity(range.len());
        for word in &self.words {
            line.extend(std::iter::repeat_n(' ', word.start - range.start - line.len()));
            line.push_str(&text[word.clone()]);
        }
        line
    }
}

/// A stretch of a source.
pub(super) fn span(source: SourceId, range: Range<usize>) -> Span {
    let at = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Span { source, start: at(range.start), end: at(range.end) }
}

/// Reads a line's words; `None` where there are none.
pub(super) fn read(source: SourceId, text: &str, line: &Line, out: &mut Diagnostics) -> Option<Node> {
    let (first, last) = (line.words.first()?, line.words.last()?);
    let range = first.start..last.end;
    let words = Words { source, base: range.start, text: line.text(text, &range) };
    if line.faulty {
        return Some(words.placeholder(first));
    }
    if range.len() > LONGEST_LINE {
        out.push(
            Diagnostic::error("kdl::too-large", format!("one node has {} KiB, {} at most", range.len() / 1024, LONGEST_LINE / 1024))
                .at(span(source, first.clone()), "this node")
                .help("put a long script into a file of its own"),
        );
        return Some(words.placeholder(first));
    }
    match KdlDocument::parse_v2(&words.text).as_ref().map(KdlDocument::nodes) {
        Ok([node]) => Some(words.node(node, out)),
        _ => Some(words.salvage(line, out)),
    }
}

/// A line's text and where it stands in its file.
struct Words {
    source: SourceId,
    base: usize,
    text: String,
}

impl Words {
    /// The file's place of a place in the line: moved to character boundaries, spaces at its ends taken off.
    fn span(&self, range: Range<usize>) -> Span {
        let range = self.clamp(range);
        span(self.source, self.base + range.start..self.base + range.end)
    }

    fn clamp(&self, range: Range<usize>) -> Range<usize> {
        let start = self.text.floor_char_boundary(range.start);
        let end = self.text.ceil_char_boundary(range.end.max(start));
        let slice = &self.text[start..end];
        let start = start + (slice.len() - slice.trim_start().len());
        start..start + slice.trim().len()
    }

    /// A node whose line cannot be read: its name, as far as it can be seen.
    fn placeholder(&self, first: &Range<usize>) -> Node {
        let word = &self.text[..first.len()];
        let name = KdlIdentifier::parse(word).map_or_else(|_| word.to_owned(), |name| name.value().to_owned());
        let name = Spanned::new(name, self.span(0..first.len()));
        Node { name, entries: Vec::new(), children: None, span: self.span(0..self.text.len()), faulty: true }
    }

    fn node(&self, node: &kdl::KdlNode, out: &mut Diagnostics) -> Node {
        if node.ty().is_some() {
            out.push(self.annotation(self.text.find('(').unwrap_or(0)..node.name().span().offset()));
        }
        let name = self.identifier(node.name());
        let entries = node.entries().iter().map(|entry| self.entry(entry, out)).collect();
        Node { name, entries, children: None, span: self.span(0..self.text.len()), faulty: false }
    }

    fn identifier(&self, name: &KdlIdentifier) -> Spanned<String> {
        let start = name.span().offset();
        Spanned::new(name.value().to_owned(), self.span(start..start + name.repr().map_or(name.len(), str::len)))
    }

    fn entry(&self, entry: &KdlEntry, out: &mut Diagnostics) -> Entry {
        let range = self.clamp(entry.span().offset()..entry.span().offset() + entry.span().len());
        if entry.ty().is_some() {
            out.push(self.annotation(range.clone()));
        }
        let written = entry.format().map_or("", |format| format.value_repr.as_str());
        let value = range.end.saturating_sub(written.len()).max(range.start)..range.end;
        let value = Spanned::new(Value::of(entry.value(), written), self.span(value));
        Entry { name: entry.name().map(|name| self.identifier(name)), value, span: self.span(range) }
    }

    fn annotation(&self, range: Range<usize>) -> Diagnostic {
        Diagnostic::error("kdl::annotation", "types are not annotated in a manifest")
            .at(self.span(range), "written with a type in parentheses")
            .help("remove the parentheses and what is in them")
    }

    /// Reads words one by one where the whole line cannot be read: what is wrong with which, and what is left.
    fn salvage(&self, line: &Line, out: &mut Diagnostics) -> Node {
        let mut node = self.placeholder(&line.words[0]);
        let before = out.total();
        if KdlIdentifier::parse(&self.text[..line.words[0].len()]).is_err() {
            out.push(fault::name(&self.text[..line.words[0].len()], node.name.span));
        }
        let mut dropped = false;
        for range in self.segments(line) {
            let word = &self.text[range.clone()];
            if word == "/-" {
                dropped = true;
                continue;
            }
            match KdlDocument::parse_v2(&format!("{}- {word}", " ".repeat(range.start.saturating_sub(2)))) {
                Ok(found) if range.start >= 2 => {
                    let entries = found.nodes().iter().flat_map(|node| node.entries());
                    let entries: Vec<Entry> = entries.map(|entry| self.entry(entry, out)).collect();
                    node.entries.extend(entries.into_iter().filter(|_| !dropped));
                }
                _ => out.push(fault::word(word, self.span(range))),
            }
            dropped = false;
        }
        if out.total() == before {
            out.push(fault::line(node.span));
        }
        node
    }

    /// The words behind the name; `key = value` is one.
    fn segments(&self, line: &Line) -> Vec<Range<usize>> {
        let mut segments: Vec<Range<usize>> = Vec::new();
        for word in line.words.iter().skip(1).map(|word| word.start - self.base..word.end - self.base) {
            let glued =
                segments.last().is_some_and(|last| self.text[last.clone()].ends_with('=') || self.text[word.clone()].starts_with('='));
            match segments.last_mut().filter(|_| glued) {
                Some(last) => last.end = word.end,
                None => segments.push(word),
            }
        }
        segments
    }
}

impl Value {
    fn of(value: &KdlValue, written: &str) -> Self {
        match value {
            KdlValue::String(text) => Value::Text(text.clone()),
            KdlValue::Integer(_) | KdlValue::Float(_) => Value::Number(written.to_owned()),
            KdlValue::Bool(truth) => Value::Bool(*truth),
            KdlValue::Null => Value::Null,
        }
    }
}
