//! Closing a plan: adding everything that its steps need of the fleet.

use super::Planner;
use crate::matrix::{TagKind, Variant, VariantId, VariantName};
use crate::memory::{Part, Versions, record_tag};
use crate::name::{Digest, Platform, Reference, Repository, Tag};
use crate::plan::decide::{Decision, State};
use crate::plan::{
    Action, BaseFact, MoveState, Plan, PlannedBuild, PlannedVariant, Reason, Remarks, Step, Unknown,
};
use std::collections::{BTreeMap, BTreeSet};

impl<'a> Planner<'a> {
    /// The plan, with all that its steps need.
    pub(super) fn finish(mut self, wanted: &BTreeSet<VariantId>) -> Plan {
        let steps = std::mem::take(&mut self.steps);
        let owners = steps.iter().flat_map(|step| step.owners());
        let owners: BTreeSet<&VariantName> = owners.map(|owner| &owner.variant).collect();
        let ids = (0u32..).map(VariantId).zip(self.materials.names);
        let variants = ids
            .filter(|(v, name)| wanted.contains(v) || owners.contains(name))
            .map(|(v, name)| (name.clone(), self.variant(v)))
            .collect();
        let (bases, unknown) = self.bases();
        Plan {
            variants,
            bases,
            unknown,
            origin: self.options.origin.clone(),
            remarks: self.remarks(wanted, &steps),
            declared: self.declared(&steps),
            steps,
            reuse: self.options.reuse,
            ..Plan::of(self.fleet, self.options.push)
        }
    }

    fn variant(&self, v: VariantId) -> PlannedVariant {
        let decisions = self.decisions.of(v);
        let planned = self.materials.planned(v);
        let standing = match decisions.is_empty() {
            true => self.owned_parts(v, &planned.platforms),
            false => decisions.iter().map(|one| one.part().cloned()).collect(),
        };
        let builds = decisions.iter().map(|one| self.build(one));
        let builds: Vec<Option<PlannedBuild>> = builds.collect();
        let recipe = builds.iter().any(Option::is_some).then(|| {
            let mut recipe = self.materials.recipe(v, builds);
            recipe.no_cache = self.options.no_cache
                && (self.options.force.is_none() || self.options.selected.contains(&v));
            recipe
        });
        let current = self.kept(v).and_then(|_| self.facts.current.get(&v));
        PlannedVariant {
            probed: current.map(|c| c.record.probed.clone()).unwrap_or_default(),
            pointer: self.pointer(v),
            previous: self.previous(self.fleet.variant(v)),
            kept: self.kept(v),
            standing,
            recipe,
            ..planned
        }
    }

    fn build(&self, decision: &Decision) -> Option<PlannedBuild> {
        (decision.state == State::Built).then(|| PlannedBuild {
            inputs: decision.inputs.clone(),
            current: decision.current.clone(),
            unless: decision.is_conditional().then_some(self.options.compared),
        })
    }

    /// An owner of a shared tag that is not in this plan is taken as it is published, if it has passed its checks.
    pub(super) fn owned(&self, v: VariantId) -> Option<Vec<&Part>> {
        if self.emitted[v.0 as usize].planned {
            return self.parts(v);
        }
        let (variant, name) = (self.fleet.variant(v), &self.materials.names[v.0 as usize]);
        let record = &self.facts.current.get(&v)?.record;
        let platforms = variant.platforms.iter();
        let part = |platform: &Platform| {
            let part = record.part(name, platform)?;
            part.is_green(&variant.checks).then_some(part)
        };
        platforms.map(part).collect()
    }

    fn owned_parts(&self, v: VariantId, platforms: &[Platform]) -> Vec<Option<Part>> {
        match self.owned(v) {
            Some(parts) => parts.into_iter().cloned().map(Some).collect(),
            None => vec![None; platforms.len()],
        }
    }

    /// The pointer that this run moves: it follows what is built or taken.
    fn pointer(&self, v: VariantId) -> Option<Tag> {
        if !self.options.push || self.kept(v).is_some() || !self.emitted[v.0 as usize].planned {
            return None;
        }
        let scope = self.options.origin.scope.as_ref()?;
        let image = &self.fleet.variant(v).image;
        Some(scope.pointer(&self.fleet.name, image, &self.name(v)))
    }

    /// Where a previous image may be: the current image, else what the first repository has under its tags; then the
    /// pointers of this branch and of the default branch.
    fn previous(&self, variant: &Variant) -> Vec<Reference> {
        let current = self
            .facts
            .current
            .get(&variant.id)
            .map(|current| Reference {
                digest: Some(current.digest),
                ..current.found.clone()
            });
        let first = variant.publish.first();
        let moving = variant
            .references()
            .filter(|(reference, tag)| {
                Some(&reference.repository) == first && tag.kind == TagKind::Moving
            })
            .map(|(reference, _)| reference)
            .filter(|_| !self.options.reads());
        let origin = &self.options.origin;
        let scopes = origin.scope.iter().chain(&origin.default);
        let name = self.name(variant.id);
        let pointers = scopes.filter_map(|scope| {
            let tag = scope.pointer(&self.fleet.name, &variant.image, &name);
            Some(Reference::tagged(variant.staging.clone()?, tag))
        });
        current.into_iter().chain(moving).chain(pointers).collect()
    }

