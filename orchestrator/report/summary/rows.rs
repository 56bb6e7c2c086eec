//! One row per variant: what became of its steps.

use super::{Row, held_now};
use crate::matrix::VariantName;
use crate::name::Reference;
use crate::plan::{Action, HeldTag, Move, MoveState, Owner, Plan, Reason, Step, StepId};
use crate::report::words;
use crate::request::{FaultKind, HookPhase, WorldError};
use crate::run::{Done, Failure, Outcome, StepOutcome};
use indexmap::IndexMap;
use std::time::Duration;

/// The rows of a run, in the order of the plan.
pub(super) fn rows(plan: &Plan, outcome: &Outcome) -> Vec<Row> {
    let mut rows: IndexMap<VariantName, Row> = IndexMap::new();
    for (id, step) in plan.iter() {
        if let Action::Share { owners, moves } = &step.action {
            let held = plan.held_by(step);
            add_share(&mut rows, owners, moves, &held, &outcome.steps[id]);
            continue;
        }
        let row = rows.entry(step.variant.clone()).or_insert_with(|| Row {
            variant: step.variant.to_string(),
            ..Row::default()
        });
        row.held.extend(plan.held_by(step));
        // What becomes of the other platforms does not hide that one has failed.
        let failed = Some(row.state.clone()).filter(|state| is_failure(state));
        match &outcome.steps[id] {
            StepOutcome::Done { done, took } => {
                add_done(row, plan, id, done, *took);
                if let Done::Built { .. } = done {
                    add_engine(row, outcome, id);
                }
            }
            StepOutcome::Failed { took, failure } => {
                row.seconds += took.as_secs_f64();
                row.state = failed_state(&plan.step(id).action, failure).into();
                add_engine(row, outcome, id);
                if failure.is_after_move() {
                    row.tags = current_tags(plan, id, &failure.written);
                }
            }
            StepOutcome::Blocked { by } => {
                row.state = format!("blocked by {}", plan.step(*by).variant);
            }
            StepOutcome::NotReached if is_pending(step) && !is_ended(&row.state) => {
                row.state = "not reached".into()
            }
            StepOutcome::NotReached => {}
        }
        if let (Some(failed), false) = (failed, has_failed(&outcome.steps[id])) {
            row.state = failed;
        }
    }
    rows.into_values().collect()
}

pub(in crate::report) const ADOPTED: &str = "adopted";
pub(in crate::report) const STOPPED: &str = "stopped";
pub(in crate::report) const WITHDRAWN: &str = "withdrawn";
pub(in crate::report) const FAILING: &str = "failing";
pub(in crate::report) const FAILED_BEFORE: &str = "failed before-move";
pub(in crate::report) const FAILED_AFTER: &str = "failed after-move";

fn has_failed(step: &StepOutcome) -> bool {
    matches!(step, StepOutcome::Failed { .. })
}

/// Whether a step would change something: where all tags are where they should be, nothing is missing without it.
fn is_pending(step: &Step) -> bool {
    let Action::Move { moves, deferred } = &step.action else {
        return true;
    };
    let is_due = moves.iter().any(|m| m.state == MoveState::Write);
    is_due || !deferred.is_empty() || step.reason() != &Reason::UpToDate
}

/// Whether no other step changes what became of a variant.
fn is_ended(state: &str) -> bool {
    is_failure(state) || state.starts_with("blocked") || ["published", WITHDRAWN].contains(&state)
}

fn is_failure(state: &str) -> bool {
    state.starts_with("failed") || [STOPPED, FAILING].contains(&state)
}

fn failed_state(action: &Action, failure: &Failure) -> &'static str {
    if let WorldError::Hook(hook) = &failure.error {
        return match hook.phase {
            HookPhase::BeforeMove => FAILED_BEFORE,
            HookPhase::AfterMove => FAILED_AFTER,
        };
    }
    match action {
        _ if words::is_stopped(failure) => STOPPED,
        _ if failure.error.kind() == FaultKind::Failing => FAILING,
        Action::Check => "failed its checks",
        _ => "failed",
    }
}

fn add_engine(row: &mut Row, outcome: &Outcome, id: StepId) {
    let engine = outcome.engines.get(id).and_then(Option::as_deref);
    if let Some(engine) = engine.filter(|one| row.engines.iter().all(|known| known != one)) {
        row.engines.push(engine.into());
    }
}

/// Whether a step is about one platform of several: its image is not that of the variant.
fn is_part(plan: &Plan, id: StepId) -> bool {
    let step = plan.step(id);
    let variant = plan.variants.get(&step.variant);
    step.platform.is_some() && variant.is_some_and(|variant| variant.platforms.len() > 1)
}

