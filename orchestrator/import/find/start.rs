//! The beginnings of patterns: the place of the version with all of its rungs, or with some, or a text.

use super::ladder::Ladder;
use super::table::{Row, Table};
use crate::tag::Rung;
use indexmap::{IndexMap, IndexSet};
use std::cmp::Reverse;

/// A cell, and the beginnings that all make the same tags of it.
pub(super) type Choices = (usize, Vec<String>);

/// The beginnings of patterns that make exactly these: for each part of them, the ones that it may have.
pub(super) fn parts(
    table: &Table,
    ladder: &Ladder,
    at: usize,
    heads: &IndexSet<String>,
) -> Vec<Vec<String>> {
    let mut heads: IndexSet<&str> = heads.iter().map(String::as_str).collect();
    let subsets = &ladder.subsets;
    let makes = |rungs: &Vec<Rung>| ladder.tokens(table, at, rungs);
    let exact = subsets.iter().filter(|rungs| makes(rungs) == heads);
    let exact: Vec<String> = exact.map(|rungs| version(rungs, ladder)).collect();
    if !exact.is_empty() {
        let row = &table.rows[table.cells[at].row];
        let is_whole = heads.len() == 1 && heads.contains(row.text.as_str());
        let name = (is_whole && row.name == row.text).then(|| String::from("{version.name}"));
        let exact = exact.into_iter().chain(name).collect();
        return vec![exact];
    }
    let mut parts = Vec::new();
    let within = subsets.iter().filter(|rungs| {
        let made = makes(rungs);
        !made.is_empty() && made.is_subset(&heads)
    });
    if let Some(rungs) = within.max_by_key(|rungs| makes(rungs).len()) {
        let made = makes(rungs);
        let same = subsets.iter().filter(|rungs| makes(rungs) == made);
        parts.push(same.map(|rungs| version(rungs, ladder)).collect());
        heads.retain(|head| !made.contains(head));
    }
    let row = &table.rows[table.cells[at].row];
    parts.extend(heads.iter().map(|head| vec![text(row, head)]));
    parts
}

/// The beginnings of tags of a cell.
pub(super) type Heads = (usize, IndexSet<String>);

/// The place for most rungs that all of these cells have, and takes what it makes out of them; `None` if that is all, or
/// nothing.
pub(super) fn common(table: &Table, ladder: &Ladder, cells: &mut Vec<Heads>) -> Option<String> {
    let made = |rungs: &Vec<Rung>| -> Option<usize> {
        let mut count = 0;
        for (at, heads) in cells.iter() {
            let made = ladder.tokens(table, *at, rungs);
            let is_common = made.iter().all(|head| heads.contains(*head));
            count += Some(made.len()).filter(|len| is_common && *len > 0)?;
        }
        Some(count)
    };
    let ways = ladder.subsets.iter();
    let ways = ways.filter_map(|rungs| Some((made(rungs)?, rungs)));
    let (count, rungs) = ways.max_by_key(|(count, _)| *count)?;
    if count == cells.iter().map(|(_, heads)| heads.len()).sum::<usize>() {
        return None;
    }
    for (at, heads) in cells.iter_mut() {
        let made = ladder.tokens(table, *at, rungs);
        heads.retain(|head| !made.contains(head.as_str()));
        if !heads.is_empty() {
            // Every place makes them.
            let aliases = &ladder.aliases[table.cells[*at].row];
            heads.extend(aliases.iter().cloned());
        }
    }
    cells.retain(|(_, heads)| !heads.is_empty());
    Some(version(rungs, ladder))
}

/// A beginning as a place that follows the version, if it is one of its rungs.
fn text(row: &Row, head: &str) -> String {
    let named = [
        (Rung::Full, "name"),
        (Rung::Minor, "minor"),
        (Rung::Major, "major"),
    ];
    let place = named
        .into_iter()
        .find(|(rung, _)| row.rung(*rung) == Some(head));
    match place {
        Some((_, name)) => format!("{{version.{name}}}"),
        None => head.to_owned(),
    }
}

/// The place for these rungs.
fn version(rungs: &[Rung], ladder: &Ladder) -> String {
    let words: Vec<&str> = rungs.iter().map(|rung| rung.as_str()).collect();
    match rungs.len() == ladder.rungs.len() {
        true => String::from("{version}"),
        false => format!("{{version:{}}}", words.join(",")),
    }
}

/// Picks one beginning for each, so that there are few different ones; with the cells of each.
pub(super) fn fewest(all: Vec<Choices>) -> IndexMap<String, Vec<usize>> {
    let mut counts: IndexMap<String, usize> = IndexMap::new();
    for choice in all.iter().flat_map(|(_, choices)| choices) {
        *counts.entry(choice.clone()).or_default() += 1;
    }
    let (single, mut open): (Vec<Choices>, Vec<Choices>) =
        all.into_iter().partition(|(_, choices)| choices.len() == 1);
    let mut picked: IndexMap<String, Vec<usize>> = IndexMap::new();
    // There are only as many choices as there are sets of rungs.
    while !open.is_empty() {
        let choices = open.iter().flat_map(|(_, choices)| choices).enumerate();
        let best = choices.max_by_key(|(at, choice)| (counts.get(*choice), Reverse(*at)));
        let Some(best) = best.map(|(_, best)| best.clone()) else {
            break;
        };
        let (of, rest): (Vec<Choices>, Vec<Choices>) = open
            .into_iter()
            .partition(|(_, choices)| choices.contains(&best));
        picked.insert(best, of.into_iter().map(|(cell, _)| cell).collect());
        open = rest;
    }
    for (cell, choices) in single {
        choices
            .into_iter()
            .for_each(|choice| picked.entry(choice).or_default().push(cell));
    }
    picked.values_mut().for_each(|cells| cells.sort_unstable());
    picked
}
