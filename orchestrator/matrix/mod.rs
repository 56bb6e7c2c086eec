//! Expands the manifest: images times axes gives variants, each with all that is needed to
//! render, build and publish it.
//!
//! ```text
//! variables -> axes -> cells (product, exclude, include) -> settings of each cell (when)
//!     -> from, texts, tags -> proof (one owner per reference) -> Fleet
//! ```
//!
//! This module queries no external system: all facts about the run come in as [`Inputs`].

mod axis;
mod build;
mod cells;
mod checks;
mod settings;
mod config;
mod expand;
mod faults;
mod fleet;
mod from;
mod conditions;
mod deferred;
mod cell_set;
mod naming;
mod needs;
mod orphan;
mod params;
mod proof;
mod rule;
mod scope;
mod select;
mod shared_tags;
mod tags;
mod text;
mod toolsets;
mod unused;
mod variant;
mod variables;

pub use deferred::{DeferredPart, DeferredTag};
pub use expand::{LARGEST, expand};
pub use fleet::{
    Base, BaseId, Body, Cell, Config, Fleet, Parent, Permission, PublicTag, TagKind, Use, User,
    Variant, VariantId,
};
pub use params::{Machine, fill};
pub use select::select;
pub use shared_tags::{SharedTag, SharedTags};

pub use crate::tag::GitFacts;
use std::collections::BTreeMap;

/// The facts about a run besides the manifest; the entry point collects them.
#[derive(Debug, Clone)]
pub struct Inputs {
    /// The time of the run, read once.
    pub now: jiff::Timestamp,
    /// The values from `--var` and `KILN_VAR_*`, by the variable's name.
    pub variables: BTreeMap<String, String>,
    pub git: GitFacts,
    pub event: Trigger,
}

/// Why this run was started, as far as `on=` depends on it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Trigger {
    /// Whether a schedule started it.
    pub schedule: bool,
    /// Whether it is a release.
    pub release: bool,
}

#[cfg(test)]
mod tests;
