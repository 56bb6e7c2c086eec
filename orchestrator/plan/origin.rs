//! The run that a plan is made for, and what it writes into records.

use crate::memory::{Line, Scope, Versions};
use crate::name::Digest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The run that a plan is made for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The commit.
    pub revision: Option<String>,
    /// The time of the commit, in seconds since 1970.
    pub committed: Option<i64>,
    /// When the registries were read, in milliseconds since 1970.
    pub surveyed: i64,
    /// The time of the run, in seconds since 1970: that of `--now`, else that of the start. Decisions depend on it, such as
    /// whether a failing image is tried again. The order of two runs does not: that is a fact, and [`Origin::surveyed`] has it.
    #[serde(default)]
    pub now: i64,
    /// Whose newest images this run makes: the branch, or the pull request. `None` for a git tag.
    pub scope: Option<Scope>,
    /// The default branch, if it is another one: `None` in runs on the default branch.
    pub default: Option<Scope>,
    /// The git tag that the run is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git_tag: Option<String>,
}

impl Origin {
    /// Whether it is a run on the default branch, or outside of a git repository.
    pub fn is_default(&self) -> bool {
        let is_outside = self.scope.is_none() && self.git_tag.is_none() && self.revision.is_none();
        self.default.is_none() || is_outside
    }

    /// The default branch, if its name is known.
    pub fn default_branch(&self) -> Option<&str> {
        match self.default.as_ref().or(self.scope.as_ref())? {
            Scope::Branch(name) => Some(name),
            Scope::PullRequest(_) => None,
        }
    }

    /// What this run writes into the record of an image before it moves a tag to it.
    pub fn line(&self, versions: &Versions, was: Option<Digest>) -> Line {
        Line {
            versions: versions.clone(),
            revision: self.revision.clone(),
            committed: self.committed,
            surveyed: self.surveyed,
            mover: None,
            was,
            withdrew: BTreeSet::new(),
            back_from: None,
            scope: self.scope.clone(),
            varies: false,
            once: false,
        }
    }
}
