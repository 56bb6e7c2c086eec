//! What is out there now, as the survey found it.

use crate::matrix::VariantId;
use crate::name::{Digest, Reference};
use std::collections::{BTreeMap, BTreeSet};

/// The world outside at one moment. A run asks each question once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Whether the registries were asked at all.
    pub online: bool,
    /// Variants whose recipe is staged, green: `r-<recipe id>`.
    pub staged: BTreeMap<VariantId, Digest>,
    /// Those of them that were seen to pass the checks they have today.
    pub green: BTreeSet<VariantId>,
    /// The index that tags of several variants name, where all of these (in the order of the fleet) are staged.
    pub shared: BTreeMap<Vec<VariantId>, Digest>,
    /// Those whose images were asked for what their tags wait for, and these tags written.
    pub probed: BTreeSet<VariantId>,
    /// The highest published revision of a counted tag, and its image, by `repository:1.27.0-r{revision}`.
    pub revisions: BTreeMap<String, (u64, Digest)>,
    /// Public tags that exist.
    pub public: BTreeMap<Reference, Digest>,
}

/// Exactly which outside image is meant.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Lock {
    /// The manifest's digest in the registry, or the image id where only the engine has it.
    pub digest: Digest,
    pub source: LockSource,
}

/// Who said what a base is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum LockSource {
    Registry,
    /// No registry serves it; the engine has it.
    Engine,
}
