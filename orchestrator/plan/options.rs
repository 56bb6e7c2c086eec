//! What to plan for.

use crate::matrix::VariantId;
use crate::memory::{Compared, Revisions};
use crate::name::{Reference, Tag};
use crate::plan::Origin;
use std::collections::BTreeSet;

/// What to plan for.
#[derive(Clone)]
pub struct Options<'a> {
    /// Publish to registries; otherwise the images stay on the engine.
    pub push: bool,
    /// Without `push`: take what is current or staged instead of building it.
    pub reuse: bool,
    /// The selected variants; the plan adds their ancestors. Empty: nothing to do.
    pub selected: BTreeSet<VariantId>,
    /// Those of them that were selected by name; empty if nothing was.
    pub named: BTreeSet<VariantId>,
    /// Whether inputs that failed before are tried again in any case.
    pub retry: bool,
    /// What counts as a change.
    pub compared: Compared,
    /// Builds the selected variants again, under this token: a run with the same token resumes.
    pub force: Option<String>,
    /// Whether newer versions are looked up for all packages of the images, and not only for those that tool sets with
    /// `refresh "upgrades"` installed. They are shown, and no reason to build.
    pub all_packages: bool,
    /// Whether it is looked up if proofs exist that records remember.
    pub check_proofs: bool,
    /// Builds what is built without any cache.
    pub no_cache: bool,
    /// Tags that may go backwards, in every repository.
    pub allow_older: BTreeSet<Tag>,
    /// Further references that may go backwards.
    pub older: BTreeSet<Reference>,
    /// The run.
    pub origin: Origin,
    /// The history of the workspace.
    pub history: &'a dyn Revisions,
}

impl<'a> Options<'a> {
    /// The options of `kiln build`, with `--push` or without.
    pub fn new(push: bool, selected: BTreeSet<VariantId>, history: &'a dyn Revisions) -> Self {
        Self {
            push,
            reuse: false,
            selected,
            named: BTreeSet::new(),
            retry: false,
            compared: Compared::RecipeAndParents,
            force: None,
            all_packages: false,
            check_proofs: false,
            no_cache: false,
            allow_older: BTreeSet::new(),
            older: BTreeSet::new(),
            origin: Origin::default(),
            history,
        }
    }

    /// Whether the plan depends on what registries have.
    pub fn reads(&self) -> bool {
        self.push || self.reuse
    }

    /// Whether a tag may go backwards.
    pub fn allows_older(&self, reference: &Reference) -> bool {
        self.allow_older.contains(&reference.tag_or_latest()) || self.older.contains(reference)
    }
}
