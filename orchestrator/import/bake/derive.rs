//! Texts that a bake file computes from a value of its matrix, as data of that value: `value "1.27.3" { set tag="1.27"; }`.

use super::key::Key;
use crate::import::published::Text;
use crate::import::unique;
use crate::name::Version;
use indexmap::IndexSet;

/// Derives data for the values of axes.
pub(super) struct Deriver {
    /// The names of the axes.
    names: Vec<String>,
    /// By axis, the names of its values.
    values: Vec<Vec<String>>,
    /// The cells: the index of a value on each axis.
    cells: Vec<Vec<usize>>,
    /// By axis, the keys that are taken.
    taken: Vec<IndexSet<String>>,
    /// By axis and value, keys with patterns.
    data: Vec<Vec<Vec<(String, String)>>>,
}

impl Deriver {
    /// Nothing is derived yet.
    pub fn new(keys: &[Key], cells: Vec<Vec<usize>>) -> Self {
        Self {
            names: keys.iter().map(|key| key.name.clone()).collect(),
            values: keys
                .iter()
                .map(|key| key.names().map(str::to_owned).collect())
                .collect(),
            cells,
            taken: keys.iter().map(Key::data_keys).collect(),
            data: keys
                .iter()
                .map(|key| vec![Vec::new(); key.names().count()])
                .collect(),
        }
    }

    /// The data of an axis, by value.
    pub fn data(&self, axis: usize) -> &[Vec<(String, String)>] {
        &self.data[axis]
    }

    /// Gives the texts of all cells the same pattern, if they differ only by the names of values in them.
    pub fn insert(&self, texts: &mut [Option<&mut Text>]) {
        let cells = || self.cells.iter().zip(texts.iter());
        let first = cells().find_map(|(cell, text)| Some((cell, text.as_ref()?.pattern.clone())));
        let Some((cell, first)) = first else {
            return;
        };
        let values = |cell: &[usize]| -> Vec<(String, &String)> {
            let axes = self.names.iter().zip(&self.values).zip(cell);
            axes.filter(|((_, values), _)| values.len() > 1)
                .map(|((axis, values), at)| (format!("{{{axis}}}"), &values[*at]))
                .collect()
        };
        let shared = (values(cell).iter()).fold(first, |pattern, (place, value)| {
            super::place::outside(&pattern, |text| text.replace(value.as_str(), place))
        });
        let fits = |cell: &[usize], pattern: &str| {
            let filled = (values(cell).iter()).fold(shared.clone(), |text, (place, value)| {
                text.replace(place.as_str(), value)
            });
            filled == pattern
        };
        if cells().all(|(cell, text)| text.as_ref().is_none_or(|text| fits(cell, &text.pattern))) {
            for text in texts.iter_mut().flatten() {
                text.pattern.clone_from(&shared);
            }
        }
    }

    /// Gives the texts of all cells the same pattern, if they differ by the value of one axis. Two patterns are left
    /// to `when` if several values have one of them, unless it must be `always`.
    pub fn unify(&mut self, word: &str, always: bool, mut texts: Vec<Option<&mut Text>>) {
        let pattern = |text: &Option<&mut Text>| text.as_ref().map(|text| text.pattern.clone());
        if texts
            .iter()
            .filter_map(pattern)
            .collect::<IndexSet<_>>()
            .len()
            < 2
        {
            return;
        }
        self.insert(&mut texts);
        let patterns: Vec<Option<String>> = texts.iter().map(pattern).collect();
        let distinct: IndexSet<&str> = patterns.iter().flatten().map(String::as_str).collect();
        if distinct.len() < 2 {
            return;
        }
        let Some(axis) = (0..self.names.len()).find(|axis| self.decides(*axis, &patterns)) else {
            return;
        };
        if !(always || distinct.len() > 2 || distinct.len() == self.count(axis, &patterns)) {
            return;
        }
        let all: Vec<&str> = distinct.into_iter().collect();
        let (prefix, suffix) = around(&all);
        let middle = |pattern: &str| pattern[prefix.len()..pattern.len() - suffix.len()].to_owned();
        let stays = |pattern: &&str| has_axis(&middle(pattern)) || has_rung(&middle(pattern));
        if all.iter().any(stays) {
            return;
        }
        let wanted = patterns.iter();
        let wanted: Vec<Option<String>> = wanted.map(|one| one.as_deref().map(middle)).collect();
        let series = self.series(axis, &wanted).map(str::to_owned);
        let key = series.unwrap_or_else(|| self.key(word, axis, &wanted));
        let shared = format!("{prefix}{{{}.{key}}}{suffix}", self.names[axis]);
        for text in texts.iter_mut().flatten() {
            text.pattern.clone_from(&shared);
        }
    }

    /// The number of values on an axis whose cells have texts.
    fn count(&self, axis: usize, texts: &[Option<String>]) -> usize {
        let cells = self
            .cells
            .iter()
            .zip(texts)
            .filter(|(_, text)| text.is_some());
        cells
            .map(|(cell, _)| cell[axis])
            .collect::<IndexSet<usize>>()
            .len()
    }

