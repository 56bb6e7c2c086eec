//! What a plan leaves as it is, and what it replaces.

use super::Planner;
use crate::matrix::{TagKind, Variant, VariantId, VariantName};
use crate::memory::{Record, Upgrade, Versions};
use crate::name::{Digest, Reference, Repository, Tag};
use crate::plan::{MoveState, Reason, Remarks, Step, Unknown};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

impl Planner<'_> {
    pub(super) fn remarks(&self, wanted: &BTreeSet<VariantId>, steps: &[Step]) -> Remarks {
        Remarks {
            is_refused: false,
            unasked: self.unasked(),
            unpackaged: self
                .facts
                .unpackaged
                .iter()
                .map(|v| self.name(*v))
                .collect(),
            newer: self.newer(),
            unwritten: self.unwritten(),
            older_bases: self.older_bases(wanted),
            left_behind: self.by_parent(wanted),
            unrecorded: self.variants_without_record(),
            orphaned: self.orphaned(),
            stray_fixed: self
                .unrecorded(steps, &MoveState::Kept)
                .into_keys()
                .collect(),
            differing: differing(steps),
            replaced: self.unrecorded(steps, &MoveState::Write),
        }
    }

    fn newer(&self) -> BTreeMap<VariantName, BTreeSet<Upgrade>> {
        let newer = self.facts.newer.iter();
        newer
            .map(|(v, upgrades)| (self.name(*v), upgrades.clone()))
            .collect()
    }

    fn unasked(&self) -> BTreeMap<VariantName, String> {
        let unasked = self.facts.unasked.iter();
        unasked
            .map(|(v, why)| (self.name(*v), why.clone()))
            .collect()
    }

    fn unwritten(&self) -> BTreeMap<Repository, String> {
        let unwritten = self.facts.unwritten.iter();
        unwritten
            .map(|(repository, why)| (repository.clone(), Unknown::from(why).why))
            .collect()
    }

    fn older_bases(&self, wanted: &BTreeSet<VariantId>) -> BTreeMap<VariantName, Vec<Reason>> {
        let kept = wanted.iter().filter(|v| self.kept(**v).is_some());
        let moved = |v: &VariantId| {
            let ignored = self.decisions.of(*v).iter().flat_map(|one| &one.ignored);
            (self.name(*v), ignored.cloned().collect())
        };
        let all = kept.map(moved);
        all.filter(|(_, ignored): &(_, Vec<_>)| !ignored.is_empty())
            .collect()
    }

    /// The variants that are left behind, by the parent that this run builds or takes.
    fn by_parent(&self, wanted: &BTreeSet<VariantId>) -> BTreeMap<VariantName, usize> {
        let mut left: BTreeMap<VariantName, usize> = BTreeMap::new();
        for v in self.left_behind(wanted) {
            for parent in self.graph.parents(v).filter(|p| wanted.contains(p)) {
                if !self.stays(parent) {
                    *left.entry(self.name(parent)).or_default() += 1;
                }
            }
        }
        left
    }

    /// How many variants have no image but ones that kiln does not know.
    fn variants_without_record(&self) -> usize {
        let variants = self.facts.strangers.keys();
        let unknown = |v: &&VariantId| {
            let variant = self.fleet.variant(**v);
            let mut images = self.facts.unrecorded(variant, &self.fleet.name);
            images.next().is_some()
        };
        variants.filter(unknown).count()
    }

    /// The tags in this state that name images which kiln has no record of, with these images.
    fn unrecorded(&self, steps: &[Step], state: &MoveState) -> BTreeMap<Reference, Digest> {
        let variants = self.materials.names.iter().zip(&self.fleet.variants);
        let variants: HashMap<&VariantName, &Variant> = variants.collect();
        let found = steps.iter().flat_map(|step| {
            let variant = variants.get(&step.variant).copied();
            let moves = step.moves().iter().filter(|m| m.state == *state);
            moves.filter_map(move |m| Some((variant?, &m.reference, m.was?)))
        });
        let own = |record: &Arc<Record>| record.is_of(&self.fleet.name);
        let unknown = |record: &Option<Arc<Record>>| !record.as_ref().is_some_and(own);
        found
            .filter(|(variant, _, was)| self.facts.record(variant, *was).is_some_and(unknown))
            .map(|(_, reference, was)| (reference.clone(), was))
            .collect()
    }

    /// Tags that no variant has any more: those of values that have ended, as far as they exist, and those that runs on this
    /// branch wrote in repositories of the fleet. Other branches and git tags have tags of their own.
    fn orphaned(&self) -> BTreeSet<Reference> {
        let ended = self.fleet.ended.keys();
        let exist = ended.filter(|tag| self.facts.public.contains_key(*tag));
        exist.cloned().chain(self.written_by_nothing()).collect()
    }

    fn written_by_nothing(&self) -> BTreeSet<Reference> {
        let own = self.options.origin.line(&Versions::new(), None);
        let images: BTreeSet<&str> = self.fleet.variants.iter().map(|v| &*v.image).collect();
        let records = self.facts.records.values().flatten();
        let written: BTreeMap<&Reference, bool> = records
            .filter(|record| *record.workspaces == [self.fleet.name.clone()])
            .flat_map(|record| {
                let is_of_none = is_of_none(record, &images);
                let lines = record.lines.iter();
                lines.map(move |(reference, line)| (reference, line, is_of_none))
            })
            .filter(|(_, line, _)| !line.varies && line.scope == self.options.origin.scope)
            // A later commit may well have them.
            .filter(|(_, line, _)| line.holds(&own, self.options.history).is_none())
            .map(|(reference, _, is_of_none)| (reference, is_of_none))
            .collect();
        if written.is_empty() {
            return BTreeSet::new();
        }
        let variants = self.fleet.variants.iter();
        let owned: BTreeSet<Reference> = variants
            .clone()
            .flat_map(|variant| variant.references().map(|(reference, _)| reference))
            .collect();
        let repositories: BTreeSet<&Repository> = variants.flat_map(|v| v.publish.iter()).collect();
        written
            .into_iter()
            .filter(|(one, is_of_none)| *is_of_none || repositories.contains(&one.repository))
            .map(|(written, _)| written)
            .filter(|written| !owned.contains(written) && !self.is_deferred(written))
            // Another run has them, with other values of variables.
            .filter(|written| !self.fleet.conditional.contains(written))
            .cloned()
            .collect()
    }

    /// Whether a tag may come from a pattern whose values are known after the build only.
    fn is_deferred(&self, written: &Reference) -> bool {
        let mut all = self.fleet.variants.iter();
        all.any(|v| !v.deferred.is_empty() && v.publish.contains(&written.repository))
    }
}

/// Fixed tags that name several images: each registry has its own, and no run changes that.
fn differing(steps: &[Step]) -> BTreeMap<Reference, Digest> {
    let mut all = BTreeMap::new();
    for step in steps {
        let mut tags: BTreeMap<&Tag, Vec<(&Reference, Digest)>> = BTreeMap::new();
        let fixed = step.moves().iter().filter(|m| m.kind == TagKind::Fixed);
        for m in fixed.filter(|m| m.counted.is_none()) {
            if let (Some(tag), Some(was)) = (&m.reference.tag, m.was) {
                tags.entry(tag).or_default().push((&m.reference, was));
            }
        }
        let several = tags.into_values().filter(|named| {
            let images: BTreeSet<Digest> = named.iter().map(|(_, was)| *was).collect();
            images.len() > 1
        });
        let several = several.flatten();
        all.extend(several.map(|(reference, was)| (reference.clone(), was)));
    }
    all
}

/// Whether a record is of an image that the manifest does not have any more. Its repositories may be those of no other.
fn is_of_none(record: &Record, images: &BTreeSet<&str>) -> bool {
    let mut made_for = record.parts.iter().flat_map(|part| &part.variants);
    !made_for.any(|name| images.contains(name.image()))
}
