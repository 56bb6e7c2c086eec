//! What a run does with a variant besides building it, for `kiln why`.

use crate::manifest::Proof;
use crate::name::{Digest, Reference};
use crate::plan::{Action, HeldTag, MoveState, Plan, Step, Why};
use std::collections::BTreeSet;

/// What `kiln build --push` would do with the tags of a variant, and with the checks of an image that it does not build.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Effects {
    /// The titles of the checks that would run; empty if the image is built, since then all of them run.
    pub checks: Vec<String>,
    /// The proofs that would be attached; empty if the image is built, since then it gets all of them.
    pub proofs: BTreeSet<Proof>,
    /// The public tags that would be written, with the digest that each names now.
    pub tags: Vec<(Reference, Option<Digest>)>,
    /// The public tags that would be held.
    pub held: Vec<HeldTag>,
}

impl Why {
    /// Adds what the plan of `kiln build --push` does besides building.
    pub fn add(&mut self, plan: &Plan) {
        let own = |step: &&Step| {
            let mut owners = step.owners();
            step.variant == self.variant || owners.any(|one| one.variant == self.variant)
        };
        let steps: Vec<&Step> = plan.steps.iter().filter(own).collect();
        let moves = steps.iter().flat_map(|step| step.moves());
        let written = moves.filter(|m| m.state == MoveState::Write);
        self.effects = Effects {
            checks: checks(plan, &steps),
            proofs: proofs(plan, &steps),
            tags: written.map(|m| (m.reference.clone(), m.was)).collect(),
            held: steps.iter().flat_map(|step| plan.held_by(step)).collect(),
        };
    }
}

fn proofs(plan: &Plan, steps: &[&Step]) -> BTreeSet<Proof> {
    let has = |action: Action| steps.iter().any(|step| step.action == action);
    let parts = steps
        .first()
        .map(|step| &plan.variant(&step.variant).standing);
    match has(Action::Attest) && !has(Action::Build) {
        true => (parts.into_iter().flatten().flatten())
            .flat_map(|part| part.lacks(&plan.attest))
            .collect(),
        false => BTreeSet::new(),
    }
}

fn checks(plan: &Plan, steps: &[&Step]) -> Vec<String> {
    let has = |action: Action| steps.iter().find(|step| step.action == action);
    match (has(Action::Build), has(Action::Check)) {
        (None, Some(step)) => {
            let checks = plan.variant(&step.variant).checks.iter();
            checks.map(|check| check.title.clone()).collect()
        }
        _ => Vec::new(),
    }
}
