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

/// One text that stands for a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub text: String,
    pub origin: Origin,
    /// Made of something that never comes again (`{sha}`, a full date): its tags are fixed.
    pub fixed: bool,
}

/// Where a token comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
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
    /// A token that nothing nails down.
    pub fn new(text: impl Into<String>, origin: Origin) -> Self {
        Self { text: text.into(), origin, fixed: false }
    }

    /// The rung it stands on.
    pub fn rung(&self) -> Option<Rung> {
        match self.origin {
            Origin::Rung(rung) => Some(rung),
            _ => None,
        }
    }

    /// Whether a value that is `shared` may hand it to several variants: any token but its own name.
    pub fn is_shareable(&self) -> bool {
        matches!(self.origin, Origin::Default | Origin::Alias | Origin::Said)
    }
}

impl Origin {
    /// In words, for `how` a tag came about; nothing for a value's own name.
    pub fn word(self) -> Option<String> {
        match self {
            Origin::Name => None,
            Origin::Said => Some(String::from("token")),
            Origin::Default => Some(String::from("default")),
            Origin::Alias => Some(String::from("alias")),
            Origin::Rung(rung) => Some(format!("rung {rung}")),
        }
    }
}
