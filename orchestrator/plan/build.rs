//! The planner of `kiln build`: builds what has a reason to be built, keeps the rest, and publishes in order.

mod close;

use super::moves::{SharedTagPlan, deferred_moves, moves, shared_moves};
use crate::graph::Graph;
use crate::matrix::{Fleet, SharedTags, Variant, VariantId};
use crate::name::{Digest, Platform};
use crate::plan::{
    Action, Facts, Materials, MoveState, Owner, Plan, Reason, Step, StepId, VariantName,
};
use std::collections::BTreeSet;

/// What to plan for.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Publish to registries; otherwise the images stay on the engine.
    pub push: bool,
    /// The selected variants; the plan adds their ancestors. Empty: nothing to do.
    pub selected: BTreeSet<VariantId>,
}

/// Plans a run over the selected variants and their ancestors. Linear in variants, tags and edges.
pub fn build(materials: &Materials<'_>, facts: &Facts, options: &Options) -> Plan {
    let wanted = materials.graph.with_ancestors(&options.selected);
    let mut planner = Planner::new(materials, facts, options);
    let order: Vec<VariantId> = materials
        .graph
        .order()
        .iter()
        .copied()
        .filter(|v| wanted.contains(v))
        .collect();
    planner.shares.close(&order);
    for &v in &order {
        planner.decide(v);
    }
    for &v in order.iter().rev() {
        planner.ask_for_parents(v);
    }
    for &v in &order {
        planner.emit(v);
    }
    planner.finish()
}

/// The decision for one variant, and its steps.
#[derive(Debug, Clone, Default)]
struct Decision {
    /// Why it is built; `None` if it is kept.
    build: Option<Reason>,
    kept: Option<Digest>,
    /// The child that needs a kept image on the engine.
    fetch_for: Option<VariantId>,
    /// By platform: the step after which the image is on the engine.
    present: Vec<(Platform, StepId)>,
    /// The steps after which the image is in the registry and has passed its checks.
    ready: Vec<StepId>,
    /// The step after which the values that its tags wait for are known.
    probed: Option<StepId>,
    /// The step after which all its public tags are written.
    published: Option<StepId>,
}

struct Planner<'a> {
    materials: &'a Materials<'a>,
    /// By variant.
    names: Vec<VariantName>,
    fleet: &'a Fleet,
    graph: &'a Graph,
    facts: &'a Facts,
    options: &'a Options,
    shares: SharedTagPlan,
    decisions: Vec<Decision>,
    steps: Vec<Step>,
}

impl<'a> Planner<'a> {
    fn new(materials: &'a Materials<'a>, facts: &'a Facts, options: &'a Options) -> Self {
        let Materials { fleet, graph, .. } = *materials;
        let decisions = vec![Decision::default(); fleet.variants.len()];
        Self {
            materials,
            names: VariantName::all(fleet),
            fleet,
            graph,
            facts,
            options,
            shares: SharedTagPlan::of(fleet),
            decisions,
            steps: Vec::new(),
        }
    }

    fn decide(&mut self, v: VariantId) {
        let parent_built = self
            .graph
            .parents(v)
            .iter()
            .copied()
            .find(|p| self.decisions[p.0 as usize].build.is_some());
        let staged = self.facts.staged.get(&v).copied();
        let reason = if !self.options.push {
            Some(if self.facts.online {
                Reason::Asked
            } else {
                Reason::Offline
            })
        } else if !self.facts.online {
            Some(Reason::Offline)
        } else if let Some(parent) = parent_built {
            Some(Reason::ParentBuilt(self.name(parent)))
        } else if staged.is_none() {
            Some(self.why_unstaged(v))
        } else {
            None
        };
        let kept = if reason.is_none() { staged } else { None };
        self.decisions[v.0 as usize] = Decision {
            build: reason,
            kept,
            ..Decision::default()
        };
    }

    fn why_unstaged(&self, v: VariantId) -> Reason {
        let published = self
            .fleet
            .variant(v)
            .references()
            .any(|(r, _)| self.facts.public.contains_key(&r));
        if published {
            Reason::RecipeChanged
        } else {
            Reason::New
        }
    }

    /// A kept parent of a variant that is built must be on the engine.
    fn ask_for_parents(&mut self, v: VariantId) {
        if self.decisions[v.0 as usize].build.is_none() {
            return;
        }
        for parent in self.graph.parents(v) {
            let decision = &mut self.decisions[parent.0 as usize];
            if decision.build.is_none() {
                decision.fetch_for.get_or_insert(v);
            }
        }
    }

    fn emit(&mut self, v: VariantId) {
        let variant = self.fleet.variant(v);
        let ready = match self.decisions[v.0 as usize].build.clone() {
            Some(reason) => self.emit_builds(variant, reason),
            None => self.emit_kept(variant),
        };
        self.decisions[v.0 as usize].ready.clone_from(&ready);
        let published = if self.options.push {
            self.emit_moves(variant, ready)
        } else {
            self.emit_names(variant, ready)
        };
        self.decisions[v.0 as usize].published = Some(published);
        if self.options.push {
            self.shares
                .closed_by(v)
                .into_iter()
                .for_each(|share| self.emit_share(&share));
        }
    }

