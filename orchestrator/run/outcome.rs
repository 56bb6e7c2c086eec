//! How a run ended.

use crate::matrix::VariantName;
use crate::plan::{Plan, StepId};
use crate::request::FaultKind;
use crate::run::{Done, Failure, TagEnd};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use typed_index_collections::TiVec;

/// The outcome of one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepOutcome {
    /// It succeeded.
    Done {
        /// Its result.
        done: Done,
        /// How long it took.
        took: Duration,
    },
    /// It failed.
    Failed {
        /// Why.
        failure: Failure,
        /// How long it took.
        took: Duration,
    },
    /// It did not run because another step failed.
    Blocked {
        /// The step that failed.
        by: StepId,
    },
    /// The run ended before it started.
    NotReached,
}

/// The outcome of a run, step by step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// In the order of the plan.
    pub steps: TiVec<StepId, StepOutcome>,
    /// How long the run took.
    pub took: Duration,
    /// Whether the user stopped it before its last step was done.
    pub stopped: bool,
    /// Every public tag that it was to move.
    pub tags: Vec<TagEnd>,
    /// The engine that ran each step, in the order of the plan; empty if the run had one engine at most.
    pub engines: TiVec<StepId, Option<Arc<str>>>,
}

impl Outcome {
    /// Whether every step succeeded.
    pub fn is_success(&self) -> bool {
        !self.stopped
            && self
                .steps
                .iter()
                .all(|s| matches!(s, StepOutcome::Done { .. }))
    }

    /// Whether every failure is an engine or a registry that is out of reach or refuses the credential, and no variant ended
    /// well: what the run needs is closed to it, not what one image needs.
    pub fn is_closed(&self, plan: &Plan) -> bool {
        let mut failures = self.steps.iter().filter_map(|s| match s {
            StepOutcome::Failed { failure, .. } => Some(failure.error.kind().is_closed()),
            _ => None,
        });
        let first = failures.next();
        first == Some(true) && failures.all(|closed| closed) && !self.any_is_well(plan)
    }

    /// Whether every failure is that something else has changed what the plan has seen: a new plan may be carried out.
    pub fn is_outrun(&self) -> bool {
        let mut failures = self.steps.iter().filter_map(|step| match step {
            StepOutcome::Failed { failure, .. } => Some(failure.error.kind()),
            _ => None,
        });
        let first = failures.next();
        first == Some(FaultKind::ChangedMeanwhile)
            && failures.all(|kind| kind == FaultKind::ChangedMeanwhile)
    }

    /// The variants of which the run wrote a public tag.
    pub fn moved<'a>(&self, plan: &'a Plan) -> BTreeSet<&'a VariantName> {
        let mut moved = BTreeSet::new();
        for (step, end) in plan.steps.iter().zip(&self.steps) {
            let written = match end {
                StepOutcome::Done { done, .. } => done.written(),
                StepOutcome::Failed { failure, .. } => &failure.written,
                StepOutcome::Blocked { .. } | StepOutcome::NotReached => &[],
            };
            if !written.is_empty() {
                let owners = step.owners().map(|owner| &owner.variant);
                moved.extend(owners.chain([&step.variant]));
            }
        }
        moved
    }

    /// Whether all steps of a variant succeeded, if there are any.
    fn any_is_well(&self, plan: &Plan) -> bool {
        let steps = plan.steps.iter().zip(&self.steps);
        let unwell = steps.filter(|(_, end)| !matches!(end, StepOutcome::Done { .. }));
        let unwell: BTreeSet<&VariantName> = unwell.map(|(step, _)| &step.variant).collect();
        plan.variants.keys().any(|name| !unwell.contains(name))
    }
}
