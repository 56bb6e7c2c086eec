//! Placeholders in patterns: which variables a value depends on, and whether it depends on the clock.

use super::value::Value;
use crate::import::published::VARIABLE;
use crate::import::write::literal;
use crate::tag::Rung;
use std::collections::BTreeSet;

/// The time of a run, as `timestamp()` writes it.
pub(super) const NOW: &str = "{now:%Y-%m-%dT%H:%M:%SZ}";

/// Names of variables.
pub(super) type Names = BTreeSet<String>;

/// The variables that the manifest does not follow as the file does.
pub(super) type Decisions = BTreeSet<(How, String)>;

/// How a manifest does not follow a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum How {
    /// Something computed from it is written out.
    Fixed,
    /// It is inserted where the file edits it, since the edit changes nothing in its default.
    Unedited,
}

/// The placeholder of a variable.
pub(super) fn variable(name: &str) -> String {
    format!("{{var:{name}}}")
}

/// The placeholders of a pattern, without braces.
pub(super) fn places(pattern: &str) -> impl Iterator<Item = &str> {
    let mut rest = pattern;
    std::iter::from_fn(move || {
        loop {
            let at = rest.find('{')?;
            let after = &rest[at + 1..];
            if let Some(escaped) = after.strip_prefix('{') {
                rest = escaped;
                continue;
            }
            let (place, after) = after.split_once('}')?;
            rest = after;
            return Some(place);
        }
    })
}

/// A pattern with a text in the place of each placeholder; `None` where `of` has none for one.
pub(super) fn resolved(pattern: &str, of: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        rest = match after.get(..2) {
            Some(twice @ ("{{" | "}}")) => {
                out.push_str(&twice[1..]);
                &after[2..]
            }
            _ => {
                let (place, after) = after[1..].split_once('}')?;
                out.push_str(&of(place)?);
                after
            }
        };
    }
    Some(out + rest)
}

/// A pattern with others in the place of some of its placeholders.
pub(super) fn replaced(pattern: &str, of: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let is_escaped = rest.starts_with("{{") || rest.starts_with("}}");
        let is_place = rest.starts_with('{') && !is_escaped;
        let place = rest[1..].split_once('}').filter(|_| is_place);
        let end = place.map_or(1 + usize::from(is_escaped), |(place, _)| place.len() + 2);
        let new = place.and_then(|(place, _)| of(place));
        out.push_str(new.as_deref().unwrap_or(&rest[..end]));
        rest = &rest[end..];
    }
    out + rest
}

/// A pattern with its text changed, and its placeholders as they are.
pub(super) fn outside(pattern: &str, change: impl Fn(&str) -> String) -> String {
    let mut out = String::new();
    let mut rest = pattern;
    for place in places(pattern) {
        let place = format!("{{{place}}}");
        let Some((before, after)) = rest.split_once(place.as_str()) else {
            break;
        };
        out.extend([change(before), place]);
        rest = after;
    }
    out + &change(rest)
}

/// Replaces a text where no letter or digit is beside it.
pub(super) fn replace_words(text: &str, from: &str, to: &str) -> String {
    let word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '.');
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(from).filter(|_| !from.is_empty()) {
        let (before, after) = (&rest[..at], &rest[at + from.len()..]);
        let last = before.chars().next_back().or(out.chars().next_back());
        let alone = !word(last) && !word(after.chars().next());
        out.extend([before, if alone { to } else { from }]);
        rest = after;
    }
    out + rest
}

/// The variable that a placeholder names.
pub(super) fn variable_of(place: &str) -> Option<&str> {
    let name = place.strip_prefix(VARIABLE)?;
    Some(name.split_once(':').map_or(name, |(name, _)| name))
}

/// Whether a placeholder of a variable is a rung of its version.
pub(super) fn is_on_rung(place: &str) -> bool {
    let mut filters = place.split(':').skip(1);
    filters.any(|word| word.parse::<Rung>().is_ok())
}

/// Whether a pattern depends on the time of the run.
pub(super) fn is_timed(pattern: &str) -> bool {
    places(pattern).any(|place| place.starts_with("now:"))
}

/// The variables that a value depends on.
pub(super) fn variables(value: &Value) -> Names {
    let mut all = Names::new();
    value.patterns(&mut |pattern| {
        let names = places(pattern).filter_map(variable_of);
        all.extend(names.map(str::to_owned));
    });
    all
}

/// The same as decisions.
pub(super) fn decisions(how: How, value: &Value) -> impl Iterator<Item = (How, String)> {
    variables(value).into_iter().map(move |name| (how, name))
}

/// Whether any part of a value depends on the time of the run.
pub(super) fn depends_on_time(value: &Value) -> bool {
    let mut timed = false;
    value.patterns(&mut |pattern| timed |= is_timed(pattern));
    timed
}

/// The pattern whose result is in lower case: `{var:REG:lower}`. `None` where a placeholder has no such form.
pub(super) fn lower(pattern: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = pattern;
    for place in places(pattern) {
        let written = format!("{{{place}}}");
        let (before, after) = rest.split_once(&written)?;
        out.push_str(&before.to_lowercase());
        match place.strip_prefix(VARIABLE) {
            Some(name) if !name.contains(':') => out.push_str(&format!("{{var:{name}:lower}}")),
            _ => return None,
        }
        rest = after;
    }
    out.push_str(&rest.to_lowercase());
    Some(out)
}

/// Whether a pattern is one placeholder and nothing else, so that its text may be empty for another value.
pub(super) fn is_single(pattern: &str) -> bool {
    places(pattern)
        .next()
        .is_some_and(|place| pattern.len() == place.len() + 2)
}

/// A text that resolves to itself: the pattern of a value that is written out.
pub(super) fn written(value: &Value) -> Value {
    Value::from(value.data.clone())
}

/// The pattern of a text part, as a template has it.
pub(super) fn plain(text: &str) -> String {
    literal(text)
}
