//! Filters of a variable, such as rungs of its version, in the place of the texts that a file computes from it.

use super::compare::{Other, Trial};
use crate::import::bake::place::{outside, places, replace_words, resolved, variable};
use crate::import::published::VARIABLE;
use crate::import::write::literal;
use crate::tag::variable::{filter, filtered};
use indexmap::IndexMap;

/// A pattern with values of variables; places of axes stay. Nothing if a variable has none.
pub(in crate::import::bake) fn filled<'v>(
    pattern: &str,
    value: impl Fn(&str) -> Option<&'v str>,
) -> Option<String> {
    resolved(pattern, |place| {
        let Some(rest) = place.strip_prefix(VARIABLE) else {
            return Some(format!("{{{place}}}"));
        };
        let (name, filters) = filtered(rest);
        let value = value(name)?;
        match filters {
            None => Some(value.to_owned()),
            Some(filters) => filter(value, filters),
        }
    })
}

/// The rungs that bake files compute.
const RUNGS: [&str; 3] = ["full", "minor", "major"];

/// Other edits that they make.
const EDITS: [&str; 26] = [
    "without v",
    "slug",
    "lower:slug",
    "without v:slug",
    "without refs/heads/",
    "without refs/tags/",
    "without refs/tags/v",
    "without refs/heads/:slug",
    "without refs/tags/:slug",
    "replace / -",
    "replace / _",
    "replace + -",
    "replace + _",
    "replace _ +",
    "replace _ -",
    "replace . -",
    "replace . _",
    "before .",
    "before +",
    "before -",
    "before +:before -",
    "first 7",
    "first 8",
    "first 10",
    "first 12",
    "first 6",
];

impl Trial<'_> {
    /// The pattern itself, and those with rungs of the variable in the place of texts.
    pub fn candidates(&self, today: &str) -> Vec<String> {
        let mut all = vec![today.to_owned()];
        let today = &self.written_out(today);
        let place = |filters: &str| {
            let text = filter(self.default, filters).filter(|text| !text.is_empty())?;
            Some((text, format!("{{var:{}:{filters}}}", self.name)))
        };
        // What a file decides may be the value itself.
        let own = Some(self.default).filter(|text| !text.is_empty());
        let own = own.map(|text| (text.to_owned(), variable(self.name)));
        let rungs: Vec<(String, String)> = RUNGS.into_iter().filter_map(place).collect();
        let filters = self.filters.iter().map(String::as_str);
        // In the place of nothing, a value may be the same by chance with others than those of the file.
        let filters: Vec<&str> = match self.default.is_empty() {
            true => filters.chain(EDITS).collect(),
            false => EDITS.into_iter().chain(filters).collect(),
        };
        let edits: Vec<(String, String)> = filters.iter().copied().filter_map(place).collect();
        for whole in [true, false] {
            let insert = |pattern: &str, (text, place): &(String, String)| {
                outside(pattern, |part| match whole {
                    true => replace_words(part, text, place),
                    false => part.replace(text.as_str(), place),
                })
            };
            all.extend(rungs.iter().map(|rung| insert(today, rung)));
            all.push(
                rungs
                    .iter()
                    .fold(today.to_owned(), |pattern, rung| insert(&pattern, rung)),
            );
        }
        // As the rungs, behind a letter, too: `v1`.
        let first = place("before .");
        let first = first.map(|(text, place)| outside(today, |part| part.replace(&text, &place)));
        all.extend(
            own.iter()
                .chain(&edits)
                .map(|(text, place)| outside(today, |part| replace_words(part, text, place))),
        );
        // Behind a letter, too: `py312`.
        let behind = edits.iter().filter(|(text, _)| text.len() > 1);
        let behind =
            behind.map(|(text, place)| outside(today, |part| part.replace(text.as_str(), place)));
        all.extend(behind);
        all.extend(first);
        // A variable that is edited, but not today.
        for place in places(today).filter(|place| self.is_own(place)) {
            let change = |new: &str| today.replace(&format!("{{{place}}}"), new);
            all.push(change(&format!("{{var:{}:full}}", self.name)));
            let filters = filters.iter();
            all.extend(filters.map(|filters| change(&format!("{{var:{}:{filters}}}", self.name))));
        }
        all
    }

    /// A pattern without the variables whose defaults are computed from this one.
    fn written_out(&self, pattern: &str) -> String {
        let computed = |name: &str| {
            let differs = |run: &&Other| run.defaults.get(name) != run.today.get(name);
            let mut runs = self.runs.iter().filter(|_| name != self.name);
            let run = runs.find(differs)?;
            run.today.get(name).map(|default| literal(default))
        };
        let mut out = pattern.to_owned();
        for place in places(pattern) {
            if let Some(text) = place.strip_prefix(VARIABLE).and_then(computed) {
                out = out.replace(&format!("{{{place}}}"), &text);
            }
        }
        out
    }

    /// A pattern with a value of the variable, and these defaults of all others; places of axes stay.
    pub fn filled(
        &self,
        pattern: &str,
        value: &str,
        defaults: &IndexMap<String, String>,
    ) -> Option<String> {
        filled(pattern, |name| match name == self.name {
            true => Some(value),
            false => defaults.get(name).map(String::as_str),
        })
    }
}
