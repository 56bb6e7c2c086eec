//! Patterns of tags: `{version}-{variant}` for what an axis has everywhere, and others for some cells.

use super::column_data::{self, ColumnData};
use super::end::{Ends, Item, items, joined};
use super::halves::Halves;
use super::ladder::Ladder;
use super::places;
use super::row_data::{self, RowData};
use super::shorts::Shorts;
use super::start::{Choices, Heads, common, fewest, parts};
use super::table::Table;
use indexmap::{IndexMap, IndexSet};
use std::cmp::Reverse;
use std::collections::HashMap;

/// What becomes of a table's tags.
pub(super) struct Patterns {
    /// By column: what all tags of the label may have in its place; an empty one is the empty token.
    pub tokens: Vec<IndexSet<String>>,
    /// Patterns, each with its cells.
    pub tags: IndexMap<String, Vec<usize>>,
    /// What some of the patterns need of versions.
    pub data: RowData,
    /// What they need of labels.
    pub column_data: ColumnData,
    /// What they need of both parts of labels.
    pub shorts: Shorts,
}

/// Which rungs a pattern has where some cells have more than others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Starts {
    /// All that a cell has: few patterns for each cell.
    Whole,
    /// Those that all cells have, and then what some have besides: one pattern for all cells.
    Common,
}

/// The patterns of a table whose labels have two parts.
pub(super) fn of_halves(
    table: &Table,
    ladder: &Ladder,
    halves: &Halves,
    starts: Starts,
) -> Patterns {
    let (items, data, shorts) = places::items(table, halves);
    Patterns {
        tokens: tokens(table),
        tags: tags(table, ladder, items, &halves.place(), starts),
        data,
        column_data: vec![Vec::new(); table.columns.len()],
        shorts,
    }
}

/// The patterns of a table.
pub(super) fn patterns(table: &Table, ladder: &Ladder, ends: Ends, starts: Starts) -> Patterns {
    let tokens = tokens(table);
    let mut items = items(table, &tokens, ends);
    let column_data = match ends {
        Ends::Short => column_data::of(table, &mut items),
        _ => vec![Vec::new(); table.columns.len()],
    };
    let data = match ends {
        Ends::Literal => RowData::default(),
        Ends::Data | Ends::Label | Ends::Short => row_data::of(table, &mut items),
    };
    let label = if table.has_labels() { "{variant}" } else { "" };
    Patterns {
        tags: tags(table, ladder, items, label, starts),
        tokens,
        data,
        column_data,
        shorts: Shorts::default(),
    }
}

/// The patterns of these tags, each with its cells; `label` is the place of labels.
fn tags(
    table: &Table,
    ladder: &Ladder,
    items: Vec<Item>,
    label: &str,
    starts: Starts,
) -> IndexMap<String, Vec<usize>> {
    let mut by_end: IndexMap<(String, String), Vec<Heads>> = IndexMap::new();
    for item in items {
        let end = item.end.unwrap_or_else(|| label.to_owned());
        let known = by_end.entry((item.prefix, end)).or_default();
        known.push((item.cell, item.heads));
    }
    let mut tags: IndexMap<String, Vec<usize>> = IndexMap::new();
    for ((prefix, end), mut heads) in by_end {
        let of: IndexSet<usize> = heads.iter().map(|(cell, _)| *cell).collect();
        let common = match starts {
            Starts::Whole => None,
            Starts::Common => common(table, ladder, &mut heads),
        };
        let common = common.map(|start| (start, of.iter().copied().collect()));
        let choices = heads.iter().flat_map(|(cell, heads)| {
            let parts = parts(table, ladder, *cell, heads).into_iter();
            parts.map(|choices| (*cell, choices))
        });
        let choices: Vec<Choices> = choices.collect();
        let of: IndexSet<usize> = choices.iter().map(|(cell, _)| *cell).collect();
        for (start, mut cells) in common.into_iter().chain(fewest(choices)) {
            cells.extend(silent(table, ladder, &of, &start));
            let pattern = prefix.clone() + &joined(&start, &end);
            tags.entry(pattern).or_default().extend(cells);
        }
    }
    let usual = joined("{version}", label);
    tags.sort_by_key(|pattern, cells| (Reverse(cells.len()), *pattern != usual));
    tags
}

/// The other versions of the same labels in which this beginning makes no tags: a pattern for all of them names no version.
fn silent<'a>(
    table: &'a Table,
    ladder: &'a Ladder,
    of: &'a IndexSet<usize>,
    start: &'a String,
) -> impl Iterator<Item = usize> + 'a {
    let columns: IndexSet<usize> = of.iter().map(|at| table.cells[*at].column).collect();
    let none = IndexSet::new();
    let others = (0..table.cells.len())
        .filter(move |at| !of.contains(at) && columns.contains(&table.cells[*at].column));
    others.filter(move |at| {
        let choices = parts(table, ladder, *at, &none);
        choices.iter().flatten().any(|choice| choice == start)
    })
}

/// By column: the ends that all of its cells have beside their label, with the same beginnings.
pub(super) fn tokens(table: &Table) -> Vec<IndexSet<String>> {
    let mut found: Vec<Option<IndexSet<String>>> = vec![None; table.columns.len()];
    for cell in &table.cells {
        let label = &table.columns[cell.column].label;
        let main = cell.tags.get(label);
        let same = cell.tags.iter().filter(|(_, heads)| Some(*heads) == main);
        let same: IndexSet<String> = same.map(|(end, _)| end.clone()).collect();
        match &mut found[cell.column] {
            Some(known) => known.retain(|end| same.contains(end)),
            none => *none = Some(same),
        }
    }
    let mut found: Vec<IndexSet<String>> =
        found.into_iter().map(Option::unwrap_or_default).collect();
    let mut owners: HashMap<String, Vec<bool>> = HashMap::new();
    for (column, tokens) in table.columns.iter().zip(&found) {
        for token in tokens {
            owners.entry(token.clone()).or_default().push(column.shared);
        }
    }
    // Two labels may have one token if it is the empty one, or if they share it.
    let may = |token: &String| {
        let owners = owners.get(token);
        token.is_empty()
            || owners.is_none_or(|all| all.len() == 1 || all.iter().all(|shared| *shared))
    };
    for (column, tokens) in table.columns.iter().zip(&mut found) {
        tokens.retain(|token| *token == column.label || may(token));
    }
    found
}
