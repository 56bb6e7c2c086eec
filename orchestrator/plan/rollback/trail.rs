//! What the registries say about the tags of a rollback: what each names, and what it named before.

use super::ancestors::Ancestors;
use crate::matrix::VariantId;
use crate::memory::{Line, Record};
use crate::name::{Digest, Reference, Repository};
use crate::request::WorldError;
use std::collections::{BTreeMap, BTreeSet};

/// A tag that the command line names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked {
    /// The tag in one repository.
    pub reference: Reference,
    /// A variant that publishes in its repository.
    pub variant: VariantId,
    /// `IMAGE:TAG`, if it was named so: then this is one of the repositories of the image.
    pub short: Option<String>,
}

/// What a tag names, and what it named before.
#[derive(Debug, Clone, PartialEq)]
pub struct Trail {
    /// The tag.
    pub asked: Asked,
    /// What it names, then what it named before, up to the first of these that is not withdrawn. Empty if it does not exist.
    pub images: Vec<Past>,
    /// The images that it was moved back from, if it names what a rollback moved it to.
    pub before: Vec<Past>,
}

/// An image that a tag names, or named before.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    /// The digest of the image, or of the index.
    pub digest: Digest,
    /// Its record, if it has one.
    pub record: Option<Record>,
    /// Where it is: in the repository of the tag, else in the staging repository; `None` if it is gone.
    pub place: Option<Repository>,
}

/// Everything that a rollback depends on.
#[derive(Debug, Clone, Default)]
pub struct Trails {
    /// The tags that the command line names.
    pub named: Vec<Trail>,
    /// The further tags that name something of what those leave, or have left.
    pub others: Vec<Trail>,
    /// The tags of the variants that are based on that.
    pub children: Vec<ChildTag>,
    /// The records of the images that those are based on which tags named before.
    pub ancestors: Ancestors,
    /// Other repositories that did not answer, or refused to.
    pub unread: BTreeMap<Repository, WorldError>,
}

/// A public tag of a variant that is based on what a rollback withdraws.
#[derive(Debug, Clone, PartialEq)]
pub struct ChildTag {
    /// The variant.
    pub variant: VariantId,
    /// The tag.
    pub reference: Reference,
    /// What it names.
    pub digest: Digest,
    /// The record of that image.
    pub record: Record,
}

/// The options of a rollback.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// Whether the other moving tags that name what is withdrawn move back, too.
    pub all_tags: bool,
    /// The images that tags leave, as the first hex digits of their digests; all if there are none.
    pub from: Vec<String>,
    /// Whether an earlier rollback is taken back.
    pub undo: bool,
}

/// What a rollback does with a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It moves back.
    Due,
    /// It was moved back from this image before.
    Done(Digest),
    /// It names this image, which is not one of those that tags leave.
    Elsewhere(Digest),
}

impl Past {
    /// What its record says about a tag.
    pub fn line(&self, reference: &Reference) -> Option<&Line> {
        self.record.as_ref()?.lines.get(reference)
    }

    /// Whether its record says that it is withdrawn.
    pub fn is_withdrawn(&self) -> bool {
        let record = self.record.as_ref();
        record.is_some_and(|record| record.withdrawn().is_some())
    }
}

impl Trail {
    /// What the record of its image says about the tag.
    pub fn line(&self) -> Option<&Line> {
        self.images.first()?.line(&self.asked.reference)
    }

    /// What becomes of it. A tag that was moved back stays, whatever is run again, unless its image is named.
    pub fn turn(&self, wish: &Wish) -> Turn {
        let Some(now) = self.images.first() else {
            return Turn::Due;
        };
        let line = self.line();
        let back_from = line.and_then(|line| line.back_from);
        match back_from {
            Some(from) if wish.from.is_empty() && !now.is_withdrawn() => return Turn::Done(from),
            _ if wish.is_from(now.digest) => return Turn::Due,
            _ => {}
        }
        let mut withdrew = back_from
            .iter()
            .chain(line.iter().flat_map(|line| &line.withdrew));
        let left = withdrew.find(|image| wish.is_from(**image));
        left.map_or(Turn::Elsewhere(now.digest), |left| Turn::Done(*left))
    }
}

/// What becomes of the tags of a command. A tag that names what another of them was moved back to is where it should be.
pub(super) fn turns<'a>(
    named: impl IntoIterator<Item = &'a Trail>,
    wish: &Wish,
) -> Vec<(&'a Trail, Turn)> {
    let mut all: Vec<(&Trail, Turn)> = named
        .into_iter()
        .map(|trail| (trail, trail.turn(wish)))
        .collect();
    let done = all.iter().filter(|(_, turn)| matches!(turn, Turn::Done(_)));
    let now = |trail: &Trail| trail.images.first().map(|now| now.digest);
    let settled: BTreeSet<Digest> = done.filter_map(|(trail, _)| now(trail)).collect();
    for (trail, turn) in &mut all {
        if let Some(now) = now(trail).filter(|now| settled.contains(now))
            && *turn == Turn::Due
            && wish.from.is_empty()
        {
            *turn = Turn::Elsewhere(now);
        }
    }
    all
}

impl Wish {
    /// Whether tags leave this image.
    fn is_from(&self, image: Digest) -> bool {
        let mut from = self.from.iter();
        self.from.is_empty() || from.any(|hex| image.hex().starts_with(hex))
    }
}
