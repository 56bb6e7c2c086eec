//! Arguments that no Dockerfile takes. A builder ignores them; in a manifest, a word that changes nothing is an error.

use super::File;
use super::bake::uses;
use super::note::{Notes, listed};
use super::published::{Image, Published, Variant};
use crate::dockerfile::{Dockerfile, Taken, read_alone};
use indexmap::IndexSet;
use std::collections::{BTreeSet, HashMap};

/// Reads a Dockerfile, by its path in the workspace; nothing if there is none.
pub type Dockerfiles<'a> = &'a dyn Fn(&str) -> Option<String>;

/// How many arguments a note names.
const SHOWN: usize = 12;

/// Removes the arguments that no Dockerfile of their image takes.
pub(super) fn args(published: &mut Published, read: Dockerfiles, notes: &mut Notes) {
    let mut reader = Reader {
        files: &published.files,
        read,
        known: HashMap::new(),
    };
    let mut left: BTreeSet<String> = BTreeSet::new();
    let mut places = Vec::new();
    for image in &mut published.images {
        let names: IndexSet<String> = all(image)
            .flat_map(|one| one.args.keys().cloned())
            .collect();
        let unused = names.into_iter().filter(|name| {
            let mut users = all(image).filter(|one| one.args.contains_key(name));
            !users.any(|one| reader.takes(&one.dockerfile.real, name))
        });
        let unused: IndexSet<String> = unused.collect();
        if !unused.is_empty() {
            remove(image, &unused);
            places.push(image.span);
            left.extend(unused);
        }
    }
    let names: Vec<&str> = left.iter().map(String::as_str).collect();
    let named = listed(&names, SHOWN);
    for place in places {
        let what = format!("arguments that no `ARG` of a Dockerfile takes are left out: {named}");
        let help =
            "write `ARG NAME` into the Dockerfile that should take one, and import the file again";
        notes.note("import::left-out", what, help, place);
    }
    if !left.is_empty() {
        keep_used(published);
    }
}

/// What an image is, with other values of variables, too.
fn all(image: &Image) -> impl Iterator<Item = &Variant> {
    let switched = image.grid.iter().flat_map(|grid| &grid.switched);
    let others = switched.flat_map(|(_, variants)| variants);
    image.variants.iter().chain(others)
}

struct Reader<'r> {
    /// The Dockerfiles that were inside the file.
    files: &'r [File],
    read: Dockerfiles<'r>,
    /// By Dockerfile, the arguments that were looked for.
    known: HashMap<String, Option<Dockerfile>>,
}

impl Reader<'_> {
    /// Whether a Dockerfile takes an argument, as far as that is known.
    fn takes(&mut self, path: &str, name: &str) -> bool {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !name.chars().all(fits) {
            return false;
        }
        if !self.known.contains_key(path) {
            let mut files = self.files.iter();
            let inside = files.find(|file| file.path == path);
            let text = inside.map(|file| file.text.clone());
            let text = text.or_else(|| (self.read)(path));
            let parsed = text.map(|text| read_alone(&text));
            self.known.insert(path.to_owned(), parsed);
        }
        let known = self.known.get(path).and_then(Option::as_ref);
        known.is_none_or(|file| file.takes(name) != Taken::Undeclared)
    }
}

/// Removes arguments from an image, and the data of its axes that only these needed.
fn remove(image: &mut Image, unused: &IndexSet<String>) {
    let mut gone: Vec<String> = Vec::new();
    let switched = image.grid.iter_mut().flat_map(|grid| &mut grid.switched);
    let others = switched.flat_map(|(_, variants)| variants);
    for variant in image.variants.iter_mut().chain(others) {
        let args = std::mem::take(&mut variant.args).into_iter();
        let (own, kept): (Vec<_>, Vec<_>) = args.partition(|(name, _)| unused.contains(name));
        gone.extend(own.into_iter().map(|(_, text)| text.pattern));
        variant.args = kept.into_iter().collect();
        variant.some_args.retain(|name| !unused.contains(name));
    }
    let kept: Vec<String> = all(image).flat_map(texts).collect();
    let Some(grid) = &mut image.grid else {
        return;
    };
    let tags = grid.tags.iter().map(|(_, tag)| tag.clone());
    let kept: Vec<String> = kept.into_iter().chain(tags).collect();
    for axis in &mut grid.axes {
        let has = |texts: &[String], key: &str| {
            let places = [
                format!("{{{}.{key}}}", axis.name),
                format!("{{{}.{key}:", axis.name),
            ];
            let mut texts = texts.iter();
            texts.any(|text| places.iter().any(|place| text.contains(place)))
        };
        for value in &mut axis.values {
            value
                .data
                .retain(|(key, _)| has(&kept, key) || !has(&gone, key));
        }
    }
    let own = &image.variants;
    grid.switched.retain(|(_, others)| {
        let mut pairs = own.iter().zip(others);
        pairs.any(|(own, other)| !is_same(own, other))
    });
}

fn texts(variant: &Variant) -> Vec<String> {
    let texts = variant.texts().map(|text| text.pattern.clone());
    texts
        .chain(variant.listed.iter().flatten().cloned())
        .collect()
}

/// Whether two variants are built alike.
fn is_same(one: &Variant, other: &Variant) -> bool {
    one.platforms == other.platforms
        && one.listed == other.listed
        && one.built_from().eq(other.built_from())
        && one.args.keys().eq(other.args.keys())
        && one.some_args.is_empty()
        && one.contexts.keys().eq(other.contexts.keys())
        && one.options == other.options
}

/// Removes the variables that nothing names any more.
fn keep_used(published: &mut Published) {
    let names = published.variables.keys().chain(published.wanted.keys());
    let unused: Vec<String> = names
        .filter(|name| !uses(published, name))
        .cloned()
        .collect();
    for name in &unused {
        published.variables.shift_remove(name);
        published.wanted.shift_remove(name);
        published.kinds.shift_remove(name);
        published.allowed.shift_remove(name);
        published.patterns.shift_remove(name);
        published.filled.remove(name);
        published.restricted.shift_remove(name);
    }
}
