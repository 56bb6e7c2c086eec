//! Variables that the manifest does not follow everywhere: with another value it would publish something else than the
//! file under a tag. Such a variable may have only the values with which both publish the same, or must not be empty.
//!
//! ```text
//! tags = ["app:${replace(V, "+", "-")}"], args = { V = V }     variable "V" one-of="1.0+2" default="1.0+2"
//! ```
//!
//! The files are evaluated with other values of each variable, and so is the manifest. What only the file publishes is
//! named at its tags, and does not count.

mod agreement;
mod dropped;
mod edited;
mod empty;
mod equal;
mod files;
mod forms;
mod switches;

pub(super) use files::Built;

use super::edits::Edits;
use super::eval::Compared;
use super::place::Names;
use super::stand_in::StandIns;
use super::trial::samples;
use super::used::{computed, uses};
use super::variable::Variables;
use crate::import::manifest::write;
use crate::import::note::{Notes, listed};
use crate::import::published::Published;
use crate::import::verify::{Written, described, verified};
use agreement::{Agreement, tried};
use files::Files;
use indexmap::IndexMap;
use std::collections::BTreeSet;

/// How many variables are tried.
const MOST: usize = 40;

/// How many texts that the file compares a variable with are tried.
const MOST_TEXTS: usize = 40;

/// How many pairs of values of two variables are tried at most, and at least.
const MOST_PAIRS: usize = 160;
const FEWEST_PAIRS: usize = 24;

/// How many images all of these pairs may make.
const MOST_BUILDS: usize = 1000;

/// The variables that a manifest does not follow.
#[derive(Default)]
pub(super) struct Restricted {
    /// Those that may only have some values.
    allowed: Names,
    /// Those that have no conditions, although the file has some.
    unconditional: Names,
    /// What is to be said of those that it follows unless they have some texts.
    edited: IndexMap<String, edited::Named>,
    /// Those with a pattern in the place of the only values that they may have, with these values and the reason.
    formed: IndexMap<String, (Vec<String>, String)>,
    /// What is to be said of those whose conditions lack tags.
    dropped: IndexMap<String, String>,
    /// Those that must not be empty.
    filled: Names,
    /// Those that are null in the file, where the empty text is something else.
    nulls: Names,
}

/// What values of variables are tried with.
struct Tries<'g> {
    files: &'g Files<'g>,
    /// The texts that the files compare variables with.
    compared: &'g Compared,
    /// The references of today.
    known: &'g BTreeSet<String>,
    /// How many pairs of values are tried: fewer, where each takes long.
    pairs: usize,
}

/// What is known of the files.
pub(super) struct Found<'f> {
    /// The texts that they compare variables with.
    pub compared: &'f Compared,
    /// What they look for in texts.
    pub edits: &'f Edits,
    /// The variables that notes name.
    pub said: &'f Names,
    /// The variables that are null.
    pub nulls: &'f Names,
}

impl Restricted {
    /// Lets a variable have only these values, for this reason.
    fn allow(
        &mut self,
        published: &mut Published,
        name: String,
        (values, why): (Vec<String>, String),
    ) {
        published.keep_possible(&name, &values);
        published.filled.remove(&name);
        published.allowed.insert(name.clone(), values);
        published.restricted.insert(name.clone(), why);
        self.allowed.insert(name);
    }

    /// The same for a variable of conditions: with one value only, it has none.
    fn take_back(
        &mut self,
        published: &mut Published,
        name: String,
        allowed: (Vec<String>, String),
    ) {
        if allowed.0.len() == 1 {
            published.forget(&name);
        }
        match uses(published, &name) {
            true => self.allow(published, name, allowed),
            false => drop(self.unconditional.insert(name)),
        }
    }
}

/// Restricts the variables that the manifest does not follow; `build` evaluates the files with other values.
pub(super) fn restrict(
    published: &mut Published,
    given: &StandIns,
    found: &Found<'_>,
    build: impl Fn(&StandIns) -> Option<Built>,
) -> Restricted {
    let compared = found.compared;
    let Some(today) = build(given) else {
        return Restricted::default();
    };
    let files = Files::new(given, today.lost, &build);
    let mut restricted = Restricted {
        unconditional: unconditional(published, &files, compared),
        ..Restricted::default()
    };
    keep_used(published);
    let described = described(&published.images).into_iter();
    let known: BTreeSet<String> = described.flat_map(|build| build.references).collect();
    let before: Vec<String> = published.variables.keys().cloned().collect();
    let tries = Tries {
        files: &files,
        compared,
        known: &known,
        pairs: (MOST_BUILDS / today.builds.len().max(1)).clamp(FEWEST_PAIRS, MOST_PAIRS),
    };
    let filled = published.filled.clone();
    empty::refuse(published, &tries);
    restrict_each(published, &tries, &mut restricted);
    equal::restrict(published, &tries, &mut restricted);
    switches::restrict(published, &tries, &mut restricted);
    empty::refuse_together(published, &tries);
    keep_used(published);
    // A variable whose conditions went with those of another one decides nothing any more.
    let lost = before.into_iter();
    let lost = lost.filter(|name| !published.variables.contains_key(name));
    restricted.unconditional.extend(lost);
    let is_there = |name: &String| published.variables.contains_key(name);
    restricted.allowed.retain(is_there);
    let filled = published.filled.difference(&filled);
    restricted.filled = filled.cloned().collect();
    edited::name(published, &files, found, &mut restricted);
    edited::refuse_hosts(published, given, &mut restricted);
    restricted.nulls = empty::nulls(published, &tries, found.nulls);
    restricted
}

