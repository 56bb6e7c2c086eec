//! Images with the same tags: one, or one per architecture.

use crate::import::published::Variant;
use indexmap::IndexMap;
use std::collections::HashMap;

/// What all tags of a part of an image begin and end with: `cli` of `cli-2.12`, `rc` of `12.1-noble-rc`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Affix {
    /// Without its hyphen; may be empty.
    pub before: String,
    /// Without its hyphen; may be empty.
    pub after: String,
}

/// Images with the same tags.
pub(super) struct Entry {
    /// Without the affix.
    pub tags: Vec<String>,
    /// Whether other entries have some of the tags, too.
    pub shared: bool,
    /// The folder of the first image.
    pub folder: String,
    /// The images, by their places among all variants.
    pub builds: Vec<usize>,
}

/// What a tag of `latest` alone is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Latest {
    /// Nothing in the place of a version.
    Nothing,
    /// A word in its place, as in `latest-slim`.
    Word,
}

impl Affix {
    /// What is between the affixes; `None` if the tag does not have them.
    pub fn strip<'a>(&self, tag: &'a str) -> Option<&'a str> {
        if *self == Self::default() {
            return Some(if tag == "latest" { "" } else { tag });
        }
        let tag = match tag.strip_prefix(self.before.as_str())? {
            rest if rest.is_empty() || self.before.is_empty() => rest,
            rest => rest.strip_prefix('-')?,
        };
        match tag.strip_suffix(self.after.as_str())? {
            rest if rest.is_empty() || self.after.is_empty() => Some(rest),
            rest => rest.strip_suffix('-'),
        }
    }

    /// A pattern between the affixes.
    pub fn around(&self, pattern: &str) -> String {
        let parts = [self.before.as_str(), pattern, self.after.as_str()];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        match parts.is_empty() {
            true => String::from("latest"),
            false => parts.join("-"),
        }
    }
}

impl Entry {
    /// The first tag, which is its longest version.
    pub fn first(&self) -> &str {
        self.tags.first().map(String::as_str).unwrap_or_default()
    }

    /// The part of a tag behind this beginning; empty if there is nothing more.
    pub fn behind<'a>(&'a self, head: &'a str) -> impl Iterator<Item = &'a str> {
        self.tags.iter().filter_map(move |tag| behind(tag, head))
    }
}

/// `trixie` of `1.27-trixie` behind `1.27`; empty if there is nothing more.
pub(super) fn behind<'a>(tag: &'a str, head: &str) -> Option<&'a str> {
    match tag.strip_prefix(head)? {
        "" => Some(""),
        rest => rest.strip_prefix('-'),
    }
}

/// The entries of an image, in its order.
pub(super) fn entries(variants: &[Variant], affix: &Affix, latest: Latest) -> Vec<Entry> {
    let strip = |tag| match (affix.strip(tag), latest) {
        (Some(""), Latest::Word) => Some("latest"),
        (stripped, _) => stripped,
    };
    let mut entries: IndexMap<Vec<&str>, Entry> = IndexMap::new();
    for (at, variant) in variants.iter().enumerate() {
        let tags: Vec<&str> = variant.tags().collect();
        let stripped = variant.tags().filter_map(strip);
        let new = || Entry {
            tags: stripped.map(str::to_owned).collect(),
            shared: false,
            folder: variant.folder.clone(),
            builds: Vec::new(),
        };
        let entry = entries.entry(tags).or_insert_with(new);
        entry.builds.push(at);
    }
    let mut entries: Vec<Entry> = entries.into_values().collect();
    let mut counts: HashMap<String, usize> = HashMap::new();
    for tag in entries.iter().flat_map(|entry| &entry.tags) {
        *counts.entry(tag.clone()).or_default() += 1;
    }
    for entry in &mut entries {
        entry.shared = entry.tags.iter().any(|tag| counts.get(tag) > Some(&1));
    }
    entries
}