fn add_done(row: &mut Row, plan: &Plan, id: StepId, done: &Done, took: Duration) {
    let before = (row.digest, row.state.clone());
    add_result(row, plan, id, done, took);
    if is_part(plan, id) {
        if plan.push {
            row.digest = before.0;
        }
        // What was found for the other platform does not hide that one was built.
        let is_found = matches!(
            done,
            Done::Kept { .. } | Done::Same { .. } | Done::Taken { .. }
        );
        if is_found && before.1 == "built" {
            row.state = before.1;
        }
    }
}

fn add_result(row: &mut Row, plan: &Plan, id: StepId, done: &Done, took: Duration) {
    row.seconds += took.as_secs_f64();
    match done {
        Done::Built {
            image, cached, ran, ..
        } => {
            let before = row.cached.unwrap_or_default();
            row.cached = Some((before.0 + cached, before.1 + cached + ran));
            row.digest.get_or_insert(*image);
            row.state = "built".into();
        }
        Done::Staged { digest, adopted } => {
            row.digest = Some(*digest);
            if *adopted {
                row.state = ADOPTED.into();
            }
        }
        Done::Indexed { digest } => row.digest = Some(*digest),
        Done::Kept { digest } => {
            row.digest = Some(*digest);
            row.state = "up to date".into();
        }
        Done::Same { digest } => {
            row.digest = Some(*digest);
            row.state = "came out the same".into();
        }
        Done::Taken { digest } => {
            row.digest = Some(*digest);
            row.state = "staged before".into();
        }
        Done::Skipped { digest, .. } => {
            row.digest = *digest;
            row.state = match plan.step(id).reason() {
                Reason::ParentFailing { parent } | Reason::ParentWithdrawn { parent } => {
                    format!("blocked by {parent}")
                }
                Reason::Withdrawn(_) => WITHDRAWN.into(),
                _ => FAILING.into(),
            };
        }
        Done::Moved {
            digest,
            written,
            held,
            there,
        } => {
            // Another run may have staged its image between this run's push and its moves.
            if row.state == "built" && row.digest.is_some_and(|own| own != *digest) {
                row.state = ADOPTED.into();
            }
            row.digest = Some(*digest);
            let there: Vec<Reference> = written.iter().chain(there).cloned().collect();
            row.tags = current_tags(plan, id, &there);
            row.held.extend(held_now(held));
            if !written.is_empty() {
                row.state = "published".into();
            } else if row.state == "staged before" && held.is_empty() && !row.tags.is_empty() {
                // It was published before, too.
                row.state = "up to date".into();
            }
        }
        Done::Named { names } => row.tags = names.iter().map(tag_text).collect(),
        Done::Used { .. }
        | Done::Probed { .. }
        | Done::Checked { .. }
        | Done::MarkedChecked
        | Done::Attested { .. }
        | Done::CheckedBefore
        | Done::Shared { .. } => {}
    }
}

/// The row of each owner lists the shared tags. If they could not be written, only the first owner counts as failed:
/// it is one failure.
fn add_share(
    rows: &mut IndexMap<VariantName, Row>,
    owners: &[Owner],
    moves: &[Move],
    planned: &[HeldTag],
    outcome: &StepOutcome,
) {
    for (place, owner) in owners.iter().enumerate() {
        let Some(row) = rows.get_mut(&owner.variant) else {
            continue;
        };
        row.held.extend(planned.iter().cloned());
        match outcome {
            StepOutcome::Done {
                done:
                    Done::Shared {
                        written,
                        held,
                        there,
                        ..
                    },
                ..
            } => {
                let there: Vec<Reference> = written.iter().chain(there).cloned().collect();
                row.tags.extend(current(moves, &there));
                row.held.extend(held_now(held));
                if !written.is_empty() {
                    row.state = "published".into();
                }
            }
            StepOutcome::Failed { failure, .. } => {
                if failure.is_after_move() {
                    row.tags.extend(current(moves, &failure.written));
                }
                if place == 0 {
                    row.state = failed_state(&Action::Index, failure).into();
                }
            }
            _ => {}
        }
    }
}

fn current_tags(plan: &Plan, id: StepId, written: &[Reference]) -> Vec<String> {
    let Action::Move { moves, .. } = &plan.step(id).action else {
        return Vec::new();
    };
    // The plan does not contain tags with values that were read from the image.
    let probed = written
        .iter()
        .filter(|reference| moves.iter().all(|m| m.reference != **reference))
        .map(tag_text);
    current(moves, written).into_iter().chain(probed).collect()
}

fn current(moves: &[Move], written: &[Reference]) -> Vec<String> {
    moves
        .iter()
        .filter(|m| {
            matches!(m.state, MoveState::Current | MoveState::Renew)
                || written.contains(&m.reference)
        })
        .map(|m| tag_text(&m.reference))
        .collect()
}

fn tag_text(reference: &Reference) -> String {
    reference
        .tag
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default()
}
