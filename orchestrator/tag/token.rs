//! Tokens: what a value contributes to a tag.
//!
//! The first token of a value is its name, or the text of `token=`, which may be empty. `default` adds
//! the empty token, and each `alias` adds one more:
//!
//! | declared | tokens |
//! | --- | --- |
//! | `value "trixie"` | `trixie` |
//! | `value "plain" token=""` | (empty) |
//! | `value "trixie" default` | `trixie`, (empty) |
//! | `value "24.17.0" { alias "krypton" "lts" }` | `24.17.0`, `krypton`, `lts` |
//!
//! The first token of a version is the rung `full`; its other rungs follow (see [`super::rung`]).

use super::Rung;
use crate::text::Span;

/// One text that a value contributes to tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The text.
    pub text: String,
    /// Its source.
    pub origin: TokenOrigin,
    /// Whether it contains something unique (`{sha}`, a full date), so that its tags are fixed.
    pub fixed: bool,
    /// Whether it differs from run to run (`{now:%Y.%m}`), so that it cannot name files.
    pub varies: bool,
    /// Whether it contains the value of a variable: runs with another value have another one.
    pub variable: bool,
    /// Where it is declared.
    pub span: Option<Span>,
}

/// Where a token comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenOrigin {
    /// The value's name.
    Name,
    /// The text of `token`, which replaces the name.
    Explicit,
    /// The empty token that `default` adds.
    Default,
    /// The text of an `alias`.
    Alias,
    /// A rung of a version.
    Rung(Rung),
}

impl Token {
    /// A token that is the same in every run.
    pub const fn new(text: String, origin: TokenOrigin, span: Option<Span>) -> Self {
        Self {
            text,
            origin,
            fixed: false,
            varies: false,
            variable: false,
            span,
        }
    }

    /// Its rung, if it has one.
    pub fn rung(&self) -> Option<Rung> {
        match self.origin {
            TokenOrigin::Rung(rung) => Some(rung),
            _ => None,
        }
    }

    /// Whether a `shared` value may share it with other variants: any token but the name and the rungs.
    pub fn is_shareable(&self) -> bool {
        matches!(
            self.origin,
            TokenOrigin::Default | TokenOrigin::Alias | TokenOrigin::Explicit
        )
    }
}

impl TokenOrigin {
    /// In words, to explain how a tag is made; `None` for the name of a value.
    pub fn word(self) -> Option<&'static str> {
        match self {
            TokenOrigin::Name => None,
            TokenOrigin::Explicit => Some("token"),
            TokenOrigin::Default => Some("default"),
            TokenOrigin::Alias => Some("alias"),
            TokenOrigin::Rung(Rung::Full) => Some("rung full"),
            TokenOrigin::Rung(Rung::Minor) => Some("rung minor"),
            TokenOrigin::Rung(Rung::Major) => Some("rung major"),
            TokenOrigin::Rung(Rung::None) => Some("rung none"),
            TokenOrigin::Rung(Rung::Latest) => Some("rung latest"),
        }
    }
}
