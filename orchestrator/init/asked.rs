//! The names that FROM lines ask for, by which folders are recognized as images.

use super::names::{is_library, last, tag};
use super::word::{fold, name_and_version};
use crate::import::image_name;
use crate::name::Reference;
use std::collections::{BTreeSet, HashMap};

/// Every name that a Dockerfile asks for, except Docker Hub's official images.
#[derive(Debug, Default)]
pub(super) struct Asked(HashMap<String, Name>);

/// One name, as it is spelled where it is asked for.
#[derive(Debug)]
struct Name {
    spelled: String,
    tags: BTreeSet<String>,
    /// The first file that asks for it, and whether another one does.
    by: usize,
    by_others: bool,
}

impl Asked {
    /// The names in these files, by their numbers.
    pub fn new<'a>(all: impl Iterator<Item = (usize, &'a Reference)>) -> Self {
        let mut names: HashMap<String, Name> = HashMap::new();
        for (at, image_ref) in all.filter(|(_, image_ref)| !is_library(&image_ref.repository)) {
            let spelled = last(&image_ref.repository);
            let name = names.entry(fold(spelled)).or_insert_with(|| Name {
                spelled: spelled.to_owned(),
                tags: BTreeSet::new(),
                by: at,
                by_others: false,
            });
            name.by_others |= name.by != at;
            name.tags.insert(tag(image_ref).to_owned());
        }
        Self(names)
    }

    /// The word as an image's name, if a file asks for it.
    pub fn spelled(&self, word: &str) -> Option<String> {
        Some(image_name(&self.0.get(&fold(word))?.spelled))
    }

    /// Whether a file other than this one asks for an image that is called like the word: as a whole, or as a name and a
    /// version.
    pub fn names(&self, word: &str, at: usize) -> bool {
        let by_others = |word: &str| {
            let name = self.0.get(&fold(word));
            name.filter(|name| name.by != at || name.by_others)
        };
        let split = || {
            let (name, version) = name_and_version(word)?;
            Some(by_others(name)?.tags.contains(version))
        };
        by_others(word).is_some() || split().unwrap_or_default()
    }

    /// Whether a file other than this one asks for an image that is called like the word, with this version or the newest.
    pub fn names_version(&self, word: &str, version: &str, at: usize) -> bool {
        let name = self.0.get(&fold(word));
        let name = name.filter(|name| name.by != at || name.by_others);
        name.is_some_and(|name| name.tags.contains(version) || name.tags.contains("latest"))
    }

    /// Whether a file asks for an image that is called like the whole word.
    pub fn is_whole(&self, word: &str) -> bool {
        self.0.contains_key(&fold(word))
    }
}
