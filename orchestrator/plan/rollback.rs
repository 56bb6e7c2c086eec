//! The planner of `kiln rollback`: moves tags to what they named before, and withdraws the images that they leave.
//!
//! ```text
//! named tags -> Left: what they leave, or have left -> further tags that name that -> what is based on it
//! ```
//!
//! A tag whose image says that it was moved back is done. So the same command again changes nothing that it has finished, and
//! finishes the rest.

mod ancestors;
mod based;
mod left;
mod refused;
mod show;
mod trail;
mod undo;

pub use ancestors::Ancestors;
pub use based::Based;
pub use left::Left;
pub use refused::{NotBack, NothingBack, not_back_json, not_back_text};
pub use show::{rollback_json, rollback_text};
pub use trail::{Asked, ChildTag, Past, Trail, Trails, Turn, Wish};

use self::left::{Target, target};
use self::trail::turns;
use super::moves::place as place_of;
use crate::matrix::{TagKind, VariantName};
use crate::memory::{Line, Part, Versions, Withdrawal};
use crate::name::{Digest, Reference, Repository};
use crate::plan::{Materials, Origin, Plan};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What `kiln rollback` does.
#[derive(Debug, Clone, PartialEq)]
pub struct Rollback {
    /// What the runner needs of the variants; it has no steps.
    pub plan: Plan,
    /// What is withdrawn, before any tag moves.
    pub withdrawn: Vec<Withdrawn>,
    /// The tags in the order in which they move: parents before children, `latest` last.
    pub tags: Vec<Back>,
    /// Tags that were moved back before, with the image that they left.
    pub done: BTreeMap<Reference, Digest>,
    /// Tags that name another image than those that tags leave.
    pub elsewhere: BTreeMap<Reference, Digest>,
    /// Tags that still name an image which is withdrawn, or an index with one.
    pub still: BTreeMap<Reference, Still>,
    /// Tags of images that are based on what is withdrawn.
    pub based: Vec<Based>,
    /// Other repositories that were not read, and why: their tags may name what is withdrawn.
    pub unread: BTreeMap<Repository, String>,
    /// Whether it takes an earlier rollback back: `withdrawn` are the images that count again, and `still` the tags that were
    /// moved back from these, too.
    pub is_undo: bool,
}

/// A tag that stays at an image which is withdrawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Still {
    /// What it names.
    pub image: Digest,
    /// Why it cannot be moved back; `None` if it only was not asked for.
    pub why: Option<NotBack>,
}

impl Still {
    /// Whether it is written once.
    fn is_fixed(&self) -> bool {
        matches!(self.why, Some(NotBack::Fixed(_)))
    }
}

/// An image that is withdrawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Withdrawn {
    /// The variant whose record it is.
    pub variant: VariantName,
    /// The digest of the image, or of the index.
    pub digest: Digest,
    /// For each record that must say so, the parts that are withdrawn.
    pub records: BTreeMap<Digest, Vec<Part>>,
}

/// A tag that is moved back.
#[derive(Debug, Clone, PartialEq)]
pub struct Back {
    /// The variant that it belongs to.
    pub variant: VariantName,
    /// The tag.
    pub reference: Reference,
    /// What it names.
    pub from: Digest,
    /// What it named before.
    pub to: Digest,
    /// Images between the two that are withdrawn.
    pub skipped: Vec<Digest>,
    /// Whether it is another image than those that the named tags leave, and has some of their parts.
    pub shares_part: bool,
    /// An image that the former image is based on and that was withdrawn, with the tag that was moved back then.
    pub on_withdrawn: Option<(Digest, Reference)>,
    /// Where the former image is.
    pub place: Repository,
    /// What the record of the former image says about the tag from now on.
    pub line: Line,
}

