//! The failures of a run.

use crate::plan::{Action, Plan, Step, StepId};
use crate::report::words;
use crate::run::{Failure, Outcome, StepOutcome};
use indexmap::{IndexMap, IndexSet};
use std::collections::HashMap;
use std::fmt::Write as _;

/// The failures that a report has shown as they came.
#[derive(Default)]
pub(super) struct Shown {
    /// The step that came first, by what the others have in common with it.
    first: HashMap<String, String>,
}

impl Shown {
    /// A failure in full; if another step has failed for the same reason before, only that.
    pub(super) fn text(&mut self, label: &str, action: &str, failure: &Failure) -> String {
        let full = || words::failure(label, action, failure);
        let Some(cause) = words::common_cause(action, failure) else {
            return full();
        };
        match self.first.get(&cause) {
            Some(first) => {
                let action = words::failing(action, failure);
                format!("{label}: {action} failed for the same reason as {first}\n")
            }
            None => {
                self.first.insert(cause, label.to_owned());
                full()
            }
        }
    }
}

/// All failures in full, with the variants that each one blocked. What several steps fail at, such as a base that does not
/// exist, is reported once. Steps that were stopped did not fail.
pub fn failures(plan: &Plan, outcome: &Outcome) -> String {
    let mut known: IndexMap<String, Vec<(StepId, &Failure)>> = IndexMap::new();
    for (id, step) in plan.iter() {
        match &outcome.steps[id] {
            StepOutcome::Failed { failure, .. } if !words::is_stopped(failure) => {
                let cause = words::common_cause(step.action.word(), failure);
                let cause = cause.unwrap_or_else(|| format!("{id:?}"));
                known.entry(cause).or_default().push((id, failure));
            }
            _ => {}
        }
    }
    let all = known.values();
    all.map(|steps| reported(plan, outcome, steps)).collect()
}

/// One failure, of one step or of several.
fn reported(plan: &Plan, outcome: &Outcome, steps: &[(StepId, &Failure)]) -> String {
    let mut out = String::new();
    let Some(((first, failure), others)) = steps.split_first() else {
        return out;
    };
    let step = plan.step(*first);
    let own = on_platform(plan, step);
    let text = words::failure(&own, step.action.word(), failure);
    let _ = write!(out, "\n{text}");
    if step.action == Action::Check && plan.variant(&step.variant).kept.is_some() {
        out.push_str("  the image is published already: its tags stay where they are\n");
    }
    let others: IndexSet<String> = others
        .iter()
        .map(|(id, _)| on_platform(plan, plan.step(*id)))
        .filter(|other| *other != own)
        .collect();
    add_list(&mut out, "for the same reason", others);
    let blocked = plan.iter().filter(|(other, s)| {
        let StepOutcome::Blocked { by } = outcome.steps[*other] else {
            return false;
        };
        let mut failed = steps.iter().map(|(id, _)| *id);
        failed.any(|id| id == by && is_of_another_variant(s, plan.step(id)))
    });
    add_list(
        &mut out,
        "blocked",
        blocked.map(|(_, s)| subject(s)).collect(),
    );
    out
}

fn add_list(out: &mut String, word: &str, names: IndexSet<String>) {
    if !names.is_empty() {
        let names: Vec<String> = names.into_iter().collect();
        let _ = writeln!(out, "  {word}: {}", names.join(", "));
    }
}

fn is_of_another_variant(step: &Step, failed: &Step) -> bool {
    step.variant != failed.variant || matches!(step.action, Action::Share { .. })
}

/// The subject of a step, with its platform if the variant has several.
fn on_platform(plan: &Plan, step: &Step) -> String {
    let name = subject(step);
    match &step.platform {
        Some(platform) if plan.variant(&step.variant).platforms.len() > 1 => {
            format!("{name} {platform}")
        }
        _ => name,
    }
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
