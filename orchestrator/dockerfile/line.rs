//! Logical lines: a Dockerfile's continued lines joined, with a mapping back to the file's bytes.

use std::ops::Range;

/// One line of the file, without its line end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    /// Its text without `\n` or `\r\n`.
    pub text: &'a str,
    /// Where it starts in the file.
    pub start: usize,
    /// From 1.
    pub number: usize,
}

impl Line<'_> {
    /// The position in the file where its text ends.
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Whether builders drop the line everywhere, also between continued lines.
    pub fn is_comment(&self) -> bool {
        self.text.trim_start().starts_with('#')
    }

    /// Whether it has only white space.
    pub fn is_blank(&self) -> bool {
        self.text.trim_start().is_empty()
    }
}

/// The lines of a file, without its byte order mark.
pub(super) fn lines(text: &str) -> Vec<Line<'_>> {
    let mark = if text.starts_with('\u{feff}') {
        '\u{feff}'.len_utf8()
    } else {
        0
    };
    let mut start = mark;
    let mut lines = Vec::new();
    for (index, raw) in text[mark..].split_inclusive('\n').enumerate() {
        lines.push(Line {
            text: raw.trim_end_matches(['\n', '\r']),
            start,
            number: index + 1,
        });
        start += raw.len();
    }
    lines
}

/// Joined lines. Each byte can be mapped to its position in the file.
#[derive(Debug, Clone, Default)]
pub(super) struct Logical {
    pub text: String,
    pieces: Vec<Piece>,
}

/// A piece of one line.
#[derive(Debug, Clone, Copy)]
struct Piece {
    /// Its start in the joined text.
    start: usize,
    /// Where it starts in the file.
    source: usize,
    /// From 1.
    line: usize,
}

impl Logical {
    /// Adds a piece of a line: `text`, which begins after its first `skipped` bytes.
    pub fn push(&mut self, line: &Line<'_>, skipped: usize, text: &str) {
        if !text.is_empty() {
            self.pieces.push(Piece {
                start: self.text.len(),
                source: line.start + skipped,
                line: line.number,
            });
            self.text.push_str(text);
        }
    }

    /// The byte range in the file of a range of the joined text, including continuations inside it.
    pub fn bytes(&self, range: Range<usize>) -> Range<usize> {
        let (start, _) = self.place(range.start);
        let end = if range.is_empty() {
            start
        } else {
            self.place(range.end - 1).0 + 1
        };
        start..end
    }

    /// The line (from 1) of a byte of the joined text.
    pub fn line(&self, at: usize) -> usize {
        self.place(at).1
    }

    fn place(&self, at: usize) -> (usize, usize) {
        let after = self.pieces.partition_point(|piece| piece.start <= at);
        match self.pieces.get(after.wrapping_sub(1)) {
            Some(piece) => (piece.source + (at - piece.start), piece.line),
            None => (0, 1),
        }
    }
}

/// The text before a continuation mark at the line's end; `None` for a line that is not continued.
/// Two escape characters in a row are one literal character, as in newer builders.
pub(super) fn continued(line: &str, escape: char) -> Option<&str> {
    let rest = line.trim_end_matches([' ', '\t']).strip_suffix(escape)?;
    (!rest.ends_with(escape)).then_some(rest)
}

/// The words of a line, separated by white space as in instructions' arguments, with their positions.
pub(super) fn words(text: &str) -> Vec<Range<usize>> {
    let separates = |b: u8| matches!(b, b' ' | b'\t' | b'\r' | 0x0b | 0x0c);
    let mut words = Vec::new();
    let mut start = None;
    for (at, byte) in text.bytes().enumerate() {
        match (separates(byte), start) {
            (true, Some(from)) => {
                words.push(from..at);
                start = None;
            }
            (false, None) => start = Some(at),
            _ => {}
        }
    }
    words.extend(start.map(|from| from..text.len()));
    words
}

/// The words of a line as written; quotes and escapes protect white space.
/// A quote that is not closed extends to the end.
pub(super) fn quoted_words(text: &str, escape: char) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut start, mut quote, mut escaped) = (None, None, false);
    for (at, ch) in text.char_indices() {
        if escaped {
            escaped = false;
            continue;
        }
        if quote.is_none() && ch.is_whitespace() {
            words.extend(start.take().map(|from| &text[from..at]));
            continue;
        }
        start = start.or(Some(at));
        match quote {
            _ if ch == escape && quote != Some('\'') => escaped = true,
            Some(open) if open == ch => quote = None,
            None if ch == '"' || ch == '\'' => quote = Some(ch),
            _ => {}
        }
    }
    words.extend(start.map(|from| &text[from..]));
    words
}
