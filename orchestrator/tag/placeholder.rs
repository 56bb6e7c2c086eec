//! Placeholders that do not depend on the variant: the clock, the commit, the variables.

use super::deferred::Deferred;
use super::{Placeholder, branch, deferred, describe, git_tag, now, sha, variable};
use crate::name::Version;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Facts about the source, from git or from the variables of the CI system.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GitFacts {
    /// The commit, 40 or 64 hex digits.
    pub sha: Option<String>,
    /// When `sha` was committed, in seconds since 1970; `None` if this clone does not have it.
    pub committed: Option<i64>,
    /// The branch that is built; `None` on a tag or a detached commit.
    pub branch: Option<String>,
    /// The branch that moves tags whose rule has no `on`; `main` or `master` if it is not known.
    pub default_branch: Option<String>,
    /// The git tag that is built.
    pub tag: Option<String>,
    /// The output of `git describe --tags --always`.
    pub describe: Option<String>,
    /// The number of the pull request, only in a run for one.
    pub pull_request: Option<String>,
    /// What identifies the CI system's pipeline, also when one of its jobs is run again. CircleCI servers without
    /// `CIRCLE_PIPELINE_ID` know only the workflow, which is a new one then.
    pub pipeline: Option<String>,
}

/// Everything that a placeholder may depend on.
#[derive(Debug, Clone, Copy)]
pub struct PlaceholderFacts<'a> {
    /// The time of the run.
    pub now: jiff::Timestamp,
    /// The commit, the branch and the git tag.
    pub git: &'a GitFacts,
    /// The values of the variables by name, validated.
    pub variables: &'a BTreeMap<String, String>,
}

/// The value of a placeholder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    /// The text that replaces the placeholder.
    pub text: String,
    /// Whether it is unique, so that every tag with it is fixed.
    pub fixed: bool,
    /// The version of the git tag that the text is made from.
    pub version: Option<Version>,
}

/// Why a placeholder has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfilled {
    /// The run does not know this fact: a tag with it is not made, and this is reported.
    Missing(String),
    /// The fact is known but makes no tag, as intended: a pre-release has no rung `minor`.
    Skipped(String),
    /// The git tag, the branch or the value makes no tag here, and its author probably expected one.
    Unmatched {
        /// A sentence fragment.
        why: String,
        /// What to do about it.
        help: String,
        /// Whether it is a mistake even if other rules make tags from the git tag.
        always: bool,
    },
    /// It is only known after the build: a tag may wait for it.
    Deferred(Deferred),
    /// It is not valid: the message and the help.
    Wrong(String, String),
}

/// A kind of placeholder: its name, and the function that fills it.
#[derive(Debug, Clone, Copy)]
pub struct PlaceholderKind {
    /// The name.
    pub name: &'static str,
    /// Whether it is allowed in any text, because it only depends on the workspace and the command line.
    pub anywhere: bool,
    /// Determines the value.
    pub fill: fn(&Placeholder, &PlaceholderFacts) -> Result<Filled, Unfilled>,
}

/// Every placeholder that is not an axis.
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

/// The kind of placeholder with this name.
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
            version: None,
        })
    }

    pub(super) fn fixed(text: impl Into<String>) -> Result<Self, Unfilled> {
        Ok(Self {
            text: text.into(),
            fixed: true,
            version: None,
        })
    }
}

impl Unfilled {
    pub(super) fn wrong<T>(message: impl Into<String>, help: impl Into<String>) -> Result<T, Self> {
        Err(Self::Wrong(message.into(), help.into()))
    }

    /// Nothing is left of a fact. What is beside it in the tag may be another tag, such as that of a release.
    pub(super) fn nothing_left<T>(
        why: impl Into<String>,
        help: impl Into<String>,
    ) -> Result<T, Self> {
        Err(Self::Unmatched {
            why: why.into(),
            help: help.into(),
            always: true,
        })
    }
}
