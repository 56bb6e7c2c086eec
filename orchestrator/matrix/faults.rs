//! Faults of one expansion: a fault of a rule is told once, not once a cell.

use crate::text::{Diagnostic, Diagnostics, Span};
use std::collections::HashSet;

/// Faults that may come of what could not be read, rather than of what is written.
pub(super) const ABSENCES: [&str; 18] = [
    "matrix::empty-axis",
    "matrix::exclude-never",
    "matrix::from-none",
    "matrix::from-several",
    "matrix::include-never",
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

/// What was found so far.
#[derive(Default)]
pub(super) struct Faults {
    all: Diagnostics,
    seen: HashSet<(&'static str, Option<Span>)>,
}

impl Faults {
    /// Records a fault unless one of its code was told about the same place.
    pub fn push(&mut self, fault: Diagnostic) {
        let place = fault.labels.first().map(|label| label.span);
        if self.seen.insert((fault.code, place)) {
            self.all.push(fault);
        }
    }

    /// Whether any of them stops the run.
    pub fn has_errors(&self) -> bool {
        self.all.has_errors()
    }

    /// All of them, in the order they were found.
    pub fn finish(self) -> Diagnostics {
        self.all
    }
}
