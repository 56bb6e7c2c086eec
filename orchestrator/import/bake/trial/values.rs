//! Values that variables have instead of their defaults, and what texts are with them.

use super::rungs::filled;
use super::samples::{EDITED, OTHER, PLAIN, base};
use crate::import::bake::place::{places, replaced, variable_of};
use crate::import::write::literal;
use indexmap::IndexMap;
use std::collections::HashMap;
use std::rc::Rc;

/// What is between a text with the defaults and the same with other values.
pub const BESIDE: &str = "\n";

/// A value that a variable has instead of its default.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Set {
    pub variable: String,
    pub value: String,
    /// Whether it is an example of all values that the file does not name.
    pub is_any: bool,
    /// The variable that has the same value.
    pub same_as: Option<String>,
}

/// The values of variables.
pub struct Values {
    set: Vec<Set>,
    /// Of all variables, as the file has them.
    today: Rc<IndexMap<String, String>>,
    /// The same with these values.
    defaults: Rc<IndexMap<String, String>>,
}

impl Values {
    /// Those that are set, and the defaults of the others: as the file has them, and with the values that are set.
    pub fn new(
        set: Vec<Set>,
        today: Rc<IndexMap<String, String>>,
        defaults: Rc<IndexMap<String, String>>,
    ) -> Self {
        Self {
            set,
            today,
            defaults,
        }
    }

    /// Those of the file.
    pub fn of_today(today: Rc<IndexMap<String, String>>) -> Self {
        Self {
            set: Vec::new(),
            defaults: today.clone(),
            today,
        }
    }

    /// Those that are set.
    pub fn set(&self) -> &[Set] {
        &self.set
    }

    /// Whether a variable is set.
    pub fn is_set(&self, name: &str) -> bool {
        self.set.iter().any(|set| set.variable == name)
    }

    /// The variables whose values are examples.
    pub fn examples(&self) -> impl Iterator<Item = &String> {
        let examples = self.set.iter().filter(|set| set.is_any);
        examples.map(|set| &set.variable)
    }

    /// Whether a variable is empty.
    pub fn is_empty(&self, name: &str) -> bool {
        self.value(name, &self.today) == Some("")
    }

    /// A text as the manifest makes it of a pattern: a variable that the file computes from others is what it is today.
    pub fn manifest(&self, pattern: &str) -> Option<String> {
        filled(pattern, |name| self.value(name, &self.today))
    }

    /// A text as the file makes it.
    pub fn file(&self, pattern: &str) -> Option<String> {
        filled(pattern, |name| self.value(name, &self.defaults))
    }

    /// What the file makes of a pattern, also where variables have values that most edits change: two edits may be the same
    /// for the defaults.
    pub fn made(&self, pattern: &str) -> Option<String> {
        self.both(pattern, &self.defaults)
    }

    /// The same of the manifest.
    pub fn shown(&self, pattern: &str) -> Option<String> {
        self.both(pattern, &self.today)
    }

    fn both(&self, pattern: &str, defaults: &IndexMap<String, String>) -> Option<String> {
        let real = filled(pattern, |name| self.value(name, defaults))?;
        let names = places(pattern).filter_map(variable_of);
        let varied = names.filter_map(|name| Some((name, self.varied(name)?)));
        let varied: HashMap<&str, String> = varied.collect();
        let value = |name: &str| {
            let other = varied.get(name).map(String::as_str);
            other.or_else(|| self.value(name, defaults))
        };
        let edited = filled(pattern, value).unwrap_or_default();
        Some(match varied.is_empty() {
            true => real,
            false => [real, edited].join(BESIDE),
        })
    }

    /// A value that most edits change, in the place of one that is neither set nor computed from those that are.
    fn varied(&self, name: &str) -> Option<String> {
        let (own, today) = (self.defaults.get(name)?, self.today.get(name)?);
        let is_free = own == today && !self.is_set(name) && !own.is_empty();
        let is_truth = matches!(own.as_str(), "true" | "false");
        let like = base(own);
        let is_word = [PLAIN, OTHER].contains(&like.as_str());
        (is_free && !is_truth).then(|| if is_word { EDITED.to_owned() } else { like })
    }

    fn value<'v>(&'v self, name: &str, defaults: &'v IndexMap<String, String>) -> Option<&'v str> {
        let set = self.set.iter().find(|set| set.variable == name);
        let set = set.map(|set| &set.value);
        set.or_else(|| defaults.get(name)).map(String::as_str)
    }

    /// A pattern of the file with these values as the manifest can have it: without the variables that are computed from
    /// others.
    pub fn written(&self, pattern: &str) -> String {
        replaced(pattern, |place| {
            let name = variable_of(place)?;
            let is_computed = !self.is_set(name) && self.defaults.get(name) != self.today.get(name);
            let text = self.file(&format!("{{{place}}}"))?;
            is_computed.then(|| literal(&text))
        })
    }
}
