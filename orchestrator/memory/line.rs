//! Never backwards: which run wrote a tag, and whether another run may write it over.

use super::Scope;
use crate::name::{Digest, Version};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// The versions that a tag was written for: by version axis in the order of the manifest, or of the git tag.
pub type Versions = IndexMap<String, Version>;

/// One line of a record: under which circumstances a run wrote a public tag. It is written before the tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The versions of the variant.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub versions: Versions,
    /// The commit of the run that wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// The time of that commit, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub committed: Option<i64>,
    /// When that run read the registries, in milliseconds since 1970.
    pub surveyed: i64,
    /// The run that moved the tag to the image, if this line is that of a later one, which has found it there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mover: Option<Mover>,
    /// What the tag named before, if it named another image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<Digest>,
    /// The images that were withdrawn when the tag was moved back to this one.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub withdrew: BTreeSet<Digest>,
    /// The image that `kiln rollback` moved the tag back from, if that was the last that moved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back_from: Option<Digest>,
    /// The branch, or the pull request, of that run; `None` for a git tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// Whether the tag differs from run to run, or with the value of a variable: that later runs do not have it means nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub varies: bool,
    /// Whether it is one of ever more tags that are written once, such as `{sha}`: old ones are forgotten.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub once: bool,
}

/// A run that moved a tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mover {
    /// When it read the registries, in milliseconds since 1970.
    pub surveyed: i64,
    /// Its commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// The time of that commit, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub committed: Option<i64>,
    /// Its branch, or its pull request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
}

/// How the commit of this run relates to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// They are the same.
    Same,
    /// This run's commit is an ancestor of the other one.
    Older,
    /// It is not.
    NotOlder,
    /// The clone does not know the other one.
    Unknown,
}

/// The history of the workspace, as far as its clone knows it.
pub trait Revisions: Send + Sync {
    /// Whether the commit `own` comes before `other`.
    fn order(&self, own: &str, other: &str) -> Order;
}

/// No history: every other commit is unknown.
#[derive(Debug, Clone, Copy)]
pub struct NoHistory;

impl Revisions for NoHistory {
    fn order(&self, own: &str, other: &str) -> Order {
        match own == other {
            true => Order::Same,
            false => Order::Unknown,
        }
    }
}

/// Why a tag stays where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hold {
    /// It names an image of a higher version.
    Version {
        /// The version of that image.
        theirs: String,
        /// The version of this run's image.
        ours: String,
    },
    /// A run of a later commit wrote it.
    Revision {
        /// That commit.
        theirs: String,
    },
    /// Another run of the same commit read the registries later.
    Survey,
    /// Another run read the registries later, and one of the two has no commit.
    Run,
}

impl Line {
    /// The run that moved the tag to the image.
    pub fn mover(&self) -> Mover {
        self.mover.clone().unwrap_or_else(|| Mover {
            surveyed: self.surveyed,
            revision: self.revision.clone(),
            committed: self.committed,
            scope: self.scope.clone(),
        })
    }

    /// The line of a later run in place of this one. That run may have found the tag at its image: who moved it and what it named
    /// before stay then, and so does that it was moved back.
    pub fn replaced_by(&self, later: &Self) -> Self {
        let back_from = match later.was {
            Some(_) => later.back_from,
            None => later.back_from.or(self.back_from),
        };
        let has_moved = later.was.is_some() || later.back_from.is_some();
        Self {
            was: later.was.or(self.was),
            mover: (!has_moved).then(|| self.mover()),
            back_from,
            withdrew: self.withdrew.union(&later.withdrew).copied().collect(),
            ..later.clone()
        }
    }

    /// Why a run with the line `ours` may not write a tag over the image whose record has this line.
    pub fn holds(&self, ours: &Line, history: &dyn Revisions) -> Option<Hold> {
        self.higher_version(ours)
            .or_else(|| self.later_revision(ours, history))
    }

    /// Whether this run comes after the one that wrote the line for an image that the tag names already: it is for a
    /// higher version or a later commit. A later run of the same commit has nothing to add.
    pub fn is_outdated_by(&self, ours: &Line, history: &dyn Revisions) -> bool {
        let hold = ours.holds(self, history);
        hold.is_some_and(|hold| !hold.is_later_run())
    }

    /// The first axis that differs decides.
    fn higher_version(&self, ours: &Line) -> Option<Hold> {
        let both = ours.versions.iter();
        let mut both = both.filter_map(|(axis, own)| Some((own, self.versions.get(axis)?)));
        let (own, other) = both.find(|(own, other)| own.compare(other) != Ordering::Equal)?;
        (own.compare(other) == Ordering::Less).then(|| Hold::Version {
            theirs: other.as_str().into(),
            ours: own.as_str().into(),
        })
    }

    fn later_revision(&self, ours: &Line, history: &dyn Revisions) -> Option<Hold> {
        let (Some(theirs), Some(own)) = (&self.revision, &ours.revision) else {
            return self.is_later(ours).then_some(Hold::Run);
        };
        let later = || Hold::Revision {
            theirs: theirs.clone(),
        };
        match history.order(own, theirs) {
            Order::Same => self.is_later(ours).then_some(Hold::Survey),
            Order::Older => Some(later()),
            Order::NotOlder => None,
            Order::Unknown => {
                let (other, own) = (self.committed?, ours.committed?);
                (other > own).then(later)
            }
        }
    }

    fn is_later(&self, ours: &Line) -> bool {
        self.surveyed > ours.surveyed
    }
}

impl Hold {
    /// Whether the other run only read the registries later: neither its version nor its commit is known to be newer.
    pub fn is_later_run(&self) -> bool {
        matches!(self, Hold::Survey | Hold::Run)
    }

    /// One sentence without a full stop.
    pub fn words(&self) -> String {
        match self {
            Hold::Version { theirs, ours } => {
                format!("it names version {theirs}, which is higher than {ours}")
            }
            Hold::Revision { theirs } => {
                let short = theirs.get(..12).unwrap_or(theirs);
                format!("a run of the later commit {short} moved it")
            }
            Hold::Survey => "a later run of the same commit moved it".into(),
            Hold::Run => "a later run moved it".into(),
        }
    }
}