    /// The place that makes these texts of versions.
    fn series(&self, axis: usize, texts: &[Option<String>]) -> Option<&'static str> {
        let versions = self.values[axis].iter().map(|name| name.parse().ok());
        let versions: Vec<Version> = versions.collect::<Option<_>>()?;
        let mut series = [("minor", 2), ("major", 1)].into_iter();
        let (word, _) = series.find(|(word, count)| {
            let mut cells = self.cells.iter().zip(texts);
            let is_free = !self.taken[axis].contains(*word);
            is_free
                && cells.all(|(cell, text)| {
                    text.is_none() || versions[cell[axis]].series(*count) == text.as_deref()
                })
        })?;
        Some(word)
    }

    /// The key of the data for these texts: one that has them already, or a new one.
    fn key(&mut self, word: &str, axis: usize, texts: &[Option<String>]) -> String {
        let is_suffix = |text: &String| text.is_empty() || text.starts_with(SEPARATORS);
        let word = match texts.iter().flatten().all(is_suffix) {
            true => "suffix",
            false => word,
        };
        let key = self.known(axis, texts);
        let key = key.unwrap_or_else(|| unique(word, |key| self.taken[axis].contains(key)));
        self.taken[axis].insert(key.clone());
        for (cell, text) in self.cells.iter().zip(texts) {
            let data = &mut self.data[axis][cell[axis]];
            let known = data.iter().any(|(known, _)| *known == key);
            if let Some(text) = text.as_ref().filter(|_| !known) {
                data.push((key.clone(), text.clone()));
            }
        }
        key
    }

    /// The key that has these texts already: two registries often have the same tags.
    fn known(&self, axis: usize, texts: &[Option<String>]) -> Option<String> {
        let data = &self.data[axis];
        let text = |value: usize, key: &str| {
            let found = data[value].iter().find(|(known, _)| known == key);
            found.map(|(_, text)| text)
        };
        let keys: IndexSet<&String> = data.iter().flatten().map(|(key, _)| key).collect();
        let fits = |key: &&&String| {
            let mut cells = self.cells.iter().zip(texts);
            cells.all(|(cell, wanted)| wanted.is_none() || text(cell[axis], key) == wanted.as_ref())
        };
        keys.iter().find(fits).map(|key| (*key).clone())
    }

    /// Whether cells with the same value on this axis have the same pattern.
    fn decides(&self, axis: usize, patterns: &[Option<String>]) -> bool {
        let count = self.data[axis].len();
        let mut by_value: Vec<Option<&String>> = vec![None; count];
        self.cells.iter().zip(patterns).all(|(cell, pattern)| {
            let Some(pattern) = pattern else { return true };
            *by_value[cell[axis]].get_or_insert(pattern) == pattern
        })
    }
}

/// Whether a pattern has a rung of a variable, which only tags can wait for.
fn has_rung(pattern: &str) -> bool {
    let mut places = super::place::places(pattern).filter_map(|place| place.strip_prefix("var:"));
    places.any(super::place::is_on_rung)
}

/// Whether a pattern has a placeholder of an axis.
fn has_axis(pattern: &str) -> bool {
    let mut places = super::place::places(pattern);
    places.any(|place| super::place::variable_of(place).is_none())
}

/// What separates words, besides dots, which are also in versions.
const SEPARATORS: [char; 6] = ['-', '_', '/', ':', '@', ' '];

/// What all patterns begin and end with: whole places, words and folders, with the separators beside them.
fn around(all: &[&str]) -> (String, String) {
    // Doubled braces are text.
    if all
        .iter()
        .any(|text| text.contains("{{") || text.contains("}}"))
    {
        return (String::new(), String::new());
    }
    let first = all.first().copied().unwrap_or_default();
    let common = all.iter().fold(first.len(), |length, other| {
        let same = first.bytes().zip(other.bytes());
        length.min(same.take_while(|(one, other)| one == other).count())
    });
    let prefix = start(&first[..first.floor_char_boundary(common)]);
    let rests = || all.iter().map(|pattern| &pattern[prefix.len()..]);
    let last = rests().next().unwrap_or_default();
    let common = rests().fold(last.len(), |length, other| {
        let same = last.bytes().rev().zip(other.bytes().rev());
        length.min(same.take_while(|(one, other)| one == other).count())
    });
    let suffix = end(&last[last.ceil_char_boundary(last.len() - common)..]);
    (prefix.to_owned(), suffix.to_owned())
}

/// The part of a common beginning that ends after a place or a separator.
fn start(common: &str) -> &str {
    let open = common.rfind('{').filter(|at| !common[*at..].contains('}'));
    let common = &common[..open.unwrap_or(common.len())];
    let is_end = |c: char| c == '}' || SEPARATORS.contains(&c);
    common.rfind(is_end).map_or("", |at| {
        let rest = &common[at + 1..];
        let dots = rest.len() - rest.trim_start_matches('.').len();
        &common[..at + 1 + dots]
    })
}

/// The part of a common end that begins with a place or a separator.
fn end(common: &str) -> &str {
    let closed = common.find('}').filter(|at| !common[..*at].contains('{'));
    let common = &common[closed.map_or(0, |at| at + 1)..];
    let is_dot = |at: usize| common[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic());
    let is_start = |(at, c): &(usize, char)| {
        "{".contains(*c) || SEPARATORS.contains(c) || (*c == '.' && is_dot(*at))
    };
    let start = common.char_indices().find(is_start);
    start.map_or("", |(at, _)| {
        let before = &common[..at];
        &common[before.trim_end_matches('.').len()..]
    })
}
