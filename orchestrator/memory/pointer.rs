//! Pointers: which image of a variant is the newest on a branch.

use crate::matrix::VariantName;
use crate::name::{Digest, Tag};
use serde::{Deserialize, Serialize};

/// Whose newest image a pointer names.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Scope {
    /// The runs on a branch.
    Branch(String),
    /// The runs for a pull request, by its number: its head may be called like any branch.
    PullRequest(String),
}

impl Scope {
    /// The tag that names a variant's newest image: `v-<hash of workspace, image, variant, branch>`.
    pub fn pointer(&self, workspace: &str, image: &str, variant: &VariantName) -> Tag {
        let (kind, name) = match self {
            Scope::Branch(name) => ("branch", name),
            Scope::PullRequest(number) => ("pull request", number),
        };
        let text = format!("kiln-pointer-1\n{workspace}\n{image}\n{variant}\n{kind} {name}\n");
        Tag::content('v', &[&Digest::of(text).hex()])
    }
}
