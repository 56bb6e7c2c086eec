//! What registries and engines have now, as the survey found it.

use crate::matrix::VariantId;
use crate::name::{Digest, Reference};
use std::collections::{BTreeMap, BTreeSet};

/// The state of the registries at one moment. A run queries each fact once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Whether the registries were queried at all.
    pub online: bool,
    /// The staged image of each variant's recipe: `r-<recipe id>`.
    pub staged: BTreeMap<VariantId, Digest>,
    /// Those of them that have passed their current checks.
    pub green: BTreeSet<VariantId>,
    /// By owners, in the order of the fleet: the index of shared tags, if all owners are staged.
    pub shared: BTreeMap<Vec<VariantId>, Digest>,
    /// The variants whose probed tags were read from the staged image and written.
    pub probed: BTreeSet<VariantId>,
    /// The highest published revision of a counted tag, and its image, by `repository:1.27.0-r{revision}`.
    pub revisions: BTreeMap<String, (u64, Digest)>,
    /// Public tags that exist.
    pub public: BTreeMap<Reference, Digest>,
}

/// The exact outside image that a reference resolves to.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Lock {
    /// The digest of the manifest in the registry, or the image id if only the engine has it.
    pub digest: Digest,
    /// Where the digest comes from.
    pub source: LockSource,
}

/// Where the digest of a base comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum LockSource {
    /// Its registry.
    Registry,
    /// The engine: the registry does not have the image.
    Engine,
}
