//! Patterns of tags: `{version}-{variant}` for what an axis has everywhere, and others for some cells.

use super::column_data::{self, ColumnData};
use super::end::{Ends, items, joined};
use super::ladder::Ladder;
use super::row_data::{self, RowData};
use super::start::{Choices, fewest, parts};
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
}

/// The patterns of a table.
pub(super) fn patterns(table: &Table, ladder: &Ladder, ends: Ends) -> Patterns {
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
    let mut by_end: IndexMap<String, Vec<Choices>> = IndexMap::new();
    for item in items {
        let parts = parts(table, ladder, item.cell, &item.heads);
        let end = item.end.unwrap_or_else(|| label.to_owned());
        let known = by_end.entry(end).or_default();
        known.extend(parts.into_iter().map(|choices| (item.cell, choices)));
    }
    let mut tags: IndexMap<String, Vec<usize>> = IndexMap::new();
    for (end, choices) in by_end {
        for (start, cells) in fewest(choices) {
            tags.entry(joined(&start, &end)).or_default().extend(cells);
        }
    }
    let usual = joined("{version}", label);
    tags.sort_by_key(|pattern, cells| (Reverse(cells.len()), *pattern != usual));
    Patterns {
        tokens,
        tags,
        data,
        column_data,
    }
}

/// By column: the ends that all of its cells have beside their label, with the same beginnings.
fn tokens(table: &Table) -> Vec<IndexSet<String>> {
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