/// Plans to move tags back.
///
/// # Errors
/// Every tag of the command line that cannot be moved back, with the reason.
pub fn rollback(
    materials: &Materials<'_>,
    origin: &Origin,
    at: i64,
    trails: &Trails,
    wish: &Wish,
) -> Result<Rollback, NothingBack> {
    let planner = Planner {
        materials,
        origin,
        at,
        left: Left::of(materials, &trails.named, wish),
    };
    let mut all = Rollback {
        plan: Plan::of(materials.fleet, true),
        withdrawn: Vec::new(),
        tags: Vec::new(),
        done: BTreeMap::new(),
        elsewhere: BTreeMap::new(),
        still: BTreeMap::new(),
        based: match wish.undo {
            true => Vec::new(),
            false => based::based(materials, &planner.left, &trails.children),
        },
        unread: unread(trails),
        is_undo: wish.undo,
    };
    if wish.undo {
        return planner.undo(trails, wish, all);
    }
    let mut moved = planner.named(&trails.named, wish, &mut all)?;
    moved.extend(planner.others(&trails.others, wish, &mut all));
    all.plan = planner.plan(moved.iter().map(|(trail, _)| *trail));
    all.withdrawn = planner.withdrawn(&moved);
    let tags = moved
        .iter()
        .map(|(trail, target)| planner.back(trail, target, &trails.ancestors));
    all.tags = planner.sorted(tags.collect());
    Ok(all)
}

/// The repositories that were not read, each with the first line of the reason.
fn unread(trails: &Trails) -> BTreeMap<Repository, String> {
    let first = |why: &str| why.lines().next().unwrap_or_default().to_owned();
    let all = trails.unread.iter();
    all.map(|(repository, why)| (repository.clone(), first(&why.to_string())))
        .collect()
}

struct Planner<'a> {
    materials: &'a Materials<'a>,
    origin: &'a Origin,
    /// The time, in seconds since 1970.
    at: i64,
    left: Left,
}

/// A tag that moves, and where it goes.
type Move<'a> = (&'a Trail, Target<'a>);

