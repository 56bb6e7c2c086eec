//! The planner of `kiln rollback`: moves tags to what they named before, and withdraws the images that they leave.

mod show;

pub use show::{not_back_json, not_back_text, rollback_json, rollback_text};

use super::moves::place as place_of;
use crate::matrix::{TagKind, Variant, VariantId, VariantName};
use crate::memory::{Line, Part, Record, Versions, Withdrawal};
use crate::name::{Digest, Reference, Repository};
use crate::plan::{Materials, Origin, Plan};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What a tag names, and what it named before.
#[derive(Debug, Clone, PartialEq)]
pub struct Trail {
    /// The tag.
    pub reference: Reference,
    /// A variant that publishes in its repository.
    pub variant: VariantId,
    /// What it names, then what it named before, up to the first of these that is not withdrawn. Empty if it does not exist.
    pub images: Vec<Past>,
    /// The further tags that name the first of them.
    pub others: BTreeSet<Reference>,
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

impl Past {
    /// What its record says about a tag.
    pub fn line(&self, reference: &Reference) -> Option<&Line> {
        self.record.as_ref()?.lines.get(reference)
    }
}

/// What `kiln rollback` does.
#[derive(Debug, Clone, PartialEq)]
pub struct Rollback {
    /// What the runner needs of the variants; it has no steps.
    pub plan: Plan,
    /// What is withdrawn, before any tag moves.
    pub withdrawn: Vec<Withdrawn>,
    /// The tags in the order in which they move: parents before children, `latest` last.
    pub tags: Vec<Back>,
    /// Tags that an interrupted run has moved back already.
    pub done: BTreeSet<Reference>,
    /// Tags that still name an image which is withdrawn, with that image and whether they are written once.
    pub still: BTreeMap<Reference, (Digest, bool)>,
    /// How many variants are based on those whose tags move.
    pub children: usize,
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
    /// Where the former image is.
    pub place: Repository,
    /// What the record of the former image says about the tag from now on.
    pub line: Line,
}

/// Why a tag is not moved back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotBack {
    /// No registry has it.
    Absent,
    /// It is written once.
    Fixed,
    /// The image that it names has no record.
    NoRecord(Digest),
    /// The record does not know the tag.
    NoLine(Digest),
    /// It named nothing before.
    First(Digest),
    /// All that it named before is withdrawn.
    AllWithdrawn,
    /// The former image does not exist any more.
    Gone(Digest),
}

/// Plans to move tags back. `tags` are those that the command line names.
///
/// # Errors
/// Every tag that cannot be moved back, with the reason.
pub fn rollback(
    materials: &Materials<'_>,
    origin: &Origin,
    at: i64,
    trails: &[Trail],
) -> Result<Rollback, Vec<(Reference, NotBack)>> {
    let planner = Planner {
        materials,
        origin,
        at,
    };
    let done = done(trails);
    let open: Vec<&Trail> = trails
        .iter()
        .filter(|trail| !done.contains(&trail.reference))
        .collect();
    let mut refused = Vec::new();
    let mut tags = Vec::new();
    for trail in &open {
        match planner.back(trail) {
            Ok(back) => tags.push(back),
            Err(why) => refused.push((trail.reference.clone(), why)),
        }
    }
    if !refused.is_empty() {
        return Err(refused);
    }
    Ok(Rollback {
        plan: planner.plan(&open, &tags),
        still: planner.still(&open),
        children: planner.children(&open),
        withdrawn: planner.withdrawn(&open, &tags),
        tags: planner.sorted(tags),
        done,
    })
}

/// Those of these tags that are not written once.
pub fn movable(materials: &Materials<'_>, trails: Vec<Trail>) -> Vec<Trail> {
    let is_movable = |trail: &Trail| {
        let line = trail
            .images
            .first()
            .and_then(|now| now.line(&trail.reference));
        !is_fixed(materials, &trail.reference, line)
    };
    trails.into_iter().filter(is_movable).collect()
}

/// The tags that were moved back from an image that another tag of the command still names: an earlier run did
/// not finish.
fn done(trails: &[Trail]) -> BTreeSet<Reference> {
    let named: BTreeSet<Digest> = trails
        .iter()
        .filter_map(|trail| Some(trail.images.first()?.digest))
        .collect();
    let left = |trail: &&Trail| {
        let line = trail
            .images
            .first()
            .and_then(|now| now.line(&trail.reference));
        line.is_some_and(|line| !line.withdrew.is_disjoint(&named))
    };
    let done = trails.iter().filter(left);
    done.map(|trail| trail.reference.clone()).collect()
}

struct Planner<'a> {
    materials: &'a Materials<'a>,
    origin: &'a Origin,
    /// The time, in seconds since 1970.
    at: i64,
}