    /// Builds, checks and, when publishing, stages each platform; returns the steps that the public tags wait for.
    ///
    /// A child may be built while its parent's checks run, but no part of it leaves the engine before the parent
    /// is staged, and has therefore passed its checks.
    fn emit_builds(&mut self, variant: &Variant, reason: Reason) -> Vec<StepId> {
        let mut done = Vec::new();
        let parents_ready = self.parents_ready(variant.id);
        for platform in &variant.platforms {
            let after = self.parents_present(variant.id, platform);
            let built = self.push(
                variant.id,
                Some(platform),
                Action::Build,
                reason.clone(),
                after,
            );
            self.decisions[variant.id.0 as usize]
                .present
                .push((platform.clone(), built));
            let checked = self.emit_check(variant, platform, built).unwrap_or(built);
            self.emit_probe(variant, platform, checked);
            let after = std::iter::once(checked)
                .chain(parents_ready.iter().copied())
                .collect();
            done.push(match self.options.push {
                true => self.push(
                    variant.id,
                    Some(platform),
                    Action::Stage,
                    Reason::Follows,
                    after,
                ),
                false => checked,
            });
        }
        if self.options.push && variant.platforms.len() > 1 {
            done = vec![self.push(variant.id, None, Action::Index, Reason::Follows, done)];
        }
        done
    }

    /// The step that checks an image on the engine, if it has checks.
    fn emit_check(
        &mut self,
        variant: &Variant,
        platform: &Platform,
        present: StepId,
    ) -> Option<StepId> {
        let any = variant.checks.iter().any(|check| check.is_for(platform));
        any.then(|| {
            self.push(
                variant.id,
                Some(platform),
                Action::Check,
                Reason::Follows,
                vec![present],
            )
        })
    }

    /// Reads the values that its tags wait for from the image of its first platform, once that has passed its checks.
    fn emit_probe(&mut self, variant: &Variant, platform: &Platform, checked: StepId) {
        if self.wants_probe(variant) && variant.platforms.first() == Some(platform) {
            let probed = self.push(
                variant.id,
                Some(platform),
                Action::Probe,
                Reason::Follows,
                vec![checked],
            );
            self.decisions[variant.id.0 as usize].probed = Some(probed);
        }
    }

    /// Whether a tag that this run may write waits for a value in the image.
    fn wants_probe(&self, variant: &Variant) -> bool {
        let done = self.decisions[variant.id.0 as usize].build.is_none()
            && self.facts.probed.contains(&variant.id);
        self.options.push
            && !done
            && deferred_moves(variant)
                .iter()
                .any(|deferred| deferred.held.is_none())
    }

    fn emit_kept(&mut self, variant: &Variant) -> Vec<StepId> {
        let Decision {
            kept: Some(digest),
            fetch_for,
            ..
        } = self.decisions[variant.id.0 as usize].clone()
        else {
            return Vec::new();
        };
        let unchecked = !variant.checks.is_empty() && !self.facts.green.contains(&variant.id);
        let reason = match self.is_published(variant, digest) {
            _ if unchecked => Reason::ChecksChanged,
            true => Reason::UpToDate,
            false => Reason::Unpublished,
        };
        // An image counts as checked only if its parents do.
        let ready = self.parents_ready(variant.id);
        let kept = self.push(variant.id, None, Action::Keep { digest }, reason, ready);
        let why = match fetch_for {
            _ if unchecked => Reason::ChecksChanged,
            _ if self.wants_probe(variant) => Reason::Unpublished,
            Some(child) => Reason::StoodOn(self.name(child)),
            None => return vec![kept],
        };
        let mut checked = vec![kept];
        for platform in &variant.platforms {
            let fetched = self.emit_fetch(variant, platform, digest, why.clone(), kept);
            let check = match unchecked {
                true => self.emit_check(variant, platform, fetched),
                false => None,
            };
            checked.extend(check);
            self.emit_probe(variant, platform, check.unwrap_or(fetched));
        }
        if !unchecked {
            return vec![kept];
        }
        let action = Action::MarkChecked { digest };
        let marked = self.push(variant.id, None, action, Reason::Follows, checked);
        vec![kept, marked]
    }

    /// Fetches a kept image to the engine.
    fn emit_fetch(
        &mut self,
        variant: &Variant,
        platform: &Platform,
        digest: Digest,
        why: Reason,
        kept: StepId,
    ) -> StepId {
        let action = Action::Fetch { digest };
        let fetched = self.push(variant.id, Some(platform), action, why, vec![kept]);
        self.decisions[variant.id.0 as usize]
            .present
            .push((platform.clone(), fetched));
        fetched
    }

    fn is_published(&self, variant: &Variant, digest: Digest) -> bool {
        let written = moves(variant, self.facts, &self.shares, Some(digest))
            .iter()
            .all(|m| m.state != MoveState::Write);
        written && !self.wants_probe(variant)
    }

