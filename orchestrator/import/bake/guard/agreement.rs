//! The values with which a manifest and the file publish the same.

use super::MOST_TEXTS;
use crate::import::bake::eval::Compared;
use crate::import::bake::trial::{samples, shown};
use crate::import::published::Published;
use indexmap::{IndexMap, IndexSet};
use std::collections::BTreeSet;

/// What an empty variable may be instead, so that the file picks platforms by it.
const PLATFORM: &str = "linux/s390x";

/// The values with which a manifest publishes what the file does.
#[derive(Default, Clone)]
pub(super) struct Agreement {
    values: Vec<String>,
    /// All values that were tried with which it does, and those with which it does not.
    pub right: Vec<String>,
    pub refused: Vec<String>,
    /// References of today that belong to another image with other values, or to none.
    wrong: IndexSet<String>,
    /// All references that differ with other values.
    pub different: IndexSet<String>,
    /// Whether the manifest publishes anything else than the file with a value.
    pub differs: bool,
}

impl Agreement {
    /// Adds what is wrong with a value.
    pub fn add(
        &mut self,
        (value, is_text): (String, bool),
        wrong: Vec<String>,
        today: &BTreeSet<String>,
    ) {
        match wrong.is_empty() {
            true => self.right.push(value.clone()),
            false => self.refused.push(value.clone()),
        }
        match wrong.is_empty() {
            true if is_text => self.values.push(value),
            true => {}
            false => self.differs = true,
        }
        self.different.extend(wrong.iter().cloned());
        let known = wrong.into_iter().filter(|one| today.contains(one));
        self.wrong.extend(known);
    }

    /// The values that the variable may have, and why it may have no others. What the file refuses stays refused.
    pub fn allowed(
        self,
        name: &str,
        default: String,
        published: &Published,
    ) -> (Vec<String>, String) {
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

/// Values to try: those of a trial, every text that the file compares the variable with, and those that the file allows.
pub(super) fn tried(
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
    if published.filled.contains(name) {
        all.shift_remove("");
    }
    all.into_iter().collect()
}
