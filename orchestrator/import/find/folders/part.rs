//! What one axis adds to a path: a place for its value or one of its rungs, or a folder of its own for each value.

use crate::import::write::literal;
use crate::name::{Tag, Version};
use std::collections::HashSet;

/// What an axis adds to a path.
#[derive(Debug, Clone, Default)]
pub(in crate::import::find) struct Part {
    pub pattern: String,
    /// By value: its own folder, if that has to be data.
    pub data: Vec<String>,
    /// By value: the folder above that of the version, if that has to be data.
    pub root: Vec<String>,
    /// The name of the value that has none.
    pub name: Option<String>,
}

/// An axis of paths: its name, and the names of its values; nothing for one whose name may be chosen.
pub(in crate::import::find) type Named<'a> = (&'a str, Vec<Option<&'a str>>);

/// What a place makes of a value.
type TextOf = fn(&str) -> Option<String>;

/// The pattern for an axis whose values have these texts.
pub(super) fn part(axis: &Named, texts: &[String]) -> Part {
    let (name, values) = axis;
    let plain = |pattern: String| Part {
        pattern,
        ..Part::default()
    };
    if texts.iter().all(|text| *text == texts[0]) {
        let text = texts.first().map_or("", String::as_str);
        return plain(same(axis, text).unwrap_or_else(|| literal(text)));
    }
    if *name == "version"
        && let Some(whole) = several(values, texts)
    {
        return whole;
    }
    let places: [(&str, TextOf); 3] = [
        (".minor", |value| series(value, 2)),
        (".major", |value| series(value, 1)),
        ("", |value| Some(value.to_owned())),
    ];
    let mut named = values.iter().flatten();
    let has_rungs = *name == "version" && named.any(|value| value.parse::<Version>().is_ok());
    let all = places
        .into_iter()
        .filter(|(place, _)| place.is_empty() || has_rungs);
    for (place, of) in all {
        let wanted = values.iter().map(|value| value.map(of));
        if let Some((start, end, free)) = around(&wanted.collect::<Vec<_>>(), texts) {
            return Part {
                pattern: format!("{}{{{name}{place}}}{}", literal(start), literal(end)),
                name: free,
                ..Part::default()
            };
        }
    }
    match *name {
        "version" => rungs(values, texts).unwrap_or_else(|| own(name, texts)),
        _ => own(name, texts),
    }
}

/// The pattern of versions whose folders are called like several of their rungs: `5.0/5.0.6/`.
fn several(values: &[Option<&str>], texts: &[String]) -> Option<Part> {
    let patterns = named(values, texts)?;
    let first = patterns.first()?;
    let is_same = patterns.iter().all(|pattern| pattern == first);
    let count = first.matches("{version").count();
    (is_same && count > 1).then(|| Part {
        pattern: first.clone(),
        ..Part::default()
    })
}

/// The paths with places for what is called like a rung.
fn named(values: &[Option<&str>], texts: &[String]) -> Option<Vec<String>> {
    let named = values.iter().zip(texts);
    named
        .map(|(value, text)| Some(only((*value)?, text)))
        .collect()
}

/// The pattern of versions whose folders are called like one of their rungs, with more below that: `5.0/` with `ubuntu` or
/// `debian`.
fn rungs(values: &[Option<&str>], texts: &[String]) -> Option<Part> {
    let patterns = named(values, texts)?;
    let first = patterns.first()?;
    if *first != literal(&texts[0]) && patterns.iter().all(|pattern| pattern == first) {
        return Some(Part {
            pattern: first.clone(),
            ..Part::default()
        });
    }
    let (start, _) = first
        .split_once("}/")
        .filter(|(start, _)| start.starts_with("{version"))?;
    let start = format!("{start}}}/");
    let below = patterns
        .iter()
        .map(|pattern| pattern.strip_prefix(&start).map(str::to_owned));
    let below: Vec<String> = below.collect::<Option<_>>()?;
    let is_plain = below
        .iter()
        .all(|text| !text.contains('{') && !text.is_empty());
    let part = own("version", &below);
    is_plain.then(|| Part {
        pattern: start + &part.pattern,
        ..part
    })
}

