//! Names that resemble an image of the fleet without being called like it: those of a longer name, or of a tag.
//!
//! ```text
//! acme/base-runtime:1          base           a part of the name is that of the folder
//! acme/base:1                  ci-base        the name is a part of that of the folder
//! acme/golang:1.27             go/1.27        the same without a separator, if the folders have the tag
//! acme/cp-base:1              distros/base   a part of the name is that of a folder inside an image's
//! acme/ml:py3.12-cu124         py3.12/cu121   the tag begins like the folder, or has all its words
//! ```
//!
//! A guess here would publish an image under the name of another one. So each gets a warning.

use super::candidate::{Stranger, Why};
use super::index::{How, Index};
use super::names::{Space, is_official, last, tag};
use super::title::Title;
use super::word::{fold, is_channel, is_distro, is_group, is_version, is_weak_version, pieces};
use crate::dockerfile::ImageRef;
use crate::name::Repository;
use std::collections::{HashMap, HashSet};

/// The pieces of a tag from which no combinations of them are tried.
const PIECES: usize = 8;

/// The names that no image is called like, and that resemble one; `known` are the others, by Dockerfile and place.
pub(super) fn alike<'a>(
    titles: &'a [Title],
    index: &Index<'a>,
    refs: &[Vec<&'a ImageRef>],
    known: &HashSet<(usize, usize)>,
) -> Vec<Stranger<'a>> {
    let words = Words::new(titles);
    let mut strangers = Vec::new();
    for (at, refs) in refs.iter().enumerate() {
        for (place, image_ref) in refs.iter().copied().enumerate() {
            let repository = &image_ref.reference.repository;
            let is_outside = is_official(repository) || Space::of(repository, "").is_public();
            if is_outside || known.contains(&(at, place)) {
                continue;
            }
            let tag = tag(&image_ref.reference);
            let named = || words.named(index, repository, tag, at);
            let found = named().or_else(|| Some((words.called(tag, at)?, Why::Called)));
            strangers.extend(found.map(|(image, why)| Stranger {
                at,
                image_ref,
                image,
                why,
            }));
        }
    }
    strangers
}

/// The words of the folders.
struct Words<'a> {
    titles: &'a [Title],
    /// How many Dockerfiles each image has.
    images: HashMap<&'a str, usize>,
    /// By what names of several words begin or end with; `None` for those of several images.
    parts: HashMap<String, Option<&'a str>>,
    /// By the pieces of an image, or of an image and its tag.
    whole: HashMap<Vec<&'a str>, usize>,
    /// By folders inside those of images, which only make tags: `base` in `distros/base`. Those of a file are listed too.
    inner: HashMap<String, usize>,
    own: Vec<HashSet<String>>,
    /// By the pieces of a tag.
    tags: HashMap<Vec<&'a str>, usize>,
}

impl<'a> Words<'a> {
    fn new(titles: &'a [Title]) -> Self {
        let mut words = Self {
            titles,
            images: HashMap::new(),
            parts: HashMap::new(),
            whole: HashMap::new(),
            inner: HashMap::new(),
            own: Vec::new(),
            tags: HashMap::new(),
        };
        for (at, title) in titles.iter().enumerate() {
            let image = title.image.as_str();
            let tag = title.words.iter().map(String::as_str);
            words.add_parts(image);
            words.add_inner(title, at);
            *words.images.entry(image).or_default() += 1;
            if !title.is_alone {
                words.add_whole(pieces([image]), at);
                words.add_whole(pieces(tag.clone().chain([image])), at);
            }
            let tag = pieces(tag);
            let is_exact = title.is_alone && !is_channel(&title.tag);
            if is_exact || tag.iter().any(|piece| is_distinct(piece)) {
                words.tags.entry(tag).or_insert(at);
            }
        }
        words
    }

    fn add_inner(&mut self, title: &'a Title, at: usize) {
        let own = title.words.iter().map(|word| fold(word));
        self.own.push(own.chain([fold(&title.image)]).collect());
        let names = title.words.iter().filter(|word| is_distinct(word));
        for word in names.filter(|word| !is_group(word)) {
            self.inner.entry(fold(word)).or_insert(at);
        }
    }

    fn add_whole(&mut self, pieces: Vec<&'a str>, at: usize) {
        if pieces.iter().any(|piece| is_distinct(piece)) {
            self.whole.entry(pieces).or_insert(at);
        }
    }

    fn add_parts(&mut self, image: &'a str) {
        let all: Vec<&str> = image.split(['-', '_']).collect();
        // `java` is a part of `java11`, too.
        let ends = (1..all.len()).flat_map(|at| [&all[..at], &all[at..]]);
        let bare = image.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        let bare = Some([bare]).filter(|[bare]| *bare != image && bare.len() > 1);
        for part in ends.chain(bare.as_ref().map(<[&str; 1]>::as_slice)) {
            let same = |one: &mut Option<&'a str>| *one = one.filter(|one| *one == image);
            let part = self.parts.entry(part.concat());
            part.and_modify(same).or_insert(Some(image));
        }
    }

