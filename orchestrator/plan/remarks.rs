//! What a plan leaves as it is, and what is not known.

use crate::matrix::VariantName;
use crate::memory::Upgrade;
use crate::name::{Digest, Reference, Repository};
use crate::plan::Reason;
use crate::request::{FaultKind, WorldError};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Why an outside image is not known, or what a public tag names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unknown {
    /// The kind of the failure.
    pub kind: FaultKind,
    /// What was requested.
    pub what: String,
    /// The reason, with the place that names the image and a way out.
    pub why: String,
    /// For a public tag of the fleet, where the manifest declares its image: `kiln.kdl:6:1`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Arc<str>>,
}

impl From<&Unknown> for WorldError {
    fn from(unknown: &Unknown) -> Self {
        WorldError::fault(unknown.kind, &unknown.what, &unknown.why)
    }
}

impl From<&WorldError> for Unknown {
    fn from(error: &WorldError) -> Self {
        let (what, why) = match error {
            WorldError::Fault { what, why, .. } => (what.clone(), why.clone()),
            other => (String::from("the image"), other.to_string()),
        };
        Self {
            kind: error.kind(),
            what,
            why,
            published: None,
        }
    }
}

/// What a plan leaves as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remarks {
    /// Whether the engines of the machine that shows the plan cannot carry it out; warnings say why.
    #[serde(skip)]
    pub is_refused: bool,
    /// Variants of which it is not known whether their packages can be upgraded, and why.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unasked: BTreeMap<VariantName, String>,
    /// Variants with `refresh "upgrades"` whose images have no database of packages that kiln knows.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub unpackaged: BTreeSet<VariantName>,
    /// By variant, the packages with newer versions, where all packages were looked up.
    pub newer: BTreeMap<VariantName, BTreeSet<Upgrade>>,
    /// Repositories that were not read and to which this run writes nothing, and why.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unwritten: BTreeMap<Repository, String>,
    /// Kept variants whose outside images have moved, with what moved.
    pub older_bases: BTreeMap<VariantName, Vec<Reason>>,
    /// By parent that is built or moved: the variants that are based on it and not selected.
    pub left_behind: BTreeMap<VariantName, usize>,
    /// Variants whose names lead to images without a record.
    pub unrecorded: usize,
    /// Public tags that kiln wrote and that no variant has any more.
    pub orphaned: BTreeSet<Reference>,
    /// Fixed tags on images without a record: they stay where they are.
    pub stray_fixed: BTreeSet<Reference>,
    /// Fixed tags that name different images in the registries of their variant, with what each names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub differing: BTreeMap<Reference, Digest>,
    /// Moving tags on images without a record, with those images: this run replaces them.
    pub replaced: BTreeMap<Reference, Digest>,
}
