//! Finds the current image of each variant: the first that its names lead to and that was made for it.

use super::{Survey, all, record};
use crate::matrix::{Permission, VariantId, VariantName};
use crate::memory::{Record, Scope};
use crate::name::{Digest, Platform, Reference};
use crate::plan::{self, Current, Facts, candidates};
use crate::request::{FaultKind, Patience, WorldError};
use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::sync::Arc;

/// For each variant, the names that were not looked at yet.
pub(super) type Open = BTreeMap<VariantId, VecDeque<(Reference, Digest)>>;

impl Survey<'_> {
    /// One GET request per variant, as long as the first name of each leads to its image.
    pub(super) async fn find_current(
        &self,
        facts: &mut Facts,
        wanted: &BTreeSet<VariantId>,
    ) -> Result<(), WorldError> {
        let variants = self.materials.fleet.with_owners(wanted);
        self.find_rivals(facts, &variants).await?;
        let own = |v: &VariantId| {
            let all = candidates(self.materials.fleet.variant(*v), facts);
            (*v, all.into())
        };
        let open: Open = variants.iter().map(own).collect();
        self.follow(facts, open).await?;
        let today: HashSet<&VariantName> = self.materials.names.iter().collect();
        for v in &variants {
            self.find_renamed(facts, *v, &today);
        }
        self.find_pointed(facts, &variants).await?;
        self.find_withdrawn(facts).await?;
        let current = &facts.current;
        facts.strangers.retain(|v, _| !current.contains_key(v));
        Ok(())
    }

    /// What the pointers of variants name that have no image yet, or one that only a tag leads to which this run may not write:
    /// a branch compares with its own newest image, if that has today's recipe.
    async fn find_pointed(
        &self,
        facts: &mut Facts,
        variants: &BTreeSet<VariantId>,
    ) -> Result<(), WorldError> {
        let named = |v: &VariantId| facts.current.get(v).is_some_and(|one| self.stays(*v, one));
        let open: Vec<VariantId> = variants.iter().filter(|v| !named(v)).copied().collect();
        let origin = &self.options.origin;
        // This branch's first.
        let scopes = |v| self.pointers(v, origin.scope.iter().chain(&origin.default));
        let pointers: Vec<(VariantId, VecDeque<_>)> = all(open.clone(), scopes).await?;
        let others = open
            .iter()
            .filter_map(|v| Some((*v, facts.current.remove(v)?)));
        let others: Vec<(VariantId, Current)> = others.collect();
        self.follow(facts, pointers.into_iter().collect()).await?;
        for (v, other) in others {
            let found = facts.current.get(&v);
            if !found.is_some_and(|found| self.has_recipe(v, &found.record)) {
                facts.current.insert(v, other);
            }
        }
        Ok(())
    }

    /// The records of images that were withdrawn when a tag was moved back to a current image.
    pub(super) async fn find_withdrawn(&self, facts: &mut Facts) -> Result<(), WorldError> {
        let current = facts.current.iter();
        let withdrawn = current.flat_map(|(v, current)| {
            let staging = self.materials.fleet.variant(*v).staging.as_ref();
            let images = current
                .record
                .lines
                .values()
                .flat_map(|line| &line.withdrew);
            images.filter_map(move |image| record(staging, *image))
        });
        let withdrawn = withdrawn.collect();
        self.find_records(facts, withdrawn).await
    }

    /// Whether the image that a tag led to is what a variant is compared with, whatever its pointers name. A tag that only
    /// some runs move, such as releases, may name an older image of the same recipe.
    fn stays(&self, v: VariantId, current: &Current) -> bool {
        let variant = self.materials.fleet.variant(v);
        let mut own = variant.moves();
        if own.any(|(tag, _, held)| held.is_none() && tag == current.found) {
            return true;
        }
        let permissions = variant.permissions_of(&current.found);
        let follows_default = permissions.is_some_and(|(tag, repository)| {
            let is_unconditional = |one: &Permission| matches!(one, Permission::Unspecified(_));
            is_unconditional(tag) && is_unconditional(repository)
        });
        follows_default && self.has_recipe(v, &current.record)
    }

    /// Whether an image was made from today's recipe of a variant, on each of its platforms.
    fn has_recipe(&self, v: VariantId, record: &Record) -> bool {
        self.same_recipe(v, record).is_some()
    }

    /// The parts of an image that were made from today's recipe of a variant.
    fn same_recipe(&self, v: VariantId, record: &Record) -> Option<Vec<usize>> {
        let platforms = self.materials.fleet.variant(v).platforms.iter();
        let same = |platform: &Platform| {
            let recipe = self.materials.ids.recipe(v, platform)?;
            record.parts.iter().position(|part| {
                let mut inputs = part.made.inputs.iter();
                part.platform == *platform && inputs.any(|inputs| inputs.recipe == recipe)
            })
        };
        platforms.map(same).collect()
    }

    /// A variant is called by its first tag, so another tag rule may rename it: its tags then lead to an image that was made
    /// for another name, from the same recipe or for a name that only this variant can have had.
    fn find_renamed(&self, facts: &mut Facts, v: VariantId, today: &HashSet<&VariantName>) {
        if facts.current.contains_key(&v) {
            return;
        }
        let variant = self.materials.fleet.variant(v);
        for (found, digest) in candidates(variant, facts) {
            let known = facts.record(variant, digest).and_then(Option::as_deref);
            let own = known.filter(|record| record.is_of(&self.materials.fleet.name));
            let own = own.filter(|record| record.withdrawn().is_none());
            let parts = |own| {
                let same = self.same_recipe(v, own);
                same.or_else(|| self.former(v, own, today))
            };
            let Some((parts, mut record)) = own.and_then(|own| Some((parts(own)?, own.clone())))
            else {
                continue;
            };
            for part in parts {
                let name = self.materials.names[v].clone();
                record.parts[part].variants.push(name);
            }
            let record = Arc::new(record);
            let current = Current {
                digest,
                found,
                record,
            };
            facts.current.insert(v, current);
            return;
        }
    }

    /// The parts of an image that was made for this variant under a former name: one of its tags, which names no variant of
    /// the fleet any more.
    fn former(
        &self,
        v: VariantId,
        record: &Record,
        today: &HashSet<&VariantName>,
    ) -> Option<Vec<usize>> {
        let variant = self.materials.fleet.variant(v);
        let tags = variant.tags.iter().filter(|tag| !tag.shared);
        let former: Vec<VariantName> = tags
            .map(|tag| VariantName::from(format!("{}:{}", variant.image, tag.tag).as_str()))
            .filter(|name| !today.contains(name))
            .collect();
        let one = |platform: &Platform| {
            record.parts.iter().position(|part| {
                part.platform == *platform && former.iter().any(|name| part.is_for(name))
            })
        };
        variant.platforms.iter().map(one).collect()
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

    /// Goes through the names of each variant until one leads to its image.
    pub(super) async fn follow(&self, facts: &mut Facts, mut open: Open) -> Result<(), WorldError> {
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
        let (fleet, name) = (self.materials.fleet, &self.materials.names[v]);
        let tag = record(fleet.variant(v).staging.as_ref(), digest);
        let read = tag.and_then(|tag| facts.records.get(&tag)?.clone());
        let is_sibling = read
            .as_ref()
            .is_some_and(|record| record.is_of(&fleet.name));
        // A withdrawn image is current for no variant.
        let own =
            |record: &Arc<Record>| record.is_for(&fleet.name, name) && record.withdrawn().is_none();
        match read.filter(own) {
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

    /// What the variant's pointers in these scopes name.
    pub(super) async fn pointers(
        &self,
        v: VariantId,
        scopes: impl IntoIterator<Item = &Scope>,
    ) -> Result<Option<(VariantId, VecDeque<(Reference, Digest)>)>, WorldError> {
        let (fleet, name) = (self.materials.fleet, &self.materials.names[v]);
        let variant = fleet.variant(v);
        if variant.staging.is_none() {
            return Ok(None);
        }
        let mut found = VecDeque::new();
        let pointers = scopes
            .into_iter()
            .filter_map(|scope| plan::pointer(scope, &fleet.name, variant, name));
        for reference in pointers {
            let is_trusted = variant.trusted_staging.as_deref() == Some(&reference.repository);
            let digest = match self.registry.head(&reference, Patience::READ).await {
                // A pull request may lack the right to read what other runs have staged.
                Err(why) if is_trusted && why.kind() == FaultKind::NotAllowed => None,
                found => found?,
            };
            found.extend(digest.map(|digest| (reference, digest)));
        }
        Ok(Some((v, found)))
    }
}
