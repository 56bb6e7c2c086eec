//! What the runs with other values of a variable made of a target, compared with what it is today.

use super::Tried;
use super::samples::{EDITED, Form, PLAIN, VERSION};
use super::texts::{is_alike, is_like, texts, texts_mut};
use crate::import::bake::built::Built;
use crate::import::bake::place::{How, is_on_rung, outside, places, replace_words, variable_of};
use crate::import::published::{Name, Text};
use indexmap::{IndexMap, IndexSet};
use std::collections::HashSet;
use std::rc::Rc;

/// What a run made of the target.
pub struct Other {
    pub value: String,
    pub form: Form,
    /// The defaults of all variables in the file, and in the manifest.
    pub defaults: Rc<IndexMap<String, String>>,
    pub today: Rc<IndexMap<String, String>>,
    pub built: Built,
}

/// The runs of one variable for one target.
pub struct Trial<'t> {
    pub name: &'t str,
    pub default: &'t str,
    /// The filters that may edit the variable as the file does.
    pub filters: Vec<String>,
    pub runs: &'t [Other],
}

impl Trial<'_> {
    /// Puts placeholders with filters where they yield what the runs did; whether all texts follow the variable then.
    pub fn apply(&self, tried: &mut Tried) -> bool {
        let like = |run: &Other| is_like(&tried.built, &run.built);
        if self.alike().next().is_none() || !self.alike().all(like) {
            return false;
        }
        let mut follows = self.alike().all(|run| is_alike(&tried.built, &run.built));
        let runs = self.runs.iter().filter(|run| like(run));
        let runs: Vec<(&Other, Vec<Option<Text>>)> =
            runs.map(|run| (run, texts(&run.built))).collect();
        for (at, text) in texts_mut(&mut tried.built).into_iter().enumerate() {
            let Some(text) = text else { continue };
            let runs = runs.iter();
            let runs =
                runs.filter_map(|(run, all)| Some((*run, all[at].as_ref()?.pattern.as_str())));
            match self.followed(&text.pattern, &runs.collect::<Vec<_>>()) {
                Some(pattern) if pattern != text.pattern => {
                    if places(&pattern).any(|place| self.is_own(place) && is_on_rung(place)) {
                        tried.rungs.insert(self.name.to_owned());
                    }
                    text.pattern = pattern;
                }
                Some(_) => {}
                None => follows = false,
            }
        }
        follows
    }

    /// The runs whose values are written like the default.
    fn alike(&self) -> impl Iterator<Item = &Other> {
        self.runs.iter().filter(|run| run.form == Form::Alike)
    }

    /// Whether a placeholder is one of this variable.
    pub fn is_own(&self, place: &str) -> bool {
        variable_of(place) == Some(self.name)
    }

    /// Puts the rung `latest` where a pre-release has no such tag; whether it has all others that it would have in kiln.
    pub fn released(&self, run: &Other, tried: &mut Tried) -> bool {
        let known = self.references(run);
        let others: Vec<_> = self
            .alike()
            .map(|run| (run, self.references(run)))
            .collect();
        // A tag that no other release has either does not depend on this being one.
        let is_released = |name: &Name| {
            let has = |(run, known): &(&Other, HashSet<String>)| {
                let made = self.filled(&name.pattern(), &run.value, &run.today);
                made.is_some_and(|made| known.contains(&made))
            };
            !others.is_empty() && others.iter().all(has)
        };
        let place = format!("{{var:{}:latest}}", self.name);
        let [part, major] =
            ["before .", "major"].map(|filter| format!("{{var:{}:{filter}}}", self.name));
        let made = |name: &Name| {
            let made = self.filled(&name.pattern(), &run.value, &run.today);
            made.is_none_or(|made| known.contains(&made))
        };
        let mut all = true;
        for name in tried.built.names.iter_mut().flatten() {
            if made(name) {
                continue;
            }
            let pattern = outside(&name.tag.pattern, |part| {
                replace_words(part, "latest", &place)
            });
            // A rung makes no tag of a pre-release, and a part of the text does.
            let pattern = pattern.replace(&part, &major);
            match pattern != name.tag.pattern && is_released(name) {
                true => {
                    tried.rungs.insert(self.name.to_owned());
                    name.tag.pattern = pattern;
                }
                false => all = false,
            }
        }
        all
    }

    /// Forgets the computations that the placeholders make up for.
    pub fn forget_fixed(&self, tried: &mut Tried, compared: Option<&IndexSet<String>>) {
        // With a default that is not a version, a file may well decide by it.
        let is_version = self.alike().count() > 1;
        let by_emptiness = compared.is_none_or(|texts| texts.iter().all(String::is_empty));
        let follows = by_emptiness && !self.default.is_empty() && self.is_edited(tried);
        if follows && compared.is_some() && !is_version {
            tried.not_empty.insert(self.name.to_owned());
        }
        if follows || is_version {
            self.forget(How::Fixed, tried);
        }
    }

    /// Forgets decisions of one kind.
    pub fn forget(&self, how: How, tried: &mut Tried) {
        let decided = &mut tried.built.decided;
        decided.retain(|(known, name)| name != self.name || *known != how);
    }

    /// Whether the placeholders edit other values as the file does. A rung is noted where it is.
    pub fn is_edited(&self, tried: &Tried) -> bool {
        let runs = self.runs.iter();
        // In the place of nothing, a text shows no lists.
        let shows = |run: &&Other| !self.default.is_empty() || run.value != EDITED;
        let runs = runs.filter(|run| matches!(run.form, Form::Other | Form::Sample));
        let runs = runs.filter(shows);
        let mut runs = runs
            .filter(|run| is_like(&tried.built, &run.built))
            .peekable();
        let today = texts(&tried.built);
        let has_rung =
            |pattern: &str| places(pattern).any(|place| self.is_own(place) && is_on_rung(place));
        let fits = |run: &Other| {
            let made = texts(&run.built);
            let both = today.iter().zip(&made);
            let mut both = both.filter_map(|(own, made)| own.as_ref().zip(made.as_ref()));
            both.all(|(own, made)| {
                let skipped = run.form == Form::Sample && has_rung(&own.pattern);
                let wanted = self.filled(&made.pattern, &run.value, &run.defaults);
                skipped || self.filled(&own.pattern, &run.value, &run.today) == wanted
            })
        };
        runs.peek().is_some() && runs.all(fits)
    }

    /// Whether a registry that the file leaves out today is before a repository in a run.
    pub fn is_registry(&self, built: &Built) -> bool {
        let start = format!("{{var:{}}}/", self.name);
        let is_left_out = |name: &Name| name.repository.real.starts_with("docker.io/");
        let is_before = |run: &Other| {
            let pairs = built
                .names
                .iter()
                .flatten()
                .zip(run.built.names.iter().flatten());
            let mut pairs = pairs.filter(|(_, made)| made.repository.pattern.starts_with(&start));
            pairs.any(|(today, _)| is_left_out(today))
        };
        self.default.is_empty() && self.alike().any(is_before)
    }

    /// The references of a run.
    fn references(&self, run: &Other) -> HashSet<String> {
        let names = run.built.names.iter().flatten();
        let filled = |name: &Name| self.filled(&name.pattern(), &run.value, &run.defaults);
        names.filter_map(filled).collect()
    }

    /// The pattern that yields what the runs did, if possible for all ways to write the value.
    fn followed(&self, today: &str, runs: &[(&Other, &str)]) -> Option<String> {
        runs.iter().find(|(run, _)| run.form == Form::Alike)?;
        let wanted =
            |(run, pattern): &(&Other, &str)| self.filled(pattern, &run.value, &run.defaults);
        let wanted: Vec<Option<String>> = runs.iter().map(wanted).collect();
        let fits = |candidate: &str, all: bool| {
            let mut runs = runs.iter().zip(&wanted);
            runs.all(|((run, _), wanted)| {
                let counts = all || run.form == Form::Alike;
                !counts || self.filled(candidate, &run.value, &run.today) == *wanted
            })
        };
        // Most texts follow the variable as they are, and most filters find nothing in a text.
        if fits(today, true) {
            return Some(today.to_owned());
        }
        let candidates: IndexSet<String> = self.candidates(today).into_iter().collect();
        let mut alike = candidates.iter().filter(|one| fits(one, false)).peekable();
        let first = alike.peek().copied();
        alike.find(|one| fits(one, true)).or(first).cloned()
    }

    /// Notes the references that the file has only with other values.
    pub fn switch<'o>(&self, runs: impl Iterator<Item = &'o Other>, built: &mut Built) {
        let (mut off, mut computed) = (IndexSet::new(), IndexSet::new());
        for run in runs {
            // A second example says no more than the first.
            if run.value == VERSION && !off.is_empty() {
                continue;
            }
            let names = built.names.iter().flatten();
            let filled = |name: &Name| self.filled(&name.pattern(), &run.value, &run.today);
            let made: HashSet<String> = names.filter_map(filled).collect();
            for name in more(&built.names, &run.built.names) {
                let filled = self.filled(&name.pattern(), &run.value, &run.defaults);
                if filled.is_none_or(|name| made.contains(&name)) {
                    continue;
                }
                match name.pattern().contains(PLAIN) {
                    true => computed.insert(name.pattern()),
                    false => off.insert(name.pattern()),
                };
            }
        }
        let off = if off.is_empty() { computed } else { off };
        if !off.is_empty() {
            built.off.insert(self.name.to_owned(), off);
        }
    }

    /// Notes the references that stay as they are with another value.
    pub fn freeze<'o>(&self, runs: impl Iterator<Item = &'o Other>, tried: &mut Tried) {
        let mut stay: IndexSet<String> = IndexSet::new();
        for run in runs.filter(|run| matches!(run.form, Form::Alike | Form::PreRelease)) {
            let known = self.references(run);
            let names = tried.built.names.iter().flatten();
            let stays = names.filter(|name| {
                let made = self.filled(&name.pattern(), &run.value, &run.today);
                made.is_some_and(|made| !known.contains(&made))
            });
            stay.extend(stays.map(Name::full));
        }
        if !stay.is_empty() {
            let stay = stay.into_iter().collect();
            tried.frozen.insert(self.name.to_owned(), stay);
        }
    }
}

/// The names that a run has more than the target does today: in places that are empty, if the places are the same.
fn more<'n>(today: &[Option<Name>], run: &'n [Option<Name>]) -> Vec<&'n Name> {
    let count = |names: &[Option<Name>]| names.iter().flatten().count();
    if today.len() != run.len() && count(run) <= count(today) {
        return Vec::new();
    }
    let is_more = |at: usize| today.len() != run.len() || today[at].is_none();
    let names = run.iter().enumerate();
    names
        .filter_map(|(at, name)| name.as_ref().filter(|_| is_more(at)))
        .collect()
}
