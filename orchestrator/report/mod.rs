//! Shows the events of a run: bars on a terminal, lines elsewhere, which fold in CI, JSON for programs, and a table at the end.

mod ci_log;
mod closing;
mod diff;
mod engine_names;
mod failures;
mod grouped;
mod inspected;
mod job_summary;
mod json;
mod junit;
mod plain;
mod pruned;
mod published;
mod screen;
mod stale;
mod summary;
mod table;
mod terminal;
mod tested;
mod why;
mod words;

pub use ci_log::{CiLog, GitHub, Guard, Guarded};
pub use closing::closing;
pub use diff::{Compared, diff_json, diff_text};
pub use failures::failures;
pub use grouped::Grouped;
pub use inspected::{Titles, inspected_json, inspected_text};
pub use job_summary::job_summary;
pub use json::{Json, ended_json};
pub use junit::{Junit, junit, junit_refused, stale_junit};
pub use plain::Plain;
pub use pruned::{Pruning, pruned_json, pruned_text};
pub use published::Published;
pub use stale::{stale_json, stale_text};
pub use summary::{Row, Summary, summary, written};
pub use table::table;
pub use terminal::Terminal;
pub use tested::{Tested, tested, tested_json, tested_text};
pub use why::{why_json, why_text};

use crate::plan::{Action, Plan, StepId};
use crate::run::{Event, Outcome};
use typed_index_collections::TiVec;

/// Receives the events of a run.
pub trait Reporter: Send {
    /// Called for each event.
    fn event(&mut self, event: &Event);
    /// Called after the last event; clears what is still on the screen.
    fn close(&mut self, outcome: &Outcome, summary: &Summary);
}

/// The names that reports use for the steps of a plan.
#[derive(Debug, Clone)]
pub struct Labels {
    steps: TiVec<StepId, (String, &'static str)>,
    /// The number of builds in the plan.
    pub builds: usize,
}

impl Labels {
    /// The labels of all steps: `go:1.26.5-node`, with the platform where a variant has several.
    pub fn new(plan: &Plan) -> Self {
        let label = |step: &crate::plan::Step| {
            let variant = plan.variant(&step.variant);
            if let Action::Share { owners, .. } = &step.action {
                let names: Vec<String> = owners
                    .iter()
                    .map(|owner| owner.variant.to_string())
                    .collect();
                return (names.join(" + "), step.action.word());
            }
            let platform = step
                .platform
                .as_ref()
                .filter(|_| variant.platforms.len() > 1);
            let name = platform.map_or_else(
                || step.variant.to_string(),
                |p| format!("{} {p}", step.variant),
            );
            (name, step.action.word())
        };
        Self {
            steps: plan.steps.iter().map(label).collect(),
            builds: plan.builds(),
        }
    }

    /// The variant of a step, or all variants that share its tags.
    pub fn of(&self, step: StepId) -> &str {
        &self.steps[step].0
    }

    /// The action of a step, as one word.
    pub fn action(&self, step: StepId) -> &'static str {
        self.steps[step].1
    }

    /// The number of steps.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether the plan has no steps.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

#[cfg(test)]
mod tests;
