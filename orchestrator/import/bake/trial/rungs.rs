//! Rungs of a variable's version in the place of the texts that a file computes from it.

use super::compare::{Other, Trial};
use crate::import::bake::place::{outside, places, replace_words, resolved};
use crate::import::write::literal;
use crate::name::Version;
use crate::tag::{Rung, git_tag};
use indexmap::IndexMap;

/// The rungs that bake files compute.
const RUNGS: [Rung; 3] = [Rung::Full, Rung::Minor, Rung::Major];

impl Trial<'_> {
    /// The pattern itself, and those with rungs of the variable in the place of texts.
    pub fn candidates(&self, today: &str) -> Vec<String> {
        let mut all = vec![today.to_owned()];
        let today = &self.written_out(today);
        let rungs = RUNGS.map(|rung| {
            let text = rung_of(self.default, rung)?;
            Some((text, format!("{{var:{}:{rung}}}", self.name)))
        });
        let rungs: Vec<(String, String)> = rungs.into_iter().flatten().collect();
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
        // A variable that is edited, but not today.
        let variable = format!("{{var:{}}}", self.name);
        all.push(today.replace(&variable, &format!("{{var:{}:full}}", self.name)));
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
            let (name, filter) = rest.split_once(':').unwrap_or((rest, ""));
            let value = match name == self.name {
                true => value,
                false => defaults.get(name)?,
            };
            match filter {
                "" => Some(value.to_owned()),
                "lower" => Some(value.to_lowercase()),
                rung => rung_of(value, rung.parse().ok()?),
            }
        })
    }
}

/// The text of a version on a rung.
fn rung_of(value: &str, rung: Rung) -> Option<String> {
    let version: Version = git_tag::version(value)?;
    if rung.moves() && version.is_prerelease() {
        return None;
    }
    rung.text(&version).map(str::to_owned)
}