impl Planner<'_> {
    /// The tags of the command line that move: all of those that are due, or none.
    fn named<'a>(
        &self,
        named: &'a [Trail],
        wish: &Wish,
        all: &mut Rollback,
    ) -> Result<Vec<Move<'a>>, NothingBack> {
        let (mut moved, mut refused) = (Vec::new(), Vec::new());
        for (trail, turn) in turns(existing(named), wish) {
            let reference = trail.asked.reference.clone();
            match turn {
                Turn::Done(from) => drop(all.done.insert(reference, from)),
                Turn::Elsewhere(now) => drop(all.elsewhere.insert(reference, now)),
                Turn::Due => match target(self.materials, trail, &Left::default()) {
                    Ok(target) => moved.push((trail, target)),
                    Err(why) => refused.push((reference, why)),
                },
            }
        }
        refused.extend(differing(&moved));
        if refused.is_empty() {
            refused.extend(contradicting(&moved));
        }
        if refused.is_empty() && moved.is_empty() && all.done.is_empty() {
            let elsewhere = all.elsewhere.iter();
            refused.extend(elsewhere.map(|(tag, now)| (tag.clone(), NotBack::Elsewhere(*now))));
        }
        match refused.is_empty() {
            true => Ok(moved),
            false => {
                let moved: Vec<&Trail> = moved.iter().map(|(trail, _)| *trail).collect();
                Err(nothing_back(named, &moved, refused))
            }
        }
    }

    /// The further tags that move. Those that cannot be moved back stay, and are named.
    fn others<'a>(&self, others: &'a [Trail], wish: &Wish, all: &mut Rollback) -> Vec<Move<'a>> {
        let mut moved = Vec::new();
        for trail in others {
            let Some(now) = trail.images.first().filter(|now| self.left.has(now)) else {
                continue;
            };
            let found = target(self.materials, trail, &self.left);
            let why = match found {
                Ok(target) if wish.all_tags => {
                    moved.push((trail, target));
                    continue;
                }
                found => found.err(),
            };
            let image = now.digest;
            let reference = trail.asked.reference.clone();
            all.still.insert(reference, Still { image, why });
        }
        moved
    }

    fn back(&self, trail: &Trail, target: &Target<'_>, ancestors: &Ancestors) -> Back {
        let reference = &trail.asked.reference;
        let skipped: Vec<Digest> = target.skipped.iter().map(|past| past.digest).collect();
        let mut withdrew = target.line.withdrew.clone();
        withdrew.extend(skipped.iter().copied().chain([target.now.digest]));
        let line = Line {
            withdrew,
            back_from: Some(target.now.digest),
            ..self.line(target.to.line(reference).cloned())
        };
        Back {
            variant: self.owner(trail),
            reference: reference.clone(),
            from: target.now.digest,
            to: target.to.digest,
            skipped,
            shares_part: !self.left.images.contains(&target.now.digest),
            on_withdrawn: ancestors.withdrawn(target.to),
            place: self.place(trail, target.to),
            line,
        }
    }

    /// Where an image is that a tag moves to.
    fn place(&self, trail: &Trail, image: &Past) -> Repository {
        let own = &trail.asked.reference.repository;
        image.place.clone().unwrap_or_else(|| own.clone())
    }

    /// The line of the former image: for the versions that it was written for, and as written by this run.
    fn line(&self, own: Option<Line>) -> Line {
        let today = self.origin.line(&Versions::new(), None);
        match own {
            Some(own) => Line {
                revision: today.revision,
                committed: today.committed,
                surveyed: today.surveyed,
                was: None,
                mover: None,
                ..own
            },
            None => today,
        }
    }

    /// The variant that an image was made for, if the fleet still has it.
    fn owner(&self, trail: &Trail) -> VariantName {
        let record = trail.images.first().and_then(|now| now.record.as_ref());
        let made_for = record.into_iter().flat_map(|record| &record.parts);
        let mut made_for = made_for.flat_map(|part| &part.variants);
        let known = made_for.find(|name| self.materials.names.contains(name));
        let publisher = &self.materials.names[trail.asked.variant];
        known.unwrap_or(publisher).clone()
    }

    /// A parent's tags come before its children's, and `latest` last.
    fn sorted(&self, mut tags: Vec<Back>) -> Vec<Back> {
        let order = self.materials.graph.order().iter().enumerate();
        let places: HashMap<&VariantName, usize> = order
            .map(|(place, v)| (&self.materials.names[*v], place))
            .collect();
        tags.sort_by_key(|back| {
            let place = places.get(&back.variant).copied();
            (place, place_of(TagKind::Moving, &back.reference))
        });
        tags
    }

    /// What is withdrawn: of each image that a tag leaves, or passes over, the parts that the command takes back.
    fn withdrawn(&self, moved: &[Move<'_>]) -> Vec<Withdrawn> {
        let mut all: BTreeMap<Digest, Withdrawn> = BTreeMap::new();
        for (trail, target) in moved {
            let passed = target.skipped.iter().filter(|past| !past.is_withdrawn());
            for past in passed.chain([target.now]) {
                let parts = past.record.iter().flat_map(|record| &record.parts);
                let own = parts.filter(|part| self.left.images.contains(&part.digest));
                let parts = own.map(|part| self.taken_back(part, trail)).collect();
                all.entry(past.digest)
                    .or_insert_with(|| self.noted(trail, past, parts));
            }
        }
        all.into_values().collect()
    }

    /// What the records of an image and of these parts of it say from then on.
    fn noted(&self, trail: &Trail, image: &Past, parts: Vec<Part>) -> Withdrawn {
        let own = parts.iter().map(|part| (part.digest, vec![part.clone()]));
        Withdrawn {
            variant: self.owner(trail),
            digest: image.digest,
            records: own.chain([(image.digest, parts.clone())]).collect(),
        }
    }

    /// A part that says that it is withdrawn; if it does already, as it does.
    fn taken_back(&self, part: &Part, trail: &Trail) -> Part {
        let known = part.withdrawal().cloned();
        let before = part.withdrawn.as_ref().map_or(0, |before| before.at + 1);
        let new = || Withdrawal {
            at: self.at.max(before),
            tag: trail.asked.reference.clone(),
            revision: self.origin.revision.clone(),
            lifted: false,
        };
        Part {
            withdrawn: Some(known.unwrap_or_else(new)),
            ..part.clone()
        }
    }

    /// A plan without steps, for the repositories of the variants and the run.
    fn plan<'a>(&self, moved: impl Iterator<Item = &'a Trail>) -> Plan {
        let variants = moved.map(|trail| {
            let planned = self.materials.planned(trail.asked.variant);
            (self.owner(trail), Box::new(planned))
        });
        Plan {
            variants: variants.collect(),
            origin: self.origin.clone(),
            ..Plan::of(self.materials.fleet, true)
        }
    }
}

