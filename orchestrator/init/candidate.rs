//! The names in Dockerfiles that may mean images of the fleet.

use super::index::{How, Index};
use super::names::{Space, is_library, is_official, last, tag};
use super::title::Title;
use crate::dockerfile::ImageRef;
use crate::name::{Reference, Repository};
use std::collections::{BTreeSet, HashMap};

/// A name that may mean an image of the fleet.
#[derive(Debug)]
pub(super) struct Candidate<'a> {
    /// The Dockerfile.
    pub at: usize,
    /// The number of the name in it.
    pub place: usize,
    pub image_ref: &'a ImageRef,
    /// The image that it is called like.
    pub image: &'a str,
    /// The Dockerfile that makes it, and why, if the tag means one.
    pub owner: Option<(usize, How)>,
    pub space: Space,
    /// What the name has in front of the image's.
    pub prefix: String,
    /// Whether it has no registry: an official image of Docker Hub, or one of this machine.
    pub is_library: bool,
    /// Whether there is an official image of this name.
    pub is_official: bool,
    /// Whether it is the name of the Dockerfile's own image.
    pub is_own: bool,
}

/// A name that looks like one of the fleet's and is an image from outside.
#[derive(Debug)]
pub(super) struct Stranger<'a> {
    /// The Dockerfile.
    pub at: usize,
    pub image_ref: &'a ImageRef,
    pub image: &'a str,
    pub why: Why,
}

/// Why a name is not built here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Why {
    /// No folder has the tag.
    Tag,
    /// FROM lines name several tags of an image that one folder makes.
    Tags,
    /// It is in a repository of others.
    Space,
    /// The name has more in front than the folder.
    Prefix,
    /// The folder's name has more than the name.
    Folder,
    /// Only the tag is called like a folder.
    Called,
    /// Only a folder inside that of an image is called like a part of it.
    Inner,
    /// It would be based on itself.
    Cycle,
    /// The image of this name is based on another version of it.
    Upstream,
}

impl<'a> Candidate<'a> {
    /// Whether it may as well be an image from outside.
    pub fn is_guess(&self) -> bool {
        self.is_library || self.owner.is_some_and(|(_, how)| how != How::Exact)
    }

    /// The image, and the repository that the name has for it.
    pub fn repository(&self) -> (&'a str, &'a Repository) {
        (self.image, &self.image_ref.reference.repository)
    }

    fn name(&self) -> (&'a str, &'a Reference) {
        (self.image, &self.image_ref.reference)
    }

    /// The name as one from outside.
    pub fn stranger(&self, why: Why) -> Stranger<'a> {
        Stranger {
            at: self.at,
            image_ref: self.image_ref,
            image: self.image,
            why,
        }
    }
}

/// All candidates, in the order of the Dockerfiles.
pub(super) fn candidates<'a>(
    titles: &'a [Title],
    index: &Index<'a>,
    refs: &[Vec<&'a ImageRef>],
    texts: &[&str],
) -> Vec<Candidate<'a>> {
    let one = |(at, refs): (usize, &Vec<&'a ImageRef>)| {
        let refs: Vec<(usize, &'a ImageRef)> = refs.iter().copied().enumerate().collect();
        let named = move |(place, image_ref)| candidate(titles, index, at, place, image_ref);
        refs.into_iter().filter_map(named).collect::<Vec<_>>()
    };
    let mut all: Vec<Candidate<'a>> = refs.iter().enumerate().flat_map(one).collect();
    only_releases(&mut all, index, texts);
    // What a tag means for one Dockerfile of an image, it means for all.
    let guessed = all
        .iter()
        .filter_map(|one| Some((one.name(), one.owner.filter(|_| one.is_guess())?)));
    let guessed: HashMap<(&str, &Reference), (usize, How)> = guessed.collect();
    for one in &mut all {
        one.owner = one.owner.or_else(|| guessed.get(&one.name()).copied());
    }
    all
}

/// Takes back what a release or a generation may not mean: an image is one of several, and the one that its Dockerfile names.
fn only_releases(all: &mut [Candidate<'_>], index: &Index<'_>, texts: &[&str]) {
    let mut asked: HashMap<usize, BTreeSet<&str>> = HashMap::new();
    for one in all.iter() {
        if let Some((owner, How::Release | How::Generation)) = one.owner {
            let tags = asked.entry(owner).or_default();
            tags.insert(tag(&one.image_ref.reference));
        }
    }
    for one in all {
        let tag = tag(&one.image_ref.reference);
        let is_only = |owner: &usize| asked[owner].len() == 1;
        one.owner = one.owner.filter(|(owner, how)| match how {
            How::Release if !one.is_own => {
                is_only(owner) && index.may_release(*owner, tag, texts[*owner])
            }
            How::Generation => is_only(owner),
            _ => true,
        });
    }
}

fn candidate<'a>(
    titles: &'a [Title],
    index: &Index<'a>,
    at: usize,
    place: usize,
    image_ref: &'a ImageRef,
) -> Option<Candidate<'a>> {
    let repository = &image_ref.reference.repository;
    let (name, is_library) = (last(repository), is_library(repository));
    let is_official = is_official(repository);
    let known = match is_library {
        true => index.near(name, at),
        false => index.image(name),
    };
    let (prefix, image) = match known {
        Some(image) => ("", image),
        None if is_official => return None,
        None => prefixed(index, name)?,
    };
    let is_own = titles[at].image == image;
    let tag = tag(&image_ref.reference);
    let owner = index.find(image, tag, at).filter(|(_, how)| match how {
        How::Exact => true,
        How::Above => true,
        How::Words | How::Release | How::Generation => {
            !is_official || (is_own && tag.contains('-'))
        }
        How::Newest | How::Only => !is_official,
    });
    Some(Candidate {
        at,
        place,
        image_ref,
        image,
        owner,
        space: Space::of(repository, prefix),
        prefix: prefix.to_owned(),
        is_library,
        is_official,
        is_own,
    })
}

/// The part of a name in front of an image's, with its separator, and the image.
fn prefixed<'a, 'n>(index: &Index<'a>, name: &'n str) -> Option<(&'n str, &'a str)> {
    let splits = name
        .match_indices(['-', '_', '.'])
        .map(|(at, _)| name.split_at(at + 1));
    let mut known = splits.filter_map(|(prefix, rest)| Some((prefix, index.image(rest)?)));
    known.next()
}
