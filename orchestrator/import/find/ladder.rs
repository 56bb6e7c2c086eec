//! The rungs of a table's versions, and the words that tags have instead of them.

use super::table::{Cell, Table};
use crate::name::Version;
use crate::tag::{Rung, owned};
use indexmap::IndexSet;
use std::cmp::Reverse;
use std::collections::HashMap;

/// Which rungs versions have.
#[derive(Debug, Clone)]
pub(super) struct Ladder {
    /// Those that the axis has, from the narrowest series to the widest.
    pub rungs: Vec<Rung>,
    /// Whether a rung belongs to the highest version of each label, not to that of all.
    pub per_cell: bool,
    /// The series that owns `none` and `latest`, if it is not the highest.
    pub latest: Option<String>,
    /// By row: what all tags of the version may have in its place, besides rungs; an empty one is the empty token.
    pub aliases: Vec<IndexSet<String>>,
    /// Every choice of these rungs, those of more first.
    pub subsets: Vec<Vec<Rung>>,
    /// By cell: the rungs that its version owns there.
    owned: Vec<Vec<Rung>>,
}

impl Ladder {
    /// What these rungs and the aliases become in tags of a cell.
    pub fn tokens<'t>(&'t self, table: &'t Table, at: usize, rungs: &[Rung]) -> IndexSet<&'t str> {
        let cell = &table.cells[at];
        let owned = self.owned[at].iter().filter(|rung| rungs.contains(rung));
        let texts = owned.filter_map(|rung| table.rows[cell.row].rung(*rung));
        let aliases = self.aliases[cell.row].iter().map(String::as_str);
        texts.chain(aliases).collect()
    }
}

/// The ladders that a table may have.
pub(super) fn ladders(table: &Table) -> Vec<Ladder> {
    let latest = latest(table);
    let all = Rung::ALL;
    let by_image = ownership(table, &all, false, latest.as_deref());
    let by_cell = ownership(table, &all, true, latest.as_deref());
    let ways = match by_image == by_cell {
        true => vec![(false, by_image)],
        false => vec![(false, by_image), (true, by_cell)],
    };
    let mut ladders = Vec::new();
    for (per_cell, owned) in ways {
        for rungs in choices(table, &owned) {
            let kept = owned.iter().map(|owned| {
                let kept = owned.iter().filter(|rung| rungs.contains(rung));
                kept.copied().collect()
            });
            let has_top = rungs.iter().any(|rung| rung.is_top());
            let mut ladder = Ladder {
                per_cell,
                latest: latest.clone().filter(|_| has_top),
                aliases: vec![IndexSet::new(); table.rows.len()],
                owned: kept.collect(),
                subsets: subsets(&rungs),
                rungs,
            };
            ladder.aliases = aliases(table, &ladder);
            ladders.push(ladder);
        }
    }
    ladders
}

/// The series of the only version that is `latest`, if it is not the highest one.
fn latest(table: &Table) -> Option<String> {
    let is_top = |cell: &&Cell| {
        let heads = || cell.tags.values().flatten();
        heads().any(|head| head.is_empty() || head == "latest")
    };
    let tops = table.cells.iter().filter(is_top).map(|cell| cell.row);
    let tops: IndexSet<usize> = tops.collect();
    let stable = |at: usize| {
        let version = table.rows[at].version.as_ref();
        version.filter(|version| !version.is_prerelease())
    };
    let versions: Vec<&Version> = (0..table.rows.len()).filter_map(stable).collect();
    let only = tops.first().filter(|_| tops.len() == 1)?;
    let top = stable(*only)?;
    let is_highest = |versions: &mut dyn Iterator<Item = &&Version>| versions.max() == Some(&top);
    if is_highest(&mut versions.iter()) {
        return None;
    }
    let series = (1..=top.numbers().len()).filter_map(|count| Some((count, top.series(count)?)));
    let mut series = series.filter(|(count, _)| {
        let same =
            |version: &&&Version| version.numbers().get(..*count) == top.numbers().get(..*count);
        is_highest(&mut versions.iter().filter(same))
    });
    series.next().map(|(_, series)| series.to_owned())
}

