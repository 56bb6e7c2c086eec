//! A second version in tags: `3.11-7.3.23-slim` is release 7.3.23 of an image for 3.11, beside `3.11-7-slim`. It is an axis
//! of its own, which is added to what is found in the tags without it:
//!
//! ```kdl
//! axis "release" kind="version" rungs="full minor major none" { value "7.3.23"; }
//! tag "{version:full,major}-{release}-{variant}"
//! ```

use super::best;
use super::entry::Affix;
use super::length;
use super::part::Part;
use super::plain::{self, missing};
use super::split::is_version;
use super::turned;
use crate::import::published::{Axis, Image, Published, Text, Value, Variant, When};
use crate::import::verify::verified;
use crate::name::Version;
use crate::tag::Rung;
use indexmap::IndexSet;

/// The name of the axis.
const AXIS: &str = "release";

/// The place of the axis in the order of tokens: behind the version.
const PLACE: usize = 1;

/// The image of a part with its best grid, and the length of its manifest.
pub(super) fn image(image: &Image, part: &Part, published: &mut Published) -> (Image, usize) {
    let image = part.image(image);
    if !part.words.is_empty() {
        let turned = turned::image(&image, &part.words, published);
        return turned.unwrap_or_else(|| (plain::image(image), usize::MAX / 2));
    }
    let split = split(&image, &part.affix, published);
    split.unwrap_or_else(|| best::image(&image, &part.affix, published))
}

/// The image with an axis of releases; `None` if its tags have no second version, or this does not publish the same.
fn split(image: &Image, affix: &Affix, published: &mut Published) -> Option<(Image, usize)> {
    if *affix != Affix::default() {
        return None;
    }
    let releases = image.variants.iter().map(release);
    let releases: Vec<Version> = releases.collect::<Option<_>>()?;
    let variants = image.variants.iter().zip(&releases);
    let variants = variants.map(|(variant, release)| without(variant, release));
    let rest = Image {
        variants: variants.collect(),
        ..image.clone()
    };
    let (rest, _) = best::image(&rest, affix, published);
    let found = with(image, rest, &releases)?;
    published.images = vec![found];
    let holds = verified(published).is_ok();
    let found = published.images.pop().filter(|_| holds)?;
    let length = length::of(&found, published);
    Some((found, length))
}

/// A tag that begins with two versions.
struct Two<'t> {
    version: &'t str,
    release: &'t str,
    /// With its hyphen; may be empty.
    rest: &'t str,
}

impl<'t> Two<'t> {
    fn of(tag: &'t str) -> Option<Self> {
        let (version, behind) = tag.split_once('-')?;
        let end = behind.find('-').unwrap_or(behind.len());
        let (release, rest) = behind.split_at(end);
        (is_version(version) && is_version(release)).then_some(Self {
            version,
            release,
            rest,
        })
    }

    /// Whether the other tag is the same with a rung of this release.
    fn has_rung(&self, other: &Two) -> bool {
        let is_rung = self.release.strip_prefix(other.release);
        let is_rung = is_rung.is_some_and(|rest| rest.starts_with('.'));
        is_rung && (self.version, self.rest) == (other.version, other.rest)
    }
}

/// Whether a text is two versions: `3.11-7.3.23`, and not `8.0.25-15`, which is one with its revision.
pub(super) fn has_release(text: &str) -> bool {
    let two = Two::of(text);
    two.is_some_and(|two| two.rest.is_empty() && two.release.contains('.'))
}

/// The release that the tags of an image have behind their version. Without rungs, it may be a revision or a date.
fn release(variant: &Variant) -> Option<Version> {
    let all: Vec<Two> = variant.tags().filter_map(Two::of).collect();
    let mut longest = all.iter();
    let longest = longest.find(|one| all.iter().any(|other| one.has_rung(other)))?;
    longest.release.parse().ok()
}

/// The rung of a release that a word is.
fn rung(word: &str, release: &Version) -> Option<Rung> {
    let rungs = [Rung::Full, Rung::Minor, Rung::Major];
    rungs
        .into_iter()
        .find(|rung| rung.text(release) == Some(word))
}

/// A tag without the release; `None` if it has none.
fn bare(tag: &str, release: &Version) -> Option<String> {
    let two = Two::of(tag).filter(|two| rung(two.release, release).is_some())?;
    Some(format!("{}{}", two.version, two.rest))
}