impl Planner<'_> {
    fn back(&self, trail: &Trail) -> Result<Back, NotBack> {
        let reference = &trail.reference;
        let Some((now, former)) = trail.images.split_first() else {
            return Err(NotBack::Absent);
        };
        if is_fixed(self.materials, reference, now.line(reference)) {
            return Err(NotBack::Fixed);
        }
        if now.record.is_none() {
            return Err(NotBack::NoRecord(now.digest));
        }
        let line = now.line(reference).ok_or(NotBack::NoLine(now.digest))?;
        let Some((to, skipped)) = former.split_last() else {
            return Err(NotBack::First(now.digest));
        };
        if to
            .record
            .as_ref()
            .is_some_and(|one| one.withdrawn().is_some())
        {
            return Err(NotBack::AllWithdrawn);
        }
        let place = to.place.clone().ok_or(NotBack::Gone(to.digest))?;
        let skipped: Vec<Digest> = skipped.iter().map(|past| past.digest).collect();
        let mut withdrew = line.withdrew.clone();
        withdrew.extend(skipped.iter().copied().chain([now.digest]));
        let own = to.line(reference).cloned();
        let line = Line {
            withdrew,
            ..self.line(own)
        };
        Ok(Back {
            variant: self.owner(trail),
            reference: reference.clone(),
            from: now.digest,
            to: to.digest,
            skipped,
            place,
            line,
        })
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
        known
            .unwrap_or(&self.materials.names[trail.variant])
            .clone()
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

    /// What is withdrawn: of each image that a tag leaves, the parts that the former image does not have.
    fn withdrawn(&self, trails: &[&Trail], tags: &[Back]) -> Vec<Withdrawn> {
        let mut all: BTreeMap<Digest, Withdrawn> = BTreeMap::new();
        for (trail, back) in trails.iter().zip(tags) {
            let Some(record) = trail.images.first().and_then(|now| now.record.as_ref()) else {
                continue;
            };
            let former = trail.images.last().and_then(|to| to.record.as_ref());
            let stays = |part: &Part| {
                let mut former = former.into_iter().flat_map(|former| &former.parts);
                former.any(|one| one.digest == part.digest) && part.digest != back.from
            };
            let withdrawal = Withdrawal {
                at: self.at,
                tag: back.reference.clone(),
                revision: self.origin.revision.clone(),
            };
            let parts = record.parts.iter().filter(|part| !stays(part));
            let parts = parts.map(|part| Part {
                withdrawn: Some(withdrawal.clone()),
                ..part.clone()
            });
            let parts: Vec<Part> = parts.collect();
            let own = parts.iter().map(|part| (part.digest, vec![part.clone()]));
            let records = own.chain([(back.from, parts.clone())]).collect();
            all.entry(back.from).or_insert(Withdrawn {
                variant: back.variant.clone(),
                digest: back.from,
                records,
            });
        }
        all.into_values().collect()
    }

    /// The tags that stay at images which are withdrawn.
    fn still(&self, trails: &[&Trail]) -> BTreeMap<Reference, (Digest, bool)> {
        let moved: BTreeSet<&Reference> = trails.iter().map(|trail| &trail.reference).collect();
        let all = trails.iter().filter_map(|trail| {
            let now = trail.images.first()?;
            Some(trail.others.iter().map(move |tag| (tag, now)))
        });
        let others = all.flatten().filter(|(tag, _)| !moved.contains(tag));
        others
            .map(|(tag, now)| {
                let is_fixed = is_fixed(self.materials, tag, now.line(tag));
                (tag.clone(), (now.digest, is_fixed))
            })
            .collect()
    }

    fn children(&self, trails: &[&Trail]) -> usize {
        let names = trails.iter().map(|trail| self.owner(trail));
        let names: BTreeSet<VariantName> = names.collect();
        let variants = self.materials.names.iter_enumerated();
        let own = variants.filter(|(_, name)| names.contains(name));
        let own: BTreeSet<VariantId> = own.map(|(v, _)| v).collect();
        self.materials.graph.with_descendants(&own).len() - own.len()
    }

    /// A plan without steps, for the repositories of the variants and the run.
    fn plan(&self, trails: &[&Trail], tags: &[Back]) -> Plan {
        let variants = trails.iter().zip(tags).map(|(trail, back)| {
            let planned = self.materials.planned(trail.variant);
            (back.variant.clone(), planned)
        });
        Plan {
            variants: variants.collect(),
            origin: self.origin.clone(),
            ..Plan::of(self.materials.fleet, true)
        }
    }
}

/// Whether a tag is written once.
fn is_fixed(materials: &Materials<'_>, reference: &Reference, line: Option<&Line>) -> bool {
    let declared = |variant: &Variant| {
        let mut own = variant.references();
        own.any(|(own, tag)| own == *reference && tag.kind == TagKind::Fixed)
    };
    let counted = |variant: &Variant| {
        let mut own = variant.deferred_moves();
        let tag = reference.tag.as_ref().map_or("", |tag| tag.as_str());
        own.any(|(repository, own, _)| {
            *repository == reference.repository
                && own.kind == TagKind::Fixed
                && own.probes().next().is_none()
                && own.revision_of(tag).is_some()
        })
    };
    let mut variants = materials.fleet.variants.iter();
    line.is_some_and(|line| line.once) || variants.any(|v| declared(v) || counted(v))
}

#[cfg(test)]
mod tests;
