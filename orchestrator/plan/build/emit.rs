//! The steps of one variant.

use super::Planner;
use crate::manifest::Proof;
use crate::matrix::{SharedTags, TagKind, Variant, VariantId};
use crate::memory::{Part, Record};
use crate::name::{Digest, Platform};
use crate::plan::decide::{Decision, State};
use crate::plan::moves::{deferred_moves, probed_name};
use crate::plan::{Action, DeferredMove, Move, MoveState, Owner, Reason, StepId};
use std::collections::BTreeSet;

const FOLLOWS: fn() -> Vec<Reason> = || vec![Reason::Follows];

impl Planner<'_> {
    pub(super) fn emit(&mut self, v: VariantId) {
        let variant = self.fleet.variant(v);
        self.planned[v] = true;
        if self.is_left_alone(variant) {
            return self.emit_skipped(variant);
        }
        let ready = match self.kept(v) {
            Some(digest) => self.emit_kept(variant, digest),
            None => self.emit_builds(variant),
        };
        self.emitted[v].ready.clone_from(&ready);
        let published = match self.options.push {
            true => {
                let attested = self.emit_attest(variant, ready);
                self.emit_moves(variant, attested)
            }
            false => vec![self.emit_names(variant, ready)],
        };
        self.emitted[v].published = published;
        if self.options.push {
            self.emit_shares(v);
        }
    }

    /// Whether nothing is built, checked or written for a variant: it or what it is based on is failing.
    fn is_left_alone(&self, variant: &Variant) -> bool {
        let v = variant.id;
        let is_done = |digest| self.is_green(v) && self.is_published(variant, digest);
        let is_unsound = self.decisions.unsound(v).is_some();
        self.decisions.is_skipped(v) || (is_unsound && !self.kept(v).is_some_and(is_done))
    }

    fn is_green(&self, v: VariantId) -> bool {
        let variant = self.fleet.variant(v);
        let mut builds = self.decisions.of(v).iter();
        builds.all(|decision| is_green(decision, variant))
    }

    /// One step for a variant whose image stays as it is, with its tags.
    fn emit_skipped(&mut self, variant: &Variant) {
        let v = variant.id;
        let mut reasons: Vec<Reason> = Vec::new();
        for decision in self.decisions.of(v) {
            let new = decision.reasons.iter().filter(|one| !reasons.contains(one));
            let new: Vec<Reason> = new.cloned().collect();
            reasons.extend(new);
        }
        if let (true, Some(parent)) = (reasons.is_empty(), self.decisions.unsound(v)) {
            reasons.push(self.decisions.why_unsound(self.materials, parent));
        }
        reasons.sort_by_key(|reason| !reason.skips());
        let digest = self.standing(v);
        let mut after = self.parents_ready(v);
        after.extend(self.parents_published(v));
        after.sort_unstable();
        after.dedup();
        let skipped = self.push(v, None, Action::Skip { digest }, reasons, after);
        let platforms = variant.platforms.iter();
        let emitted = &mut self.emitted[v];
        emitted.present = platforms.map(|one| (one.clone(), skipped)).collect();
        emitted.ready = vec![skipped];
        emitted.published = vec![skipped];
        if self.options.push {
            self.emit_shares(v);
        }
    }

    fn emit_shares(&mut self, v: VariantId) {
        let closed = self.shares.closed_by(v);
        closed.into_iter().for_each(|share| self.emit_share(&share));
    }

    /// One step for a variant that is kept as a whole; its checks where it is not recorded to have passed them.
    fn emit_kept(&mut self, variant: &Variant, digest: Digest) -> Vec<StepId> {
        let v = variant.id;
        let decisions = self.decisions.of(v).to_vec();
        let unchecked: Vec<&Decision> = decisions
            .iter()
            .filter(|decision| !is_green(decision, variant))
            .collect();
        let lacking = self.lacking(v);
        let reason = match self.is_published(variant, digest) {
            _ if !unchecked.is_empty() => Reason::ChecksChanged,
            _ if !lacking.is_empty() => Reason::Unattested { proofs: lacking },
            true => Reason::UpToDate,
            false => Reason::Unpublished,
        };
        // An image counts as checked only if its parents do.
        let ready = self.parents_ready(v);
        let kept = self.push(v, None, Action::Keep { digest }, vec![reason], ready);
        let present = decisions.iter().map(|one| (one.platform.clone(), kept));
        self.emitted[v].present.extend(present);
        self.emit_checks(variant, &decisions, kept)
    }

    /// The proofs that the images of a variant lack which exist before the run.
    fn lacking(&self, v: VariantId) -> BTreeSet<Proof> {
        let wanted = match self.options.push {
            true => &self.fleet.attest,
            false => return BTreeSet::new(),
        };
        let parts = self.decisions.of(v).iter().filter_map(Decision::part);
        parts.flat_map(|part| part.lacks(wanted)).collect()
    }

    /// The step that attaches proofs, if any image lacks one or is built; returns the steps that the public tags wait for.
    fn emit_attest(&mut self, variant: &Variant, after: Vec<StepId>) -> Vec<StepId> {
        let v = variant.id;
        let mut builds = self.decisions.of(v).iter();
        let is_new = builds.any(|one| one.part().is_none());
        let lacks = is_new || !self.lacking(v).is_empty();
        if self.fleet.attest.is_empty() || !lacks {
            return after;
        }
        vec![self.push(v, None, Action::Attest, FOLLOWS(), after)]
    }

    /// The steps that check images which are not built, and record that they passed.
    fn emit_checks(
        &mut self,
        variant: &Variant,
        decisions: &[Decision],
        exists: StepId,
    ) -> Vec<StepId> {
        let mut checked = vec![exists];
        let mut any = false;
        for decision in decisions {
            let unchecked = !is_green(decision, variant);
            let check = match unchecked {
                true => self.emit_check(variant, &decision.platform, exists),
                false => None,
            };
            any |= check.is_some();
            checked.extend(check);
            self.emit_probe(variant, &decision.platform, check.unwrap_or(exists));
        }
        if any && self.options.push {
            let platform = match decisions {
                [one] if variant.platforms.len() > 1 => Some(&one.platform),
                _ => None,
            };
            let after = checked.clone();
            let marked = self.push(variant.id, platform, Action::MarkChecked, FOLLOWS(), after);
            checked.push(marked);
        }
        checked
    }

    /// The steps of each platform, and the index over them; returns the steps that the public tags wait for.
    fn emit_builds(&mut self, variant: &Variant) -> Vec<StepId> {
        let mut done = Vec::new();
        for decision in self.decisions.of(variant.id).to_vec() {
            done.extend(match &decision.state {
                // A variant is skipped on all its platforms, and has no other steps.
                State::Skipped => Vec::new(),
                State::Built => self.emit_build(variant, &decision),
                State::Kept(part) => {
                    let keep = Action::Keep {
                        digest: part.digest,
                    };
                    self.emit_existing(variant, &decision, keep, vec![Reason::UpToDate])
                }
                State::Staged(part) => {
                    let take = Action::Take {
                        digest: part.digest,
                        inputs: Box::new(decision.inputs.inputs.clone()),
                    };
                    let mut reasons = vec![Reason::Staged];
                    reasons.extend(decision.reasons.clone());
                    self.emit_existing(variant, &decision, take, reasons)
                }
            });
        }
        if self.options.push && variant.platforms.len() > 1 {
            done = vec![self.push(variant.id, None, Action::Index, FOLLOWS(), done)];
        }
        done
    }

    fn emit_existing(
        &mut self,
        variant: &Variant,
        decision: &Decision,
        action: Action,
        reasons: Vec<Reason>,
    ) -> Vec<StepId> {
        let (v, platform) = (variant.id, Some(&decision.platform));
        let ready = self.parents_ready(v);
        let exists = self.push(v, platform, action, reasons, ready);
        self.add_present(variant, &decision.platform, exists);
        self.emit_checks(variant, std::slice::from_ref(decision), exists)
    }

    /// Builds, checks and, when publishing, stages one platform.
    ///
    /// A child may be built while its parent's checks run, but no part of it leaves the engine before the parent
    /// is staged, and has therefore passed its checks.
    fn emit_build(&mut self, variant: &Variant, decision: &Decision) -> Vec<StepId> {
        let (v, platform) = (variant.id, &decision.platform);
        let after = self.parents_present(v, platform);
        let reasons = decision.reasons.to_vec();
        let built = self.push(v, Some(platform), Action::Build, reasons, after);
        self.add_present(variant, platform, built);
        let checked = self.emit_check(variant, platform, built).unwrap_or(built);
        self.emit_probe(variant, platform, checked);
        if !self.options.push {
            return vec![checked];
        }
        let mut after = vec![checked];
        after.extend(self.parents_ready(v));
        vec![self.push(v, Some(platform), Action::Stage, FOLLOWS(), after)]
    }

    /// Children can be built after this step.
    fn add_present(&mut self, variant: &Variant, platform: &Platform, step: StepId) {
        let present = &mut self.emitted[variant.id].present;
        present.reserve_exact(variant.platforms.len() - present.len());
        present.push((platform.clone(), step));
    }

    /// The step that checks an image, if it has checks.
    fn emit_check(
        &mut self,
        variant: &Variant,
        platform: &Platform,
        present: StepId,
    ) -> Option<StepId> {
        let any = variant.checks.iter().any(|check| check.is_for(platform));
        let after = vec![present];
        any.then(|| self.push(variant.id, Some(platform), Action::Check, FOLLOWS(), after))
    }

    /// Reads the values that its tags wait for from the image of its first platform, once that has passed its checks.
    fn emit_probe(&mut self, variant: &Variant, platform: &Platform, checked: StepId) {
        if self.wants_probe(variant) && variant.platforms.first() == Some(platform) {
            let after = vec![checked];
            let probed = self.push(variant.id, Some(platform), Action::Probe, FOLLOWS(), after);
            self.emitted[variant.id].probed = Some(probed);
        }
    }

    /// Whether a value is missing that a tag waits for which this run may write. The record of an image that exists has the
    /// values. On the default branch, those of all tags are read: a release, which has no engine, may write the others.
    fn wants_probe(&self, variant: &Variant) -> bool {
        let record = self.expected_record(variant.id);
        let missing = |deferred: &DeferredMove| match record {
            Some(record) => probed_name(deferred, record).is_none(),
            None => true,
        };
        let is_default = self.options.origin.is_default();
        let mut wanted = deferred_moves(variant).into_iter();
        self.options.push && wanted.any(|one| (one.held.is_none() || is_default) && missing(&one))
    }

    /// Whether a tag that waits for a value in the image is not where it should be.
    fn wants_deferred(&self, variant: &Variant) -> bool {
        let record = self.expected_record(variant.id);
        let current = self.expected(variant.id);
        let there = |deferred: &DeferredMove| {
            let name = probed_name(deferred, record?)?;
            let named = self.facts.public.get(&name)?;
            let fixed = deferred.tag.kind == TagKind::Fixed;
            (fixed || Some(*named) == current).then_some(())
        };
        self.options.push && due(variant).any(|deferred| there(&deferred).is_none())
    }

    /// The record of the image that a variant has already.
    pub(super) fn expected_record(&self, v: VariantId) -> Option<&Record> {
        let image = self.expected(v)?;
        let own = self.facts.record(self.fleet.variant(v), image);
        let kept = || {
            self.kept(v)?;
            Some(&*self.facts.current.get(&v)?.record)
        };
        own.and_then(Option::as_deref).or_else(kept)
    }

    fn is_published(&self, variant: &Variant, digest: Digest) -> bool {
        let moves = self.moves(variant, Some(digest));
        let written = moves.iter().all(|m| m.state != MoveState::Write);
        written && !self.wants_deferred(variant)
    }

    fn moves(&self, variant: &Variant, expected: Option<Digest>) -> Vec<Move> {
        self.mover().moves(variant, &self.shares, expected)
    }

    /// All moves of a parent precede any of its children's. A variant whose tags are where they should be waits for none, and
    /// what is based on it waits for its parents.
    fn emit_moves(&mut self, variant: &Variant, mut after: Vec<StepId>) -> Vec<StepId> {
        let v = variant.id;
        let expected = self.expected(v);
        let reason = match self.kept(v) {
            Some(digest) if self.is_published(variant, digest) => Reason::UpToDate,
            Some(_) => Reason::Unpublished,
            None => Reason::Follows,
        };
        let parents = self.parents_published(v);
        let is_current = reason == Reason::UpToDate;
        let mut moves = self.moves(variant, expected);
        for one in &mut moves {
            one.versions = self.versions.share(one.versions.clone());
        }
        let deferred = match self.wants_deferred(variant) {
            true => deferred_moves(variant),
            false => Vec::new(),
        };
        after.extend(self.emitted[v].probed);
        if !is_current {
            after.extend(&parents);
        }
        let action = Action::Move { moves, deferred };
        let moved = self.push(v, None, action, vec![reason], after);
        let before = parents.into_iter().filter(|_| is_current);
        before.chain([moved]).collect()
    }

    /// A shared tag comes last: once each owner has passed its checks and has its own tags.
    fn emit_share(&mut self, share: &SharedTags) {
        let missing = share.owners.iter().find(|v| !self.contributes(**v));
        let held = missing.map(|v| {
            let label = self.name(*v);
            let mut builds = self.decisions.of(*v).iter();
            let is_withdrawn = builds.any(Decision::is_withdrawn);
            let why = match self.planned[*v] {
                true if is_withdrawn => "withdrawn",
                true => "failing, without an image that passed its checks",
                false => "neither selected nor published with its checks passed",
            };
            format!("{label} is a part of it, and {why}")
        });
        let parts: Option<Vec<Vec<_>>> = share.owners.iter().map(|v| self.owned(*v)).collect();
        let expected = parts.map(|parts| Part::whole(parts.concat()));
        let moves = self
            .mover()
            .shared(share, self.fleet, held.as_deref(), expected);
        let reason = match moves.iter().any(|m| m.state == MoveState::Write) {
            false => Reason::UpToDate,
            true if expected.is_some() => Reason::Unpublished,
            true => Reason::Follows,
        };
        let owners = share.owners.iter();
        let owner = |v: &VariantId| Owner {
            variant: self.name(*v),
        };
        let after = owners
            .clone()
            .map(|v| &self.emitted[*v])
            .flat_map(|emitted| emitted.ready.iter().chain(&emitted.published))
            .copied()
            .collect();
        let owners = owners.map(owner).collect();
        let action = Action::Share { owners, moves };
        self.push(share.owners[0], None, action, vec![reason], after);
    }

    fn emit_names(&mut self, variant: &Variant, mut after: Vec<StepId>) -> StepId {
        let own = variant
            .references()
            .map(|(reference, _)| reference)
            .filter(|r| self.shares.is_named_by(r, variant.id));
        let references = own.collect();
        after.extend(self.parents_published(variant.id));
        let action = Action::Name { references };
        self.push(variant.id, None, action, FOLLOWS(), after)
    }

    /// Whether a variant can be a part of a shared index in this run.
    fn contributes(&self, v: VariantId) -> bool {
        let will = self.planned[v] && self.decisions.unsound(v).is_none();
        will || self.owned(v).is_some()
    }

    fn parents_present(&self, v: VariantId, platform: &Platform) -> Vec<StepId> {
        let present = |parent: VariantId| {
            let steps = self.emitted[parent].present.as_slice();
            let own = steps.iter().position(|(p, _)| p == platform);
            // The engine's platform decides which of them a stage on the build platform takes.
            match self.graph.crosses(v, parent) {
                true => steps,
                false => &steps[own.unwrap_or(0)..steps.len().min(own.unwrap_or(0) + 1)],
            }
        };
        let steps = self.graph.parents(v).flat_map(present);
        steps.map(|(_, step)| *step).collect()
    }

    /// The steps after which all parents are in the registry and checked.
    fn parents_ready(&self, v: VariantId) -> Vec<StepId> {
        self.graph
            .parents(v)
            .flat_map(|p| &self.emitted[p].ready)
            .copied()
            .collect()
    }

    fn parents_published(&self, v: VariantId) -> Vec<StepId> {
        self.graph
            .parents(v)
            .flat_map(|p| &self.emitted[p].published)
            .copied()
            .collect::<BTreeSet<StepId>>()
            .into_iter()
            .collect()
    }
}

/// The tags that wait for a value in the image and that this run may write.
fn due(variant: &Variant) -> impl Iterator<Item = DeferredMove> {
    let all = deferred_moves(variant).into_iter();
    all.filter(|deferred| deferred.held.is_none())
}

/// Whether an image that exists is recorded to have passed the checks of today.
fn is_green(decision: &Decision, variant: &Variant) -> bool {
    decision
        .part()
        .is_some_and(|part| part.is_green(&variant.checks))
}