/// The pattern of versions that all have this text, if one place in it is right for all.
fn same((name, values): &Named, text: &str) -> Option<String> {
    let mut all = values.iter().map(|version| Some(only((*version)?, text)));
    let first = all.next().flatten().filter(|_| *name == "version")?;
    all.all(|other| other.as_deref() == Some(&*first))
        .then_some(first)
}

/// The pattern of the only version, with a place for it where a folder is called like it, or begins like it: `3.2.x`.
pub(in crate::import::find) fn only(version: &str, text: &str) -> String {
    let is_version = version.parse::<Version>().is_ok();
    let names = [
        (series(version, 2), "{version.minor}"),
        (series(version, 1), "{version.major}"),
    ];
    let names = names.into_iter().filter(|_| is_version);
    let whole = [(Some(version.to_owned()), "{version}")];
    let names: Vec<(Option<String>, &str)> = names.chain(whole).collect();
    let place = |folder: &str| {
        let is_name = |name: &Option<String>| name.as_deref() == Some(folder);
        let found = names.iter().find(|(name, _)| is_name(name));
        let begins = names.iter().find_map(|(name, place)| {
            let rest = folder.strip_prefix(name.as_deref()?)?;
            rest.starts_with(".x").then(|| format!("{place}{rest}"))
        });
        found.map(|(_, place)| (*place).to_owned()).or(begins)
    };
    let folders = text
        .split('/')
        .map(|folder| place(folder).unwrap_or_else(|| literal(folder)));
    folders.collect::<Vec<_>>().join("/")
}

/// A folder for each value.
fn own(name: &str, texts: &[String]) -> Part {
    let first = texts[0].as_str();
    let cuts = first.match_indices('/').map(|(at, _)| at + 1);
    let shared = cuts.filter(|cut| texts.iter().all(|text| text.starts_with(&first[..*cut])));
    let start = shared.max().unwrap_or_default();
    let is_closed = texts
        .iter()
        .all(|text| text.len() > start && text.ends_with('/'));
    let end = if is_closed { "/" } else { "" };
    let middle = |text: &String| literal(&text[start..text.len() - end.len()]);
    Part {
        pattern: format!("{}{{{name}.folder}}{end}", literal(&first[..start])),
        data: texts.iter().map(middle).collect(),
        ..Part::default()
    }
}

/// What stands around these values in all texts, and what stands there for a value without a name.
fn around<'a>(
    values: &[Option<Option<String>>],
    texts: &'a [String],
) -> Option<(&'a str, &'a str, Option<String>)> {
    let mut named = values
        .iter()
        .zip(texts)
        .filter_map(|(value, text)| Some((value.as_ref()?, text)));
    let (value, text) = named.next()?;
    let value = value.as_deref().filter(|value| !value.is_empty())?;
    let taken: HashSet<&str> = values
        .iter()
        .flatten()
        .flatten()
        .map(String::as_str)
        .collect();
    let mut ways = text
        .match_indices(value)
        .map(|(at, _)| (&text[..at], &text[at + value.len()..]));
    ways.find_map(|(start, end)| {
        let mut free = None;
        for (value, text) in values.iter().zip(texts) {
            let middle = text.strip_prefix(start)?.strip_suffix(end)?;
            match value {
                Some(value) if value.as_deref() == Some(middle) => {}
                None if middle.parse::<Tag>().is_ok() && !taken.contains(middle) => {
                    free = Some(middle.to_owned());
                }
                _ => return None,
            }
        }
        Some((start, end, free))
    })
}

/// What `{version.minor}` becomes: the whole value if it is not a version.
pub(in crate::import::find) fn series(value: &str, count: usize) -> Option<String> {
    match value.parse::<Version>() {
        Ok(version) => version.series(count).map(str::to_owned),
        Err(_) => Some(value.to_owned()),
    }
}
