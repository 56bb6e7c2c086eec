//! Tokens: what may stand for a value in a tag.
//!
//! A value has its own token first: its name, or what `token=` says, which may be empty. `default`
//! adds the empty token, and each `alias` one more:
//!
//! | declared | tokens |
//! | --- | --- |
//! | `value "trixie"` | `trixie` |
//! | `value "plain" token=""` | (empty) |
//! | `value "trixie" default` | `trixie`, (empty) |
//! | `value "24.17.0" { alias "krypton" "lts" }` | `24.17.0`, `krypton`, `lts` |
//!
//! A version's own token is the rung `full`; its other rungs stand behind it (see [`super::rung`]).

use super::Rung;
use crate::text::Span;

/// One text that stands for a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub text: String,
    pub origin: TokenOrigin,
    /// Made of something that never comes again (`{sha}`, a full date): its tags are fixed.
    pub fixed: bool,
    /// Differs from run to run (`{now:%Y.%m}`): it names no files.
    pub varies: bool,
    /// Where it is written.
    pub span: Option<Span>,
}

/// Where a token comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenOrigin {
    /// The value's name.
    Name,
    /// What `token` says instead of the name.
    Said,
    /// The empty token of the value that `default` names.
    Default,
    Alias,
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
            span,
        }
    }

    /// The rung it stands on.
    pub fn rung(&self) -> Option<Rung> {
        match self.origin {
            TokenOrigin::Rung(rung) => Some(rung),
            _ => None,
        }
    }

    /// Whether a value that is `shared` may hand it to several variants: any token but its own name.
    pub fn is_shareable(&self) -> bool {
        matches!(
            self.origin,
            TokenOrigin::Default | TokenOrigin::Alias | TokenOrigin::Said
        )
    }
}

impl TokenOrigin {
    /// In words, for how a tag came about; nothing for a value's own name.
    pub fn word(self) -> Option<&'static str> {
        match self {
            TokenOrigin::Name => None,
            TokenOrigin::Said => Some("token"),
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
