//! The paths of the Dockerfiles: one path with axes in it, if the folders follow the table.

use super::factor::{Factors, factors};
use super::straddle::{Straddled, straddled};
use crate::import::write::literal;
use crate::name::{Tag, Version};
use std::collections::HashSet;

/// An image by its places on the axes, with its folder, which ends with `/` unless it is empty.
#[derive(Debug, Clone)]
pub(super) struct Place<'a> {
    pub row: usize,
    pub column: usize,
    pub machine: usize,
    /// The entry of the image.
    pub cell: usize,
    pub folder: &'a str,
}

/// One path for all images of a table.
#[derive(Debug, Clone)]
pub(super) struct Folders {
    /// `{version.minor}/{variant}/`: with its slash, since it may be empty.
    pub pattern: String,
    /// What each axis adds: versions, labels or both parts of them, machines.
    pub axes: Vec<Part>,
    /// By place: whether its folder is that of the pattern.
    pub fits: Vec<bool>,
}

/// The length for which a version counts that a folder repeats.
const REPEAT: usize = 30;

/// The length for which a folder counts that the pattern does not make.
const EXCEPTION: usize = 70;

/// What an axis adds to a path.
#[derive(Debug, Clone, Default)]
pub(super) struct Part {
    pattern: String,
    /// By value: its own folder, if that has to be data.
    pub data: Vec<String>,
    /// By value: the folder above that of the version, if that has to be data.
    pub root: Vec<String>,
    /// The name of the value that has none.
    pub name: Option<String>,
}

/// An axis of paths: its name, and the names of its values; nothing for one whose name may be chosen.
pub(super) type Named<'a> = (&'a str, Vec<Option<&'a str>>);

/// The axes of paths.
pub(super) struct Axes<'a> {
    pub versions: Named<'a>,
    pub labels: Labels<'a>,
    pub machines: Named<'a>,
}

