//! The public names of targets that other targets name as contexts.

use super::built::Built;
use super::image::{image_text, without};
use super::place::{is_timed, places, resolved, variable_of};
use super::stand_in::made_up;
use crate::dockerfile::context_name;
use crate::import::published::{Name, Text, VARIABLE, When};
use crate::import::write::literal;
use crate::name::Reference;
use crate::tag::variable::{filter, filtered};
use indexmap::{IndexMap, IndexSet};
use std::collections::{HashMap, HashSet};

/// What names of images on Docker Hub begin with in a manifest.
const HUB: &str = "docker.io/";

/// By target: its first reference that does not change from run to run.
#[derive(Default)]
pub(super) struct Publics {
    today: HashMap<String, Text>,
    /// The same with other values of variables, where it is published elsewhere then.
    moved: HashMap<String, Vec<(When, Text)>>,
    /// The references of targets that they always have, as Dockerfiles name them.
    own: HashMap<String, HashSet<String>>,
    /// Those of them that no variable changes.
    fixed: HashMap<String, HashSet<String>>,
    /// The patterns of these.
    patterns: HashMap<String, HashSet<String>>,
}

impl Publics {
    /// The public name of a context, which is a target or an image from outside.
    pub fn reference(&self, context: &Text) -> Option<Text> {
        match context.real.strip_prefix("target:") {
            Some(target) => self.today.get(target).cloned(),
            None => image_text(without(context, "docker-image://")?),
        }
    }

    /// Whether a context is an image by its own name: what a Dockerfile means by that without the context.
    pub fn is_named(&self, context: &Text, name: &str) -> bool {
        let Ok(name) = context_name(name) else {
            return false;
        };
        match context.real.strip_prefix("target:") {
            Some(target) => self.own.get(target).is_some_and(|own| own.contains(&name)),
            None => {
                let image = without(context, "docker-image://");
                image.is_some_and(|image| context_name(&image.real).is_ok_and(|own| own == name))
            }
        }
    }

    /// Whether a context that is an image by its own name is so with any values of variables.
    pub fn is_always_named(&self, context: &Text, name: &str) -> bool {
        match context.real.strip_prefix("target:") {
            Some(target) => {
                let fixed = self.fixed.get(target);
                let name = context_name(name);
                fixed.is_some_and(|fixed| name.is_ok_and(|name| fixed.contains(&name)))
            }
            None => context.pattern == literal(&context.real),
        }
    }

    /// Whether a context is an image by its own name with any values of variables: this pattern is one of its names.
    pub fn is_called(&self, context: &Text, pattern: &str) -> bool {
        let pattern = pattern.strip_prefix(HUB).unwrap_or(pattern);
        match context.real.strip_prefix("target:") {
            Some(target) => {
                let patterns = self.patterns.get(target);
                patterns.is_some_and(|all| all.contains(pattern))
            }
            None => without(context, "docker-image://").is_some_and(|one| one.pattern == pattern),
        }
    }

    /// The conditions with which one of these targets is published elsewhere.
    pub fn conditions<'t>(&self, targets: impl Iterator<Item = &'t str>) -> IndexSet<When> {
        let moved = targets.filter_map(|target| self.moved.get(target));
        moved.flatten().map(|(when, _)| when.clone()).collect()
    }

    /// The names under a condition.
    pub fn with(&self, condition: &When) -> Self {
        let mut today = self.today.clone();
        for (target, moved) in &self.moved {
            let text = moved.iter().find(|(when, _)| when == condition);
            today.extend(text.map(|(_, text)| (target.clone(), text.clone())));
        }
        Self {
            today,
            moved: HashMap::new(),
            ..Self::default()
        }
    }
}

