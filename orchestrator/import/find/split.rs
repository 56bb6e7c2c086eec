//! Splits entries: `1.27.0-alpine3.24` is the version `1.27.0` with the label `alpine3.24`.
//!
//! One tag alone does not show where its version ends, so all tags are considered together. The results are guesses: a
//! manifest from one is compared with the tags before it is used.

use super::entry::Entry;
use super::label::{Prefer, labels};
use super::worded::worded;
use crate::name::Version;
use std::collections::{HashMap, HashSet};

/// A version and a label, which may be empty, for each entry.
pub(super) type Split = Vec<(String, String)>;

/// Ways to split the entries, without repetition.
pub(super) fn splits(entries: &[Entry]) -> Vec<Split> {
    let first = by_label(entries);
    let folder = by_folder(entries);
    let rows =
        |split: &Split| -> Vec<String> { split.iter().map(|(row, _)| row.clone()).collect() };
    let whole: Vec<String> = entries
        .iter()
        .map(|entry| entry.first().to_owned())
        .collect();
    let ways = [
        Some(labels(entries, &versions(entries), Prefer::Common)),
        Some(labels(entries, &versions(entries), Prefer::Long)),
        Some(labels(entries, &versions(entries), Prefer::Named)),
        without_version(entries),
        worded(entries),
        Some(labels(entries, &revisions(entries), Prefer::Common)),
        Some(labels(entries, &rows(&folder), Prefer::Common)),
        Some(labels(entries, &rows(&first), Prefer::Common)),
        with_default(entries, &first),
        Some(first),
        with_default(entries, &folder),
        Some(folder),
        Some(labels(entries, &whole, Prefer::Common)),
    ];
    let mut all: Vec<Split> = Vec::new();
    for split in ways.into_iter().flatten() {
        if !all.contains(&split) {
            all.push(split);
        }
    }
    all
}

/// Whether a word begins as versions do: `1.27rc1`, `v3`, `8u462`, `21.0.8_9`.
pub(super) fn is_version(word: &str) -> bool {
    let digits = word.strip_prefix('v').unwrap_or(word);
    digits.starts_with(|c: char| c.is_ascii_digit()) && word.parse::<Version>().is_ok()
}

/// Whether a word behind a version belongs to it: `rc1`, `dev5`, `b08`, `M1`.
pub(super) fn is_stage(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    let letters = word.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let numbered =
        ["a", "b", "m", "p", "r", "cr", "ce."].contains(&letters) && letters.len() < word.len();
    let named = [
        "rc",
        "dev",
        "beta",
        "alpha",
        "pre",
        "preview",
        "ea",
        "milestone",
        "snapshot",
    ];
    numbered || named.contains(&letters)
}

/// The version at the beginning of a tag, with its stage: `3.3-dev5` of `3.3-dev5-alpine`, `4.0.0-rc-4` of
/// `4.0.0-rc-4-noble`.
pub(super) fn version_of(tag: &str) -> Option<&str> {
    let mut words = tag.split('-');
    let version = words.next().filter(|word| is_version(word))?;
    let Some(stage) = words.next().filter(|word| is_stage(word)) else {
        return Some(version);
    };
    let is_number = |word: &&str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    let is_open = !stage.ends_with(|c: char| c.is_ascii_digit());
    let number = words.next().filter(|word| is_open && is_number(word));
    let end = version.len() + 1 + stage.len() + number.map_or(0, |number| 1 + number.len());
    tag.get(..end)
}

/// Whether a text is a version with a word behind it that does not belong to it: `2.1.0-alpine`.
pub(super) fn has_label(text: &str) -> bool {
    let behind = version_of(text).and_then(|version| text.get(version.len()..));
    behind.is_some_and(|words| words.contains(|c: char| c.is_ascii_alphabetic()))
}

/// The longest version of each entry; the first word of one without.
fn versions(entries: &[Entry]) -> Vec<String> {
    let numbers = |version: &str| {
        let parts = version.split(|c: char| !c.is_ascii_digit());
        parts.filter(|part| !part.is_empty()).count()
    };
    let is_short = |version: &str| !version.starts_with('v');
    let version = |entry: &Entry| {
        let found = entry.tags.iter().filter_map(|tag| version_of(tag)).rev();
        let found =
            found.max_by_key(|version| (numbers(version), is_short(version), version.len()));
        let word = || entry.first().split('-').next().unwrap_or_default();
        found.unwrap_or_else(word).to_owned()
    };
    entries.iter().map(version).collect()
}

