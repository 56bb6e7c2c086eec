//! The tags of a grid, each pattern once.

use crate::import::published::{Grid, When};
use crate::import::when::{picked, whens};
use indexmap::{IndexMap, IndexSet};
use std::collections::BTreeSet;

/// How many patterns an image may have.
const MOST: usize = 64;

/// A pattern, as its words between `-`, the images that have it, and the conditions that say so.
#[derive(Clone)]
pub struct Tag {
    pub words: Vec<String>,
    pub images: BTreeSet<usize>,
    pub whens: Vec<When>,
    /// Whether `per="image"` says that no image has some of its rungs.
    pub kept: bool,
}

/// The tags of a grid, each once; `None` if they are too many, or depend on variables.
pub fn tags(grid: &Grid) -> Option<Vec<Tag>> {
    let mut tags: IndexMap<&str, Tag> = IndexMap::new();
    for (when, pattern) in &grid.tags {
        let images = images(grid, when)?;
        let tag = tags.entry(pattern).or_insert_with(|| Tag {
            words: words(pattern),
            images: BTreeSet::new(),
            whens: Vec::new(),
            kept: grid.kept.contains(pattern),
        });
        tag.images.extend(images);
        tag.whens.push(when.clone());
    }
    let is_conditional = tags.values().any(|tag| tag.whens != [When::default()]);
    let tags: Vec<Tag> = tags.into_values().collect();
    (is_conditional && tags.len() <= MOST).then_some(tags)
}

/// The images of a condition; `None` if it is about variables.
pub fn images(grid: &Grid, when: &When) -> Option<Vec<usize>> {
    let mut parts = Vec::new();
    for (name, patterns) in &when.0 {
        let at = grid.axes.iter().position(|axis| axis.name == *name)?;
        parts.push((at, picked(&grid.axes[at], patterns)));
    }
    let has = |cell: &Vec<usize>| parts.iter().all(|(at, values)| values.contains(&cell[*at]));
    let cells = grid.cells.iter().enumerate();
    Some(
        cells
            .filter(|(_, cell)| has(cell))
            .map(|(at, _)| at)
            .collect(),
    )
}

/// The words of a pattern between `-`, those in places left whole.
pub fn words(pattern: &str) -> Vec<String> {
    let mut depth = 0_usize;
    let mut words = vec![String::new()];
    for c in pattern.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        match (c, depth, words.last_mut()) {
            ('-', 0, _) => words.push(String::new()),
            (c, _, Some(last)) => last.push(c),
            _ => {}
        }
    }
    words
}

/// The parts of a pattern without places, each with its beginning and its end; empty ones too.
pub fn runs(words: &[String]) -> impl Iterator<Item = (usize, usize)> {
    let is_text = |run: &[String]| !run.iter().any(|word| word.contains(['{', '}']));
    let starts = 0..=words.len();
    let all = starts.flat_map(|start| (start..=words.len()).map(move |end| (start, end)));
    let all: Vec<(usize, usize)> = all
        .filter(|(start, end)| is_text(&words[*start..*end]))
        .collect();
    all.into_iter()
}

impl Tag {
    /// The same with a place for some of its words.
    pub fn with(&self, (start, end): (usize, usize), place: &str) -> Self {
        let (before, after) = (&self.words[..start], &self.words[end..]);
        Self {
            words: [before, &[place.to_owned()], after].concat(),
            ..self.clone()
        }
    }
}

/// The tags, those with one pattern as one.
pub fn joined(grid: &Grid, tags: Vec<Tag>) -> Vec<Tag> {
    let mut all: IndexMap<(Vec<String>, bool), Tag> = IndexMap::new();
    for tag in tags {
        match all.get_mut(&(tag.words.clone(), tag.kept)) {
            Some(known) => {
                known.images.extend(&tag.images);
                let images: Vec<usize> = known.images.iter().copied().collect();
                known.whens = match images.len() == grid.cells.len() {
                    true => vec![When::default()],
                    false => whens(grid, &images),
                };
            }
            None => {
                all.insert((tag.words.clone(), tag.kept), tag);
            }
        }
    }
    all.into_values().collect()
}

/// The number of their conditions.
pub fn count(tags: &[Tag]) -> usize {
    tags.iter().map(|tag| tag.whens.len()).sum()
}

pub fn written(tags: &[Tag]) -> Vec<(When, String)> {
    let all = tags.iter().flat_map(|tag| {
        let pattern = tag.words.join("-");
        let whens = tag.whens.iter().cloned();
        whens.map(move |when| (when, pattern.clone()))
    });
    all.collect()
}

pub fn kept(tags: &[Tag]) -> IndexSet<String> {
    let kept = tags.iter().filter(|tag| tag.kept);
    kept.map(|tag| tag.words.join("-")).collect()
}
