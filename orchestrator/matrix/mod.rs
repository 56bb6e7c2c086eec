//! Expands the manifest: images times axes gives variants, each with all that is needed to
//! render, build and publish it.
//!
//! ```text
//! variables -> axes -> cells (product, exclude, include) -> settings of each cell (when)
//!     -> from, texts, tags -> verify (one owner per reference) -> Fleet
//! ```
//!
//! This module queries no external system: all facts about the run come in as [`Inputs`].

mod build;
mod cells;
mod conditional;
mod expand;
mod faults;
mod fleet;
mod moment;
mod scope;
mod settings;
mod staging;
mod tags;
mod unused;
mod idle;
mod variables;
mod variant;

pub use cells::cell_set::glob;
pub use expand::{LARGEST, expand};
pub use faults::TOGETHER;
pub use fleet::cells::{Cell, Cells};
pub use fleet::deferred::{DeferredPart, DeferredTag};
pub use fleet::hook::{HOOK_VALUES, Hook, HookPart, HookValue};
pub use fleet::latest::{Latest, Recurring};
pub use fleet::param_text::{Machine, ParamText};
pub use fleet::public_tag::{Permission, PublicTag, TagKind};
pub use fleet::release::NameTaken;
pub use fleet::shared_tags::{SharedTag, SharedTags};
pub use fleet::variant_name::VariantName;
pub use fleet::variants::{
    Base, BaseId, Body, Ended, Fleet, Parent, Use, Variant, VariantId, read_through,
};
pub(crate) use settings::building::{size as shm_size, ulimit};
pub use variables::PREFIX as VARIABLE_PREFIX;

pub use crate::manifest::{Config, User};
pub use crate::tag::GitFacts;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The facts about a run besides the manifest; the entry point collects them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    /// The time of the run, read once.
    #[serde(with = "moment")]
    pub now: jiff::Timestamp,
    /// The values from `--var`, by the variable's name.
    pub variables: BTreeMap<String, String>,
    /// What this run changes, from `--set`: `IMAGE.arg.NAME=VALUE`.
    pub set: Vec<String>,
    /// Environment variables that set variables of the manifest, by their whole name: `KILN_VAR_GO_VERSION`.
    pub environment: BTreeMap<String, String>,
    /// The commit, the branch and the git tag.
    pub git: GitFacts,
    /// What started the run.
    pub event: Trigger,
    /// Whether the workspace is not trusted: builds get nothing of this machine.
    pub untrusted: bool,
}

/// Why this run was started, as far as `on=` depends on it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trigger {
    /// A push, a manual run, or anything else without a condition.
    #[default]
    Other,
    /// A schedule started it.
    Schedule,
    /// It is a release.
    Release,
    /// It checks a pull request: it is neither for a branch nor for a git tag, whatever they are called.
    PullRequest,
}

#[cfg(test)]
mod tests;
