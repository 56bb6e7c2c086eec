//! Reading KDL 2: from text to a plain tree with the place of every word.
//!
//! Kiln itself finds blocks, comments and words (`scan`, `block`, `line`); the `kdl` crate parses
//! each single identifier, string and number (`words`). Given a whole file, the crate aborts the process
//! on deep nesting, long comments and many errors, needs exponential time for some unclosed blocks, and
//! returns no tree if anything is wrong. Given single words, it has none of these problems, an error covers
//! one word only, and the rest of the file is still read. No other module uses the crate.

mod block;
mod fault;
mod line;
mod literal;
mod mended;
mod reader;
mod scan;
#[cfg(test)]
mod tests;
mod unclosed;
mod unopened;
mod words;

pub use block::parse;
pub(in crate::text) use literal::part;
pub use mended::mended;
pub use reader::{
    DUPLICATE, Reader, duplicate, known_nodes, known_nodes_or, twice, unknown_property,
};

use super::{SourceId, Span, Spanned};

/// The largest file that is read, in bytes.
pub const LARGEST_FILE: usize = 256 * 1024;

/// The maximum nesting of blocks, and of comments.
pub const DEEPEST: usize = 64;

/// The nodes of one file.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The file.
    pub source: SourceId,
    /// The nodes in file order.
    pub nodes: Vec<Node>,
    /// Whether the whole file could be read. If not, there is a diagnostic for it, and a missing node is not
    /// another error.
    pub whole: bool,
}

/// `name argument key=value { children }`
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The node's name.
    pub name: Spanned<String>,
    /// Arguments and properties in the order they were written.
    pub entries: Vec<Entry>,
    /// `None` if there are no braces.
    pub children: Option<Vec<Node>>,
    /// From the name to the last entry.
    pub span: Span,
    /// Whether a part of the line could not be read. There is a diagnostic for it, and what is missing is not
    /// another error.
    pub faulty: bool,
}

/// An argument, or a property if it has a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The property's name.
    pub name: Option<Spanned<String>>,
    /// The value.
    pub value: Spanned<Value>,
    /// From the name to the value.
    pub span: Span,
}

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A string.
    Text(String),
    /// The number as it is written: `1.30` is not `1.3`.
    Number(String),
    /// `#true` or `#false`
    Bool(bool),
    /// `#null`
    Null,
}

impl Value {
    /// Its type in words, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Text(_) => "text",
            Value::Number(_) => "a number",
            Value::Bool(_) => "a boolean",
            Value::Null => "null",
        }
    }
}
