//! Finds the current image of each variant: the first that its names lead to and that was made for it.

use super::{Survey, all, record};
use crate::matrix::VariantId;
use crate::name::{Digest, Reference};
use crate::plan::{Current, Facts, candidates};
use crate::request::{Patience, WorldError};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// For each variant, the names that were not looked at yet.
type Open = BTreeMap<VariantId, VecDeque<(Reference, Digest)>>;

impl Survey<'_> {
    /// One GET request per variant, as long as the first name of each leads to its image.
    pub(super) async fn find_current(
        &self,
        facts: &mut Facts,
        wanted: &BTreeSet<VariantId>,
    ) -> Result<(), WorldError> {
        let variants = self.with_owners(wanted);
        self.find_rivals(facts, &variants).await?;
        let own = |v: &VariantId| {
            let all = candidates(self.materials.fleet.variant(*v), facts);
            (*v, all.into())
        };
        let open: Open = variants.iter().map(own).collect();
        self.follow(facts, open).await?;
        let unfound: Vec<VariantId> = variants
            .into_iter()
            .filter(|v| !facts.current.contains_key(v))
            .collect();
        let pointers: Vec<(VariantId, VecDeque<_>)> = all(unfound, |v| self.pointers(v)).await?;
        self.follow(facts, pointers.into_iter().collect()).await?;
        let current = &facts.current;
        facts.strangers.retain(|v, _| !current.contains_key(v));
        Ok(())
    }

    /// The records of variants whose tags name several images: they say which tag was written last.
    async fn find_rivals(
        &self,
        facts: &mut Facts,
        variants: &BTreeSet<VariantId>,
    ) -> Result<(), WorldError> {
        let mut records = BTreeSet::new();
        for v in variants {
            let variant = self.materials.fleet.variant(*v);
            let named: BTreeSet<Digest> = candidates(variant, facts)
                .into_iter()
                .map(|(_, digest)| digest)
                .collect();
            if named.len() > 1 {
                let of = |digest| record(variant.staging.as_ref(), digest);
                records.extend(named.into_iter().filter_map(of));
            }
        }
        self.find_records(facts, records).await
    }

    /// The variants and those that share tags with them.
    pub(super) fn with_owners(&self, wanted: &BTreeSet<VariantId>) -> BTreeSet<VariantId> {
        let shares = self.materials.fleet.shared_tags();
        let owners = shares.iter().map(|share| &share.owners);
        let owners = owners.filter(|owners| owners.iter().any(|v| wanted.contains(v)));
        owners.flatten().chain(wanted).copied().collect()
    }

    /// Goes through the names of each variant until one leads to its image.
    async fn follow(&self, facts: &mut Facts, mut open: Open) -> Result<(), WorldError> {
        let fleet = self.materials.fleet;
        while !open.is_empty() {
            let first = |(v, names): (&VariantId, &VecDeque<(Reference, Digest)>)| {
                let (_, digest) = names.front()?;
                record(fleet.variant(*v).staging.as_ref(), *digest)
            };
            let records = open.iter().filter_map(first).collect();
            self.find_records(facts, records).await?;
            open.retain(|v, names| match names.pop_front() {
                Some((name, digest)) => !self.accept(facts, *v, name, digest),
                None => false,
            });
        }
        Ok(())
    }

    /// Whether an image was made for the variant. One that was not is remembered as a stranger, unless it is that of another
    /// variant, which had the name before.
    fn accept(&self, facts: &mut Facts, v: VariantId, found: Reference, digest: Digest) -> bool {
        let (fleet, name) = (self.materials.fleet, &self.materials.names[v.0 as usize]);
        let tag = record(fleet.variant(v).staging.as_ref(), digest);
        let read = tag.and_then(|tag| facts.records.get(&tag)?.clone());
        let is_sibling = read
            .as_ref()
            .is_some_and(|record| record.is_of(&fleet.name));
        match read.filter(|record| record.is_for(&fleet.name, name)) {
            Some(record) => {
                let current = Current {
                    digest,
                    found,
                    record,
                };
                facts.current.insert(v, current);
                true
            }
            None if is_sibling => false,
            None => {
                facts.strangers.entry(v).or_default().push((found, digest));
                false
            }
        }
    }

    /// What the variant's pointers name, this branch's first.
    async fn pointers(
        &self,
        v: VariantId,
    ) -> Result<Option<(VariantId, VecDeque<(Reference, Digest)>)>, WorldError> {
        let (fleet, name) = (self.materials.fleet, &self.materials.names[v.0 as usize]);
        let variant = fleet.variant(v);
        let Some(staging) = &variant.staging else {
            return Ok(None);
        };
        let origin = &self.options.origin;
        let mut found = VecDeque::new();
        for scope in origin.scope.iter().chain(&origin.default) {
            let tag = scope.pointer(&fleet.name, &variant.image, name);
            let reference = Reference::tagged(staging.clone(), tag);
            let digest = self.registry.head(&reference, Patience::READ).await?;
            found.extend(digest.map(|digest| (reference, digest)));
        }
        Ok(Some((v, found)))
    }
}
