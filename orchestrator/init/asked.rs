//! The names that FROM lines ask for, by which folders are recognized as images.

use super::names::{Space, is_library, is_official, last, tag};
use super::word::{fold, pieces};
use crate::import::image_name;
use crate::name::Reference;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Every name that a Dockerfile asks for, except Docker Hub's official images.
#[derive(Debug, Default)]
pub(super) struct Asked {
    names: HashMap<String, Name>,
    /// The names without a registry that are not those of official images.
    locals: HashMap<String, Name>,
    /// All names, official images too.
    all: HashSet<String>,
    /// By the end of a name after a sign, what is before it and the whole: `base` for `cp-base`.
    ends: HashMap<String, Vec<(String, String)>>,
    /// By file, the names without a registry, and whether it asks for the newest build: `FROM base`.
    bare: HashMap<usize, HashMap<String, bool>>,
}

/// One name, as FROM lines spell it.
#[derive(Debug)]
struct Name {
    spelled: String,
    /// The files that ask for each tag.
    tags: BTreeMap<String, BTreeSet<usize>>,
    /// Whether it is from a known place of public images.
    is_public: bool,
    /// The first file that asks for it, and whether another one does.
    by: usize,
    by_others: bool,
}

impl Name {
    /// The files that ask for it.
    fn files(&self) -> BTreeSet<usize> {
        self.tags.values().flatten().copied().collect()
    }
}

