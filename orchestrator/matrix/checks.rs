//! The checks of an image and of its `when`s, compiled once and filled in once per cell.

use super::faults::Faults;
use super::text::{CellView, Lookup, Place, Text};
use crate::check::{Check, Declared};
use crate::text::Diagnostics;

/// A check whose placeholders are resolved.
pub(super) struct CheckRule<'m> {
    declared: &'m Declared,
    texts: Vec<Text>,
    /// The check itself, if it has no placeholders.
    constant: Option<Check>,
}

/// Resolves every placeholder; faults are reported.
pub(super) fn check_rule<'m>(
    declared: &'m Declared,
    lookup: &Lookup<'_, 'm>,
    faults: &mut Faults,
) -> CheckRule<'m> {
    let texts = declared
        .open()
        .iter()
        .map(|text| lookup.text(text, Place::Rendered, faults))
        .collect();
    let mut rule = CheckRule {
        declared,
        texts,
        constant: None,
    };
    if declared.open().is_empty() {
        let mut found = Diagnostics::default();
        rule.constant = declared.fill(|_| None, &mut found);
        found.iter().for_each(|fault| faults.push(fault.clone()));
    }
    rule
}

/// The checks of one cell without duplicates.
pub(super) fn checks(rules: &[&CheckRule], cell: CellView, faults: &mut Faults) -> Vec<Check> {
    let mut checks: Vec<Check> = Vec::new();
    for check in rules.iter().filter_map(|rule| rule.fill(cell, faults)) {
        if !checks.iter().any(|other| other.kind == check.kind) {
            checks.push(check);
        }
    }
    checks
}

impl CheckRule<'_> {
    fn fill(&self, cell: CellView, faults: &mut Faults) -> Option<Check> {
        if self.declared.open().is_empty() {
            return self.constant.clone();
        }
        let mut found = Diagnostics::default();
        let mut texts = self.texts.iter();
        let check = self
            .declared
            .fill(|_| texts.next()?.fill(cell, faults), &mut found);
        found.iter().for_each(|fault| faults.push(fault.clone()));
        check
    }
}
