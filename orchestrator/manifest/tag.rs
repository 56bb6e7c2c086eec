//! `tag "{version}-{variant}" rungs="full" per="cell" fixed=#true on="branch:main"`

use crate::manifest::Rung;
use crate::text::{Span, Spanned};

/// A pattern that makes tags.
#[derive(Debug, Clone)]
pub struct TagRule {
    pub span: Span,
    pub pattern: Spanned<String>,
    /// Narrows the rungs that its axes climb.
    pub rungs: Option<Vec<Spanned<Rung>>>,
    pub per: Per,
    /// Written once.
    pub fixed: bool,
    /// When it may be written; empty means the default branch.
    pub on: Vec<Condition>,
}

/// Among whom a moving rung has its highest value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Per {
    /// All values of the axis in the image.
    #[default]
    Image,
    /// The variants that share the other tokens.
    Cell,
}

/// `branch:main`, `tag:v*`, `schedule`, `release`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    Branch(Spanned<String>),
    Tag(Spanned<String>),
    Schedule(Span),
    Release(Span),
}