/// The image with each tag once that differs in its release only.
fn without(variant: &Variant, release: &Version) -> Variant {
    let mut variant = variant.clone();
    for name in &mut variant.names {
        if let Some(tag) = bare(&name.tag.real, release) {
            name.tag = Text::literal(tag);
        }
    }
    let mut seen = IndexSet::new();
    let names = &mut variant.names;
    names.retain(|name| seen.insert(name.full()));
    variant
}

/// The image, with the axes that were found without its releases and an axis for these.
fn with(image: &Image, mut found: Image, releases: &[Version]) -> Option<Image> {
    let mut grid = found.grid.take().filter(|grid| !grid.plain)?;
    let version = grid.axes.first().filter(|axis| axis.name == "version")?;
    let rungs = version.rungs.clone()?;
    if grid.axes.iter().any(|axis| axis.name == AXIS) {
        return None;
    }
    let values: IndexSet<&Version> = releases.iter().collect();
    grid.per_cell |= values.len() > 1;
    grid.axes.insert(PLACE, axis(image, releases, &values));
    for (cell, release) in grid.cells.iter_mut().zip(releases) {
        cell.insert(PLACE, values.get_index_of(release)?);
    }
    grid.excludes = missing(&grid.axes, &grid.cells);
    let tags = grid.tags.iter();
    grid.tags = tags.flat_map(|tag| patterns(tag, &rungs)).collect();
    for (variant, whole) in found.variants.iter_mut().zip(&image.variants) {
        variant.names.clone_from(&whole.names);
    }
    found.grid = Some(grid);
    Some(found)
}

/// The axis of these releases, with the rungs that tags have.
fn axis(image: &Image, releases: &[Version], values: &IndexSet<&Version>) -> Axis {
    let mut found: IndexSet<Rung> = IndexSet::new();
    for (variant, release) in image.variants.iter().zip(releases) {
        let tags: IndexSet<&str> = variant.tags().collect();
        let is_bare = |tag: &&str| bare(tag, release).is_some_and(|tag| tags.contains(&*tag));
        found.extend(tags.iter().any(is_bare).then_some(Rung::None));
        let words = tags.iter().filter_map(|tag| Two::of(tag));
        found.extend(words.filter_map(|two| rung(two.release, release)));
    }
    let rungs = Rung::ALL.iter().filter(|rung| found.contains(*rung));
    let rungs: Vec<&str> = rungs.map(|rung| rung.as_str()).collect();
    let value = |release: &&Version| Value {
        name: release.to_string(),
        ..Value::default()
    };
    Axis {
        rungs: Some(rungs.join(" ")),
        ..Axis::new(AXIS, values.iter().map(value).collect())
    }
}

/// What is before the place of the version, its rungs, and what is behind it.
fn place(pattern: &str) -> Option<(&str, &str, &str)> {
    if let Some((before, after)) = pattern.split_once("{version}") {
        return Some((before, "", after));
    }
    let (before, behind) = pattern.split_once("{version:")?;
    let (rungs, after) = behind.split_once('}')?;
    Some((before, rungs, after))
}

/// The patterns with a place for the release behind the version. Tags without a version have no release either.
fn patterns((when, pattern): &(When, String), all: &str) -> Vec<(When, String)> {
    let Some((before, rungs, after)) = place(pattern) else {
        return vec![(when.clone(), pattern.clone())];
    };
    let all: Vec<&str> = all.split(' ').collect();
    let rungs = match rungs {
        "" => all.clone(),
        rungs => rungs.split(',').collect(),
    };
    let is_named = |rung: &&str| !["none", "latest"].contains(rung);
    let (named, others): (Vec<&str>, Vec<&str>) = rungs.into_iter().partition(is_named);
    let written = |rungs: Vec<&str>, release: &str| {
        let version = match rungs.len() {
            0 => return None,
            count if count == all.len() => String::from("{version}"),
            _ => format!("{{version:{}}}", rungs.join(",")),
        };
        Some((when.clone(), format!("{before}{version}{release}{after}")))
    };
    let release = format!("-{{{AXIS}}}");
    let both = [written(named, &release), written(others, "")];
    both.into_iter().flatten().collect()
}
