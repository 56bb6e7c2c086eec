//! Faults of one expansion: a fault of a rule is reported once, not once per cell.

use crate::text::{Diagnostic, Diagnostics, Span};
use std::collections::HashSet;

/// Faults that may be caused by a part of the manifest that could not be read.
pub(super) const ABSENCES: [&str; 19] = [
    "matrix::empty-axis",
    "matrix::exclude-never",
    "matrix::from-none",
    "matrix::from-several",
    "matrix::include-never",
    "matrix::latest",
    "matrix::missing-data",
    "matrix::missing-param",
    "matrix::must",
    "matrix::no-from",
    "matrix::no-publish",
    "matrix::no-recipe",
    "matrix::no-variant",
    "matrix::no-workspace",
    "matrix::orphaned-rung",
    "matrix::two-owners",
    "matrix::unused",
    "matrix::variable-not-given",
    "matrix::when-never",
];

/// The faults found so far.
#[derive(Default)]
pub(super) struct Faults {
    all: Diagnostics,
    seen: HashSet<(&'static str, Option<Span>)>,
}

impl Faults {
    /// Records a fault unless one with the same code and place is already recorded.
    pub fn push(&mut self, fault: Diagnostic) {
        let place = fault.labels.first().map(|label| label.span);
        if self.seen.insert((fault.code, place)) {
            self.all.push(fault);
        }
    }

    /// Whether any of them is an error.
    pub fn has_errors(&self) -> bool {
        self.all.has_errors()
    }

    /// All faults in the order they were found.
    pub fn finish(self) -> Diagnostics {
        self.all
    }
}
