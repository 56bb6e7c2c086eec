//! A matrix as axes: the texts of its targets become patterns with placeholders that are the same for every cell.

use super::built::Built;
use super::chosen::chosen;
use super::derive::Deriver;
use super::examples::Examples;
use super::groups::groups;
use super::key::Key;
use super::part::{Part, part};
use super::unify::unify;
use crate::import::published::{Axis, Image, Name, Text, Wanted, When};
use indexmap::{IndexMap, IndexSet};
use std::collections::{BTreeSet, HashSet};

/// A target of a matrix.
#[derive(Clone)]
pub(super) struct Cell {
    /// The index of its value on each axis.
    pub at: Vec<usize>,
    /// With the placeholders of the axes in its texts.
    pub built: Built,
}

/// The variables that texts may have.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub defaults: &'a IndexMap<String, String>,
    /// Those that have to be filled in.
    pub wanted: &'a IndexMap<String, Wanted>,
}

/// An image with axes, and the numbers of its targets.
pub(super) struct Made {
    pub image: Image,
    pub cells: Vec<usize>,
}

/// The images with axes that publish exactly what these targets do: one, or several if its repositories have
/// different tags. `None` if there is no such image.
pub(super) fn images(
    name: &str,
    keys: &[Key],
    cells: Vec<Cell>,
    examples: Examples,
    known: Known,
) -> Option<Vec<Made>> {
    let distinct: BTreeSet<&Vec<usize>> = cells.iter().map(|cell| &cell.at).collect();
    if distinct.len() < cells.len() {
        return None;
    }
    let chosen = chosen(&cells, keys);
    let made = chosen.and_then(|cells| of_cells(name, keys, cells, examples.clone(), known));
    made.or_else(|| of_cells(name, keys, cells, examples, known))
}

/// The same with the conditions that the cells have.
fn of_cells(
    name: &str,
    keys: &[Key],
    mut cells: Vec<Cell>,
    examples: Examples,
    known: Known,
) -> Option<Vec<Made>> {
    let count = cells.len();
    let mut deriver = Deriver::new(keys, &cells, &examples);
    cells.extend(examples.cells);
    let raw = cells.clone();
    unify(&mut cells, &mut deriver);
    // With an example, a text of the only value is known to follow it: the text itself does not count.
    let written = if cells.len() > count { &cells } else { &raw };
    let written: Vec<IndexSet<String>> = written.iter().take(count).map(tags).collect();
    let mut later = later(&raw, &mut deriver);
    let mut switched = switched(&raw, &mut deriver);
    let mut moved = moved(&raw, &mut deriver);
    // What the examples show is known now.
    let others = switched.values_mut().chain(moved.values_mut());
    let all = others.chain([&mut cells, &mut later]);
    all.for_each(|cells| cells.truncate(count));
    let axes = keys.iter().enumerate();
    let axes = axes.map(|(at, key)| key.axis(deriver.data(at)));
    let axes: Vec<Axis> = axes.collect();
    let groups = groups(&cells, &later);
    let parts = |kept: &HashSet<&str>| -> Option<Vec<Part>> {
        let all = groups.iter();
        let texts = (cells.as_slice(), &switched, &moved);
        all.map(|group| part(group, texts, &written, &axes, kept))
            .collect()
    };
    // What an axis of one value cannot say, its text can.
    let mut all = [kept(&axes, &cells, &deriver), HashSet::new()].into_iter();
    all.find_map(|kept| made(name, &parts(&kept)?, known))
}

