//! Values for the arguments that only scripts give: `ARG CI_REGISTRY_IMAGE` with `FROM $CI_REGISTRY_IMAGE/base:$TAG`.
//!
//! Where the name between them is that of a folder, the first is the place of the images and the second is `latest`.

use super::Written;
use super::filename;
use super::names::{Space, is_library, last};
use super::word::{fold, name_and_version};
use crate::dockerfile::Dockerfile;
use indexmap::IndexMap;
use std::collections::{BTreeMap, HashSet};

/// What is known from all files.
pub(super) struct Known {
    /// The words of all paths.
    words: HashSet<String>,
    /// Where the images are.
    above: String,
}

impl Known {
    /// From all files; `above` is where images are published if no FROM line says it.
    pub fn new<'a>(
        all: impl Iterator<Item = (&'a Written, &'a Dockerfile)> + Clone,
        above: &str,
    ) -> Self {
        let words: HashSet<String> = all
            .clone()
            .flat_map(|(written, _)| words(&written.below))
            .collect();
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        for image_ref in all.flat_map(|(_, read)| &read.image_refs) {
            let repository = &image_ref.reference.repository;
            let space = Space::of(repository, "");
            if words.contains(&fold(last(repository)))
                && !space.is_public()
                && !is_library(repository)
            {
                *places.entry(space.above).or_default() += 1;
            }
        }
        let most = places.into_iter().max_by_key(|(_, count)| *count);
        Self {
            words,
            above: most.map_or_else(|| above.to_owned(), |(place, _)| place),
        }
    }

    /// Values for the arguments of a file that has none for them; empty if a value cannot be guessed.
    pub fn args(&self, read: &Dockerfile) -> IndexMap<String, String> {
        let unset = unset(read);
        let mut args = IndexMap::new();
        for image in read
            .instructions
            .iter()
            .filter(|one| one.keyword == "FROM")
            .filter_map(|one| image(one.text()))
        {
            let (place, rest) = variable_before(image).unwrap_or(("", image));
            let (name, tag) = rest.rsplit_once(':').unwrap_or((rest, ""));
            let name = name.rsplit('/').next().unwrap_or_default();
            if !self.words.contains(&fold(name)) {
                continue;
            }
            let tag = variable(tag).unwrap_or_default();
            let values = [(place, self.above.as_str()), (tag, "latest")];
            let missing = values.into_iter().filter(|(name, _)| unset.contains(name));
            args.extend(missing.map(|(name, value)| (name.to_owned(), value.to_owned())));
        }
        args
    }
}

/// The words of a path, and the names before versions in them.
fn words(below: &str) -> Vec<String> {
    let (folders, file) = below.rsplit_once('/').unwrap_or(("", below));
    let stem = filename::word(file).map_or("", |(word, _)| word);
    let all = folders
        .split('/')
        .chain([stem])
        .filter(|word| !word.is_empty());
    let names = |word| [Some(word), name_and_version(word).map(|(name, _)| name)];
    all.flat_map(names).flatten().map(fold).collect()
}

/// The ARGs before the first FROM that have no default.
fn unset(read: &Dockerfile) -> HashSet<&str> {
    let before = read
        .instructions
        .iter()
        .take_while(|one| one.keyword != "FROM");
    let args = before.filter(|one| one.keyword == "ARG");
    let words = args.flat_map(|one| one.text().split_whitespace().skip(1));
    words.filter(|word| !word.contains('=')).collect()
}

/// The image of a FROM.
fn image(text: &str) -> Option<&str> {
    text.split_whitespace()
        .skip(1)
        .find(|word| !word.starts_with("--"))
}

/// The variable that a name begins with, and what follows its slash.
fn variable_before(image: &str) -> Option<(&str, &str)> {
    let (first, rest) = image.split_once('/')?;
    Some((variable(first)?, rest))
}

/// The name of a variable that is the whole text: `$NAME` or `${NAME}`.
fn variable(text: &str) -> Option<&str> {
    let name = text.strip_prefix('$')?;
    let name = name
        .strip_prefix('{')
        .map_or(Some(name), |name| name.strip_suffix('}'))?;
    name.chars()
        .all(|c| c.is_ascii_alphanumeric() || c == '_')
        .then_some(name)
}
