//! A table of versions and variants: what the images of each row and each column have in common.

use super::split::Split;
use crate::import::published::Variant;
use crate::name::{Tag, Version};
use indexmap::{IndexMap, IndexSet};
use std::collections::HashSet;

/// Images in rows of versions and columns of variants.
pub(super) struct Table {
    pub versions: Vec<Found>,
    pub variants: Vec<Found>,
    /// In the order of the images.
    pub cells: Vec<Cell>,
}

/// A value of an axis.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub name: String,
    /// Its text in first tags.
    pub token: String,
    /// Its texts in the tags of every image that has it; an empty text is the empty token.
    pub tokens: IndexSet<String>,
    pub shared: bool,
}

/// The position of an image.
pub(super) struct Cell {
    pub version: usize,
    pub variant: usize,
    /// The tokens of the variant in this cell.
    pub tokens: IndexSet<String>,
}

impl Found {
    /// The parsed version, if it is one.
    pub fn version(&self) -> Option<Version> {
        self.name.parse().ok()
    }
}

impl Table {
    /// Puts images into a table; `None` if two have the same position, or most positions are empty.
    pub fn new(all: &[Variant], split: &Split) -> Option<Self> {
        let mut axes: [IndexMap<&str, Found>; 2] = Default::default();
        let mut cells = Vec::new();
        let mut taken = HashSet::new();
        for (one, (version, variant)) in all.iter().zip(split) {
            let first = one.first();
            let is_whole = first.starts_with(version.as_str()) && first.ends_with(variant.as_str());
            // The default variant has no name in the first tag.
            if !is_whole && first != version {
                return None;
            }
            let tokens = [before(one, variant), behind(one, version)];
            let mut place = |axis: usize, token| {
                let entry = axes[axis].entry(token);
                let at = entry.index();
                let value = entry.or_insert_with(|| Found {
                    name: token.to_owned(),
                    token: token.to_owned(),
                    tokens: tokens[axis].clone(),
                    shared: false,
                });
                value.tokens.retain(|known| tokens[axis].contains(known));
                value.shared |= axis == 1 && one.names.iter().any(|name| name.shared);
                at
            };
            let (version, variant) = (place(0, version.as_str()), place(1, variant.as_str()));
            if !taken.insert((version, variant)) {
                return None;
            }
            let [_, tokens] = tokens;
            cells.push(Cell {
                version,
                variant,
                tokens,
            });
        }
        let [versions, variants] = axes.map(|axis| axis.into_values().collect::<Vec<_>>());
        if versions.len().saturating_mul(variants.len()) > all.len().saturating_mul(2)
            || versions.iter().any(|value| value.token.is_empty())
        {
            return None;
        }
        let mut table = Self {
            versions,
            variants,
            cells,
        };
        table.name(all);
        Some(table)
    }

    /// Whether there is an axis of variants: otherwise the only one has no name in tags.
    pub fn has_variants(&self) -> bool {
        self.variants.len() > 1 || self.variants.iter().any(|value| !value.token.is_empty())
    }

    /// Names values that are not versions, and the variant without a name, after their folders.
    fn name(&mut self, all: &[Variant]) {
        let names = |values: &[Found]| {
            let names = values.iter().map(|value| value.name.clone());
            names.collect::<HashSet<_>>()
        };
        let (versions, variants) = (names(&self.versions), names(&self.variants));
        for (one, cell) in all.iter().zip(&self.cells) {
            let version = &mut self.versions[cell.version];
            let variant = &mut self.variants[cell.variant];
            let mut parts = one.folder.split('/');
            let folder = parts.next().unwrap_or_default();
            if version.version().is_none()
                && version.tokens.contains(folder)
                && !folder.is_empty()
                && !versions.contains(folder)
            {
                version.name = folder.to_owned();
            }
            if variant.name.is_empty() {
                let last = parts
                    .next_back()
                    .filter(|last| last.parse::<Tag>().is_ok() && !variants.contains(*last));
                variant.name = last.unwrap_or("plain").to_owned();
            }
        }
    }
}

/// The tokens of the version: the part before `-variant`, or empty where a tag is the variant alone.
fn before(one: &Variant, variant: &str) -> IndexSet<String> {
    if variant.is_empty() {
        return alone(one);
    }
    let found = one
        .tags()
        .filter_map(|tag| match tag.strip_suffix(variant)? {
            "" => Some(String::new()),
            rest => Some(rest.strip_suffix('-')?.to_owned()),
        });
    found.collect()
}

/// The version's own tokens without a variant: its text, its rungs, `latest`, and words such as `lts`. What stands behind
/// the version in other tags is a variant.
fn alone(one: &Variant) -> IndexSet<String> {
    let own = one.first();
    let behind: HashSet<&str> = one
        .tags()
        .filter_map(|tag| tag.strip_prefix(own)?.strip_prefix('-'))
        .collect();
    let is_longer = |tag: &str| {
        let ends = behind.iter();
        let mut heads = ends.filter_map(|end| tag.strip_suffix(end)?.strip_suffix('-'));
        heads.next().is_some()
    };
    let found = one.tags().filter_map(|tag| match tag {
        "latest" => Some(String::new()),
        tag => (!behind.contains(tag) && !is_longer(tag)).then(|| tag.to_owned()),
    });
    found.collect()
}

/// The tokens of the variant: the part after `version-`, or empty where a tag is the version alone.
fn behind(one: &Variant, version: &str) -> IndexSet<String> {
    let found = one
        .tags()
        .filter_map(|tag| match tag.strip_prefix(version)? {
            "" => Some(String::new()),
            rest => Some(rest.strip_prefix('-')?.to_owned()),
        });
    found.collect()
}
