//! Shared tags: references that several variants own together, each an index over the platforms of all of them.

use crate::matrix::fleet::public_tag::TagKind;
use crate::matrix::fleet::variants::{Fleet, VariantId};
use crate::name::Reference;
use indexmap::IndexMap;
use std::collections::BTreeSet;

/// The references of one set of owners.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedTags {
    /// At least two, in the order of the fleet, which is the order of their images in the index.
    pub owners: Vec<VariantId>,
    /// In the order of the first owner's references.
    pub tags: Vec<SharedTag>,
}

/// One reference that several variants own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedTag {
    /// The reference.
    pub reference: Reference,
    /// Fixed only if it is fixed for every owner.
    pub kind: TagKind,
    /// Why this run may not move it, if the `on=` of an owner denies it.
    pub closed: Option<String>,
}

impl Fleet {
    /// These variants and those that share tags with them.
    pub fn with_owners(&self, wanted: &BTreeSet<VariantId>) -> BTreeSet<VariantId> {
        let shares = self.shared_tags();
        let owners = shares.iter().map(|share| &share.owners);
        let owners = owners.filter(|owners| owners.iter().any(|v| wanted.contains(v)));
        owners.flatten().chain(wanted).copied().collect()
    }

    /// Every set of variants that own references together, ordered by its first reference. A `shared` tag with one
    /// owner is treated like any other tag and is not included.
    pub fn shared_tags(&self) -> Vec<SharedTags> {
        let mut claims: IndexMap<Reference, (Vec<VariantId>, TagKind, Option<String>)> =
            IndexMap::new();
        for variant in &self.variants {
            if !variant.tags.iter().any(|tag| tag.shared) {
                continue;
            }
            for (reference, tag, closed) in variant.moves().filter(|(_, tag, _)| tag.shared) {
                let claim = claims
                    .entry(reference)
                    .or_insert_with(|| (Vec::new(), tag.kind, None));
                claim.0.push(variant.id);
                claim.1 = claim.1.max(tag.kind);
                claim.2 = claim.2.take().or_else(|| closed.map(str::to_owned));
            }
        }
        let mut shares: IndexMap<Vec<VariantId>, Vec<SharedTag>> = IndexMap::new();
        for (reference, (owners, kind, closed)) in claims
            .into_iter()
            .filter(|(_, (owners, ..))| owners.len() > 1)
        {
            shares.entry(owners).or_default().push(SharedTag {
                reference,
                kind,
                closed,
            });
        }
        shares
            .into_iter()
            .map(|(owners, tags)| SharedTags { owners, tags })
            .collect()
    }
}
