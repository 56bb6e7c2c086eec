//! Where a part of a string's value is written: strings have escapes, and multi-line ones lose their indentation.

use std::ops::Range;

/// The bytes of a string literal that these bytes of its value are written with; `None` if it is not a string, or too short.
pub(in crate::text) fn part(literal: &str, range: &Range<usize>) -> Option<Range<usize>> {
    let mut walk = Walk::new(literal)?;
    let mut start = None;
    loop {
        // Where the character begins, and not the indentation before it.
        let Step { from, made } = walk.next()?;
        if made.start >= range.start && !made.is_empty() {
            start = start.or(Some(from));
        }
        if made.end >= range.end {
            return Some(start?..walk.at);
        }
    }
}

/// A character of the value.
struct Step {
    /// Its first byte in the literal.
    from: usize,
    /// Its bytes in the value.
    made: Range<usize>,
}

/// A walk through a literal, character by character of its value.
struct Walk<'a> {
    literal: &'a str,
    at: usize,
    /// Where the text ends.
    end: usize,
    /// The bytes of the value so far.
    made: usize,
    is_raw: bool,
    /// What each line begins with, if there are several lines.
    indent: Option<&'a str>,
    /// Whether the next character is the first of its line.
    is_new: bool,
}

impl<'a> Walk<'a> {
    fn new(literal: &'a str) -> Option<Self> {
        let hashes = literal.len() - literal.trim_start_matches('#').len();
        let quoted = literal.get(hashes..literal.len().checked_sub(hashes)?)?;
        let lines = quoted
            .strip_prefix("\"\"\"")
            .and_then(|rest| rest.strip_suffix("\"\"\""));
        let line = quoted
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'));
        let walk = |at: usize, text: &str| Self {
            literal,
            at,
            end: at + text.len(),
            made: 0,
            is_raw: hashes > 0,
            indent: None,
            is_new: false,
        };
        match lines {
            None => Some(walk(hashes + 1, line?)),
            Some(lines) => {
                let (first, last) = (lines.find('\n')?, lines.rfind('\n')?);
                let text = lines.get(first + 1..last).unwrap_or_default();
                Some(Self {
                    indent: lines.get(last + 1..),
                    is_new: true,
                    ..walk(hashes + 3 + first + 1, text)
                })
            }
        }
    }

    fn rest(&self) -> &'a str {
        self.literal.get(self.at..self.end).unwrap_or_default()
    }

    /// Skips the indentation of a line; a line of nothing but spaces is empty in the value.
    fn enter(&mut self) {
        let rest = self.rest();
        let line = rest.find('\n').map_or(rest, |end| &rest[..end]);
        let indent = self.indent.unwrap_or_default();
        self.at += match line.trim().is_empty() {
            true => line.len(),
            false if line.starts_with(indent) => indent.len(),
            false => 0,
        };
    }

    fn next(&mut self) -> Option<Step> {
        if std::mem::take(&mut self.is_new) && self.indent.is_some() {
            self.enter();
        }
        let rest = self.rest();
        let from = self.at;
        let first = rest.chars().next()?;
        let (written, made) = match first {
            '\r' if rest.starts_with("\r\n") => (2, 1),
            '\\' if !self.is_raw => escape(rest),
            _ => (first.len_utf8(), first.len_utf8()),
        };
        self.is_new = matches!(first, '\n' | '\r');
        self.at += written;
        let made = self.made..self.made + made;
        self.made = made.end;
        Some(Step { from, made })
    }
}

/// The bytes of the escape at the beginning of a text, and those of the value that it stands for.
fn escape(text: &str) -> (usize, usize) {
    let after = &text[1..];
    let spaces = after.len() - after.trim_start().len();
    if spaces > 0 {
        return (1 + spaces, 0);
    }
    let code = after
        .strip_prefix("u{")
        .and_then(|rest| rest.split_once('}'));
    match code {
        Some((digits, _)) => {
            let code = u32::from_str_radix(digits, 16).ok();
            let made = code.and_then(char::from_u32).map_or(1, char::len_utf8);
            (1 + 2 + digits.len() + 1, made)
        }
        None => (1 + after.chars().next().map_or(0, char::len_utf8), 1),
    }
}

#[cfg(test)]
mod tests;