/// The same with the number behind a version, if that is the revision of a package: `8.0.25-15`.
fn revisions(entries: &[Entry]) -> Vec<String> {
    let revised = |(entry, version): (&Entry, String)| {
        let numbers = entry.behind(&version);
        let mut numbers = numbers.filter_map(|words| words.split('-').next());
        let is_number = |word: &&str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
        let number = numbers.find(is_number);
        let number = number.filter(|_| version.matches('.').count() > 1);
        match number {
            Some(number) => format!("{version}-{number}"),
            None => version.clone(),
        }
    };
    entries.iter().zip(versions(entries)).map(revised).collect()
}

/// The entries that name no version are those of one row without a token: `full-java17` beside `22.0.0.12-full-java17`.
/// `None` if all name one, or none does.
fn without_version(entries: &[Entry]) -> Option<Split> {
    let version = |entry: &Entry| {
        let mut found = entry.tags.iter().filter_map(|tag| version_of(tag));
        found.next().unwrap_or_default().to_owned()
    };
    let is_named = |entry: &&Entry| entry.tags.iter().any(|tag| version_of(tag).is_some());
    let named = entries.iter().filter(is_named).count();
    let split = |entry: &Entry| {
        let version = version(entry);
        let label = match version.as_str() {
            "" => entry.tags.iter().max_by_key(|tag| tag.len()),
            _ => None,
        };
        let behind = || entry.behind(&version).max_by_key(|label| label.len());
        let label = label.map(String::as_str).or_else(behind);
        let label = label.unwrap_or_default().to_owned();
        (version, label)
    };
    (0 < named && named < entries.len()).then(|| entries.iter().map(split).collect())
}

/// The same with a name for the label that first tags do not name, if all of its entries have the same name in other
/// tags: `1.27.0-trixie` besides `1.27.0`.
fn with_default(entries: &[Entry], split: &Split) -> Option<Split> {
    let unnamed = entries.iter().zip(split);
    let mut unnamed = unnamed.filter(|(_, (_, label))| label.is_empty());
    let names = |(entry, (version, _)): (&Entry, &(String, String))| {
        let names = entry.behind(version).filter(|name| !name.is_empty());
        names.map(str::to_owned).collect::<Vec<String>>()
    };
    let first = names(unnamed.next()?);
    let all: Vec<Vec<String>> = unnamed.map(names).collect();
    let is_taken = |name: &String| split.iter().any(|(_, label)| label == name);
    let mut common = first
        .into_iter()
        .filter(|name| all.iter().all(|names| names.contains(name)) && !is_taken(name));
    let name = common.next()?;
    let named = |(version, label): &(String, String)| match label.is_empty() {
        true => (version.clone(), name.clone()),
        false => (version.clone(), label.clone()),
    };
    Some(split.iter().map(named).collect())
}

/// Splits at the first hyphen.
fn head(tag: &str) -> (&str, &str) {
    tag.split_once('-').unwrap_or((tag, ""))
}

/// The parts after plain versions are the labels; other tags end with one of them.
fn by_label(entries: &[Entry]) -> Split {
    let known: HashSet<&str> = entries
        .iter()
        .map(|entry| head(entry.first()))
        .filter(|(version, _)| version.parse::<Version>().is_ok())
        .map(|(_, label)| label)
        .collect();
    let split = |entry: &Entry| {
        let tag = entry.first();
        let mut ends = tag
            .match_indices('-')
            .map(|(at, _)| (&tag[..at], &tag[at + 1..]));
        let (version, label) = ends
            .find(|(_, label)| known.contains(label))
            .unwrap_or_else(|| head(tag));
        (version.to_owned(), label.to_owned())
    };
    entries.iter().map(split).collect()
}

/// Entries whose folders begin alike have the same version: the common start of their tags.
fn by_folder(entries: &[Entry]) -> Split {
    let folder = |entry: &Entry| {
        entry
            .folder
            .split('/')
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    let mut common: HashMap<String, Vec<&str>> = HashMap::new();
    for entry in entries {
        let words = || entry.first().split('-');
        let known = common
            .entry(folder(entry))
            .or_insert_with(|| words().collect());
        let same = known
            .iter()
            .zip(words())
            .take_while(|(one, other)| **one == *other)
            .count();
        known.truncate(same);
    }
    let split = |entry: &Entry| {
        let version = common
            .get(&folder(entry))
            .map(|words| words.join("-"))
            .unwrap_or_default();
        let label = entry.first().strip_prefix(version.as_str());
        let label = label.unwrap_or_default().trim_start_matches('-').to_owned();
        (version, label)
    };
    entries.iter().map(split).collect()
}
