//! The paths of the Dockerfiles: one path with axes in it, if the folders follow the table.

mod part;

pub(super) use part::{Named, Part, only, series};

use super::factor::{Factors, factors};
use super::straddle::{Straddled, straddled};
use part::part;

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
