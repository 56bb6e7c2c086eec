//! Variables that the manifest does not follow everywhere: with another value it would publish something else than the
//! file under a tag. Such a variable may have only the values with which both publish the same.
//!
//! ```text
//! tags = ["app:${replace(V, "+", "-")}"], args = { V = V }     variable "V" one-of="1.0+2" default="1.0+2"
//! ```
//!
//! The files are evaluated with other values of each variable, and so is the manifest. What only the file publishes is
//! named at its tags, and does not count.

mod edited;
mod files;

pub(super) use files::Built;

use super::edits::Edits;
use super::eval::Compared;
use super::place::Names;
use super::stand_in::StandIns;
use super::trial::{PLAIN, samples, shown};
use super::used::{computed, inserts, uses};
use super::variable::Variables;
use crate::import::manifest::write;
use crate::import::note::Notes;
use crate::import::published::Published;
use crate::import::verify::{described, made, verified};
use files::Files;
use indexmap::{IndexMap, IndexSet};
use std::collections::BTreeSet;

/// How many variables are tried.
const MOST: usize = 40;

/// How many pairs of values of two variables are tried.
const MOST_PAIRS: usize = 160;

/// How many values of the second variable are tried, of those that the file names and of others.
const SAMPLES_TOGETHER: usize = 2;

/// How many texts that the file compares a variable with are tried.
const MOST_TEXTS: usize = 40;

/// How many equal values of two variables that the file compares with each other are tried.
const EQUAL_VALUES: usize = 3;

/// A branch, whose tags files edit.
const FOLDER: &str = "trial/7";

/// How many values of further variables are tried with two equal ones.
const MOST_THIRDS: usize = 6;

/// What an empty variable may be instead, so that the file picks platforms by it.
const PLATFORM: &str = "linux/s390x";

/// The values with which a manifest publishes what the file does.
#[derive(Default)]
struct Agreement {
    values: Vec<String>,
    /// References of today that belong to another image with other values, or to none.
    wrong: IndexSet<String>,
    /// Whether the manifest publishes anything else than the file with a value.
    differs: bool,
}

/// The variables that a manifest does not follow.
#[derive(Default)]
pub(super) struct Restricted {
    /// Those that may only have some values.
    allowed: Names,
    /// Those that have no conditions, although the file has some.
    unconditional: Names,
    /// What is to be said of those that it follows unless they have some texts.
    edited: IndexMap<String, edited::Named>,
}

/// What is known of the files.
pub(super) struct Found<'f> {
    /// The texts that they compare variables with.
    pub compared: &'f Compared,
    /// What they look for in texts.
    pub edits: &'f Edits,
    /// The variables that notes name.
    pub said: &'f Names,
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
    let files = Files {
        given,
        lost: today.lost,
        build: &build,
    };
    let mut restricted = Restricted {
        unconditional: unconditional(published, &files, compared),
        ..Restricted::default()
    };
    keep_used(published);
    let described = described(&published.images).into_iter();
    let known: BTreeSet<String> = described.flat_map(|build| build.references).collect();
    let before: Vec<String> = published.variables.keys().cloned().collect();
    restrict_each(published, &files, compared, &known, &mut restricted);
    restrict_equal(published, &files, compared, &known, &mut restricted);
    restrict_switches(published, &files, compared, &known, &mut restricted);
    keep_used(published);
    // A variable whose conditions went with those of another one decides nothing any more.
    let lost = before.into_iter();
    let lost = lost.filter(|name| !published.variables.contains_key(name));
    restricted.unconditional.extend(lost);
    let is_there = |name: &String| published.variables.contains_key(name);
    restricted.allowed.retain(is_there);
    edited::name(published, &files, found, &mut restricted);
    restricted
}

/// Values to try: those of a trial, every text that the file compares the variable with, and those that the file allows.
fn tried(
    name: &str,
    default: &str,
    published: &Published,
    compared: &Compared,
) -> Vec<(String, bool)> {
    let texts = compared.texts.get(name);
    let mut all: IndexMap<String, bool> = samples(default, texts).into_iter().collect();
    let texts = texts.into_iter().flatten().take(MOST_TEXTS);
    let allowed = published.allowed.get(name).into_iter().flatten();
    for text in texts.chain(allowed).filter(|text| *text != default) {
        all.entry(text.clone()).or_insert(true);
    }
    // Examples of what functions find, and numbers at which the file decides something else.
    let examples = compared.samples.get(name).into_iter().flatten();
    for text in examples.take(MOST_TEXTS).filter(|text| *text != default) {
        all.entry(text.clone()).or_insert(false);
    }
    if default.is_empty() {
        all.entry(PLATFORM.to_owned()).or_insert(false);
    }
    all.into_iter().collect()
}

