//! How long a manifest is to its readers: of several that publish the same, the shortest is taken.

use super::best::is_plain;
use super::release::has_release;
use super::split::{has_label, version_of};
use crate::import::manifest;
use crate::import::published::{Image, Published, Value};

/// The length for which a `when` counts, besides its own: it is a place that has to be changed with a version.
const WHEN: usize = 25;

/// The length for which an `exclude` counts, besides its own.
const EXCLUDE: usize = 20;

/// The further length of a `when` that names a version: its place in the list changes, too.
const VERSIONED: usize = 15;

/// The length for which an alias with a number counts, besides its own: a rung would follow the version.
const NUMBERED: usize = 40;

/// The length for which a tag counts that does not follow the version: a new one does not get it.
pub(super) const FIXED: usize = 60;

/// The length for which a version counts that has a label or a release behind it: an axis of its own would say that.
const MIXED: usize = 400;

/// The manifest that has only this image.
pub(super) fn text(image: &Image, published: &mut Published) -> String {
    published.images = vec![image.clone()];
    let text = manifest::write(published);
    published.images.clear();
    text
}

/// How long the manifest of an image with axes is to its readers.
pub(super) fn of(image: &Image, published: &mut Published) -> usize {
    length(image, &text(image, published))
}

/// How long a manifest is to its readers.
pub(super) fn length(image: &Image, text: &str) -> usize {
    let words = text.split_whitespace().map(str::len).sum::<usize>();
    let axes = image.grid.iter().flat_map(|grid| &grid.axes);
    let values = axes.map(|axis| match is_plain(image) || axis.name == "version" {
        true => versions(&axis.values, is_plain(image)),
        false => labels(&axis.values),
    });
    words + lines(text) + values.sum::<usize>() + fixed(image) * FIXED
}

/// The tags of an image with versions that do not follow them.
fn fixed(image: &Image) -> usize {
    let grid = image.grid.iter().filter(|grid| {
        let first = grid.axes.first();
        first.is_some_and(|axis| axis.rungs.is_some())
    });
    let tags = grid.flat_map(|grid| &grid.tags);
    let fixed = tags.filter(|(_, pattern)| !pattern.contains("{version"));
    fixed.count()
}

/// The lengths of conditions and of missing cells.
fn lines(text: &str) -> usize {
    let lines = text.lines().map(str::trim_start);
    let lines = lines.map(|line| match line.split_once(' ') {
        Some(("exclude", _)) => EXCLUDE,
        Some(("when", rest)) if rest.starts_with("version=") => WHEN + VERSIONED,
        Some(("when", _)) => WHEN,
        _ => 0,
    });
    lines.sum()
}

/// The lengths of versions with labels, and of numbers that are written again in aliases.
fn versions(values: &[Value], is_plain: bool) -> usize {
    let is_mixed = |value: &&Value| has_label(&value.name) || has_release(&value.name);
    let mixed = values.iter().filter(is_mixed);
    let mixed = mixed.count() * if is_plain { 0 } else { MIXED };
    let aliases = values
        .iter()
        .flat_map(|value| value.aliases.iter().chain(&value.token));
    let numbered = aliases.filter(|alias| alias.contains(|c: char| c.is_ascii_digit()));
    mixed + numbered.count() * NUMBERED
}

/// The lengths of rungs that labels have as aliases.
fn labels(values: &[Value]) -> usize {
    let rungs = values.iter().map(|value| {
        let aliases = value.aliases.iter();
        aliases.filter(|alias| is_rung(alias, &value.name)).count()
    });
    rungs.sum::<usize>() * NUMBERED
}

/// Whether an alias begins with a rung of the version that a value begins with: `7.3-slim` of `7.3.23-slim`.
pub(super) fn is_rung(alias: &str, name: &str) -> bool {
    let versions = version_of(alias).zip(version_of(name));
    versions.is_some_and(|(rung, version)| {
        let rest = version.strip_prefix(rung);
        rest.is_some_and(|rest| rest.starts_with('.'))
    })
}