/// The public names of these targets; `defaults` are those of variables.
pub(super) fn public<'b>(
    built: impl Iterator<Item = &'b Built>,
    defaults: &IndexMap<String, String>,
) -> Publics {
    let mut all = Publics::default();
    for cell in built {
        let mut names = cell.names.iter().flatten();
        let first = names.clone().next();
        let lasting =
            names.find(|name| !is_timed(&name.tag.pattern) && name.when == When::default());
        let Some(name) = lasting.or(first) else {
            continue;
        };
        let moved = cell.moved.iter().filter_map(|(when, repositories)| {
            let name = Name {
                repository: repositories.first()?.clone(),
                tag: tag(cell, when, name).clone(),
                ..name.clone()
            };
            Some((when.clone(), familiar(&name, defaults)))
        });
        let moved: Vec<(When, Text)> = moved.collect();
        if !moved.is_empty() {
            all.moved.insert(cell.target.clone(), moved);
        } else {
            let names = lasting_names(cell);
            let filled = filled_names(cell);
            let own = names
                .clone()
                .chain(filled.clone())
                .filter_map(|name| context_name(&name.full()).ok());
            all.own.insert(cell.target.clone(), own.collect());
            let fixed = names.clone().filter(|name| {
                let pattern = name.pattern();
                places(&pattern).next().is_none()
            });
            let fixed = fixed.filter_map(|name| context_name(&name.full()).ok());
            all.fixed.insert(cell.target.clone(), fixed.collect());
            let patterns = names.chain(filled).map(|name| {
                let pattern = name.pattern();
                pattern.strip_prefix(HUB).unwrap_or(&pattern).to_owned()
            });
            all.patterns.insert(cell.target.clone(), patterns.collect());
        }
        all.today
            .insert(cell.target.clone(), familiar(name, defaults));
    }
    all
}

/// The names that a target always has.
fn lasting_names(built: &Built) -> impl Iterator<Item = &Name> + Clone {
    let names = built.names.iter().flatten();
    names.filter(|name| !is_timed(&name.tag.pattern) && name.when == When::default())
}

/// The names that a target has unless variables in them are empty.
fn filled_names(built: &Built) -> impl Iterator<Item = &Name> + Clone {
    let names = built.names.iter().flatten();
    names.filter(|name| {
        let pattern = name.pattern();
        let inserted: HashSet<&str> = places(&pattern).filter_map(variable_of).collect();
        let mut parts = name.when.0.iter();
        let is_filled = parts.all(|(name, patterns)| {
            let name = name.strip_prefix(VARIABLE);
            name.is_some_and(|name| inserted.contains(name)) && *patterns == ["!"]
        });
        is_filled && !name.when.0.is_empty() && !is_timed(&name.tag.pattern)
    })
}

/// A tag that a target has under a condition, and that does not change from run to run; `today` if it has none.
fn tag<'b>(built: &'b Built, condition: &When, today: &'b Name) -> &'b Text {
    let holds = |when: &When| when.0.iter().all(|part| condition.0.contains(part));
    let names = || built.names.iter().chain(&built.later).flatten();
    let mut lasting = names().filter(|name| !is_timed(&name.tag.pattern) && holds(&name.when));
    lasting.next().map_or(&today.tag, |name| &name.tag)
}

/// The name as people write it: `go:1.27` for `docker.io/library/go:1.27`.
fn familiar(name: &Name, defaults: &IndexMap<String, String>) -> Text {
    let full = name.full();
    let pattern = name.pattern();
    if pattern != literal(&full) {
        let real = resolved(&pattern, |place| filled(place, defaults));
        let real = real.unwrap_or(full);
        return Text { real, pattern };
    }
    let short = full.parse().map(|name: Reference| name.familiar());
    Text::literal(short.unwrap_or(full))
}

/// The text of a placeholder of a variable.
fn filled(place: &str, defaults: &IndexMap<String, String>) -> Option<String> {
    let (name, filters) = filtered(place.strip_prefix(VARIABLE)?);
    let text = defaults.get(name).cloned();
    let text = text.unwrap_or_else(|| made_up(name));
    match filters {
        Some(filters) => filter(&text, filters),
        None => Some(text),
    }
}
