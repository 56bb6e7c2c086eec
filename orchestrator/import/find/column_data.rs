//! Ends of tags that are the ends of labels: with `17-noble` for `jdk-noble` and `17-jammy` for `jdk-jammy`, what the tags
//! have is data of the label, and one pattern is enough: `{version:major}-{variant.short}`.

use super::end::Item;
use super::table::Table;
use indexmap::IndexMap;

/// The labels that a place must serve; with fewer, they are easier to read as they are.
const LABELS: usize = 3;

/// By column: keys and texts.
pub(super) type ColumnData = Vec<Vec<(String, String)>>;

/// Replaces ends of labels with places, and returns the data that they need.
pub(super) fn of(table: &Table, items: &mut [Item]) -> ColumnData {
    let Short { ends, places } = short(table, items);
    let serves = |place: usize| ends[place].len() >= LABELS || place > 0 && ends[0].len() >= LABELS;
    for (at, place) in places.into_iter().filter(|(_, place)| serves(*place)) {
        items[at].end = Some(format!("{{variant.{}}}", key(place)));
    }
    let mut data: ColumnData = vec![Vec::new(); table.columns.len()];
    for (place, texts) in ends.iter().enumerate().filter(|(place, _)| serves(*place)) {
        for (column, text) in texts {
            data[*column].push((key(place), text.clone()));
        }
    }
    data
}

/// What the data of this place among the ends of a label is called.
fn key(place: usize) -> String {
    match place {
        0 => String::from("short"),
        place => format!("short-{}", place + 1),
    }
}

/// The ends that are ends of labels.
#[derive(Default)]
struct Short {
    /// By place among the ends of a label: those of each column.
    ends: Vec<IndexMap<usize, String>>,
    /// The items that have them, each with its place.
    places: Vec<(usize, usize)>,
}

fn short(table: &Table, items: &[Item]) -> Short {
    let mut short = Short::default();
    let mut columns: IndexMap<usize, Vec<&str>> = IndexMap::new();
    for (at, item) in items.iter().enumerate() {
        let is_short = |end: &&str| item.prefix.is_empty() && is_short(table, item.cell, end);
        let Some(end) = item.end.as_deref().filter(is_short) else {
            continue;
        };
        let column = table.cells[item.cell].column;
        let known = columns.entry(column).or_default();
        let same = known.iter().position(|known| *known == end);
        let place = same.unwrap_or(known.len());
        if place == known.len() {
            known.push(end);
        }
        if short.ends.len() <= place {
            short.ends.push(IndexMap::new());
        }
        short.ends[place].insert(column, end.to_owned());
        short.places.push((at, place));
    }
    short
}

/// Whether an end is what is behind the first word of the label, or of another end of the same cell; or what the label
/// begins with, before its numbers: `node` of `node20`.
fn is_short(table: &Table, at: usize, end: &str) -> bool {
    let cell = &table.cells[at];
    let label = table.columns[cell.column].label.as_str();
    let first = label.split_once('-').map(|(first, _)| first);
    let is_end = first.is_some_and(|first| cell.tags.contains_key(&format!("{first}-{end}")));
    let rest = label.strip_prefix(end).unwrap_or_default();
    let is_start = rest.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    !end.is_empty() && !end.contains('{') && (is_end || is_start)
}