    /// The image of which the words of a repository have a part, for the Dockerfile with the number `by`.
    fn named(
        &self,
        index: &Index<'a>,
        repository: &Repository,
        tag: &str,
        by: usize,
    ) -> Option<(&'a str, Why)> {
        let name = last(repository);
        let mut runs = runs(repository).filter_map(|run| index.image(&run));
        let run = runs.find(|image| self.may_mean(image, by));
        let joined = || joined(index, &fold(name), tag, by);
        let longer = || {
            let image = self.parts.get(&fold(name)).copied().flatten()?;
            let is_other = self.titles[by].image != image && is_distinct(name);
            is_other.then_some((image, Why::Folder))
        };
        let part = run.or_else(joined).map(|image| (image, Why::Prefix));
        let inner = || Some((self.inner(repository, by)?, Why::Inner));
        part.or_else(longer).or_else(inner)
    }

    /// The image with a folder inside that is called like a part of the name. A Dockerfile in such a folder is rather built
    /// from an image of others that is called like it.
    fn inner(&self, repository: &Repository, by: usize) -> Option<&'a str> {
        let mut runs = runs(repository).filter(|run| !self.own[by].contains(run));
        let at = runs.find_map(|run| self.inner.get(&run).copied())?;
        Some(self.titles[at].image.as_str())
    }

    /// The image whose folder a tag is called like, for the Dockerfile with the number `by`.
    fn called(&self, tag: &str, by: usize) -> Option<&'a str> {
        let wanted = pieces([tag]);
        let tagged = self.tags.get(&wanted).filter(|at| **at != by);
        let parts = || combinations(&wanted).filter_map(|some| self.whole.get(&some));
        let whole = || parts().find(|at| self.may_mean(&self.titles[**at].image, by));
        let several = || combinations(&wanted).filter(|some| some.len() > 1);
        let part = || several().find_map(|some| self.tags.get(&some).filter(|at| **at != by));
        let at = tagged.or_else(whole).or_else(part)?;
        Some(self.titles[*at].image.as_str())
    }

    /// Whether a name in this Dockerfile may mean the image: what an image alone is built from is another one.
    fn may_mean(&self, image: &str, by: usize) -> bool {
        self.titles[by].image != image || self.images.get(image).is_some_and(|count| *count > 1)
    }
}

/// Whether a word can be the name of an image, rather than what many images have.
fn is_distinct(word: &str) -> bool {
    let is_common = is_version(word) || is_channel(word) || is_distro(word);
    word.len() > 1 && !is_common && !is_weak_version(word)
}

/// The words of a repository behind its owner that follow each other, without the separators, the most words first.
fn runs(repository: &Repository) -> impl Iterator<Item = String> {
    let path = repository.path();
    let (_, path) = path.split_once('/').unwrap_or(("", path));
    let words: Vec<&str> = path.split(['/', '-', '_', '.']).collect();
    let sizes = (1..=words.len()).rev();
    let runs = sizes.flat_map(move |size| {
        let runs = words.windows(size).map(|run| run.concat());
        runs.collect::<Vec<_>>()
    });
    // Folders are compared in lower case.
    let runs = runs.filter(|run| run.len() > 1);
    runs.map(|run| fold(&run))
}

/// The image whose name and more are one word, if its folders have the tag: `golang:1.27` of `go/1.27`.
fn joined<'a>(index: &Index<'a>, name: &str, tag: &str, by: usize) -> Option<&'a str> {
    let places = name.char_indices().map(|(at, _)| at).skip(2);
    let mut images = places.flat_map(|at| [index.image(&name[..at]), index.image(&name[at..])]);
    images.find_map(|image| {
        let (at, how) = index.find(image?, tag, by)?;
        (how == How::Exact && at != by && !is_channel(tag)).then_some(image?)
    })
}

/// Some of the pieces, in their order, the most first.
fn combinations<'p>(all: &[&'p str]) -> impl Iterator<Item = Vec<&'p str>> {
    let size = all.len().min(PIECES);
    let all = all[..size].to_vec();
    let mut masks: Vec<u32> = (1..1_u32 << size).collect();
    masks.sort_by_key(|mask| std::cmp::Reverse(mask.count_ones()));
    masks.into_iter().map(move |mask| {
        let some = all.iter().enumerate();
        let some = some.filter(|(at, _)| mask & (1 << at) != 0);
        some.map(|(_, piece)| *piece).collect()
    })
}
