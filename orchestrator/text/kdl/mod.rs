//! Reading KDL 2: text in, a plain tree with the place of every word out.
//!
//! Blocks, comments and words are found by kiln itself ([`scan`], [`block`], [`line`]); the `kdl` crate
//! reads each single identifier, string and number ([`words`]). Given a whole file, the crate aborts
//! the process on deep nesting, on long comments and on many faults, takes exponential time on some
//! unclosed blocks, and gives no tree where anything is wrong. Given one word it does none of that, a
//! fault is no wider than its word, and all else is still read. Nobody else sees the crate.

mod block;
mod fault;
mod line;
mod reader;
mod scan;
#[cfg(test)]
mod tests;
mod words;

pub use block::parse;
pub use reader::{Reader, duplicate, known_nodes, unknown_property};

use super::{SourceId, Span, Spanned};

/// The largest file that is read, in bytes.
pub const LARGEST_FILE: usize = 256 * 1024;

/// The most blocks that may lie in each other, and likewise comments.
pub const DEEPEST: usize = 64;

/// One file's nodes.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    pub source: SourceId,
    pub nodes: Vec<Node>,
    /// Nothing was left unread. Otherwise a diagnostic says so, and a node that is missing is no further fault.
    pub whole: bool,
}

/// `name argument key=value { children }`
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub name: Spanned<String>,
    /// Arguments and properties in the order they were written.
    pub entries: Vec<Entry>,
    /// `None` without braces.
    pub children: Option<Vec<Node>>,
    /// From the name to the last entry.
    pub span: Span,
    /// The line could not be read and a diagnostic says so: whatever is missing is no further fault.
    pub faulty: bool,
}

/// An argument, or a property where it has a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub name: Option<Spanned<String>>,
    pub value: Spanned<Value>,
    /// Name, `=` and value.
    pub span: Span,
}

/// A value as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Text(String),
    /// As it was written: `1.30` is not `1.3`.
    Number(String),
    Bool(bool),
    Null,
}

impl Value {
    /// What it is, in words.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Text(_) => "text",
            Value::Number(_) => "a number",
            Value::Bool(_) => "a truth value",
            Value::Null => "nothing",
        }
    }
}