    /// The outside images that are known, and those that are not.
    #[allow(clippy::type_complexity, reason = "two fields of a plan")]
    fn bases(
        &self,
    ) -> (
        BTreeMap<Reference, crate::plan::Lock>,
        BTreeMap<Reference, Unknown>,
    ) {
        let (mut known, mut unknown) = (BTreeMap::new(), BTreeMap::new());
        for (reference, fact) in &self.facts.bases {
            match fact {
                BaseFact::Known(base) => drop(known.insert(reference.clone(), base.lock.clone())),
                BaseFact::Unknown(why) => drop(unknown.insert(reference.clone(), why.into())),
            }
        }
        (known, unknown)
    }

    fn remarks(&self, wanted: &BTreeSet<VariantId>, steps: &[Step]) -> Remarks {
        let mut remarks = Remarks {
            unrecorded: self.facts.strangers.len(),
            stray_fixed: self.stray_fixed(steps),
            orphaned: self.orphaned(),
            ..Remarks::default()
        };
        for v in wanted {
            let ignored = self.decisions.of(*v).iter().flat_map(|one| &one.ignored);
            let ignored: Vec<Reason> = ignored.cloned().collect();
            if self.kept(*v).is_some() && !ignored.is_empty() {
                remarks.older_bases.insert(self.name(*v), ignored);
            }
        }
        for v in self.left_behind(wanted) {
            for parent in self.graph.parents(v).iter().filter(|p| wanted.contains(p)) {
                if self.kept(*parent).is_none() {
                    *remarks.left_behind.entry(self.name(*parent)).or_default() += 1;
                }
            }
        }
        remarks
    }

    /// Fixed tags that stay where they are although nobody knows what they name.
    fn stray_fixed(&self, steps: &[Step]) -> BTreeSet<Reference> {
        let moves = steps.iter().flat_map(|step| match &step.action {
            Action::Move { moves, .. } => moves.as_slice(),
            _ => &[],
        });
        let kept = moves.filter(|m| m.state == MoveState::Kept);
        let named = kept.filter_map(|m| Some((m.reference.clone(), m.was?)));
        let named: BTreeMap<Reference, Digest> = named.collect();
        if named.is_empty() {
            return BTreeSet::new();
        }
        let variants = self.fleet.variants.iter();
        let owned = variants.flat_map(|v| v.references().map(move |(reference, _)| (v, reference)));
        let is_stray = |(v, reference): &(&Variant, Reference)| {
            let record = named.get(reference).zip(v.staging.clone());
            let record = record.map(|(was, staging)| Reference::tagged(staging, record_tag(*was)));
            record.is_some_and(|record| self.facts.records.get(&record) == Some(&None))
        };
        owned
            .filter(is_stray)
            .map(|(_, reference)| reference)
            .collect()
    }

    /// Tags that runs on this branch wrote, in repositories of the fleet, and that no variant has any more. Other branches
    /// and git tags have tags of their own.
    fn orphaned(&self) -> BTreeSet<Reference> {
        let own = self.options.origin.line(&Versions::new(), None);
        let records = self.facts.records.values().flatten();
        let written: BTreeSet<&Reference> = records
            .filter(|record| record.workspace == self.fleet.name)
            .flat_map(|record| &record.lines)
            .filter(|(_, line)| !line.varies && line.scope == self.options.origin.scope)
            // A later commit may well have them.
            .filter(|(_, line)| line.holds(&own, self.options.history).is_none())
            .map(|(reference, _)| reference)
            .collect();
        if written.is_empty() {
            return BTreeSet::new();
        }
        let variants = self.fleet.variants.iter();
        let owned: BTreeSet<Reference> = variants
            .clone()
            .flat_map(|variant| variant.references().map(|(reference, _)| reference))
            .collect();
        let repositories: BTreeSet<&Repository> = variants.flat_map(|v| &v.publish).collect();
        written
            .into_iter()
            .filter(|written| repositories.contains(&written.repository))
            .filter(|written| !owned.contains(written) && !self.is_deferred(written))
            .cloned()
            .collect()
    }

    /// Whether a tag may come from a pattern whose values are known after the build only.
    fn is_deferred(&self, written: &Reference) -> bool {
        let mut all = self.fleet.variants.iter();
        all.any(|v| !v.deferred.is_empty() && v.publish.contains(&written.repository))
    }

    /// The owners of references in the repositories for which tags are read from images.
    fn declared(&self, steps: &[crate::plan::Step]) -> BTreeMap<Reference, VariantName> {
        let moves = steps.iter().filter_map(|step| match &step.action {
            Action::Move { deferred, .. } => Some(deferred),
            _ => None,
        });
        let repositories: BTreeSet<&Repository> = moves
            .flatten()
            .map(|deferred| &deferred.repository)
            .collect();
        if repositories.is_empty() {
            return BTreeMap::new();
        }
        let mut declared = BTreeMap::new();
        for variant in &self.fleet.variants {
            let own = variant.references().map(|(reference, _)| reference);
            for reference in own.filter(|r| repositories.contains(&r.repository)) {
                declared.insert(reference, self.name(variant.id));
            }
        }
        declared
    }
}
