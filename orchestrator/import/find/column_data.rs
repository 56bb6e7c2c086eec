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
    let mut data: ColumnData = vec![Vec::new(); table.columns.len()];
    // By place among the ends of a label: those of each column, with their items.
    let mut ends: Vec<IndexMap<usize, String>> = Vec::new();
    let mut places: Vec<(usize, usize)> = Vec::new();
    let mut columns: IndexMap<usize, Vec<String>> = IndexMap::new();
    for (at, item) in items.iter().enumerate() {
        let column = table.cells[item.cell].column;
        let Some(end) = item
            .end
            .as_ref()
            .filter(|end| is_short(table, item.cell, end))
        else {
            continue;
        };
        let known = columns.entry(column).or_default();
        let place = known
            .iter()
            .position(|known| known == end)
            .unwrap_or(known.len());
        if place == known.len() {
            known.push(end.clone());
        }
        if ends.len() <= place {
            ends.push(IndexMap::new());
        }
        ends[place].insert(column, end.clone());
        places.push((at, place));
    }
    let key = |place: usize| match place {
        0 => String::from("short"),
        place => format!("short-{}", place + 1),
    };
    let serves = |place: usize| ends[place].len() >= LABELS || place > 0 && ends[0].len() >= LABELS;
    for (at, place) in places.into_iter().filter(|(_, place)| serves(*place)) {
        items[at].end = Some(format!("{{variant.{}}}", key(place)));
    }
    for (place, texts) in ends.iter().enumerate().filter(|(place, _)| serves(*place)) {
        for (column, text) in texts {
            data[*column].push((key(place), text.clone()));
        }
    }
    data
}

/// Whether an end is what is behind the first word of the label, or of another end of the same cell.
fn is_short(table: &Table, at: usize, end: &str) -> bool {
    let cell = &table.cells[at];
    let label = table.columns[cell.column].label.as_str();
    let Some((first, _)) = label.split_once('-') else {
        return false;
    };
    let is_end = cell.tags.contains_key(&format!("{first}-{end}"));
    !end.is_empty() && !end.contains('{') && is_end
}