impl Asked {
    /// The names in these files, by their numbers.
    pub fn new<'a>(all: impl Iterator<Item = (usize, &'a Reference)>) -> Self {
        let mut names: HashMap<String, Name> = HashMap::new();
        let mut locals: HashMap<String, Name> = HashMap::new();
        let mut seen = HashSet::new();
        let mut bare: HashMap<usize, HashMap<String, bool>> = HashMap::new();
        for (at, image_ref) in all {
            let spelled = last(&image_ref.repository);
            seen.insert(fold(spelled));
            if is_library(&image_ref.repository) {
                let is_newest = tag(image_ref) == "latest";
                *bare
                    .entry(at)
                    .or_default()
                    .entry(fold(spelled))
                    .or_default() |= is_newest;
                if !is_official(&image_ref.repository) {
                    add(&mut locals, at, image_ref);
                }
                continue;
            }
            add(&mut names, at, image_ref);
        }
        Self {
            ends: ends(&names),
            names,
            locals,
            all: seen,
            bare,
        }
    }

    /// The names without a registry and a version that a file asks for, spelled without separators.
    pub fn bare(&self, at: usize) -> impl Iterator<Item = &str> {
        let names = self.bare.get(&at).into_iter().flatten();
        names
            .filter(|(_, is_newest)| **is_newest)
            .map(|(name, _)| name.as_str())
    }

    /// Whether a file asks for a name without a registry that is called like the word, in any version.
    pub fn is_from(&self, word: &str, at: usize) -> bool {
        let names = self.bare.get(&at);
        names.is_some_and(|names| names.contains_key(&fold(word)))
    }

    /// Whether files ask for an image that is called like the whole word, and not more of them for its name and its version.
    pub fn is_rather_whole(&self, word: &str) -> bool {
        let files = |name: &str| {
            let name = self.names.get(&fold(name));
            name.map_or(0, |name| name.files().len())
        };
        let split = self.split(word).map_or(0, |(name, _)| files(name));
        self.is_whole(word) && files(word) >= split
    }

    /// The word as an image's name, if a file asks for it.
    pub fn spelled(&self, word: &str) -> Option<String> {
        Some(image_name(&self.names.get(&fold(word))?.spelled))
    }

    /// Whether a file other than this one asks for an image that is called like the word: as a whole, or as a name and a
    /// version.
    pub fn names(&self, word: &str, at: usize) -> bool {
        let by_others = |word: &str| {
            let name = self.names.get(&fold(word));
            name.filter(|name| name.by != at || name.by_others)
        };
        let split = self.split(word).and_then(|(name, _)| by_others(name));
        by_others(word).is_some() || split.is_some()
    }

    /// Whether a file other than this one asks for an image that is called like the word, with this version or the newest.
    pub fn names_version(&self, word: &str, version: &str, at: usize) -> bool {
        let name = self.names.get(&fold(word));
        let name = name.filter(|name| name.by != at || name.by_others);
        name.is_some_and(|name| name.tags.contains_key(version) || name.tags.contains_key("latest"))
    }

    /// A word as a name and a tag that a file asks for: `base_prod` for `acme/base:prod`.
    pub fn split<'w>(&self, word: &'w str) -> Option<(&'w str, &'w str)> {
        let splits = word
            .match_indices(['-', '_'])
            .map(|(at, _)| (&word[..at], &word[at + 1..]));
        let is_asked = |(name, tag): &(&str, &str)| {
            let name = self.names.get(&fold(name));
            name.is_some_and(|name| name.tags.contains_key(*tag))
        };
        splits.into_iter().find(is_asked)
    }

    /// The word as the end of an image's name, if a file asks for it: `minimal-agent` of `org/ci-minimal-agent`.
    pub fn ending(&self, word: &str) -> Option<String> {
        let (prefix, whole) = self.ends.get(&fold(word))?.iter().min()?;
        Some(image_name(&self.names.get(whole)?.spelled[prefix.len()..]))
    }

    /// What files other than this one have before the word in the names that they ask for: `cp-` in `org/cp-base`.
    pub fn prefixes(&self, word: &str, at: usize) -> impl Iterator<Item = &str> {
        let ends = self.ends.get(&fold(word)).into_iter().flatten();
        let is_by_others = move |whole: &str| {
            let name = self.names.get(whole);
            name.is_some_and(|name| !name.is_public && (name.by != at || name.by_others))
        };
        ends.filter(move |(_, whole)| is_by_others(whole))
            .map(|(prefix, _)| prefix.as_str())
    }

    /// The tags of all names that may be those of folders, by their pieces.
    pub fn tags(&self) -> HashMap<Vec<&str>, Vec<Tagged<'_>>> {
        let names = self.names.values().chain(self.locals.values());
        let mut tags: HashMap<Vec<&str>, Vec<Tagged<'_>>> = HashMap::new();
        for name in names.filter(|name| !name.is_public) {
            for (tag, by) in &name.tags {
                let name = name.spelled.as_str();
                let all = tags.entry(pieces([tag.as_str()])).or_default();
                all.push(Tagged { name, by });
            }
        }
        tags
    }

    /// Whether a file asks for an image of this name with a tag that has the word.
    pub fn tags_with(&self, name: &str, word: &str) -> bool {
        let known = self.names.get(&fold(name));
        let mut tags = known.into_iter().flat_map(|name| name.tags.keys());
        tags.any(|tag| pieces([tag.as_str()]).contains(&word))
    }

    /// Whether a file asks for an image of this name, official ones included.
    pub fn has(&self, name: &str) -> bool {
        self.all.contains(&fold(name))
    }

    /// Whether a file asks for an image that is called like the whole word.
    pub fn is_whole(&self, word: &str) -> bool {
        self.names.contains_key(&fold(word))
    }
}

/// A tag that FROM lines ask for.
#[derive(Debug)]
pub(super) struct Tagged<'a> {
    /// The last part of its repository.
    pub name: &'a str,
    /// The files.
    pub by: &'a BTreeSet<usize>,
}

fn ends(names: &HashMap<String, Name>) -> HashMap<String, Vec<(String, String)>> {
    let mut ends: HashMap<String, Vec<(String, String)>> = HashMap::new();
    for (whole, name) in names {
        for (at, sign) in name.spelled.match_indices(['-', '_', '.']) {
            let (prefix, rest) = name.spelled.split_at(at + sign.len());
            let known = ends.entry(fold(rest)).or_default();
            known.push((prefix.to_owned(), whole.clone()));
        }
    }
    ends
}

fn add(names: &mut HashMap<String, Name>, at: usize, image_ref: &Reference) {
    let spelled = last(&image_ref.repository);
    let name = names.entry(fold(spelled)).or_insert_with(|| Name {
        spelled: spelled.to_owned(),
        tags: BTreeMap::new(),
        is_public: true,
        by: at,
        by_others: false,
    });
    name.by_others |= name.by != at;
    name.is_public &= Space::of(&image_ref.repository, "").is_public();
    let by = name.tags.entry(tag(image_ref).to_owned()).or_default();
    by.insert(at);
}
