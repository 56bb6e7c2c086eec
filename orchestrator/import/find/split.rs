//! Splits first tags: `1.27.0-alpine3.24` is the version `1.27.0` of the variant `alpine3.24`.
//!
//! One tag alone does not show where its version ends, so all tags are considered together. The results are
//! guesses: a manifest from one is compared with the tags before it is used.

use crate::import::published::Variant;
use crate::name::Version;
use std::collections::{HashMap, HashSet};

/// A version and a variant, which may be empty, for each image.
pub(super) type Split = Vec<(String, String)>;

/// Ways to split the first tags, the likeliest first.
pub(super) fn splits(variants: &[Variant]) -> Vec<Split> {
    let mut all = Vec::new();
    for split in [by_variant(variants), by_folder(variants)] {
        let with_default = with_default(variants, &split);
        for split in with_default.into_iter().chain([split]) {
            if !all.contains(&split) {
                all.push(split);
            }
        }
    }
    all
}

/// The same with a name for the variant that first tags do not name, if all of its images have the same name in other
/// tags: `1.27.0-trixie` besides `1.27.0`.
fn with_default(variants: &[Variant], split: &Split) -> Option<Split> {
    let unnamed = variants.iter().zip(split);
    let mut unnamed = unnamed.filter(|(_, (_, variant))| variant.is_empty());
    let names = |(one, (version, _)): (&Variant, &(String, String))| {
        let ends = one
            .tags()
            .filter_map(|tag| tag.strip_prefix(version.as_str())?.strip_prefix('-'));
        ends.map(str::to_owned).collect::<Vec<String>>()
    };
    let first = names(unnamed.next()?);
    let all: Vec<Vec<String>> = unnamed.map(names).collect();
    let is_taken = |name: &String| split.iter().any(|(_, variant)| variant == name);
    let mut common = first
        .into_iter()
        .filter(|name| all.iter().all(|names| names.contains(name)) && !is_taken(name));
    let name = common.next()?;
    let named = |(version, variant): &(String, String)| match variant.is_empty() {
        true => (version.clone(), name.clone()),
        false => (version.clone(), variant.clone()),
    };
    Some(split.iter().map(named).collect())
}

/// Splits at the first hyphen.
fn head(tag: &str) -> (&str, &str) {
    tag.split_once('-').unwrap_or((tag, ""))
}

/// The parts after plain versions are the variants; other tags end with one of them.
fn by_variant(variants: &[Variant]) -> Split {
    let is_plain = |version: &str| version.parse::<Version>().is_ok();
    let known: HashSet<&str> = variants
        .iter()
        .map(|variant| head(variant.first()))
        .filter(|(version, _)| is_plain(version))
        .map(|(_, variant)| variant)
        .collect();
    let split = |one: &Variant| {
        let tag = one.first();
        let ends = tag
            .match_indices('-')
            .map(|(at, _)| (&tag[..at], &tag[at + 1..]));
        let (version, variant) = ends
            .clone()
            .find(|(_, variant)| known.contains(variant))
            .unwrap_or_else(|| head(tag));
        (version.to_owned(), variant.to_owned())
    };
    variants.iter().map(split).collect()
}

/// Images whose folders begin alike have the same version: the common start of their tags.
fn by_folder(variants: &[Variant]) -> Split {
    let folder = |one: &Variant| one.folder.split('/').next().unwrap_or_default().to_owned();
    let mut common: HashMap<String, Vec<&str>> = HashMap::new();
    for one in variants {
        let words = || one.first().split('-');
        let known = common
            .entry(folder(one))
            .or_insert_with(|| words().collect());
        let same = known
            .iter()
            .zip(words())
            .take_while(|(one, other)| **one == *other)
            .count();
        known.truncate(same);
    }
    let split = |one: &Variant| {
        let version = common
            .get(&folder(one))
            .map(|words| words.join("-"))
            .unwrap_or_default();
        let variant = one
            .first()
            .strip_prefix(version.as_str())
            .unwrap_or_default()
            .trim_start_matches('-')
            .to_owned();
        (version, variant)
    };
    variants.iter().map(split).collect()
}