/// By cell: the rungs that its version would own.
fn ownership(
    table: &Table,
    rungs: &[Rung],
    per_cell: bool,
    latest: Option<&str>,
) -> Vec<Vec<Rung>> {
    let of = |rows: &dyn Fn(usize) -> bool| owned_by(table, rungs, latest, rows);
    if !per_cell {
        let owned = of(&|_| true);
        let cells = table.cells.iter();
        return cells.map(|cell| owned[cell.row].clone()).collect();
    }
    let mut rows: HashMap<usize, IndexSet<usize>> = HashMap::new();
    for cell in &table.cells {
        rows.entry(cell.column).or_default().insert(cell.row);
    }
    let owned: HashMap<usize, Vec<Vec<Rung>>> = rows
        .iter()
        .map(|(column, rows)| (*column, of(&|at| rows.contains(&at))))
        .collect();
    let of_cell = |cell: &Cell| owned.get(&cell.column).map(|of| of[cell.row].clone());
    let cells = table.cells.iter();
    cells
        .map(|cell| of_cell(cell).unwrap_or_default())
        .collect()
}

/// By row: the rungs that its version would own among these rows.
fn owned_by(
    table: &Table,
    rungs: &[Rung],
    latest: Option<&str>,
    rows: &dyn Fn(usize) -> bool,
) -> Vec<Vec<Rung>> {
    let (top, series): (Vec<Rung>, Vec<Rung>) = rungs.iter().partition(|rung| rung.is_top());
    let in_latest = |version: &&Version| {
        latest.is_none_or(|latest| {
            let count = latest.split('.').count();
            version.series(count) == Some(latest)
        })
    };
    let version = |at: usize| table.rows[at].version.as_ref().filter(|_| rows(at));
    let all = 0..table.rows.len();
    let values: Vec<Option<Version>> = all.clone().map(|at| version(at).cloned()).collect();
    let tops: Vec<Option<Version>> = all
        .map(|at| version(at).filter(in_latest).cloned())
        .collect();
    let both = owned(&values, &series).into_iter().zip(owned(&tops, &top));
    both.map(|(series, top)| [series, top].concat()).collect()
}

/// The rungs that an axis may have. One that all of its owners have in their tags is certain; one that only some have
/// may be a rung that some tags omit, or a word.
fn choices(table: &Table, owned: &[Vec<Rung>]) -> Vec<Vec<Rung>> {
    let mut choices = vec![vec![Rung::Full]];
    for rung in Rung::ALL.into_iter().filter(|rung| rung.moves()) {
        let (mut has, mut lacks) = (0, 0);
        for (cell, owned) in table.cells.iter().zip(owned) {
            let row = &table.rows[cell.row];
            let text = row.rung(rung).filter(|text| *text != row.text);
            if let Some(text) = text.filter(|_| owned.contains(&rung)) {
                let is_there = cell.tags.values().any(|heads| heads.contains(text));
                *if is_there { &mut has } else { &mut lacks } += 1;
            }
        }
        let longer = || {
            choices
                .iter()
                .map(|rungs| [rungs.as_slice(), &[rung]].concat())
        };
        if has > 0 && (lacks == 0) {
            choices = longer().collect();
        } else if has > 0 {
            choices = longer().chain(choices.clone()).collect();
        }
    }
    choices
}

/// By row: the beginnings that all of its cells have for their labels and that are not rungs; each in one row only.
fn aliases(table: &Table, ladder: &Ladder) -> Vec<IndexSet<String>> {
    let mut found: Vec<Option<IndexSet<String>>> = vec![None; table.rows.len()];
    for (at, cell) in table.cells.iter().enumerate() {
        let label = &table.columns[cell.column].label;
        let heads = cell.tags.get(label).into_iter().flatten();
        let rungs = ladder.tokens(table, at, &ladder.rungs);
        let words = heads.filter(|head| !rungs.contains(head.as_str()));
        let words: IndexSet<String> = words.cloned().collect();
        match &mut found[cell.row] {
            Some(known) => known.retain(|word| words.contains(word)),
            none => *none = Some(words),
        }
    }
    let mut counts: HashMap<String, usize> = HashMap::new();
    for word in found.iter().flatten().flatten() {
        *counts.entry(word.clone()).or_default() += 1;
    }
    let single = |words: Option<IndexSet<String>>| {
        let mut words = words.unwrap_or_default();
        words.retain(|word| counts.get(word) == Some(&1));
        words
    };
    found.into_iter().map(single).collect()
}

/// All rungs first, then fewer.
fn subsets(rungs: &[Rung]) -> Vec<Vec<Rung>> {
    let subset = |bits: usize| {
        let picked = rungs
            .iter()
            .enumerate()
            .filter(|(at, _)| bits & (1 << at) != 0);
        picked.map(|(_, rung)| *rung).collect::<Vec<Rung>>()
    };
    let mut all: Vec<Vec<Rung>> = (1..1_usize << rungs.len()).map(subset).collect();
    all.sort_by_key(|rungs| Reverse(rungs.len()));
    all
}