/// Restricts the variables with another value of which the manifest publishes something else.
fn restrict_each(
    published: &mut Published,
    files: &Files<'_>,
    compared: &Compared,
    known: &BTreeSet<String>,
    restricted: &mut Restricted,
) {
    let text = write(published);
    let variables: Vec<(String, String)> = (published.variables.iter().take(MOST))
        .map(|(name, default)| (name.clone(), default.clone()))
        .collect();
    for (name, default) in variables {
        let mut agreement = Agreement::default();
        for (value, is_text) in tried(&name, &default, published, compared) {
            let set = [(name.clone(), value.clone())];
            if let Some(wrong) = files.wrong(&text, published, &set) {
                agreement.add((value, is_text), wrong, known);
            }
        }
        if agreement.differs {
            let allowed = agreement.allowed(&name, default, published);
            restricted.allow(published, name, allowed);
        }
    }
}

/// Restricts one of two variables that the file compares with each other: a condition of a manifest compares one with
/// texts.
fn restrict_equal(
    published: &mut Published,
    files: &Files<'_>,
    compared: &Compared,
    known: &BTreeSet<String>,
    restricted: &mut Restricted,
) {
    let mut text = write(published);
    for (one, other) in compared_pairs(published, compared) {
        if [&one, &other]
            .iter()
            .any(|name| published.allowed.contains_key(*name))
        {
            continue;
        }
        let different = different_if_equal(published, (files, &text), compared, (&one, &other));
        if different.is_empty() {
            continue;
        }
        let mut agreement = Agreement::default();
        agreement.add((String::new(), false), different, known);
        // A variable that only decides loses less.
        let name = if inserts(published, &other) && !inserts(published, &one) {
            one
        } else {
            other
        };
        let default = published.variables.get(&name).cloned().unwrap_or_default();
        let allowed = agreement.allowed(&name, default, published);
        restricted.allow(published, name, allowed);
        text = write(published);
    }
}

/// The variables of which the file compares one with the other, as far as their defaults show it.
fn compared_pairs(published: &Published, compared: &Compared) -> Vec<(String, String)> {
    let has = |name: &str, text: &String| {
        let texts = compared.texts.get(name);
        texts.is_some_and(|texts| texts.contains(text))
    };
    let all: Vec<(&String, &String)> = published.variables.iter().take(MOST).collect();
    let pairs = all.iter().enumerate();
    let pairs = pairs.flat_map(|(at, one)| all[at + 1..].iter().map(move |other| (one, other)));
    let pairs = pairs.filter(|((one, own), (other, text))| has(one, text) && has(other, own));
    pairs
        .map(|((one, _), (other, _))| ((*one).clone(), (*other).clone()))
        .collect()
}

