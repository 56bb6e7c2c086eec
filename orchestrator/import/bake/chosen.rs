//! Tags of the value of an axis that a variable names: one condition has them for all values.
//!
//! ```text
//! tgt == PYTHON ? "app:latest" : ""     when tgt="{var:PYTHON}" { tag "latest"; }
//! ```

use super::axes::Cell;
use super::key::Key;
use super::place::variable;
use crate::import::published::{Name, VARIABLE, When};
use crate::import::write::literal;
use indexmap::IndexSet;
use std::collections::BTreeSet;

/// A variable, and the number of the axis whose values the file compares it with.
type Pair = (String, usize);

/// The cells whose conditions compare an axis with a variable in the place of each value with the variable; nothing if the
/// file does not compare them.
pub(super) fn chosen(cells: &[Cell], keys: &[Key]) -> Option<Vec<Cell>> {
    let pairs = pairs(cells, keys);
    if pairs.is_empty() {
        return None;
    }
    let mut chosen = cells.to_vec();
    for cell in &mut chosen {
        let at = cell.at.clone();
        let change = |name: &mut Name| {
            let when = compared(&name.when, &at, (&pairs, keys))?;
            let is_other = when != name.when;
            name.when = when;
            is_other.then(|| name.clone())
        };
        let built = &mut cell.built;
        let later = built.later.iter_mut().flatten();
        later.for_each(|name| drop(change(name)));
        // What a cell has today, others have with other values.
        let today = built.names.iter_mut().flatten().filter_map(change);
        let today: Vec<Option<Name>> = today.map(Some).collect();
        built.later = [today, std::mem::take(&mut built.later)].concat();
    }
    Some(chosen)
}

/// The variables that all conditions compare with the value of one axis only, and with each of its values.
fn pairs(cells: &[Cell], keys: &[Key]) -> Vec<Pair> {
    let parts = cells.iter().flat_map(parts);
    let names = parts.filter_map(|(name, _)| name.strip_prefix(VARIABLE));
    let names: IndexSet<&str> = names.collect();
    let axis = |name: &str| (0..keys.len()).find(|axis| is_pair(cells, keys, (name, *axis)));
    let pairs = names.into_iter().filter_map(|name| {
        let axis = axis(name)?;
        Some((name.to_owned(), axis))
    });
    pairs.collect()
}

fn is_pair(cells: &[Cell], keys: &[Key], (name, axis): (&str, usize)) -> bool {
    let all: BTreeSet<usize> = cells.iter().map(|cell| cell.at[axis]).collect();
    let mut known = BTreeSet::new();
    for cell in cells {
        let Some(value) = keys[axis].names().nth(cell.at[axis]) else {
            return false;
        };
        for (own, patterns) in parts(cell) {
            if own.strip_prefix(VARIABLE) != Some(name) {
                continue;
            }
            if sign(patterns, value).is_none() {
                return false;
            }
            known.insert(cell.at[axis]);
        }
    }
    all.len() > 1 && known == all
}

/// What the conditions of a cell's tags say.
fn parts(cell: &Cell) -> impl Iterator<Item = &(String, Vec<String>)> {
    let names = cell.built.names.iter().chain(&cell.built.later);
    names.flatten().flat_map(|name| &name.when.0)
}

/// Whether patterns are this value, or all others: then with a sign.
fn sign(patterns: &[String], value: &str) -> Option<&'static str> {
    let [only] = patterns else {
        return None;
    };
    match only.strip_prefix('!') {
        Some(other) if other == literal(value) => Some("!"),
        None if *only == literal(value) => Some(""),
        _ => None,
    }
}

/// A condition with axes in the place of the variables that it compares with their values; nothing if an axis would have
/// two.
fn compared(when: &When, at: &[usize], (pairs, keys): (&[Pair], &[Key])) -> Option<When> {
    let mut axes = IndexSet::new();
    let (mut own, mut others) = (Vec::new(), Vec::new());
    for (name, patterns) in &when.0 {
        let of = |(known, _): &&Pair| name.strip_prefix(VARIABLE) == Some(known);
        let Some((known, axis)) = pairs.iter().find(of) else {
            own.push((name.clone(), patterns.clone()));
            continue;
        };
        let value = keys[*axis].names().nth(at[*axis])?;
        let sign = sign(patterns, value)?;
        if !axes.insert(*axis) {
            return None;
        }
        let pattern = format!("{sign}{}", variable(known));
        others.push((keys[*axis].name.clone(), vec![pattern]));
    }
    own.extend(others);
    Some(When(own))
}
