//! Rungs that no variant owns any more.
//!
//! A moving rung belongs to the highest stable value on its axis. If that value lacks a cell
//! that an older value has, no variant owns the older value's rung: `1-bookworm` once 1.27 is no
//! longer made for bookworm. Its last image stays in the registry, and kiln warns about it.

use crate::matrix::cells::axis::Axis;
use crate::matrix::cells::cell_list::{CellList, span_of};
use crate::matrix::faults::Faults;
use crate::matrix::settings::looked_up::Effective;
use crate::matrix::settings::rule::Rule;
use crate::matrix::tags::derive::name_with;
use crate::tag::{Rung, Token};
use crate::text::{Diagnostic, Span};
use indexmap::{IndexMap, IndexSet};
use std::collections::{HashMap, HashSet};

/// The variants of one image.
pub(in crate::matrix) struct Made<'a, 'p, 'm> {
    pub axes: &'p [Axis<'m>],
    pub cells: &'p CellList,
    /// The settings by cell.
    pub settings: &'a dyn Fn(usize) -> &'a Effective,
    /// All tags of the image.
    pub tags: &'a dyn Fn() -> HashSet<&'a str>,
}

/// The most tags that one warning names.
const NAMED: usize = 6;

/// Warns about the orphaned rungs of one image, once per rule.
pub(in crate::matrix) fn orphans(made: &Made, faults: &mut Faults) {
    if span_of(made.axes) == Some(made.cells.len()) {
        return;
    }
    let cells: HashSet<&[u32]> = made.cells.iter().collect();
    let owners = owners(made.axes);
    let mut found: IndexMap<Span, IndexSet<String>> = IndexMap::new();
    for (place, cell) in made.cells.iter().enumerate() {
        for (axis, token) in lost(made.axes, cell, &owners, &cells) {
            let settings = (made.settings)(place);
            let view = settings.view(made.axes, cell);
            for rule in (settings.settings.tags)
                .iter()
                .filter(|rule| climbs(rule, axis, token))
            {
                found
                    .entry(rule.span)
                    .or_default()
                    .insert(name_with(rule, view, axis, token));
            }
        }
    }
    if found.is_empty() {
        return;
    }
    let kept = (made.tags)();
    for (span, mut tags) in found {
        tags.retain(|tag| !kept.contains(tag.as_str()));
        if !tags.is_empty() {
            faults.push(describe(span, &tags));
        }
    }
}

/// The value that owns each moving rung, by axis and token.
type Owners<'p> = HashMap<(usize, &'p str), u32>;

fn owners<'p>(axes: &'p [Axis]) -> Owners<'p> {
    let mut owners = HashMap::new();
    for (index, axis) in axes.iter().enumerate() {
        for (place, value) in (0u32..).zip(&axis.values) {
            let own = value
                .ladder
                .iter()
                .filter(|token| token.rung().is_some_and(|rung| value.owned.contains(&rung)));
            owners.extend(own.map(|token| ((index, token.text.as_str()), place)));
        }
    }
    owners
}

/// The rungs that a cell would have if they were not owned by a value that lacks this cell.
fn lost<'p>(
    axes: &'p [Axis],
    cell: &[u32],
    owners: &Owners,
    cells: &HashSet<&[u32]>,
) -> Vec<(usize, &'p Token)> {
    let mut lost = Vec::new();
    for (index, axis) in axes.iter().enumerate() {
        let value = &axis.values[cell[index] as usize];
        for token in value.ladder.iter().filter(|token| {
            token
                .rung()
                .is_some_and(|rung| !value.owned.contains(&rung))
        }) {
            let Some(owner) = owners.get(&(index, token.text.as_str())) else {
                continue;
            };
            let mut heir = cell.to_vec();
            heir[index] = *owner;
            if *owner != cell[index] && !cells.contains(heir.as_slice()) {
                lost.push((index, token));
            }
        }
    }
    lost
}

fn climbs(rule: &Rule, axis: usize, token: &Token) -> bool {
    let wanted = |rung: Rung| rule.wants(axis, rung);
    rule.per.is_none()
        && rule.names()
        && rule.axes.contains(&axis)
        && token.rung().is_some_and(wanted)
}

fn describe(span: Span, tags: &IndexSet<String>) -> Diagnostic {
    let mut names = tags
        .iter()
        .take(NAMED)
        .map(|tag| format!("`{tag}`"))
        .collect::<Vec<_>>()
        .join(", ");
    if tags.len() > NAMED {
        names += &format!(" and {} more", tags.len() - NAMED);
    }
    Diagnostic::warning("matrix::orphaned-rung", format!("no variant owns {names} any more"))
        .at(span, "the newest value has no such cell")
        .help("the last image of such a tag stays; `per=\"cell\"` gives the rung to the newest value that has the cell, and `per=\"image\"` says that it is to stay")
}
