//! Filters of a variable, such as rungs of its version, in the place of the texts that a file computes from it.

use super::compare::{Other, Trial};
use crate::import::bake::place::{outside, places, replace_words, resolved};
use crate::import::write::literal;
use crate::tag::variable::{filter, filtered};
use indexmap::IndexMap;

/// The rungs that bake files compute.
const RUNGS: [&str; 3] = ["full", "minor", "major"];

/// Other edits that they make.
const EDITS: [&str; 9] = [
    "without v",
    "slug",
    "lower:slug",
    "without v:slug",
    "without refs/heads/",
    "without refs/tags/",
    "without refs/tags/v",
    "without refs/heads/:slug",
    "without refs/tags/:slug",
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
        let rungs: Vec<(String, String)> = RUNGS.into_iter().filter_map(place).collect();
        let edits: Vec<(String, String)> = EDITS.into_iter().filter_map(place).collect();
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
        all.extend(
            edits
                .iter()
                .map(|(text, place)| outside(today, |part| replace_words(part, text, place))),
        );
        // A variable that is edited, but not today.
        for place in places(today).filter(|place| self.is_own(place)) {
            let change = |new: &str| today.replace(&format!("{{{place}}}"), new);
            all.push(change(&format!("{{var:{}:full}}", self.name)));
            all.extend(edits.iter().map(|(_, new)| change(new)));
        }
        all
    }

    /// A pattern without the variables whose defaults are computed from this one.
    fn written_out(&self, pattern: &str) -> String {
        let computed = |name: &str| {
            let default = self.defaults.get(name).filter(|_| name != self.name)?;
            let differs = |run: &Other| run.defaults.get(name) != Some(default);
            self.runs.iter().any(differs).then(|| literal(default))
        };
        let mut out = pattern.to_owned();
        for place in places(pattern) {
            if let Some(text) = place.strip_prefix("var:").and_then(computed) {
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
        resolved(pattern, |place| {
            let Some(rest) = place.strip_prefix("var:") else {
                return Some(format!("{{{place}}}"));
            };
            let (name, filters) = filtered(rest);
            let value = match name == self.name {
                true => value,
                false => defaults.get(name)?,
            };
            match filters {
                None => Some(value.to_owned()),
                Some(filters) => filter(value, filters),
            }
        })
    }
}
