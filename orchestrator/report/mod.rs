//! From events to eyes: bars on a terminal, lines elsewhere, JSON for programs, and a table at the end.

mod json;
mod junit;
mod plain;
mod summary;
mod terminal;
mod tested;
mod words;

pub use json::Json;
pub use junit::junit;
pub use plain::Plain;
pub use summary::{Row, closing, failures, rows, table};
pub use terminal::Terminal;
pub use tested::{Tested, tested_json, tested_text};

use crate::matrix::Fleet;
use crate::plan::{Action, Plan, StepId};
use crate::run::{Event, Outcome};

/// Somebody who watches a run.
pub trait Reporter: Send {
    /// Something happened.
    fn event(&mut self, event: &Event);
    /// Everything has happened; closes what is open on the screen.
    fn close(&mut self, outcome: &Outcome, rows: &[Row]);
}

/// How people call the steps of a plan.
#[derive(Debug, Clone)]
pub struct Labels {
    steps: Vec<(String, &'static str)>,
    /// The number of builds in the plan.
    pub builds: usize,
}

impl Labels {
    /// The labels of all steps: `go:1.26.5-node`, with the platform where a variant has several.
    pub fn new(plan: &Plan, fleet: &Fleet) -> Self {
        let label = |step: &crate::plan::Step| {
            let variant = fleet.variant(step.variant);
            if let Action::Share { owners, .. } = &step.action {
                let names: Vec<String> = owners
                    .iter()
                    .map(|owner| fleet.variant(owner.variant).label())
                    .collect();
                return (names.join(" + "), step.action.word());
            }
            let on = step
                .platform
                .as_ref()
                .filter(|_| variant.platforms.len() > 1);
            let name = on.map_or_else(|| variant.label(), |p| format!("{} {p}", variant.label()));
            (name, step.action.word())
        };
        Self {
            steps: plan.steps.iter().map(label).collect(),
            builds: plan.builds(),
        }
    }

    /// The variant a step is about, or all that share tags.
    pub fn of(&self, step: StepId) -> &str {
        &self.steps[step.0 as usize].0
    }

    /// What it does, in a word.
    pub fn action(&self, step: StepId) -> &'static str {
        self.steps[step.0 as usize].1
    }

    /// How many steps there are.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

#[cfg(test)]
mod tests;