    /// All moves of a parent precede any of its children's.
    fn emit_moves(&mut self, variant: &Variant, mut after: Vec<StepId>) -> StepId {
        let decision = &self.decisions[variant.id.0 as usize];
        let reason = match decision.kept {
            Some(digest) if self.is_published(variant, digest) => Reason::UpToDate,
            Some(_) => Reason::Unpublished,
            None => Reason::Follows,
        };
        let kept = decision.kept;
        let moves = moves(variant, self.facts, &self.shares, kept);
        let deferred = if self.wants_probe(variant) {
            deferred_moves(variant)
        } else {
            Vec::new()
        };
        after.extend(decision.probed);
        after.extend(self.parents_published(variant.id));
        self.push(
            variant.id,
            None,
            Action::Move {
                kept,
                moves,
                deferred,
            },
            reason,
            after,
        )
    }

    /// A shared tag comes last: once each owner has passed its checks and has its own tags.
    fn emit_share(&mut self, share: &SharedTags) {
        let owner = |v: &VariantId| Owner {
            variant: self.name(*v),
            kept: self.kept(*v),
        };
        let owners: Vec<Owner> = share.owners.iter().map(owner).collect();
        let planned: Vec<&Decision> = share
            .owners
            .iter()
            .map(|v| &self.decisions[v.0 as usize])
            .collect();
        let missing = share
            .owners
            .iter()
            .zip(&planned)
            .find(|(v, d)| d.published.is_none() && self.kept(**v).is_none());
        let held = missing.map(|(v, _)| {
            let label = self.fleet.variant(*v).label();
            format!(
                "{label} is a part of it, and neither selected nor staged with its checks passed"
            )
        });
        let expected = self
            .facts
            .shared
            .get(&share.owners)
            .copied()
            .filter(|_| planned.iter().all(|d| d.build.is_none()));
        let moves = shared_moves(share, self.facts, held.as_deref(), expected);
        let reason = match moves.iter().any(|m| m.state == MoveState::Write) {
            false => Reason::UpToDate,
            true if owners.iter().all(|owner| owner.kept.is_some()) => Reason::Unpublished,
            true => Reason::Follows,
        };
        let after = planned
            .iter()
            .flat_map(|d| d.ready.iter().chain(&d.published))
            .copied()
            .collect();
        self.push(
            share.owners[0],
            None,
            Action::Share { owners, moves },
            reason,
            after,
        );
    }

    /// Where a variant is kept. One that is not in this plan is taken as it is staged, if it has passed its checks.
    fn kept(&self, v: VariantId) -> Option<Digest> {
        let decision = &self.decisions[v.0 as usize];
        let green = self.fleet.variant(v).checks.is_empty() || self.facts.green.contains(&v);
        match decision.published {
            Some(_) => decision.kept,
            None => self.facts.staged.get(&v).copied().filter(|_| green),
        }
    }

    fn emit_names(&mut self, variant: &Variant, mut after: Vec<StepId>) -> StepId {
        let own = variant
            .references()
            .map(|(reference, _)| reference)
            .filter(|r| self.shares.is_named_by(r, variant.id));
        let references = own.collect();
        after.extend(self.parents_published(variant.id));
        self.push(
            variant.id,
            None,
            Action::Name { references },
            Reason::Follows,
            after,
        )
    }

    fn parents_present(&self, v: VariantId, platform: &Platform) -> Vec<StepId> {
        let present = |parent: &VariantId| {
            let steps = self.decisions[parent.0 as usize].present.as_slice();
            let own = steps.iter().position(|(p, _)| p == platform);
            // The engine's platform decides which of them a stage on the build platform takes.
            match self.graph.crosses(v, *parent) {
                true => steps,
                false => &steps[own.unwrap_or(0)..steps.len().min(own.unwrap_or(0) + 1)],
            }
        };
        let steps = self.graph.parents(v).iter().flat_map(present);
        steps.map(|(_, step)| *step).collect()
    }

    fn name(&self, v: VariantId) -> VariantName {
        self.names[v.0 as usize].clone()
    }

    /// The steps after which all parents are in the registry and checked.
    fn parents_ready(&self, v: VariantId) -> Vec<StepId> {
        self.graph
            .parents(v)
            .iter()
            .flat_map(|p| &self.decisions[p.0 as usize].ready)
            .copied()
            .collect()
    }

    fn parents_published(&self, v: VariantId) -> Vec<StepId> {
        self.graph
            .parents(v)
            .iter()
            .filter_map(|p| self.decisions[p.0 as usize].published)
            .collect()
    }

    fn push(
        &mut self,
        variant: VariantId,
        platform: Option<&Platform>,
        action: Action,
        reason: Reason,
        after: Vec<StepId>,
    ) -> StepId {
        let id = StepId(u32::try_from(self.steps.len()).unwrap_or(u32::MAX));
        self.steps.push(Step {
            variant: self.name(variant),
            platform: platform.cloned(),
            action,
            reason,
            after,
        });
        id
    }
}

#[cfg(test)]
#[path = "build_tests.rs"]
mod tests;
