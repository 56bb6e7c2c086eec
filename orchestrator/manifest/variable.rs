//! `variable "registry" kind="string" default="…" one-of="a" "b" pattern="…"`

use crate::text::{Span, Spanned};

/// A value that a run may set from outside: `--var name=value`, `KILN_VAR_NAME`.
#[derive(Debug, Clone)]
pub struct Variable {
    pub span: Span,
    pub name: Spanned<String>,
    pub kind: VariableKind,
    /// Without one, a run must give it.
    pub default: Option<Spanned<String>>,
    /// The only values it may have; empty means any.
    pub one_of: Vec<Spanned<String>>,
    /// A regular expression the whole value must match.
    pub pattern: Option<Spanned<String>>,
}

/// The type of a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VariableKind {
    #[default]
    Text,
    Number,
    Bool,
    Version,
}
