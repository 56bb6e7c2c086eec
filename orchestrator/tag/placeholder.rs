//! Placeholders that do not depend on the cell: the clock, the commit, the variables.

use super::deferred::Deferred;
use super::{Placeholder, branch, deferred, describe, git_tag, now, sha, variable};
use std::collections::BTreeMap;

/// What git (or the CI's variables) says about the source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GitFacts {
    /// The commit, 40 or 64 hex digits.
    pub sha: Option<String>,
    /// The branch that is built; none on a tag or a detached commit.
    pub branch: Option<String>,
    /// The branch that moves tags where a rule says nothing; `main` or `master` where it is not known.
    pub default_branch: Option<String>,
    /// The git tag that is built.
    pub tag: Option<String>,
    /// As `git describe --tags --always` has it.
    pub describe: Option<String>,
}

/// All that a placeholder may ask.
#[derive(Debug, Clone, Copy)]
pub struct PlaceholderFacts<'a> {
    pub now: jiff::Timestamp,
    pub git: &'a GitFacts,
    /// By name; validated.
    pub variables: &'a BTreeMap<String, String>,
}

/// What a placeholder came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    pub text: String,
    /// Whether it never comes again, so that a tag with it is fixed by nature.
    pub fixed: bool,
}

/// Why it came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfilled {
    /// This run has no such fact: a tag with it is not made, and the author is told.
    Missing(String),
    /// The fact is there and gives no tag, as it should: a pre-release has no rung `minor`.
    Skipped(String),
    /// It is known only after the build: a tag may wait for it.
    Deferred(Deferred),
    /// It is written wrongly: the sentence, and a way out.
    Wrong(String, String),
}

/// A placeholder: its name, and how it is filled.
#[derive(Debug, Clone, Copy)]
pub struct PlaceholderKind {
    pub name: &'static str,
    /// Whether it may stand in any text, because it depends on the workspace and the call alone.
    pub anywhere: bool,
    pub fill: fn(&Placeholder, &PlaceholderFacts) -> Result<Filled, Unfilled>,
}

/// Every placeholder that is no axis.
pub const PLACEHOLDERS: [PlaceholderKind; 8] = [
    PlaceholderKind {
        name: "now",
        anywhere: false,
        fill: now::fill,
    },
    PlaceholderKind {
        name: "sha",
        anywhere: false,
        fill: sha::fill,
    },
    PlaceholderKind {
        name: "branch",
        anywhere: false,
        fill: branch::fill,
    },
    PlaceholderKind {
        name: "tag",
        anywhere: false,
        fill: git_tag::fill,
    },
    PlaceholderKind {
        name: "describe",
        anywhere: false,
        fill: describe::fill,
    },
    PlaceholderKind {
        name: "var",
        anywhere: true,
        fill: variable::fill,
    },
    PlaceholderKind {
        name: "revision",
        anywhere: false,
        fill: deferred::revision,
    },
    PlaceholderKind {
        name: "probe",
        anywhere: false,
        fill: deferred::probe,
    },
];

/// The placeholder of this name.
pub fn placeholder_kind(name: &str) -> Option<&'static PlaceholderKind> {
    PLACEHOLDERS
        .iter()
        .find(|placeholder| placeholder.name == name)
}

impl Filled {
    pub(super) fn moving(text: impl Into<String>) -> Result<Self, Unfilled> {
        Ok(Self {
            text: text.into(),
            fixed: false,
        })
    }

    pub(super) fn fixed(text: impl Into<String>) -> Result<Self, Unfilled> {
        Ok(Self {
            text: text.into(),
            fixed: true,
        })
    }
}

impl Unfilled {
    pub(super) fn wrong<T>(message: impl Into<String>, help: impl Into<String>) -> Result<T, Self> {
        Err(Self::Wrong(message.into(), help.into()))
    }
}
