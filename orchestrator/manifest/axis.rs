//! `axis "name" kind="version" rungs="full minor" { value "1.26.5" …; }`

pub use crate::tag::Rung;
use crate::text::{Span, Spanned};

/// One dimension of an image's matrix.
#[derive(Debug, Clone)]
pub struct Axis {
    pub span: Span,
    pub name: Spanned<String>,
    pub kind: AxisKind,
    /// The rungs a version axis climbs; `full` alone where nothing is said.
    pub rungs: Vec<Spanned<Rung>>,
    pub values: Vec<Value>,
}

/// What an axis's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AxisKind {
    #[default]
    Word,
    Version,
}

/// One value of an axis.
#[derive(Debug, Clone)]
pub struct Value {
    pub span: Span,
    pub name: Spanned<String>,
    /// What stands for it in tags instead of its name; may be empty.
    pub token: Option<Spanned<String>>,
    /// Whether it also answers to the empty token.
    pub default: Option<Span>,
    /// Whether its tags may be shared with another variant's on other platforms.
    pub shared: Option<Span>,
    /// Further tokens, made for this value alone.
    pub aliases: Vec<Spanned<String>>,
    /// Data of its own: `set build="1654"`.
    pub data: Vec<(Spanned<String>, Spanned<String>)>,
}
