//! The words of one node. The `kdl` crate parses each identifier, string and number.

use super::line::Line;
use super::scan::Scanner;
use super::{Entry, Node, Value, fault};
use crate::text::{Diagnostic, Diagnostics, SourceId, Span, Spanned};
use kdl::{KdlEntry, KdlIdentifier, KdlValue};
use std::ops::Range;

/// A range of bytes as a span.
pub(super) fn span(source: SourceId, range: Range<usize>) -> Span {
    let at = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Span {
        source,
        start: at(range.start),
        end: at(range.end),
    }
}

/// Reads the words of a line; `None` if there are none. Each word that cannot be read is reported.
pub(super) fn read(
    source: SourceId,
    text: &str,
    line: &Line,
    out: &mut Diagnostics,
) -> Option<Node> {
    let (first, last) = (line.words.first()?, line.words.last()?);
    let words = Words { source, text };
    let mut node = Node {
        name: Spanned::new(text[first.clone()].to_owned(), span(source, first.clone())),
        entries: Vec::new(),
        children: None,
        span: span(source, first.start..last.end),
        faulty: line.faulty,
    };
    let (mut faults, mut is_listed) = (Vec::new(), false);
    match words.name(first) {
        Some(name) => node.name = name,
        None => faults.push(fault::name(&text[first.clone()], node.name.span)),
    }
    // After a `#` that was meant to begin a comment, there are no entries.
    let is_comment = !faults.is_empty() && text[first.clone()].starts_with('#');
    for (word, dropped) in line.entries(text) {
        let is_first = node.entries.is_empty() && faults.is_empty();
        match words.entry(&word) {
            Err(fault) if is_first && text[word.clone()].starts_with('=') => {
                let name = &text[first.clone()];
                faults.push(fault.help(fault::without_equals(name, &text[word.clone()])));
            }
            Ok(entry) => node.entries.extend((!dropped).then_some(entry)),
            Err(_) if is_comment => {}
            Err(fault) => match listed(text, &word) {
                // The values of a list are read; its signs are one fault.
                Some(value) => {
                    if !std::mem::replace(&mut is_listed, true) {
                        faults.push(fault::list(&text[first.clone()], words.span(&word)));
                    }
                    let value = words.entry(&value).ok();
                    node.entries.extend(value.filter(|_| !dropped));
                }
                None => faults.push(fault),
            },
        }
    }
    node.faulty |= !faults.is_empty();
    if !line.faulty {
        faults.into_iter().for_each(|fault| out.push(fault));
    }
    Some(node)
}

/// The value in a word that is written as part of a list, with a comma or brackets: `["a",`.
fn listed(text: &str, word: &Range<usize>) -> Option<Range<usize>> {
    let written = &text[word.clone()];
    let inner = written.trim_start_matches('[');
    let start = word.end - inner.len();
    let value = inner.trim_end_matches([',', ']']);
    let is_value = value.is_empty() || atom(value) == Some(value.len());
    (value.len() < written.len() && is_value).then_some(start..start + value.len())
}

/// Whether a word seems to be the name of a node: arguments or a block follow it on its line.
pub(super) fn begins_node(text: &str, word: &Range<usize>) -> bool {
    let is_name = text[word.clone()].starts_with(|c: char| c.is_ascii_alphabetic());
    let rest = text[word.end..].trim_start_matches([' ', '\t']);
    let ends = rest.is_empty() || rest.starts_with(['\n', '\r', ';', '}', '=']);
    is_name && atom(&text[word.clone()]) == Some(word.len()) && !ends && !rest.starts_with("//")
}

struct Words<'a> {
    source: SourceId,
    text: &'a str,
}

impl Words<'_> {
    fn span(&self, range: &Range<usize>) -> Span {
        span(self.source, range.clone())
    }

    /// An identifier or a string, as a name.
    fn name(&self, range: &Range<usize>) -> Option<Spanned<String>> {
        let word = &self.text[range.clone()];
        if atom(word)? != word.len() {
            return None;
        }
        let name = KdlIdentifier::parse(word).ok()?;
        Some(Spanned::new(name.value().to_owned(), self.span(range)))
    }

    /// `value`, or `name = value`.
    fn entry(&self, range: &Range<usize>) -> Result<Entry, Diagnostic> {
        let word = &self.text[range.clone()];
        let key = atom(word).unwrap_or(0);
        let value = word[key..]
            .trim_start()
            .strip_prefix('=')
            .map(|value| range.end - value.trim_start().len()..range.end);
        let fault =
            |value: &Range<usize>| fault::word(word, &self.text[value.clone()], self.span(range));
        let (name, value) = match value {
            Some(value) => (
                Some(
                    self.name(&(range.start..range.start + key))
                        .ok_or_else(|| fault(range))?,
                ),
                value,
            ),
            None => (None, range.clone()),
        };
        let found = self.value(&value).ok_or_else(|| fault(&value))?;
        Ok(Entry {
            name,
            value: Spanned::new(found, self.span(&value)),
            span: self.span(range),
        })
    }

    fn value(&self, range: &Range<usize>) -> Option<Value> {
        let word = &self.text[range.clone()];
        if word.is_empty() || atom(word)? != word.len() {
            return None;
        }
        Some(match KdlEntry::parse(word).ok()?.value() {
            KdlValue::String(text) => Value::Text(text.clone()),
            KdlValue::Integer(_) | KdlValue::Float(_) => Value::Number(word.to_owned()),
            KdlValue::Bool(truth) => Value::Bool(*truth),
            KdlValue::Null => Value::Null,
        })
    }
}

/// The length of the string, identifier, number or keyword at the beginning of a word; `None` if there is
/// none. Only such text reaches the crate: its error recovery for other text is recursive.
fn atom(word: &str) -> Option<usize> {
    if let Some(end) = Scanner::string(word) {
        return Some(end);
    }
    let end = word
        .find(|c: char| c == '=' || c.is_whitespace() || "()[]{}/\\;\"".contains(c))
        .unwrap_or(word.len());
    let hash = word[..end].rfind('#').is_none_or(|hash| hash == 0);
    (end > 0 && hash).then_some(end)
}
