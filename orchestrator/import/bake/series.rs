//! Targets that a person writes one by one and that differ in a version: one image with an axis of versions.
//!
//! ```text
//! target "php81" tags = ["x/php:8.1"]                        image "php"
//! target "php82" tags = ["x/php:8.2"]                        axis "version": 8.1 8.2 8.3
//! target "php83" tags = ["x/php:8.3", "x/php:8"]             tag "{version:full,major}"
//! ```

use super::axes::{self, Cell, Known};
use super::built::Built;
use super::contexts;
use super::derive::{around, inserted};
use super::examples::Examples;
use super::fleet::{Entry, Maker, comment, plain};
use super::key::Key;
use super::length::length;
use crate::import::image_name;
use crate::import::note::{Notes, listed};
use crate::import::published::Image;
use crate::name::Version;
use indexmap::{IndexMap, IndexSet};
use std::collections::BTreeSet;

/// How many targets are a series at least.
const FEWEST: usize = 3;

/// How many targets its note names.
const SHOWN: usize = 3;

/// The name of its axis.
const AXIS: &str = "version";

/// Targets that differ in a version.
pub(super) struct Series {
    name: String,
    /// By target.
    versions: Vec<String>,
    /// The numbers of the entries.
    pub members: Vec<usize>,
}

/// What the targets of a series have in common.
#[derive(PartialEq, Eq, Hash)]
struct Shape<'b> {
    /// Their names without versions.
    stem: String,
    repositories: BTreeSet<&'b str>,
    /// The names of arguments, contexts and secrets.
    settings: [BTreeSet<&'b String>; 3],
    has_stage: bool,
}

/// The series among the targets of a file.
pub(super) fn series(entries: &[Entry]) -> Vec<Series> {
    let mut families: IndexMap<Shape, Vec<usize>> = IndexMap::new();
    for (at, entry) in entries.iter().enumerate() {
        if let Some(built) = single(entry) {
            families.entry(shape(built)).or_default().push(at);
        }
    }
    let large = families.into_iter();
    let large = large.filter(|(_, members)| members.len() >= FEWEST);
    let all = large.filter_map(|(shape, members)| {
        let all: Vec<&Built> = members
            .iter()
            .filter_map(|at| single(&entries[*at]))
            .collect();
        let name = match shape.stem.as_str() {
            "" => shape.repositories.first()?.rsplit('/').next()?,
            stem => stem,
        };
        Some(Series {
            name: image_name(name),
            versions: versions(&all)?,
            members,
        })
    });
    all.collect()
}

/// The target of an entry that has no matrix.
fn single<'e>(entry: &'e Entry) -> Option<&'e Built> {
    let [only] = entry.cells.as_slice() else {
        return None;
    };
    let is_plain = entry.block.get("matrix").is_none() && !only.is_filled && only.inline.is_none();
    is_plain.then_some(only)
}

fn shape(built: &Built) -> Shape<'_> {
    let names = built.names.iter().flatten();
    Shape {
        stem: stem(&built.label),
        repositories: names.map(|name| name.repository.pattern.as_str()).collect(),
        settings: [
            built.args.keys().collect(),
            built.contexts.keys().collect(),
            built.secrets.keys().collect(),
        ],
        has_stage: built.stage.is_some(),
    }
}

/// A name without numbers; empty where nothing but `v` is left.
fn stem(label: &str) -> String {
    let words = label.split(|c: char| !c.is_ascii_alphabetic());
    let words = words.filter(|word| !word.is_empty() && !word.eq_ignore_ascii_case("v"));
    words.collect::<Vec<_>>().join("-")
}

/// The version of each target: an argument that is in its tags, or else what its first tag has and others have not.
fn versions(all: &[&Built]) -> Option<Vec<String>> {
    let args = all.first()?.args.keys();
    let of_arg = |arg: &String| {
        let versions = all.iter().map(|built| {
            let version = &built.args.get(arg)?.pattern;
            let mut tags = built.names.iter().flatten();
            let is_in = |tag: &str| inserted(tag, version, "") != tag;
            tags.any(|name| is_in(&name.tag.pattern))
                .then(|| version.clone())
        });
        distinct(versions.collect::<Option<_>>()?)
    };
    args.into_iter().find_map(of_arg).or_else(|| of_tags(all))
}

/// What is different in the first tags.
fn of_tags(all: &[&Built]) -> Option<Vec<String>> {
    let first = |built: &&Built| Some(built.names.iter().flatten().next()?.tag.pattern.clone());
    let tags: Vec<String> = all.iter().map(first).collect::<Option<_>>()?;
    let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
    let (prefix, suffix) = around(&tags);
    let middle = |tag: &&str| {
        let middle = &tag[prefix.len()..tag.len() - suffix.len()];
        middle
            .trim_start_matches(|c: char| c.is_ascii_alphabetic())
            .to_owned()
    };
    distinct(tags.iter().map(middle).collect())
}

/// These texts, if they are different versions.
fn distinct(texts: Vec<String>) -> Option<Vec<String>> {
    let is_version = |text: &String| {
        text.starts_with(|c: char| c.is_ascii_digit()) && text.parse::<Version>().is_ok()
    };
    let different: IndexSet<&String> = texts.iter().collect();
    (different.len() == texts.len() && texts.iter().all(is_version)).then_some(texts)
}

impl Maker<'_, '_> {
    /// The series as one image, if that says the same with less.
    pub(super) fn joined(
        &mut self,
        series: &Series,
        entries: &[Entry],
        notes: &mut Notes,
    ) -> Option<Image> {
        let key = Key::of_texts(AXIS, &series.versions);
        let members = series.members.iter();
        let mut all: Vec<Built> = members
            .filter_map(|at| single(&entries[*at]).cloned())
            .collect();
        let mut decided = Vec::new();
        for built in &mut all {
            decided.extend(contexts::follow(built, &self.public, &mut Notes::default()));
        }
        let cells = all.iter().enumerate();
        let cells = cells.map(|(at, built)| Cell {
            at: vec![at],
            built: built.clone(),
        });
        let known = Known {
            defaults: &self.variables.defaults,
            wanted: self.blanks.wanted(),
        };
        let name = self.unique(&series.name);
        let made = axes::images(&name, &[key], cells.collect(), Examples::default(), known)?;
        let [only] = <[_; 1]>::try_from(made).ok()?;
        let apart = all.iter().flat_map(plain);
        let apart: Vec<Image> = apart.collect();
        // What a person would not write as one image is as long as several.
        if length(std::slice::from_ref(&only.image)) * 4 > length(&apart) * 3 {
            return None;
        }
        for built in &all {
            contexts::named(built, &self.public, notes);
        }
        self.fleet.decided.extend(decided);
        noted(&all, notes);
        Some(Image {
            comment: comment(all.iter()),
            ..only.image
        })
    }
}

fn noted(all: &[Built], notes: &mut Notes) {
    let names: Vec<&str> = all.iter().map(|built| built.target.as_str()).collect();
    let message = format!(
        "targets {} differ in a version: they are one image with an axis",
        listed(&names, SHOWN)
    );
    let help = "a new version is a `value` of the axis";
    let span = all.first().map(|built| built.span);
    span.into_iter()
        .for_each(|span| notes.note("import::resolved", message.clone(), help, span));
}
