//! Which steps share a limit, and how urgent each step is.

use crate::plan::{Action, Plan, Step, StepId};
use typed_index_collections::{TiVec, ti_vec};

/// The number of classes of work, each with its own limit.
pub(super) const CLASSES: usize = 4;

pub(super) fn class(plan: &Plan, step: &Step) -> usize {
    match &step.action {
        Action::Build => 0,
        Action::Check | Action::Probe => 1,
        // A hook may take minutes: it keeps no other step from pulling or pushing.
        Action::Move { .. } | Action::Share { .. } if !plan.hooks_of(step).is_empty() => 3,
        _ => 2,
    }
}

/// Rough durations in seconds: only their proportions matter.
fn cost(action: &Action) -> u64 {
    match action {
        Action::Build => 60,
        Action::Check => 10,
        Action::Probe => 2,
        Action::Use { .. } | Action::Stage => 8,
        Action::Index
        | Action::Attest
        | Action::MarkChecked
        | Action::Move { .. }
        | Action::Share { .. }
        | Action::Name { .. } => 1,
        Action::Keep { .. } | Action::Skip { .. } | Action::Take { .. } | Action::Find => 0,
    }
}

/// The longest path from each step to the end. The steps are in a valid order, so one pass from the back is enough.
pub(super) fn weights(plan: &Plan, dependents: &TiVec<StepId, Vec<StepId>>) -> TiVec<StepId, u64> {
    let mut weight = ti_vec![0; plan.steps.len()];
    for (id, step) in plan.steps.iter_enumerated().rev() {
        let below = dependents[id].iter().map(|d| weight[*d]).max().unwrap_or(0);
        weight[id] = below + cost(&step.action);
    }
    weight
}
