//! Tags of different values that differ in a word: with the word as data of the values, they are one pattern.
//!
//! ```kdl
//! when variant="a" { tag "{version}-x"; }      value "a" { set short="x"; }
//! when variant="b" { tag "{version}-y"; }      value "b" { set short="y"; }
//!                                              when variant="a" "b" { tag "{version}-{variant.short}"; }
//! ```
//!
//! It is done with a grid that is right, as long as the manifest has fewer conditions then, and is not longer.

mod tag;

use super::length::{length, text};
use crate::import::next::missed;
use crate::import::published::{Grid, Image, Published};
use crate::import::unique;
use crate::import::verify::verified;
use indexmap::{IndexMap, IndexSet};
use std::collections::BTreeSet;
use tag::{Tag, count, joined, kept, runs, tags, written};

/// How many images are verified with each step.
const VERIFIED: usize = 4;

/// The image with fewer conditions, if there is a way.
pub(super) fn folded(mut image: Image, published: &mut Published) -> Image {
    while let Some(shorter) = shorter(&image, published) {
        image = shorter;
    }
    image
}

/// The image with the fewest conditions of all that differ in one step.
fn shorter(image: &Image, published: &mut Published) -> Option<Image> {
    let grid = image.grid.as_ref().filter(|grid| !grid.plain)?;
    let tags = tags(grid)?;
    let mut size = |image: &Image| {
        let text = text(image, published);
        (conditions(&text), length(image, &text))
    };
    let (most, longest) = size(image);
    let mut ways: Vec<(usize, usize, Image)> = Vec::new();
    for grid in known(grid, &tags).chain(new(grid, &tags)) {
        let image = Image {
            grid: Some(grid),
            ..image.clone()
        };
        let (count, length) = size(&image);
        if count < most && length <= longest {
            ways.push((count, length, image));
        }
    }
    ways.sort_by_key(|(count, length, _)| (*count, *length));
    let follows = !ways.is_empty() && is_right(image, published)?;
    let mut ways = ways.into_iter().map(|(.., image)| image).take(VERIFIED);
    ways.find(|image| is_right(image, published).is_some_and(|other| other || !follows))
}

/// Whether the next version follows from the axes; `None` if something else is published.
fn is_right(image: &Image, published: &mut Published) -> Option<bool> {
    published.images = vec![image.clone()];
    let follows = verified(published).map(|text| missed(&text, published).is_none());
    published.images.clear();
    follows.ok()
}

fn conditions(text: &str) -> usize {
    let lines = text.lines().map(str::trim_start);
    lines.filter(|line| line.starts_with("when ")).count()
}

/// The grids in which words are data that values have already.
fn known<'g>(grid: &'g Grid, tags: &'g [Tag]) -> impl Iterator<Item = Grid> + 'g {
    let axes = grid.axes.iter().enumerate();
    let keys = axes.flat_map(|(at, axis)| {
        let keys = axis.values.iter().flat_map(|value| &value.data);
        let keys: IndexSet<&str> = keys.map(|(key, _)| key.as_str()).collect();
        keys.into_iter().map(move |key| (at, key))
    });
    keys.filter_map(|(axis, key)| {
        let place = format!("{{{}.{key}}}", grid.axes[axis].name);
        let renamed = tags.iter().map(|tag| {
            let mut runs = runs(&tag.words);
            let run = runs.find(|(start, end)| {
                let text = tag.words[*start..*end].join("-");
                let has = |at: &usize| {
                    let data = &grid.axes[axis].values[grid.cells[*at][axis]].data;
                    data.iter().any(|(own, value)| own == key && *value == text)
                };
                start < end && tag.images.iter().all(has)
            });
            match run {
                Some(run) => tag.with(run, &place),
                None => tag.clone(),
            }
        });
        retagged(grid, tags, renamed.collect())
    })
}

/// The grid with changed tags, if they have fewer conditions than those that it had.
fn retagged(grid: &Grid, tags: &[Tag], changed: Vec<Tag>) -> Option<Grid> {
    let joined = joined(grid, changed);
    (count(&joined) < count(tags)).then(|| Grid {
        tags: written(&joined),
        kept: kept(&joined),
        ..grid.clone()
    })
}

/// The grids in which words are new data of values. A version that is added would need them, too, so versions get none.
fn new<'g>(grid: &'g Grid, tags: &'g [Tag]) -> impl Iterator<Item = Grid> + 'g {
    let axes = grid.axes.iter().enumerate();
    let axes = axes.filter(|(_, axis)| axis.rungs.is_none());
    axes.flat_map(move |(axis, _)| {
        let frames = frames(tags).into_iter();
        frames.filter_map(move |of| replaced(grid, tags, axis, &of))
    })
}

/// Tags that are the same but for some of their words: the place of each, and the words that differ.
type Frame = Vec<(usize, (usize, usize))>;

fn frames(tags: &[Tag]) -> Vec<Frame> {
    let mut frames: IndexMap<(&[String], &[String], bool), Frame> = IndexMap::new();
    for (at, tag) in tags.iter().enumerate() {
        for (start, end) in runs(&tag.words) {
            let frame = (&tag.words[..start], &tag.words[end..], tag.kept);
            frames.entry(frame).or_default().push((at, (start, end)));
        }
    }
    frames
        .into_values()
        .filter(|frame| frame.len() > 1)
        .collect()
}

/// The grid in which the words of a frame are data of an axis; tags that need another word for a value stay.
fn replaced(grid: &Grid, tags: &[Tag], axis: usize, frame: &Frame) -> Option<Grid> {
    let mut texts: IndexMap<usize, String> = IndexMap::new();
    let mut folded: Vec<(usize, (usize, usize))> = Vec::new();
    for (at, (start, end)) in frame {
        let tag = &tags[*at];
        let text = tag.words[*start..*end].join("-");
        let values = tag.images.iter().map(|image| grid.cells[*image][axis]);
        let values: BTreeSet<usize> = values.collect();
        if values
            .iter()
            .all(|value| texts.get(value).is_none_or(|known| *known == text))
        {
            texts.extend(values.into_iter().map(|value| (value, text.clone())));
            folded.push((*at, (*start, *end)));
        }
    }
    if folded.len() < 2 {
        return None;
    }
    let mut grid = grid.clone();
    let own = &mut grid.axes[axis];
    let keys = own.values.iter().flat_map(|value| &value.data);
    let keys: BTreeSet<String> = keys.map(|(key, _)| key.clone()).collect();
    let key = unique("short", |key| keys.contains(key));
    let place = format!("{{{}.{key}}}", own.name);
    for (value, text) in texts {
        own.values[value].data.push((key.clone(), text));
    }
    let changed = tags.iter().enumerate().map(|(at, tag)| {
        let mut own = folded.iter().filter(|(other, _)| *other == at);
        match own.next() {
            Some((_, run)) => tag.with(*run, &place),
            None => tag.clone(),
        }
    });
    retagged(&grid, tags, changed.collect())
}
