//! The checks of an image and of its `when`s: looked up once, and filled in once per cell.

use super::faults::Faults;
use super::text::{CellView, Text};
use crate::check::{Check, Declared};
use crate::text::Diagnostics;

/// The checks of one cell without duplicates.
pub(super) fn checks(
    declared: &[&Declared<Text>],
    cell: CellView,
    faults: &mut Faults,
) -> Vec<Check> {
    let mut checks: Vec<Check> = Vec::new();
    for check in declared.iter().filter_map(|one| fill(one, cell, faults)) {
        if !checks.iter().any(|other| other.kind == check.kind) {
            checks.push(check);
        }
    }
    checks
}

fn fill(declared: &Declared<Text>, cell: CellView, faults: &mut Faults) -> Option<Check> {
    let mut found = Diagnostics::default();
    let check = declared.fill(|text| text.fill(cell, faults), &mut found);
    found.iter().for_each(|fault| faults.push(fault.clone()));
    check
}
