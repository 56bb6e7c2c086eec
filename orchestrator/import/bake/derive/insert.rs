//! Places of values in texts that the file computes or writes itself: `acme/base:debian13` is `acme/base:{os}{os.version}`.

use super::Deriver;
use crate::import::bake::place::{outside, replaced};
use crate::import::published::Text;
use crate::import::write::literal;
use std::collections::HashSet;

impl Deriver {
    /// Gives the texts of all cells the same pattern, if they differ only by the names and the data of values in them.
    pub fn insert(&self, texts: &mut [Option<&mut Text>]) {
        let cells = || self.cells.iter().zip(texts.iter());
        let first = cells().find_map(|(cell, text)| Some((cell, text.as_ref()?.pattern.clone())));
        let Some((cell, first)) = first else {
            return;
        };
        let fits = |shared: &String| {
            cells().all(|(cell, text)| {
                let pattern = text.as_ref().map(|text| &text.pattern);
                pattern.is_none_or(|pattern| self.filled(shared, cell, None) == *pattern)
            })
        };
        let varying = |place: &str| self.varying.contains(place);
        let ways = [
            self.with_names(&first, cell),
            self.placed(&first, cell, varying),
        ];
        let shared = ways.into_iter().find(fits);
        let Some(shared) = shared else {
            return;
        };
        for text in texts.iter_mut().flatten() {
            text.pattern.clone_from(&shared);
        }
    }

    /// A pattern with a place for the name of each value of a cell.
    fn with_names(&self, pattern: &str, cell: &[usize]) -> String {
        let axes = self.names.iter().zip(&self.values).zip(cell);
        let axes = axes.filter(|((_, values), _)| values.len() > 1);
        axes.fold(pattern.to_owned(), |pattern, ((axis, values), at)| {
            let place = format!("{{{axis}}}");
            outside(&pattern, |text| text.replace(&values[*at], &place))
        })
    }

    /// A pattern with these places for texts of the values of a cell.
    fn placed(&self, pattern: &str, cell: &[usize], is_place: impl Fn(&str) -> bool) -> String {
        let texts = self.texts.iter().zip(cell);
        let texts = texts.flat_map(|(texts, at)| &texts[*at]);
        let mut texts: Vec<&(String, String)> =
            texts.filter(|(place, _)| is_place(place)).collect();
        texts.sort_by_key(|(_, text)| std::cmp::Reverse(text.len()));
        // A word beside a number is one by itself once the number is a place: `debian13`.
        let twice = texts.iter().chain(&texts);
        twice.fold(pattern.to_owned(), |pattern, (place, text)| {
            let place = format!("{{{place}}}");
            outside(&pattern, |part| inserted(part, text, &place))
        })
    }

    /// A pattern with the texts of a cell in the place of its axes, or of one of them.
    fn filled(&self, pattern: &str, cell: &[usize], axis: Option<usize>) -> String {
        replaced(pattern, |place| {
            let axes = self.texts.iter().zip(cell).enumerate();
            let axes = axes.filter(|(at, _)| axis.is_none_or(|axis| axis == *at));
            let mut texts = axes.flat_map(|(_, (texts, at))| &texts[*at]);
            let text = texts.find(|(own, _)| own == place);
            text.map(|(_, text)| literal(text))
        })
    }

    /// The axis that decides the patterns once the texts of all others are places in them, and these patterns.
    pub(super) fn apart(
        &self,
        patterns: &[Option<String>],
    ) -> Option<(usize, Vec<Option<String>>)> {
        let mut ways = (0..self.names.len()).map(|axis| {
            let own: HashSet<&str> = self.texts[axis]
                .iter()
                .flatten()
                .map(|(place, _)| place.as_str())
                .collect();
            let is_other = |place: &str| !own.contains(place);
            let all = self.cells.iter().zip(patterns);
            let all = all.map(|(cell, pattern)| {
                let pattern = self.filled(pattern.as_ref()?, cell, Some(axis));
                Some(self.placed(&pattern, cell, is_other))
            });
            (axis, all.collect::<Vec<_>>())
        });
        ways.find(|(axis, patterns)| self.decides(*axis, patterns))
    }
}

/// A text with a place for each occurrence of a value's text in it outside of longer words and numbers. An empty text has
/// no place.
pub(in crate::import::bake) fn inserted(text: &str, from: &str, place: &str) -> String {
    let is_number = from.starts_with(|c: char| c.is_ascii_digit());
    let is_before = |c: char| match is_number {
        true => c.is_ascii_digit() || c == '.',
        false => c.is_ascii_alphanumeric(),
    };
    let is_after = |c: char| c.is_ascii_alphanumeric() || c == '.';
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(from).filter(|_| !from.is_empty()) {
        let last = before.chars().next_back().or(out.chars().next_back());
        let is_apart = !last.is_some_and(is_before) && !after.starts_with(is_after);
        out.extend([before, if is_apart { place } else { from }]);
        rest = after;
    }
    out + rest
}
