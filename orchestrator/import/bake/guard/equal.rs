//! Two variables that the file compares with each other, and that a manifest does not compare.

use super::agreement::Agreement;
use super::{MOST, Restricted, Tries};
use crate::import::bake::eval::Compared;
use crate::import::bake::trial::{PLAIN, samples};
use crate::import::bake::used::inserts;
use crate::import::manifest::write;
use crate::import::published::Published;
use crate::import::verify::Written;

/// How many equal values of two variables that the file compares with each other are tried.
const EQUAL_VALUES: usize = 3;

/// How many values of further variables are tried with two equal ones.
const MOST_THIRDS: usize = 6;

/// Restricts one of two variables that the file compares with each other: a condition of a manifest compares one with
/// texts.
pub(super) fn restrict(published: &mut Published, tries: &Tries<'_>, restricted: &mut Restricted) {
    let mut written = Written::new(&write(published));
    for (one, other) in compared_pairs(published, tries.compared) {
        if [&one, &other]
            .iter()
            .any(|name| published.allowed.contains_key(*name))
        {
            continue;
        }
        let different = different_if_equal(published, (tries, &written), (&one, &other));
        if different.is_empty() {
            continue;
        }
        let mut agreement = Agreement::default();
        agreement.add((String::new(), false), different, tries.known);
        // A variable that only decides loses less.
        let name = if inserts(published, &other) && !inserts(published, &one) {
            one
        } else {
            other
        };
        let default = published.variables.get(&name).cloned().unwrap_or_default();
        let allowed = agreement.allowed(&name, default, published);
        restricted.allow(published, name, allowed);
        written = Written::new(&write(published));
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
    (tries, written): (&Tries<'_>, &Written),
    (one, other): (&str, &str),
) -> Vec<String> {
    let default = published.variables.get(one).cloned().unwrap_or_default();
    let samples = samples(&default, None).into_iter().take(EQUAL_VALUES);
    let mut all = Vec::new();
    for (value, _) in samples {
        for third in thirds(published, tries.compared, (one, other)) {
            let different = |names: &[&str]| {
                let own = names.iter().map(|name| ((*name).to_owned(), value.clone()));
                let set: Vec<_> = own.chain(third.clone()).collect();
                let different = tries.files.different(written, published, &set);
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