/// Those that a registry has; all of a tag that none has.
fn existing(named: &[Trail]) -> impl Iterator<Item = &Trail> {
    let tag = |trail: &Trail| (trail.asked.variant, trail.asked.reference.tag.clone());
    let found = named.iter().filter(|trail| !trail.images.is_empty());
    let found: BTreeSet<_> = found.map(tag).collect();
    let all = named.iter();
    all.filter(move |trail| !trail.images.is_empty() || !found.contains(&tag(trail)))
}

/// Why nothing moves. Of a short name, the tags in other registries can be named alone.
fn nothing_back(
    named: &[Trail],
    moved: &[&Trail],
    refused: Vec<(Reference, NotBack)>,
) -> NothingBack {
    let is_refused = |trail: &&Trail| {
        let mut refused = refused.iter();
        refused.any(|(reference, _)| *reference == trail.asked.reference)
    };
    let short = |trail: &Trail| trail.asked.short.clone();
    let kept: BTreeSet<String> = named.iter().filter(is_refused).filter_map(short).collect();
    let others = moved.iter().copied().filter(|trail| !is_refused(trail));
    let others = others.filter(|trail| short(trail).is_some_and(|name| kept.contains(&name)));
    NothingBack {
        others: others.map(|trail| trail.asked.reference.clone()).collect(),
        refused,
    }
}

/// A short name means one image. Where its tags name several, only some of them may be bad.
fn differing<'a>(moved: &'a [Move<'_>]) -> impl Iterator<Item = (Reference, NotBack)> + 'a {
    let mut named: BTreeMap<&str, BTreeSet<Digest>> = BTreeMap::new();
    for (trail, target) in moved {
        if let Some(name) = &trail.asked.short {
            named.entry(name).or_default().insert(target.now.digest);
        }
    }
    let differs = move |(trail, target): &Move<'_>| {
        let name = trail.asked.short.clone()?;
        let image = target.now.digest;
        let several = named.get(name.as_str())?.len() > 1;
        several.then(|| {
            let reference = trail.asked.reference.clone();
            (reference, NotBack::Differs { name, image })
        })
    };
    moved.iter().filter_map(differs)
}

/// Tags that go back to what another tag leaves: that one would be withdrawn, and public.
fn contradicting<'a>(moved: &'a [Move<'_>]) -> impl Iterator<Item = (Reference, NotBack)> + 'a {
    let contradicts = move |(trail, target): &Move<'_>| {
        let parts = target.to.record.iter().flat_map(|record| &record.parts);
        let kept: BTreeSet<Digest> = parts.map(|part| part.digest).collect();
        let is_left = |(other, left): &&Move<'_>| {
            let image = left.now.digest;
            let is_kept = image == target.to.digest || kept.contains(&image);
            other.asked.reference != trail.asked.reference && is_kept
        };
        let (other, left) = moved.iter().find(is_left)?;
        let why = NotBack::Contradicts {
            other: other.asked.reference.clone(),
            image: left.now.digest,
        };
        Some((trail.asked.reference.clone(), why))
    };
    moved.iter().filter_map(contradicts)
}

#[cfg(test)]
mod tests;
