//! The context that all parts of an expansion share.

use crate::manifest::Manifest;
use crate::matrix::Inputs;
use crate::matrix::settings::git_tags::GitTags;
use crate::name::Version;
use crate::tag::PlaceholderFacts;
use crate::text::Span;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The fleet as a whole, by name.
pub(super) struct Scope<'m> {
    pub manifest: &'m Manifest,
    pub inputs: &'m Inputs,
    /// The variables' validated values.
    pub variables: BTreeMap<String, String>,
    /// The version that the git tag of this run names.
    pub git_version: Option<Version>,
    /// Indexes into the manifest's lists, by name.
    pub bases: HashMap<&'m str, usize>,
    pub toolsets: HashMap<&'m str, usize>,
    pub images: HashMap<&'m str, usize>,
    pub used: Used,
}

/// The declarations that are used, so that the rest can be reported as unused.
#[derive(Default)]
pub(super) struct Used {
    pub bases: RefCell<HashSet<usize>>,
    pub toolsets: RefCell<HashSet<usize>>,
    pub variables: RefCell<HashSet<String>>,
    /// The rungs that a tag is made of, by their place.
    pub rungs: RefCell<HashSet<Span>>,
    /// The data that a text names, by the place of the first value of its axis, which images may share.
    pub data: RefCell<HashSet<(Span, String)>>,
    /// The axes that a tag names, by the place of the first value.
    pub tagged: RefCell<HashSet<Span>>,
    /// The axes whose first token a text names, likewise.
    pub tokens: RefCell<HashSet<Span>>,
    /// By their place, the changes of platforms that were made, and whether one of them changed anything.
    pub platform_changes: RefCell<HashMap<Span, bool>>,
    /// Whether a rule makes tags only in a run for a git tag, which this one is not.
    pub wants_git_tag: Cell<bool>,
    /// What the rules make of the git tag.
    pub git_tags: RefCell<GitTags>,
}

impl Scope<'_> {
    /// The facts that placeholders are filled from.
    pub fn facts(&self) -> PlaceholderFacts<'_> {
        PlaceholderFacts {
            now: self.inputs.now,
            git: &self.inputs.git,
            variables: &self.variables,
        }
    }

    /// The workspace's name.
    pub fn workspace(&self) -> &str {
        self.manifest
            .workspace
            .as_ref()
            .map_or("", |workspace| workspace.name.as_str())
    }
}
