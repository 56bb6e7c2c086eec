//! The repositories that are the fleet's own.

use super::candidate::Candidate;
use super::index::How;
use super::names::Space;
use super::word::fold;
use crate::dockerfile::ImageRefKind;
use crate::name::{Domain, Repository};
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};

/// What is known about the place of the images besides the Dockerfiles.
#[derive(Debug, Default)]
pub(super) struct Hints {
    /// The space that the user or the machine's configuration names.
    pub space: Option<Space>,
    /// Whether the user named it.
    pub is_asked: bool,
    /// Words that may come before the names of all images.
    pub words: Vec<String>,
}

impl Hints {
    /// Whether the images are Docker Hub's official ones.
    pub fn is_library(&self) -> bool {
        let library = format!("{}/library", Domain::HUB);
        self.space
            .as_ref()
            .is_some_and(|space| space.above == library)
    }
}

/// The repositories in which names mean images of the fleet.
pub(super) struct Home<'a> {
    space: Option<Space>,
    spaces: HashMap<&'a Space, Evidence<'a>>,
    /// Images that come from outside under these names, since their own Dockerfiles are based on them.
    upstream: HashSet<(&'a str, &'a Repository)>,
    /// The same, where the fleet may also have had such an image earlier.
    older: HashSet<(&'a str, &'a Repository)>,
}

/// What speaks for a space.
#[derive(Default)]
struct Evidence<'a> {
    /// Images whose folders have the tags.
    exact: BTreeSet<&'a str>,
    images: BTreeSet<&'a str>,
    /// Dockerfiles that others of the same image are based on under a name in the space.
    own: BTreeSet<usize>,
    names: usize,
}

impl<'a> Home<'a> {
    pub fn new(all: &'a [Candidate<'_>], hints: &Hints) -> Self {
        let (mut upstream, mut older) = (HashSet::new(), HashSet::new());
        let own = all.iter().filter(|one| one.is_own);
        let is_made = |one: &&Candidate<'_>| one.owner.is_some_and(|(owner, _)| owner != one.at);
        let made: HashSet<(&str, &Repository)> = own
            .clone()
            .filter(is_made)
            .map(Candidate::repository)
            .collect();
        for one in own {
            let name = one.repository();
            // What is copied from a version of the image itself is not what the image is based on.
            let is_copied = one.image_ref.kind != ImageRefKind::From;
            match one.owner {
                Some((owner, How::Newest | How::Only)) if owner == one.at && is_copied => {
                    older.insert(name)
                }
                // Only words of its own path are a weak sign, where another folder makes an image of the name.
                Some((owner, how)) if owner == one.at => {
                    (how == How::Exact || !made.contains(&name)) && upstream.insert(name)
                }
                None if one.is_library => !made.contains(&name) && upstream.insert(name),
                None => older.insert(name),
                Some(_) => false,
            };
        }
        let mut home = Self {
            space: None,
            spaces: HashMap::new(),
            upstream,
            older,
        };
        for one in all.iter().filter(|one| !one.is_library) {
            if !home.upstream.contains(&one.repository()) {
                home.spaces.entry(&one.space).or_default().add(one);
            }
        }
        home.spaces
            .retain(|space, evidence| space.is_likely(evidence, hints));
        home.space = home.best(hints);
        home
    }

    /// The space of most of the fleet's images.
    pub fn space(&self) -> Option<&Space> {
        self.space.as_ref()
    }

    /// Whether the name means what the image itself is made from.
    pub fn is_upstream(&self, one: &Candidate<'_>) -> bool {
        let name = one.repository();
        let is = |names: &HashSet<(&str, &Repository)>| names.contains(&name);
        is(&self.upstream) || (is(&self.older) && !self.is_ours(&one.space))
    }

    /// Whether names in the space of this one mean images of the fleet.
    pub fn has(&self, one: &Candidate<'_>) -> bool {
        if one.is_library || self.is_ours(&one.space) {
            return true;
        }
        let evidence = |space: Option<&Space>| space.and_then(|space| self.spaces.get(space));
        let (Some(here), Some(home)) = (evidence(Some(&one.space)), evidence(self.space())) else {
            return false;
        };
        let is_sure = one
            .owner
            .is_some_and(|(_, how)| matches!(how, How::Exact | How::Newest));
        let is_second = here.exact.len() > 1 || home.exact.len() < 2;
        is_sure && is_second && !home.images.contains(one.image)
    }

    /// Whether it is the fleet's space, or that of the same owner in another registry.
    fn is_ours(&self, space: &Space) -> bool {
        let same = |home: &Space| {
            home == space
                || (home.owner() == space.owner()
                    && home.prefix == space.prefix
                    && !space.is_public())
        };
        self.space().is_some_and(same)
    }

    fn best(&self, hints: &Hints) -> Option<Space> {
        let hinted = hints.space.as_ref();
        if let Some(asked) =
            hinted.filter(|space| hints.is_asked && self.spaces.contains_key(space))
        {
            return Some(asked.clone());
        }
        let rank = |(space, evidence): &(&&Space, &Evidence<'_>)| {
            let (exact, images) = (evidence.exact.len(), evidence.images.len());
            (
                exact,
                images,
                evidence.names,
                hinted == Some(**space),
                Reverse((**space).clone()),
            )
        };
        self.spaces
            .iter()
            .max_by_key(rank)
            .map(|(space, _)| (*space).clone())
    }
}

impl<'a> Evidence<'a> {
    fn add(&mut self, one: &Candidate<'a>) {
        self.names += 1;
        self.images.insert(one.image);
        let owner = one.owner.map(|(owner, _)| owner);
        let own = owner.filter(|owner| one.is_own && *owner != one.at);
        self.own.extend(own);
        if one
            .owner
            .is_some_and(|(_, how)| matches!(how, How::Exact | How::Newest))
        {
            self.exact.insert(one.image);
        }
    }
}

impl Space {
    /// Whether it may be the fleet's at all: a place of public images only if several images or several builds of an image
    /// are meant, and a prefix only then or if something is called like it.
    fn is_likely(&self, evidence: &Evidence<'_>, hints: &Hints) -> bool {
        let prefix = fold(&self.prefix);
        let called =
            || fold(self.owner()) == prefix || hints.words.iter().any(|word| fold(word) == prefix);
        let is_known = !self.is_public() && (prefix.is_empty() || called());
        let is_several = evidence.images.len() > 1 || evidence.own.len() > 1;
        is_several || is_known || hints.space.as_ref() == Some(self)
    }
}
