//! Faults of one expansion: a fault of a rule is reported once, not once per cell.

use crate::manifest::Manifest;
use crate::text::{Diagnostic, Diagnostics, Place, Severity, Span};
use std::collections::HashSet;

/// Faults of what is declared together. They may be caused by a part of the manifest that could not be read; without that
/// part, they are faults of what is left.
pub const TOGETHER: [&str; 9] = [
    "matrix::empty-axis",
    "matrix::exclude-never",
    "matrix::from-none",
    "matrix::from-several",
    "matrix::include-never",
    "matrix::latest",
    "matrix::no-variant",
    "matrix::two-owners",
    "matrix::when-never",
];

/// Faults of what is missing, which a part of the manifest that could not be read may have.
const MISSING: [&str; 11] = [
    "matrix::missing-data",
    "matrix::missing-param",
    "matrix::must",
    "matrix::no-effect",
    "matrix::no-from",
    "matrix::no-publish",
    "matrix::no-recipe",
    "matrix::no-workspace",
    "matrix::orphaned-rung",
    "matrix::unused",
    "matrix::variable-not-given",
];

/// Faults of names that are not declared, which a file that could not be read may declare.
const UNDECLARED: [&str; 5] = [
    "matrix::placeholder",
    "matrix::unknown-base",
    "matrix::unknown-image",
    "matrix::unknown-toolset",
    "matrix::unknown-variable",
];

/// Whether a fault may be caused by a part of the manifest that could not be read.
pub(super) fn may_be_absence(manifest: &Manifest, code: &str) -> bool {
    let is_missing = TOGETHER.contains(&code) || MISSING.contains(&code);
    manifest.incomplete && is_missing || !manifest.whole && UNDECLARED.contains(&code)
}

/// The faults found so far.
#[derive(Default, Clone)]
pub(super) struct Faults {
    all: Diagnostics,
    seen: HashSet<(&'static str, Option<Place>)>,
}

impl Faults {
    /// Records a fault unless one with the same code and place is already recorded.
    pub fn push(&mut self, fault: Diagnostic) {
        let place = fault.labels.first().map(|label| Place {
            span: label.span,
            within: label.within.clone(),
        });
        if self.seen.insert((fault.code, place)) {
            self.all.push(fault);
        }
    }

    /// Whether any of them is an error.
    pub fn has_errors(&self) -> bool {
        self.all.has_errors()
    }

    /// Whether the help of a fault suggests this name: it is probably meant, and misspelt.
    pub fn suggests(&self, name: &str) -> bool {
        let suggestions = [
            format!("did you mean `{name}`"),
            format!("did you mean `{{var:{name}}}`"),
        ];
        let mut helps = self.all.iter().filter_map(|one| one.help.as_deref());
        helps.any(|help| suggestions.iter().any(|one| help.contains(one)))
    }

    /// The places of the errors.
    pub fn error_places(&self) -> Vec<Span> {
        let errors = self
            .all
            .iter()
            .filter(|one| one.severity == Severity::Error);
        let labels = errors.flat_map(|one| &one.labels);
        labels.map(|label| label.span).collect()
    }

    /// All faults in the order they were found.
    pub fn finish(self) -> Diagnostics {
        self.all
    }
}
