//! Sources: the files that were read, and places in them.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// How the path of a source begins that comes with kiln, and not from a file of the workspace.
pub const FROM_KILN: &str = "kiln's ";

/// A file, or another named text, that was read.
#[derive(Debug, Clone)]
pub struct Source {
    /// The path relative to the workspace, with `/` between its parts.
    pub path: Arc<str>,
    /// The whole text.
    pub text: Arc<str>,
}

/// The number of a source in its [`Sources`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub u32);

/// All sources of one run; spans point into them.
#[derive(Debug, Clone, Default)]
pub struct Sources(Vec<Source>);

impl Sources {
    /// Adds a source and returns its id.
    pub fn add(&mut self, path: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> SourceId {
        let id = SourceId(u32::try_from(self.0.len()).unwrap_or(u32::MAX));
        self.0.push(Source {
            path: path.into(),
            text: text.into(),
        });
        id
    }

    /// The source with an id.
    pub fn get(&self, id: SourceId) -> Option<&Source> {
        self.0.get(id.0 as usize)
    }

    /// All sources, in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        (0u32..).map(SourceId).zip(&self.0)
    }

    /// `path:line:column` of a span's start. Lines and columns count from 1, columns in characters.
    pub fn place(&self, span: Span) -> String {
        let Some(source) = self.get(span.source) else {
            return String::from("?");
        };
        let (line, column) = source.position(span.start as usize);
        format!("{}:{line}:{column}", source.path)
    }
}

impl Source {
    /// Line and column (from 1, columns in characters) of a byte offset.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let mut at = offset.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        let before = &self.text[..at];
        let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        (line, column)
    }
}

/// A range of bytes in a source, end excluded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The source.
    pub source: SourceId,
    /// The first byte.
    pub start: u32,
    /// The byte after the last one.
    pub end: u32,
}

/// The bytes of a line (from 1) without its end; behind the text if it has no such line.
pub fn line_bytes(text: &str, line: usize) -> Range<usize> {
    let before = text.split_inclusive('\n').take(line.saturating_sub(1));
    let start: usize = before.map(str::len).sum();
    let rest = text.get(start..).unwrap_or_default();
    start..start + rest.lines().next().map_or(0, str::len)
}

impl Span {
    /// A range of bytes in a source.
    pub fn of(source: SourceId, bytes: &Range<usize>) -> Self {
        let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self {
            source,
            start: byte(bytes.start),
            end: byte(bytes.end),
        }
    }

    /// Whether another place is inside of this one.
    pub fn contains(self, other: Span) -> bool {
        self.source == other.source && self.start <= other.start && other.end <= self.end
    }
}

/// A place, or a part of the value that is written there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// The place.
    pub span: Span,
    /// The bytes of the value, if only these are meant.
    pub within: Option<Range<usize>>,
}

impl From<Span> for Place {
    fn from(span: Span) -> Self {
        Self { span, within: None }
    }
}

/// A value with its place in a source. Only the value counts for equality.
#[derive(Clone)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// A value at a place.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }

    /// Converts the value and keeps the place.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned {
            value: f(self.value),
            span: self.span,
        }
    }
}

impl<T> std::ops::Deref for Spanned<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Spanned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl<T: PartialEq> PartialEq for Spanned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Spanned<T> {}
