//! What the last lines of a run say about how it was started.

use crate::plan::{self, MovedBack, Plan};
use crate::report;
use crate::run::Outcome;

/// What the last lines say besides the plan and its outcome.
#[derive(Default)]
pub struct Ending {
    /// See [`report::Summary::is_nightly`].
    pub is_nightly: bool,
    /// See [`report::Summary::starts_over`].
    pub starts_over: bool,
    /// Whether something was not looked at that may have changed.
    pub is_incomplete: bool,
    /// The tags that go backwards.
    pub back: Vec<MovedBack>,
}

impl Ending {
    /// The end of a run.
    pub fn summary(&self, plan: &Plan, outcome: &Outcome) -> report::Summary {
        let mut summary = report::summary(plan, outcome);
        let written = report::written(outcome);
        let back = self.back.iter().cloned();
        let back: Vec<MovedBack> = back
            .filter(|one| written.contains(&one.reference))
            .collect();
        summary.remarks.extend(plan::moved_back_line(&back));
        summary.is_nightly = self.is_nightly;
        summary.starts_over = self.starts_over;
        summary
    }
}
