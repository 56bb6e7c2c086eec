//! Conditions: when an image has a tag, an argument or another setting.

use crate::import::write::literal;
use indexmap::IndexMap;

/// How the name of a variable begins in a condition, and in a place.
pub const VARIABLE: &str = "var:";

/// Whether a part of a condition is about this variable.
pub(super) fn is_of(part: &str, variable: &str) -> bool {
    part.strip_prefix(VARIABLE) == Some(variable)
}

/// Values by axis, as `when` and `exclude` name them, and by variable (`var:NAME`); empty for all cells.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct When(pub Vec<(String, Vec<String>)>);

impl When {
    /// A condition for the value of a variable.
    pub fn of_variable(name: &str, patterns: Vec<String>) -> Self {
        Self(vec![(format!("{VARIABLE}{name}"), patterns)])
    }

    /// The variables that it names, those in the place of values included.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|(name, patterns)| {
            let own = name.strip_prefix(VARIABLE);
            own.into_iter()
                .chain(patterns.iter().filter_map(|pattern| place(pattern)))
        })
    }

    /// Whether the condition holds with these values of variables, whatever the axes are.
    pub fn holds(&self, values: &IndexMap<String, String>) -> bool {
        let fits = |name: &str, patterns: &[String]| {
            let value = literal(values.get(name).map(String::as_str).unwrap_or_default());
            let patterns: Vec<String> = patterns.iter().map(|one| filled(one, values)).collect();
            let refused = patterns
                .iter()
                .filter_map(|pattern| pattern.strip_prefix('!'));
            let refuses = patterns.iter().any(|pattern| pattern.starts_with('!'));
            match refuses {
                true => refused.into_iter().all(|text| text != value),
                false => patterns.contains(&value),
            }
        };
        self.0.iter().all(|(name, patterns)| {
            let name = name.strip_prefix(VARIABLE);
            name.is_none_or(|name| fits(name, patterns))
        })
    }

    /// Whether what it says of one variable holds with these values.
    pub(super) fn holds_for(&self, variable: &str, values: &IndexMap<String, String>) -> bool {
        let is_own = |(name, patterns): &&(String, Vec<String>)| {
            let mut places = patterns.iter().filter_map(|pattern| place(pattern));
            is_of(name, variable) || places.any(|name| name == variable)
        };
        let own = self.0.iter().filter(is_own);
        Self(own.cloned().collect()).holds(values)
    }

    /// Whether no values of variables fulfil both conditions, as far as one variable shows it.
    pub fn excludes(&self, other: &Self) -> bool {
        let is_no = |pattern: &String| pattern.starts_with('!');
        let refused =
            |no: &[String], yes: &[String]| yes.iter().all(|text| no.contains(&format!("!{text}")));
        let differ = |one: &[String], other: &[String]| match (
            one.iter().any(is_no),
            other.iter().any(is_no),
        ) {
            (false, false) => one.iter().all(|text| !other.contains(text)),
            (true, false) => refused(one, other),
            (false, true) => refused(other, one),
            (true, true) => false,
        };
        let is_same = |name: &String| name.starts_with(VARIABLE);
        let mut own = self.0.iter().filter(|(name, _)| is_same(name));
        own.any(|(name, patterns)| {
            let mut others = other.0.iter().filter(|(other, _)| other == name);
            others.any(|(_, others)| differ(patterns, others))
        })
    }

    /// Both conditions in one; nothing if no values fulfil both.
    pub fn and(&self, other: &Self) -> Option<Self> {
        let is_no = |pattern: &String| pattern.starts_with('!');
        let mut all = self.clone();
        for (name, patterns) in &other.0 {
            let Some((_, own)) = all.0.iter_mut().find(|(known, _)| known == name) else {
                all.0.push((name.clone(), patterns.clone()));
                continue;
            };
            match (own.iter().any(is_no), patterns.iter().any(is_no)) {
                (true, true) => own.extend(patterns.iter().cloned()),
                (true, false) => {
                    let refused = std::mem::replace(own, patterns.clone());
                    own.retain(|text| !refused.contains(&format!("!{text}")));
                }
                (false, true) => own.retain(|text| !patterns.contains(&format!("!{text}"))),
                (false, false) => own.retain(|text| patterns.contains(text)),
            }
            if own.is_empty() {
                return None;
            }
        }
        Some(all)
    }

    /// Removes the patterns that name values which a variable cannot have.
    pub(super) fn keep(&mut self, variable: &str, values: &[String]) {
        let is_value = |pattern: &String| {
            let text = pattern.strip_prefix('!').unwrap_or(pattern);
            place(pattern).is_some() || values.iter().any(|value| literal(value) == text)
        };
        for (name, patterns) in &mut self.0 {
            if is_of(name, variable) {
                patterns.retain(is_value);
            }
        }
        self.0.retain(|(_, patterns)| !patterns.is_empty());
    }

    /// The same without a variable. Where it picks a value of an axis, it picks that of today.
    pub(super) fn without(&self, variable: &str, values: &IndexMap<String, String>) -> Self {
        let names = |pattern: &String| place(pattern) == Some(variable);
        let part = |(name, patterns): &(String, Vec<String>)| {
            let is_named = patterns.iter().any(names);
            if is_of(name, variable) || is_named && name.starts_with(VARIABLE) {
                return None;
            }
            let today = patterns.iter().map(|pattern| match names(pattern) {
                true => filled(pattern, values),
                false => pattern.clone(),
            });
            Some((name.clone(), today.collect()))
        };
        Self(self.0.iter().filter_map(part).collect())
    }
}

/// The variable in the place of a value: `{var:NEWEST}`, also behind `!`.
pub(super) fn place(pattern: &str) -> Option<&str> {
    let pattern = pattern.strip_prefix('!').unwrap_or(pattern);
    let start = pattern.strip_prefix('{')?.strip_prefix(VARIABLE)?;
    start.strip_suffix('}')
}

/// A pattern with the value of the variable in its place.
fn filled(pattern: &str, values: &IndexMap<String, String>) -> String {
    let Some(value) = place(pattern).and_then(|name| values.get(name)) else {
        return pattern.to_owned();
    };
    let sign = if pattern.starts_with('!') { "!" } else { "" };
    format!("{sign}{}", literal(value))
}
