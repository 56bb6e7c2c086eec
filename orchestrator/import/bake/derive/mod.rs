//! Texts that a bake file computes from a value of its matrix, as data of that value: `value "1.27.3" { set tag="1.27"; }`.

mod around;
mod insert;

use super::axes::Cell;
use super::examples::Examples;
use super::key::Key;
use crate::import::published::{Text, VARIABLE};
use crate::import::unique;
use crate::name::Version;
use around::SEPARATORS;
pub(super) use around::around;
use indexmap::IndexSet;
pub(super) use insert::inserted;
use std::collections::HashSet;

/// Derives data for the values of axes.
pub(super) struct Deriver {
    /// The names of the axes.
    names: Vec<String>,
    /// By axis, the names of its values.
    values: Vec<Vec<String>>,
    /// By axis and value, its texts with their places: its name, and the data that the matrix has of it.
    texts: Vec<Vec<Vec<(String, String)>>>,
    /// The places of texts that are not the same for all values.
    varying: HashSet<String>,
    /// The cells: the index of a value on each axis.
    cells: Vec<Vec<usize>>,
    /// By axis, the keys that are taken.
    taken: Vec<IndexSet<String>>,
    /// By axis and value, keys with patterns.
    data: Vec<Vec<Vec<(String, String)>>>,
    /// Whether examples show what depends on a value: all of it is data then.
    has_examples: bool,
}

impl Deriver {
    /// Nothing is derived yet.
    pub fn new(keys: &[Key], cells: &[Cell], examples: &Examples) -> Self {
        let has_examples = !examples.cells.is_empty();
        let keys = if has_examples { &examples.keys } else { keys };
        let all = cells.iter().chain(&examples.cells);
        let cells = all.map(|cell| cell.at.clone()).collect();
        Self {
            has_examples,
            names: keys.iter().map(|key| key.name.clone()).collect(),
            values: keys
                .iter()
                .map(|key| key.names().map(str::to_owned).collect())
                .collect(),
            varying: keys.iter().flat_map(varying).collect(),
            texts: keys.iter().map(Key::texts).collect(),
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

    /// Gives the texts of all cells the same pattern, if they differ by the value of one axis. Two patterns are left
    /// to `when` if several values have one of them, unless it must be `always`.
    pub fn unify(&mut self, word: &str, always: bool, mut texts: Vec<Option<&mut Text>>) {
        if count(&patterns(&texts)) < 2 {
            return;
        }
        self.insert(&mut texts);
        let own = patterns(&texts);
        if count(&own) < 2 {
            return;
        }
        let direct = (0..self.names.len()).find(|axis| self.decides(*axis, &own));
        let direct = direct.map(|axis| (axis, own.clone()));
        let found = direct.or_else(|| self.apart(&own));
        let Some((axis, patterns)) = found else {
            return;
        };
        let Some(shared) = self.shared(word, always, axis, &patterns) else {
            return;
        };
        for text in texts.iter_mut().flatten() {
            text.pattern.clone_from(&shared);
        }
    }

    /// The pattern of all cells, with data of this axis in the place of what differs.
    fn shared(
        &mut self,
        word: &str,
        always: bool,
        axis: usize,
        patterns: &[Option<String>],
    ) -> Option<String> {
        let distinct: IndexSet<&str> = patterns.iter().flatten().map(String::as_str).collect();
        let always = always || self.has_examples;
        if !(always || distinct.len() > 2 || distinct.len() == self.count(axis, patterns)) {
            return None;
        }
        let all: Vec<&str> = distinct.into_iter().collect();
        let (prefix, suffix) = around(&all);
        let middle = |pattern: &str| pattern[prefix.len()..pattern.len() - suffix.len()].to_owned();
        let stays = |pattern: &&str| has_axis(&middle(pattern)) || has_rung(&middle(pattern));
        if all.iter().any(stays) {
            return None;
        }
        let wanted = patterns.iter();
        let wanted: Vec<Option<String>> = wanted.map(|one| one.as_deref().map(middle)).collect();
        let (letters, series) = self.lettered(axis, &wanted);
        let key = series.map(str::to_owned);
        let key = key.unwrap_or_else(|| self.key(word, axis, &wanted));
        let place = format!("{letters}{{{}.{key}}}", self.names[axis]);
        Some(format!("{prefix}{place}{suffix}"))
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

    /// The place that makes these texts of versions, and the letters before it: `cu12`, `v1.27`.
    fn lettered(&self, axis: usize, texts: &[Option<String>]) -> (String, Option<&'static str>) {
        if let Some(series) = self.series(axis, texts) {
            return (String::new(), Some(series));
        }
        let letters = letters(texts);
        let bare = |text: &Option<String>| Some(text.as_ref()?[letters.len()..].to_owned());
        let bare: Vec<Option<String>> = texts.iter().map(bare).collect();
        match self.series(axis, &bare) {
            Some(series) => (letters, Some(series)),
            None => (String::new(), None),
        }
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

/// The places of a key that have different texts.
fn varying(key: &Key) -> Vec<String> {
    let texts = key.texts();
    let all: IndexSet<&(String, String)> = texts.iter().flatten().collect();
    let places: IndexSet<&String> = all.iter().map(|(place, _)| place).collect();
    let count = |name: &String| all.iter().filter(|(place, _)| place == name).count();
    let varying = places.into_iter().filter(|place| count(place) > 1);
    varying.cloned().collect()
}

/// The patterns of texts.
fn patterns(texts: &[Option<&mut Text>]) -> Vec<Option<String>> {
    let pattern = |text: &Option<&mut Text>| text.as_ref().map(|text| text.pattern.clone());
    texts.iter().map(pattern).collect()
}

/// The letters that all texts begin with.
fn letters(texts: &[Option<String>]) -> String {
    let of = |text: &String| -> String {
        let letters = text.chars().take_while(char::is_ascii_alphabetic);
        letters.collect()
    };
    let all: IndexSet<String> = texts.iter().flatten().map(of).collect();
    match all.len() {
        1 => all.into_iter().collect(),
        _ => String::new(),
    }
}

/// How many different ones there are.
fn count(patterns: &[Option<String>]) -> usize {
    patterns.iter().flatten().collect::<IndexSet<_>>().len()
}

/// Whether a pattern has a rung of a variable, which only tags can wait for.
fn has_rung(pattern: &str) -> bool {
    let mut places = super::place::places(pattern).filter_map(|place| place.strip_prefix(VARIABLE));
    places.any(super::place::is_on_rung)
}

/// Whether a pattern has a placeholder of an axis.
fn has_axis(pattern: &str) -> bool {
    let mut places = super::place::places(pattern);
    places.any(|place| super::place::variable_of(place).is_none())
}
