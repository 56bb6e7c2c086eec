//! What the runs with other values of a variable made of a target, compared with what it is today.

use super::texts::{is_alike, texts, texts_mut};
use super::{PLAIN, VERSION};
use crate::import::bake::built::Built;
use crate::import::bake::place::{How, outside, replace_words};
use crate::import::published::{Name, Text};
use indexmap::{IndexMap, IndexSet};
use std::collections::HashSet;
use std::rc::Rc;

/// How the value of a run is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Like the default.
    Alike,
    /// With a `v`, if the default has none, or without.
    Other,
    /// As a pre-release.
    PreRelease,
    /// Like nothing that the default says, to see what the file switches on.
    Switch,
}

/// A target, and what was found out about it.
pub(in crate::import::bake) struct Tried {
    pub built: Built,
    /// The variables of which it has rungs.
    pub rungs: IndexSet<String>,
    /// By variable, the references that stay as they are.
    pub frozen: IndexMap<String, Vec<String>>,
}

impl Tried {
    /// Whether a note at the tags names the variable.
    fn has_note(&self, name: &str) -> bool {
        let off = self.built.is_named() && self.built.off.contains_key(name);
        off || self.frozen.contains_key(name)
    }

    /// The same, if nothing else is decided by it.
    pub fn is_said(&self, name: &str) -> bool {
        let mut elsewhere = self.built.elsewhere.iter();
        self.has_note(name) && elsewhere.all(|(_, known)| known != name)
    }

    /// The variables that notes at the tags name.
    pub fn noted(&self) -> impl Iterator<Item = &String> {
        let names = self.built.off.keys().chain(self.frozen.keys());
        names.filter(|name| self.has_note(name))
    }
}

/// What a run made of the target.
pub struct Other {
    pub value: String,
    pub form: Form,
    pub defaults: Rc<IndexMap<String, String>>,
    pub built: Built,
}

/// The runs of one variable for one target.
pub struct Trial<'t> {
    pub name: &'t str,
    pub default: &'t str,
    /// Of all variables, as the file has them.
    pub defaults: &'t IndexMap<String, String>,
    pub runs: &'t [Other],
}

impl Trial<'_> {
    /// Puts rungs where they yield what the runs did; whether all texts follow the variable then.
    pub fn apply(&self, tried: &mut Tried) -> bool {
        let alike = |run: &Other| is_alike(&tried.built, &run.built);
        if self.runs.is_empty() || !self.runs.iter().all(alike) {
            return false;
        }
        let mut follows = true;
        let others: Vec<Vec<Text>> = self.runs.iter().map(|run| texts(&run.built)).collect();
        for (at, text) in texts_mut(&mut tried.built).into_iter().enumerate() {
            let patterns: Vec<&str> = others.iter().map(|all| all[at].pattern.as_str()).collect();
            match self.followed(&text.pattern, &patterns) {
                Some(pattern) if pattern != text.pattern => {
                    tried.rungs.insert(self.name.to_owned());
                    text.pattern = pattern;
                }
                Some(_) => {}
                None => follows = false,
            }
        }
        follows
    }

    /// Puts the rung `latest` where a pre-release has no such tag; whether it has all others that it would have in kiln.
    pub fn released(&self, run: &Other, tried: &mut Tried) -> bool {
        let known = self.references(run);
        let place = format!("{{var:{}:latest}}", self.name);
        let made = |name: &Name| {
            let made = self.filled(&name.pattern(), &run.value, self.defaults);
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
            match pattern != name.tag.pattern {
                true => {
                    tried.rungs.insert(self.name.to_owned());
                    name.tag.pattern = pattern;
                }
                false => all = false,
            }
        }
        all
    }

    /// Forgets the decisions that the rungs make up for.
    pub fn decided(&self, tried: &mut Tried) {
        // With a default that is not a version, a file may well decide by it.
        let is_version = self.runs.len() > 1;
        let other = self.runs.iter().find(|run| run.form == Form::Other);
        let edited = other.is_some_and(|run| {
            let known = self.references(run);
            let mut names = tried.built.names.iter().flatten();
            names.all(|name| {
                let made = self.filled(&name.pattern(), &run.value, self.defaults);
                made.is_some_and(|made| known.contains(&made))
            })
        });
        tried.built.decided.retain(|(how, name)| {
            let over = match how {
                How::Fixed => is_version,
                How::Unedited => is_version && edited,
            };
            name != self.name || !over
        });
    }

    /// The references of a run.
    fn references(&self, run: &Other) -> HashSet<String> {
        let names = run.built.names.iter().flatten();
        let filled = |name: &Name| self.filled(&name.pattern(), &run.value, &run.defaults);
        names.filter_map(filled).collect()
    }

    /// The pattern that yields what the runs did, if possible for all ways to write the value.
    fn followed(&self, today: &str, patterns: &[&str]) -> Option<String> {
        let fits = |candidate: &String, all: bool| {
            let mut runs = self.runs.iter().zip(patterns);
            runs.all(|(run, pattern)| {
                let wanted = self.filled(pattern, &run.value, &run.defaults);
                let fits = self.filled(candidate, &run.value, self.defaults) == wanted;
                (!all && run.form != Form::Alike) || fits
            })
        };
        let candidates = self.candidates(today);
        let best = candidates.iter().find(|one| fits(one, true));
        let found = best.or_else(|| candidates.iter().find(|one| fits(one, false)));
        found.cloned()
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
            let filled = |name: &Name| self.filled(&name.pattern(), &run.value, self.defaults);
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
        for run in runs.filter(|run| !matches!(run.form, Form::Other | Form::Switch)) {
            let known = self.references(run);
            let names = tried.built.names.iter().flatten();
            let stays = names.filter(|name| {
                let made = self.filled(&name.pattern(), &run.value, self.defaults);
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
