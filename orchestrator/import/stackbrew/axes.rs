//! A grid of versions and variants: what the images of each row and each column have in common.

use super::split::Split;
use crate::import::entry::Entry;
use crate::name::Version;
use indexmap::{IndexMap, IndexSet};
use std::collections::HashSet;

/// Images in rows of versions and columns of variants.
pub(super) struct Grid<'a> {
    pub versions: Vec<Value>,
    pub variants: Vec<Value>,
    pub cells: Vec<Cell<'a>>,
}

/// A value of an axis.
#[derive(Debug, Default)]
pub(super) struct Value {
    pub name: String,
    /// Its text in first tags.
    pub token: String,
    /// Its texts in the tags of every image that has it; an empty text is the empty token.
    pub tokens: IndexSet<String>,
    pub shared: bool,
}

/// An image and its position.
pub(super) struct Cell<'a> {
    pub entry: &'a Entry,
    pub version: usize,
    pub variant: usize,
    /// The tokens of the variant in this cell.
    pub tokens: IndexSet<String>,
}

impl Value {
    /// The parsed version, if it is one.
    pub fn version(&self) -> Option<Version> {
        self.name.parse().ok()
    }
}

impl<'a> Grid<'a> {
    /// Puts images into a grid; `None` if two have the same position, or most positions are empty.
    pub fn new(entries: &'a [Entry], split: &Split) -> Option<Self> {
        let mut places: [IndexMap<&str, Value>; 2] = Default::default();
        let mut cells = Vec::new();
        let mut taken = HashSet::new();
        for (entry, (version, variant)) in entries.iter().zip(split) {
            let tokens = [before(entry, variant), behind(entry, version)];
            let mut place = |axis: usize, token: &'a str| {
                let found = places[axis].entry(token);
                let index = found.index();
                let value = found.or_insert_with(|| Value {
                    name: token.to_owned(),
                    token: token.to_owned(),
                    tokens: tokens[axis].clone(),
                    shared: false,
                });
                value.tokens.retain(|known| tokens[axis].contains(known));
                value.shared |= axis == 1 && !entry.shared.is_empty();
                index
            };
            // The texts borrow from the entries: they are slices of tags.
            let (version, variant) = (cut(entry, version, true)?, cut(entry, variant, false)?);
            let cell = Cell {
                entry,
                version: place(0, version),
                variant: place(1, variant),
                tokens: tokens[1].clone(),
            };
            if !taken.insert((cell.version, cell.variant)) {
                return None;
            }
            cells.push(cell);
        }
        let [versions, variants] = places.map(|axis| axis.into_values().collect::<Vec<_>>());
        if versions.len().saturating_mul(variants.len()) > entries.len().saturating_mul(2)
            || versions.iter().any(|value| value.token.is_empty())
        {
            return None;
        }
        let mut grid = Self {
            versions,
            variants,
            cells,
        };
        grid.name();
        Some(grid)
    }

    /// Names values that are not versions, and the variant without a name, after their folders.
    fn name(&mut self) {
        let names = |values: &[Value]| {
            values
                .iter()
                .map(|value| value.name.clone())
                .collect::<HashSet<_>>()
        };
        let (versions, variants) = (names(&self.versions), names(&self.variants));
        for cell in &self.cells {
            let (version, variant) = (
                &mut self.versions[cell.version],
                &mut self.variants[cell.variant],
            );
            let mut parts = cell.entry.directory.split('/');
            let folder = parts.next().unwrap_or_default();
            if version.version().is_none()
                && version.tokens.contains(folder)
                && !folder.is_empty()
                && !versions.contains(folder)
            {
                version.name = folder.to_owned();
            }
            if variant.name.is_empty() {
                let last = parts.next_back().filter(|last| {
                    last.parse::<crate::name::Tag>().is_ok() && !variants.contains(*last)
                });
                variant.name = last
                    .filter(|last| !variants.contains(*last))
                    .unwrap_or("plain")
                    .to_owned();
            }
        }
    }
}

/// The start or the end of an entry's first tag that is this text.
fn cut<'a>(entry: &'a Entry, text: &str, beginning: bool) -> Option<&'a str> {
    let tag = entry.tags.first()?.as_str();
    let rest = tag.len().checked_sub(text.len())?;
    let found = if beginning {
        tag.get(..text.len())?
    } else {
        tag.get(rest..)?
    };
    (found == text).then_some(found)
}

/// The tokens of the version: the part before `-variant`, or empty where a tag is the variant alone.
fn before(entry: &Entry, variant: &str) -> IndexSet<String> {
    if variant.is_empty() {
        return alone(entry);
    }
    let found = entry
        .all()
        .filter_map(|tag| match tag.strip_suffix(variant)? {
            "" => Some(String::new()),
            rest => Some(rest.strip_suffix('-')?.to_owned()),
        });
    found.collect()
}

/// The version's own tokens without a variant: its text, and `latest`.
fn alone(entry: &Entry) -> IndexSet<String> {
    let own = entry.tags.first().map_or("", |tag| tag.as_str());
    let version = own.parse::<Version>().ok();
    let is_rung = |tag: &str| {
        version.as_ref().is_some_and(|version| {
            [1, 2]
                .into_iter()
                .any(|count| version.series(count) == Some(tag))
        })
    };
    let found = entry
        .all()
        .filter(|tag| *tag == own || is_rung(tag) || *tag == "latest");
    found
        .map(|tag| {
            if tag == "latest" {
                String::new()
            } else {
                tag.to_owned()
            }
        })
        .collect()
}

/// The tokens of the variant: the part after `version-`, or empty where a tag is the version alone.
fn behind(entry: &Entry, version: &str) -> IndexSet<String> {
    let found = entry
        .all()
        .filter_map(|tag| match tag.strip_prefix(version)? {
            "" => Some(String::new()),
            rest => Some(rest.strip_prefix('-')?.to_owned()),
        });
    found.collect()
}