/// The axes that stay with only one value: all, if none has several, or those from which the file computes something.
fn kept<'a>(axes: &'a [Axis], cells: &[Cell], deriver: &Deriver) -> HashSet<&'a str> {
    let is_single = axes.iter().all(|axis| axis.values.len() == 1);
    let texts = cells
        .iter()
        .flat_map(|cell| cell.built.names.iter().flatten());
    let patterns: Vec<&str> = texts.map(|name| name.tag.pattern.as_str()).collect();
    let is_computed = |(at, axis): &(usize, &Axis)| {
        let is_series = |pattern: &&str| {
            ["minor", "major"]
                .iter()
                .any(|series| pattern.contains(&format!("{{{}.{series}}}", axis.name)))
        };
        is_single
            || deriver.data(*at).iter().any(|data| !data.is_empty())
            || patterns.iter().any(is_series)
    };
    let all = axes.iter().enumerate().filter(is_computed);
    all.map(|(_, axis)| axis.name.as_str()).collect()
}

/// The images of these targets.
fn made(name: &str, parts: &[Part], known: Known) -> Option<Vec<Made>> {
    let fixed: HashSet<&[String]> = parts.iter().map(Part::fixed).collect();
    let are_named = parts.len() > 1 && fixed.len() == parts.len();
    let made = |part: &Part| {
        let image = part.image(&part.called(name, are_named), known)?;
        let cells = part.of.clone();
        Some(Made { image, cells })
    };
    parts.iter().map(made).collect()
}

/// The targets with the names that they have only with other values of variables.
fn later(raw: &[Cell], deriver: &mut Deriver) -> Vec<Cell> {
    let mut cells = raw.to_vec();
    for cell in &mut cells {
        cell.built.names = std::mem::take(&mut cell.built.later);
    }
    unify(&mut cells, deriver);
    cells
}

/// By values of variables, the targets with these, without names.
pub(super) type Switched = IndexMap<When, Vec<Cell>>;

/// The targets as they are under each condition.
fn under<'c>(
    raw: &[Cell],
    conditions: impl Iterator<Item = &'c When>,
    cell: fn(&Cell, &When) -> Cell,
    deriver: &mut Deriver,
) -> Switched {
    let conditions: IndexSet<When> = conditions.cloned().collect();
    let with = |when: When| {
        let mut cells: Vec<Cell> = raw.iter().map(|one| cell(one, &when)).collect();
        unify(&mut cells, deriver);
        (when, cells)
    };
    conditions.into_iter().map(with).collect()
}

/// The targets with other settings under a condition.
fn switched(raw: &[Cell], deriver: &mut Deriver) -> Switched {
    let all = raw.iter().flat_map(|cell| &cell.built.switched);
    under(raw, all.map(|(when, _)| when), other, deriver)
}

/// The targets of which each name is a repository under a condition; without names, those that have no others then.
fn moved(raw: &[Cell], deriver: &mut Deriver) -> Switched {
    let all = raw.iter().flat_map(|cell| &cell.built.moved);
    under(raw, all.map(|(when, _)| when), elsewhere, deriver)
}

/// A target with its repositories under a condition.
fn elsewhere(cell: &Cell, when: &When) -> Cell {
    let mut built = cell.built.clone();
    let mut moved = built.moved.iter();
    let moved = moved.find(|(known, _)| known == when);
    let first = built.names.iter().flatten().next();
    let repositories = moved.into_iter().flat_map(|(_, all)| all);
    let name = |repository: &Text| {
        Some(Name {
            repository: repository.clone(),
            tag: Text::literal("latest"),
            ..first?.clone()
        })
    };
    built.names = repositories.map(name).collect();
    let at = cell.at.clone();
    Cell { at, built }
}

/// A target as it is under a condition.
fn other(cell: &Cell, when: &When) -> Cell {
    let mut others = cell.built.switched.iter();
    let other = others.find(|(known, _)| known == when);
    let mut built = match other {
        Some((_, other)) => other.clone(),
        None => cell.built.without_some_args(),
    };
    built.names = Vec::new();
    if built.inline.is_some() {
        built.dockerfile.clone_from(&cell.built.dockerfile);
    }
    let at = cell.at.clone();
    Cell { at, built }
}

fn tags(cell: &Cell) -> IndexSet<String> {
    let names = cell.built.names.iter().flatten();
    names.map(|name| name.tag.pattern.clone()).collect()
}
