//! The failures of a run.

use crate::plan::{Action, Plan, Step};
use crate::report::words;
use crate::run::{Outcome, StepOutcome};
use std::fmt::Write as _;

/// All failures in full, with the variants that each one blocked. Steps that were stopped did not fail.
pub fn failures(plan: &Plan, outcome: &Outcome) -> String {
    let mut out = String::new();
    for (id, step) in plan.iter() {
        let StepOutcome::Failed { failure, .. } = &outcome.steps[id] else {
            continue;
        };
        if words::is_stopped(failure) {
            continue;
        }
        let label = subject(step);
        let _ = write!(
            out,
            "\n{}",
            words::failure(&label, step.action.word(), failure)
        );
        if step.action == Action::Check && plan.variant(&step.variant).kept.is_some() {
            out.push_str("  the image is published already: its tags stay where they are\n");
        }
        let blocked: indexmap::IndexSet<String> = plan
            .iter()
            .filter(|(other, s)| {
                is_of_another_variant(s, step)
                    && outcome.steps[*other] == StepOutcome::Blocked { by: id }
            })
            .map(|(_, s)| subject(s))
            .collect();
        if !blocked.is_empty() {
            let names: Vec<String> = blocked.into_iter().collect();
            let _ = writeln!(out, "  blocked: {}", names.join(", "));
        }
    }
    out
}

fn is_of_another_variant(step: &Step, failed: &Step) -> bool {
    step.variant != failed.variant || matches!(step.action, Action::Share { .. })
}

/// The subject of a step: a variant, or the tags that several variants share.
fn subject(step: &Step) -> String {
    let Action::Share { owners, .. } = &step.action else {
        return step.variant.to_string();
    };
    let names: Vec<String> = owners
        .iter()
        .map(|owner| owner.variant.to_string())
        .collect();
    format!("the tags of {}", names.join(" and "))
}
