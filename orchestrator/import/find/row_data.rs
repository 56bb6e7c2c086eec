//! Ends of tags that differ by version: with `alpine3.22` for 2.1 and `alpine3.21` for 2.0 beside `alpine`, what differs
//! is data of the version, and one pattern is enough: `{version}-alpine{version.alpine}`.

use super::end::Item;
use super::table::Table;
use indexmap::{IndexMap, IndexSet};

/// By key and row: the text.
#[derive(Debug, Clone, Default)]
pub(super) struct RowData(IndexMap<String, IndexMap<usize, String>>);

impl RowData {
    /// The keys and texts of a row.
    pub fn of(&self, row: usize) -> Vec<(String, String)> {
        let texts = self
            .0
            .iter()
            .filter_map(|(key, texts)| Some((key.clone(), texts.get(&row)?.clone())));
        texts.collect()
    }

    /// Adds texts by row, under a key that has them already, or else under this one or a longer one.
    fn add(&mut self, key: &str, texts: &IndexMap<usize, String>) -> String {
        let both = |known: &IndexMap<usize, String>| {
            let both = texts
                .iter()
                .filter_map(|(row, text)| Some(known.get(row)? == text));
            both.collect::<Vec<bool>>()
        };
        let same = |known: &IndexMap<usize, String>| {
            let both = both(known);
            both.len() > 1 && both.iter().all(|same| *same)
        };
        let known = self.0.iter().find(|(_, known)| same(known));
        let free = |key: &String| {
            self.0
                .get(key)
                .is_none_or(|known| both(known).iter().all(|same| *same))
        };
        let keys = std::iter::once(key.to_owned()).chain((2..).map(|at| format!("{key}-{at}")));
        let mut keys = keys.take(self.0.len() + 1);
        let key = match known {
            Some((key, _)) => key.clone(),
            None => keys.find(free).unwrap_or_default(),
        };
        let known = self.0.entry(key.clone()).or_default();
        known.extend(texts.iter().map(|(row, text)| (*row, text.clone())));
        key
    }
}

/// Replaces ends that differ by version with places, and returns the data that they need.
pub(super) fn of(table: &Table, items: &mut [Item]) -> RowData {
    let mut data = RowData::default();
    for places in series(table, items) {
        let ends = places.iter().filter_map(|at| items[*at].end.as_deref());
        let ends: Vec<&str> = ends.collect();
        let different: IndexSet<&str> = ends.iter().copied().collect();
        let Some((start, end)) = around(&ends).filter(|_| different.len() > 1) else {
            continue;
        };
        let row = |at: &usize| table.cells[items[*at].cell].row;
        let middle = |text: &&str| text[start.len()..text.len() - end.len()].to_owned();
        let texts = places.iter().map(row).zip(ends.iter().map(middle));
        let key = data.add(key(start), &texts.collect());
        let place = format!("{start}{{version.{key}}}{end}");
        for at in places {
            items[at].end = Some(place.clone());
        }
    }
    data
}

/// The items with ends that may differ by version: those of one column with the same place among the ends of their cells.
fn series(table: &Table, items: &[Item]) -> Vec<Vec<usize>> {
    let mut series: IndexMap<(usize, usize), Vec<usize>> = IndexMap::new();
    let mut counts: IndexMap<usize, usize> = IndexMap::new();
    let items = items.iter().enumerate();
    for (at, item) in items.filter(|(_, item)| item.end.is_some() && item.prefix.is_empty()) {
        let count = counts.entry(item.cell).or_default();
        let column = table.cells[item.cell].column;
        series.entry((column, *count)).or_default().push(at);
        *count += 1;
    }
    series.into_values().collect()
}

/// What the data behind this beginning is called: `alpine` behind `slim-alpine`.
fn key(start: &str) -> &str {
    let word = start.trim_end_matches('-').rsplit('-').next();
    let is_word =
        |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphabetic());
    word.filter(is_word).unwrap_or("suffix")
}

/// What all texts begin and end with, in whole words; `None` if nothing would be left of one of them.
fn around<'a>(texts: &[&'a str]) -> Option<(&'a str, &'a str)> {
    let first = *texts.first()?;
    let starts = |start: &str| texts.iter().all(|text| text.starts_with(start));
    let ends = |end: &str| texts.iter().all(|text| text.ends_with(end));
    let digits_follow = |at: usize| {
        let next = |text: &&str| text.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
        texts.iter().all(next)
    };
    let is_end = |at: usize| match first.as_bytes().get(at.wrapping_sub(1)) {
        None | Some(b'-') => true,
        Some(byte) => byte.is_ascii_alphabetic() && digits_follow(at),
    };
    let cuts = (0..=first.len())
        .rev()
        .filter(|at| first.is_char_boundary(*at));
    let start = cuts
        .filter(|at| is_end(*at))
        .find(|at| starts(&first[..*at]))?;
    let is_begin = |at: usize| at == first.len() || first.as_bytes()[at] == b'-';
    let end = (start..=first.len())
        .filter(|at| is_begin(*at))
        .find(|at| ends(&first[*at..]))?;
    let (start, end) = (&first[..start], &first[end..]);
    let has_middle = |text: &&str| text.len() > start.len() + end.len();
    texts.iter().all(has_middle).then_some((start, end))
}
