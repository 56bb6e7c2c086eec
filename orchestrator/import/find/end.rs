//! The ends of tags that are not the label: as they are, as data of the version, or with a place for the label.

use super::table::{Cell, Pairs, Table};
use indexmap::IndexSet;

/// How ends are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    /// As they are.
    Literal,
    /// With data of the version where they differ by version.
    Data,
    /// The same, and with a place for the label in them.
    Label,
    /// The same, and with data of the label where they are ends of it.
    Short,
}

/// Tags of a cell: every beginning with an end.
pub(super) struct Item {
    /// The place of the cell in the table.
    pub cell: usize,
    /// What is before the version; usually nothing.
    pub prefix: String,
    /// Nothing for the label with all of its tokens.
    pub end: Option<String>,
    /// Versions, and words in their place.
    pub heads: IndexSet<String>,
}

impl Ends {
    /// The ways in which ends may be written, besides that with a place for the label.
    pub const OTHERS: [Ends; 3] = [Ends::Short, Ends::Data, Ends::Literal];
}

/// The tags of all cells; `tokens` are those of the labels.
pub(super) fn items(table: &Table, tokens: &[IndexSet<String>], ends: Ends) -> Vec<Item> {
    let mut items = Vec::new();
    for (at, cell) in table.cells.iter().enumerate() {
        let label = &table.columns[cell.column].label;
        let tokens = &tokens[cell.column];
        let others = cell.tags.keys().filter(|end| !tokens.contains(*end));
        let mut written: Vec<(Option<String>, &str)> = vec![(None, label)];
        match ends {
            Ends::Label | Ends::Short => {
                written.extend(with_label(&cell.tags, label, tokens, others))
            }
            Ends::Data | Ends::Literal => {
                written.extend(others.map(|end| (Some(end.clone()), end.as_str())))
            }
        }
        items.extend(written.into_iter().map(|(end, like)| Item {
            cell: at,
            prefix: String::new(),
            end,
            heads: cell.tags.get(like).cloned().unwrap_or_default(),
        }));
        items.extend(prefixed(at, cell, tokens));
    }
    items
}

/// The tags of a cell with a word before the version; `labels` are the ends that the place of the label makes.
pub(super) fn prefixed<'a>(
    at: usize,
    cell: &'a Cell,
    labels: &'a IndexSet<String>,
) -> impl Iterator<Item = Item> + 'a {
    cell.prefixed.iter().flat_map(move |(prefix, pairs)| {
        let heads = labels.first().and_then(|label| pairs.get(label));
        let is_whole = labels.iter().all(|label| pairs.get(label) == heads);
        let whole = heads.filter(|_| is_whole).map(|heads| (None, heads));
        let is_done = whole.is_some();
        let rest = pairs.iter();
        let rest = rest.filter(move |(end, _)| !is_done || !labels.contains(*end));
        let rest = rest.map(|(end, heads)| (Some(end.clone()), heads));
        whole.into_iter().chain(rest).map(move |(end, heads)| Item {
            cell: at,
            prefix: prefix.clone(),
            end,
            heads: heads.clone(),
        })
    })
}

/// Ends with a place for the label: for all of its tokens if each has such an end, or else for its name. Each is with an
/// end that has the same beginnings.
fn with_label<'a>(
    tags: &'a Pairs,
    label: &str,
    tokens: &IndexSet<String>,
    ends: impl Iterator<Item = &'a String>,
) -> Vec<(Option<String>, &'a str)> {
    let mut done: IndexSet<String> = IndexSet::new();
    let mut written = Vec::new();
    for end in ends {
        if done.contains(end) {
            continue;
        }
        let heads = tags.get(end);
        let mut rests = tokens.iter().filter_map(|token| match token.as_str() {
            "" => Some(end.as_str()),
            token => end.strip_prefix(token)?.strip_prefix('-'),
        });
        let all = |rest: &str| {
            tokens
                .iter()
                .map(|token| joined(token, rest))
                .collect::<Vec<_>>()
        };
        let complete = |rest: &&str| all(rest).iter().all(|end| tags.get(end) == heads);
        let text = match rests.find(|rest| !rest.is_empty() && complete(rest)) {
            Some(rest) => {
                done.extend(all(rest));
                format!("{{variant}}-{rest}")
            }
            None if label.is_empty() => end.clone(),
            None => {
                let named =
                    format!("-{end}-").replacen(&format!("-{label}-"), "-{variant.name}-", 1);
                named[1..named.len() - 1].to_owned()
            }
        };
        written.push((Some(text), end.as_str()));
    }
    written
}

/// `slim-trixie`; either part may be empty.
pub(super) fn joined(start: &str, end: &str) -> String {
    let parts = [start, end].into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-")
}