/// Restricts the variables with another value of which the manifest publishes something else.
fn restrict_each(published: &mut Published, tries: &Tries<'_>, restricted: &mut Restricted) {
    let written = Written::new(&write(published));
    let variables: Vec<(String, String)> = (published.variables.iter().take(MOST))
        .map(|(name, default)| (name.clone(), default.clone()))
        .collect();
    for (name, default) in variables {
        let mut agreement = Agreement::default();
        for (value, is_text) in tried(&name, &default, published, tries.compared) {
            let set = [(name.clone(), value.clone())];
            if let Some(wrong) = tries.files.wrong(&written, published, &set) {
                agreement.add((value, is_text), wrong, tries.known);
            }
        }
        if agreement.differs
            && !edited::restrict(published, (&name, &default), &agreement, restricted)
        {
            let allowed = agreement.allowed(&name, default, published);
            restricted.allow(published, name, allowed);
        }
    }
}

/// Removes the variables that only conditions named that are taken back.
fn keep_used(published: &mut Published) {
    let names = published.variables.keys();
    let unused: Names = names
        .filter(|name| !uses(published, name))
        .cloned()
        .collect();
    published.variables.retain(|name, _| !unused.contains(name));
    published.allowed.retain(|name, _| !unused.contains(name));
    published.filled.retain(|name| !unused.contains(name));
}

/// Takes back the conditions with which the manifest has errors, where the file has none. The result are their variables.
fn unconditional(published: &mut Published, files: &Files<'_>, compared: &Compared) -> Names {
    let conditions: Names = published.conditions().map(str::to_owned).collect();
    if !conditions.is_empty() && verified(published).is_err() {
        conditions.iter().for_each(|name| published.forget(name));
        return conditions;
    }
    let mut all = Names::new();
    let mut written = Written::new(&write(published));
    for name in conditions {
        let default = published.variables.get(&name).cloned();
        let fails = |value: String| {
            let set = [(name.clone(), value)];
            written.made(published, &set).is_err() && files.built(&set).is_some()
        };
        let values = samples(&default.unwrap_or_default(), compared.texts.get(&name));
        let allowed = published.allowed.get(&name);
        // Where it picks a value of an axis, kiln refuses all others.
        let picked = published.picked(&name);
        let is_allowed = |value: &String| {
            let is_value = picked
                .as_ref()
                .is_none_or(|all| all.contains(value.as_str()));
            is_value && allowed.is_none_or(|all| all.contains(value))
        };
        let mut values = values
            .into_iter()
            .map(|(value, _)| value)
            .filter(is_allowed);
        if values.any(fails) {
            published.forget(&name);
            written = Written::new(&write(published));
            all.insert(name);
        }
    }
    all
}

const OTHER_VALUES: &str = "with other values of a variable, the manifest would publish other images than the file: it allows only those with which both are the same";
const OTHER_VALUES_HELP: &str =
    "a comment at the `variable` names the tags: change them with it, or remove its `one-of`";
const DROPPED_HELP: &str =
    "no filter edits a variable as the file does here: add a `tag` to the `when` of the variable";
const EMPTY: &str = "with an empty variable, the manifest would publish other tags than the file, since kiln removes the separator beside an empty text: it refuses the empty text";
const EMPTY_HELP: &str =
    "a comment at the `variable` names the tags: remove its `pattern` if these are what you want";

/// Notes the variables that have only their values of today.
pub(super) fn note(restricted: &Restricted, variables: &Variables, notes: &mut Notes) {
    for name in &variables.declared {
        if restricted.unconditional.contains(name.as_str()) {
            computed(&[name], notes);
        }
    }
    let of = |names: &Names, message: &str, help: &str, notes: &mut Notes| {
        let declared = variables.declared.iter();
        for name in declared.filter(|name| names.contains(name.as_str())) {
            notes.note("import::fixed", message.to_owned(), help, name.span);
        }
    };
    of(&restricted.allowed, OTHER_VALUES, OTHER_VALUES_HELP, notes);
    edited::note(restricted, variables, notes);
    for name in &variables.declared {
        if let Some(message) = restricted.dropped.get(name.as_str()) {
            notes.note("import::left-out", message.clone(), DROPPED_HELP, name.span);
        }
    }
    of(&restricted.filled, EMPTY, EMPTY_HELP, notes);
    note_nulls(restricted, variables, notes);
}

/// Notes the variables whose empty text takes the place of null.
fn note_nulls(restricted: &Restricted, variables: &Variables, notes: &mut Notes) {
    let declared = variables.declared.iter();
    let nulls = declared.filter(|name| restricted.nulls.contains(name.as_str()));
    let nulls: Vec<_> = nulls.collect();
    let names: Vec<&str> = nulls.iter().map(|name| name.as_str()).collect();
    let message = format!(
        "the empty text takes the place of null in {}: where bake gets the empty text itself, it builds something else, such as with an empty argument",
        listed(&names, names.len())
    );
    for name in &nulls {
        let help = "leave the variable out where it is empty, also in runs of bake";
        notes.note("import::resolved", message.clone(), help, name.span);
    }
}

#[cfg(test)]
mod tests;