/// One axis of labels, or two.
pub(super) enum Labels<'a> {
    Whole(Named<'a>),
    /// Both parts, and the places of each label's parts.
    Halves([Named<'a>; 2], &'a [[usize; 2]]),
}

/// What labels add to a path.
#[derive(Default)]
struct Middle {
    pattern: String,
    parts: Vec<Part>,
    /// By label: whether the pattern makes its folder.
    fits: Vec<bool>,
}

/// The shortest path; `None` where folders do not follow the table.
pub(super) fn folders(places: &[Place], axes: &Axes) -> Option<Folders> {
    let mut found: Vec<Folders> = Vec::new();
    for outer in by_machine(places, axes) {
        let text = |place: &'_ Place<'_>| match axes.machines.1.len() > 1 {
            true => outer.rows[place.cell].clone(),
            false => place.folder.to_owned(),
        };
        let texts: Vec<String> = places.iter().map(text).collect();
        let cells = places.iter().zip(&texts);
        let cells = cells.map(|(place, text)| (place.row, place.column, text.as_str()));
        let cells: Vec<_> = cells.collect();
        let last = part(&axes.machines, &outer.columns);
        let ways = straddled(&cells, &axes.versions.1).into_iter();
        found.extend(ways.filter_map(|way| across(axes, way, places, &outer, &last)));
        let ways = factors(&cells).into_iter();
        found.extend(ways.filter_map(|way| beside(axes, way, places, &outer, &last)));
    }
    let repeated = Repeated::of(&axes.versions.1);
    let length = |folders: &Folders| folders.length(&repeated);
    found.into_iter().min_by_key(length)
}

/// What all versions have in common: a pattern or data that repeat it have to be changed with a new one.
struct Repeated {
    minor: Option<String>,
    major: Option<String>,
}

impl Repeated {
    fn of(versions: &[Option<&str>]) -> Self {
        let common = |count: usize| {
            let mut all = versions.iter().map(|version| series((*version)?, count));
            let first = all.next().flatten()?;
            all.all(|other| other.as_deref() == Some(&*first))
                .then_some(first)
        };
        Self {
            minor: common(2).filter(|minor| minor.contains('.')),
            major: common(1),
        }
    }

    /// How often a text has it: a major version only as a whole folder.
    fn count(&self, text: &str) -> usize {
        let minors = self
            .minor
            .iter()
            .map(|minor| text.matches(&**minor).count());
        let is_major = |folder: &&str| self.major.as_deref() == Some(*folder);
        minors.sum::<usize>() + text.split('/').filter(is_major).count()
    }
}

/// The ways to take what belongs to machines from the folders; a single one that takes nothing if there are none.
fn by_machine(places: &[Place], axes: &Axes) -> Vec<Factors> {
    if axes.machines.1.len() > 1 {
        let cells = places.iter();
        let cells: Vec<_> = cells
            .map(|place| (place.cell, place.machine, place.folder))
            .collect();
        return factors(&cells);
    }
    vec![Factors {
        rows: Vec::new(),
        columns: vec![String::new()],
        column_first: false,
        fits: vec![true; places.len()],
    }]
}

/// The path with the version and the labels beside each other; machines are at one of its ends.
fn beside(
    axes: &Axes,
    way: Factors,
    places: &[Place],
    machines: &Factors,
    machine: &Part,
) -> Option<Folders> {
    let first = part(&axes.versions, &way.rows);
    let second = middle(&axes.labels, &way.columns)?;
    let mut order = vec![first.pattern.as_str(), second.pattern.as_str()];
    if way.column_first {
        order.reverse();
    }
    let place = if machines.column_first { 0 } else { 2 };
    order.insert(place, &machine.pattern);
    let fits = machines.fits.iter().zip(way.fits).zip(places);
    let fits = fits.map(|((outer, inner), place)| *outer && inner && second.fits[place.column]);
    Some(Folders {
        pattern: order.concat(),
        fits: fits.collect(),
        axes: [vec![first], second.parts, vec![machine.clone()]].concat(),
    })
}

/// The path with the version between parts of labels; machines are at one of its ends.
fn across(
    axes: &Axes,
    way: Straddled,
    places: &[Place],
    machines: &Factors,
    machine: &Part,
) -> Option<Folders> {
    let version = part(&axes.versions, &way.versions);
    let sides = both_sides(&axes.labels, &way, &version.pattern)?;
    let mut order = vec![sides.pattern.as_str()];
    let place = if machines.column_first { 0 } else { 1 };
    order.insert(place, &machine.pattern);
    let fits = machines.fits.iter().zip(way.fits).zip(places);
    let fits = fits.map(|((outer, inner), place)| *outer && inner && sides.fits[place.column]);
    Some(Folders {
        pattern: order.concat(),
        fits: fits.collect(),
        axes: [vec![version], sides.parts, vec![machine.clone()]].concat(),
    })
}

impl Folders {
    fn length(&self, repeated: &Repeated) -> usize {
        let data = || {
            let parts = self.axes.iter();
            parts.flat_map(|part| part.data.iter().chain(&part.root))
        };
        let repeats = data().map(|text| repeated.count(text)).sum::<usize>();
        let repeats = repeats + repeated.count(&self.pattern);
        // A folder that begins or ends within a word is hard to read.
        let places = self.pattern.match_indices(".folder}");
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.';
        let is_within = |(at, place): &(usize, &str)| {
            let begin = self.pattern[..*at].rfind('{').unwrap_or_default();
            let before = self.pattern[..begin].bytes().next_back();
            let after = self.pattern[at + place.len()..].bytes().next();
            before.is_some_and(is_word) || after.is_some_and(is_word)
        };
        let within = places.filter(is_within).count();
        let exceptions = self.fits.iter().filter(|fits| !**fits).count();
        let data = data().map(|text| text.len() + 12).sum::<usize>();
        self.pattern.len() + data + within * 100 + exceptions * EXCEPTION + repeats * REPEAT
    }
}

/// What a place makes of a value.
type TextOf = fn(&str) -> Option<String>;

/// The pattern for labels that have these texts.
fn middle(labels: &Labels, texts: &[String]) -> Option<Middle> {
    let (axes, columns) = match labels {
        Labels::Whole(axis) => {
            let part = part(axis, texts);
            return Some(Middle {
                pattern: part.pattern.clone(),
                parts: vec![part],
                fits: vec![true; texts.len()],
            });
        }
        Labels::Halves(axes, columns) => (axes, columns),
    };
    let cells = columns.iter().zip(texts);
    let cells: Vec<(usize, usize, &str)> = cells
        .map(|([first, second], text)| (*first, *second, text.as_str()))
        .collect();
    let ways = factors(&cells).into_iter().map(|way| {
        let parts = vec![part(&axes[0], &way.rows), part(&axes[1], &way.columns)];
        let mut order = [parts[0].pattern.as_str(), parts[1].pattern.as_str()];
        if way.column_first {
            order.reverse();
        }
        Middle {
            pattern: order.concat(),
            parts,
            fits: way.fits,
        }
    });
    ways.min_by_key(|way| {
        let exceptions = way.fits.iter().filter(|fits| !**fits).count();
        let data = way.parts.iter().flat_map(|part| &part.data);
        way.pattern.len() + data.map(|text| text.len() + 12).sum::<usize>() + exceptions * EXCEPTION
    })
}

/// The pattern for labels that have texts on both sides of the version.
fn both_sides(labels: &Labels, way: &Straddled, version: &str) -> Option<Middle> {
    let (above, below) = (middle(labels, &way.above)?, middle(labels, &way.below)?);
    let mut start = above.pattern;
    let mut parts = Vec::new();
    for (axis, (above, below)) in above.parts.into_iter().zip(below.parts).enumerate() {
        let name = match labels {
            Labels::Whole((name, _)) => name,
            Labels::Halves(axes, _) => axes.get(axis)?.0,
        };
        // Both sides cannot give a value different names.
        if above.name.is_some() && below.name.is_some() && above.name != below.name {
            return None;
        }
        start = start.replace(&format!("{{{name}.folder}}"), &format!("{{{name}.root}}"));
        parts.push(Part {
            root: above.data,
            name: below.name.or(above.name),
            ..below
        });
    }
    let fits = above.fits.iter().zip(&below.fits);
    Some(Middle {
        pattern: format!("{start}{version}{}", below.pattern),
        parts,
        fits: fits.map(|(above, below)| *above && *below).collect(),
    })
}

/// The pattern for an axis whose values have these texts.
fn part(axis: &Named, texts: &[String]) -> Part {
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
pub(super) fn only(version: &str, text: &str) -> String {
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
pub(super) fn series(value: &str, count: usize) -> Option<String> {
    match value.parse::<Version>() {
        Ok(version) => version.series(count).map(str::to_owned),
        Err(_) => Some(value.to_owned()),
    }
}