/// What the manifest and the file publish differently where two variables have the same value, unless it is as different
/// where one of them has it.
fn different_if_equal(
    published: &Published,
    (files, text): (&Files<'_>, &str),
    compared: &Compared,
    (one, other): (&str, &str),
) -> Vec<String> {
    let default = published.variables.get(one).cloned().unwrap_or_default();
    let samples = samples(&default, None).into_iter().take(EQUAL_VALUES);
    let mut all = Vec::new();
    for (value, _) in samples {
        for third in thirds(published, compared, (one, other)) {
            let different = |names: &[&str]| {
                let own = names.iter().map(|name| ((*name).to_owned(), value.clone()));
                let set: Vec<_> = own.chain(third.clone()).collect();
                let different = files.different(text, published, &set);
                different.unwrap_or_default()
            };
            let mut both = different(&[one, other]);
            if !both.is_empty() {
                let alone = [different(&[one]), different(&[other])].concat();
                both.retain(|name| !alone.contains(name));
            }
            all.extend(both);
        }
    }
    all
}

/// What else may be set besides two variables: nothing, and each other variable to a text that the file names.
fn thirds(
    published: &Published,
    compared: &Compared,
    (one, other): (&str, &str),
) -> Vec<Option<(String, String)>> {
    let others = published.variables.keys();
    let others = others.filter(|name| name.as_str() != one && name.as_str() != other);
    let set = others.flat_map(|name| {
        let default = published.variables.get(name);
        let samples = samples(default.map_or("", String::as_str), compared.texts.get(name));
        let texts = samples.into_iter().filter(|(_, is_text)| *is_text);
        let plain = (PLAIN.to_owned(), false);
        let some = texts.take(1).chain([plain]);
        some.map(|(value, _)| Some((name.clone(), value)))
    });
    let with = set.take(MOST_THIRDS);
    std::iter::once(None).chain(with).collect()
}

/// Takes back or restricts the variables that decide something, where the manifest holds something else than the file with
/// another value of a second variable, too.
fn restrict_switches(
    published: &mut Published,
    files: &Files<'_>,
    compared: &Compared,
    known: &BTreeSet<String>,
    restricted: &mut Restricted,
) {
    let mut budget = MOST_PAIRS;
    for name in switches(published, compared) {
        let default = published.variables.get(&name).cloned();
        let Some(default) = default.filter(|_| !restricted.allowed.contains(&name)) else {
            continue;
        };
        let values = tried(&name, &default, published, compared).into_iter();
        let is_case = |value: &String, is_text| is_text || compared.is_example(&name, value);
        let values = values.filter(|(value, is_text)| is_case(value, *is_text));
        let mut agreement = Agreement::default();
        let text = write(published);
        for (value, is_text) in values {
            let sets = together(published, compared, (&name, &value));
            let left = sets.len().min(budget);
            budget -= left;
            let sets = sets.iter().take(left);
            let wrong = sets.flat_map(|set| files.wrong_together(&text, published, set));
            let wrong: Vec<String> = wrong.collect();
            agreement.add((value, is_text), wrong, known);
        }
        if agreement.differs {
            let allowed = agreement.allowed(&name, default, published);
            restricted.take_back(published, name, allowed);
        }
    }
}

/// The variables of conditions, and then those that the file compares with texts.
fn switches(published: &Published, compared: &Compared) -> IndexSet<String> {
    let conditions = published.conditions().map(str::to_owned);
    let others = published.variables.keys();
    let others = others.filter(|name| compared.texts.contains_key(*name));
    conditions.chain(others.cloned()).collect()
}

/// A variable with this value, and each other one with a value that it has not today.
fn together(
    published: &Published,
    compared: &Compared,
    (name, value): (&str, &str),
) -> Vec<Vec<(String, String)>> {
    let others = published.variables.iter().filter(|(other, _)| {
        let is_free = !published.allowed.contains_key(*other);
        is_free && other.as_str() != name
    });
    let mut all = Vec::new();
    for (other, default) in others {
        let samples = tried(other, default, published, compared).into_iter();
        let samples = samples.chain([(FOLDER.to_owned(), false)]);
        let (texts, others): (Vec<_>, Vec<_>) = samples.partition(|(_, is_text)| *is_text);
        let (examples, others): (Vec<_>, Vec<_>) = others
            .into_iter()
            .partition(|(value, _)| value == FOLDER || compared.is_example(other, value));
        let some = [texts, examples, others].map(|all| all.into_iter().take(SAMPLES_TOGETHER));
        for (sample, _) in some.into_iter().flatten() {
            let set = [(name.to_owned(), value.to_owned()), (other.clone(), sample)];
            all.push(set.to_vec());
        }
    }
    all
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
}

/// Takes back the conditions with which the manifest has errors, where the file has none. The result are their variables.
fn unconditional(published: &mut Published, files: &Files<'_>, compared: &Compared) -> Names {
    let conditions: Names = published.conditions().map(str::to_owned).collect();
    if !conditions.is_empty() && verified(published).is_err() {
        conditions.iter().for_each(|name| published.forget(name));
        return conditions;
    }
    let mut all = Names::new();
    for name in conditions {
        let default = published.variables.get(&name).cloned();
        let text = write(published);
        let fails = |value: String| {
            let set = [(name.clone(), value)];
            made(&text, published, &set).is_err() && files.built(&set).is_some()
        };
        let values = samples(&default.unwrap_or_default(), compared.texts.get(&name));
        let allowed = published.allowed.get(&name);
        let is_allowed = |value: &String| allowed.is_none_or(|all| all.contains(value));
        let mut values = values
            .into_iter()
            .map(|(value, _)| value)
            .filter(is_allowed);
        if values.any(fails) {
            published.forget(&name);
            all.insert(name);
        }
    }
    all
}

impl Agreement {
    /// Adds what is wrong with a value.
    fn add(
        &mut self,
        (value, is_text): (String, bool),
        wrong: Vec<String>,
        today: &BTreeSet<String>,
    ) {
        match wrong.is_empty() {
            true if is_text => self.values.push(value),
            true => {}
            false => self.differs = true,
        }
        let known = wrong.into_iter().filter(|one| today.contains(one));
        self.wrong.extend(known);
    }

    /// The values that the variable may have, and why it may have no others. What the file refuses stays refused.
    fn allowed(self, name: &str, default: String, published: &Published) -> (Vec<String>, String) {
        let what = match self.wrong.is_empty() {
            true => String::from("texts of its images"),
            false => shown(&self.wrong),
        };
        let before = published.allowed.get(name);
        let values = self.values.into_iter();
        let values = values.filter(|value| before.is_none_or(|all| all.contains(value)));
        let values = std::iter::once(default).chain(values);
        let why = format!(
            "The bake file computes {what} from `{name}`: change that here, too, before you allow other values."
        );
        (values.collect(), why)
    }
}

/// Notes the variables that have only their values of today.
pub(super) fn note(restricted: &Restricted, variables: &Variables, notes: &mut Notes) {
    for name in &variables.declared {
        if restricted.unconditional.contains(name.as_str()) {
            computed(&[name], notes);
        }
    }
    let declared = variables.declared.iter();
    for name in declared.filter(|name| restricted.allowed.contains(name.as_str())) {
        notes.note(
            "import::fixed",
            String::from("with other values of a variable, the manifest would publish other images than the file: it allows only those with which both are the same"),
            "a comment at the `variable` names the tags: change them with it, or remove its `one-of`",
            name.span,
        );
    }
    edited::note(restricted, variables, notes);
}

#[cfg(test)]
mod tests;
