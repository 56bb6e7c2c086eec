//! Whether a plan has something to do, and for which variants.

use crate::matrix::VariantName;
use crate::plan::{Action, Plan, Step};
use std::collections::BTreeSet;

impl Plan {
    /// Whether anything is built or checked, or a public tag is written.
    pub fn has_work(&self) -> bool {
        self.writes() > 0 || self.working().next().is_some()
    }

    /// The variants that a job has to build or check. All that is left for the others is to publish them.
    pub fn worked_on(&self) -> BTreeSet<&VariantName> {
        self.working().map(|step| &step.variant).collect()
    }

    fn working(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| {
            !matches!(
                step.action,
                Action::Keep { .. }
                    | Action::Skip { .. }
                    | Action::Take { .. }
                    | Action::Find
                    | Action::Index
                    | Action::Move { .. }
                    | Action::Share { .. }
            )
        })
    }
}
