//! Variables that decide something, tried together with other values of a second one.

use super::agreement::{Agreement, tried};
use super::{Restricted, Tries, dropped};
use crate::import::bake::eval::Compared;
use crate::import::manifest::write;
use crate::import::published::Published;
use crate::import::verify::Written;
use indexmap::IndexSet;

/// How many values of the second variable are tried, of those that the file names and of others.
const SAMPLES_TOGETHER: usize = 2;

/// How many combinations of three variables are tried for a value of one of them.
const MOST_OF_THREE: usize = 6;

/// A branch, whose tags files edit.
const FOLDER: &str = "trial/7";

/// Takes back or restricts the variables that decide something, where the manifest holds something else than the file with
/// another value of a second variable, too.
pub(super) fn restrict(published: &mut Published, tries: &Tries<'_>, restricted: &mut Restricted) {
    let compared = tries.compared;
    let mut budget = tries.pairs;
    let mut written = Written::new(&write(published));
    for name in switches(published, compared) {
        let default = published.variables.get(&name).cloned();
        let Some(default) = default.filter(|_| !restricted.allowed.contains(&name)) else {
            continue;
        };
        let values = tried(&name, &default, published, compared).into_iter();
        let is_case = |value: &String, is_text| is_text || compared.is_example(&name, value);
        let values = values.filter(|(value, is_text)| is_case(value, *is_text));
        let mut agreement = Agreement::default();
        let mut failing = Vec::new();
        for (value, is_text) in values {
            let sets = [
                together(published, compared, (&name, &value)),
                three(published, compared, (&name, &value)),
            ]
            .concat();
            let left = sets.len().min(budget);
            budget -= left;
            let mut wrong = Vec::new();
            for set in sets.into_iter().take(left) {
                let all = tries.files.wrong_together(&written, published, &set);
                failing.extend((!all.is_empty()).then_some(set));
                wrong.extend(all);
            }
            agreement.add((value, is_text), wrong, tries.known);
        }
        let left_out = agreement.differs
            && dropped::leave_out(published, tries, (&name, &failing), restricted);
        if left_out {
            written = Written::new(&write(published));
        } else if agreement.differs {
            let allowed = agreement.allowed(&name, default, published);
            restricted.take_back(published, name, allowed);
            written = Written::new(&write(published));
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

/// A variable of conditions with this value, and two others of conditions with texts that the file names.
fn three(
    published: &Published,
    compared: &Compared,
    (name, value): (&str, &str),
) -> Vec<Vec<(String, String)>> {
    let conditions: IndexSet<&str> = published.conditions().collect();
    let text = |other: &&str| {
        let default = published.variables.get(*other)?;
        let all = tried(other, default, published, compared).into_iter();
        let mut texts = all.filter(|(_, is_text)| *is_text).map(|(text, _)| text);
        Some(((*other).to_owned(), texts.next()?))
    };
    let others = conditions.iter().filter(|other| **other != name);
    let others: Vec<(String, String)> = others.filter_map(text).collect();
    let pairs = others.iter().enumerate();
    let pairs = pairs.flat_map(|(at, one)| others[..at].iter().map(move |other| (one, other)));
    let pairs = pairs
        .filter(|_| conditions.contains(name))
        .take(MOST_OF_THREE);
    let own = (name.to_owned(), value.to_owned());
    pairs
        .map(|(one, other)| vec![own.clone(), one.clone(), other.clone()])
        .collect()
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
