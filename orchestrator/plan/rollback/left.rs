//! What a rollback takes back. The tags that the command line names decide; further tags follow them.

use super::refused::NotBack;
use super::trail::{Past, Trail, Turn, Wish, turns};
use crate::matrix::{TagKind, Variant, VariantId, VariantName};
use crate::memory::{Line, Part};
use crate::name::{Digest, Reference};
use crate::plan::Materials;
use crate::text::suggest;
use std::collections::BTreeSet;

/// The images that the named tags leave now, or have left.
#[derive(Debug, Clone, Default)]
pub struct Left {
    /// Their digests, and those of the parts that the images before do not have.
    pub images: BTreeSet<Digest>,
    /// The content ids of these parts.
    contents: BTreeSet<Digest>,
    /// The variants that they were made for and that the fleet has.
    pub variants: BTreeSet<VariantId>,
    /// Those of these whose tags go back to an earlier image of the same variant.
    pub have_former: BTreeSet<VariantId>,
}

/// Where a tag goes back to.
pub(super) struct Target<'a> {
    /// What the tag names.
    pub now: &'a Past,
    /// What the record of that says about the tag.
    pub line: &'a Line,
    /// What it named before.
    pub to: &'a Past,
    /// The images between the two, which are withdrawn.
    pub skipped: &'a [Past],
}

impl Left {
    /// What the named tags leave.
    pub fn of(materials: &Materials<'_>, named: &[Trail], wish: &Wish) -> Self {
        let mut left = Self::default();
        let (mut gone, mut stay): (Vec<&Past>, Vec<&Past>) = (Vec::new(), Vec::new());
        for (trail, turn) in turns(named, wish) {
            match turn {
                Turn::Due => {
                    if let Ok(target) = target(materials, trail, &Self::default()) {
                        left.have_former(materials, target.now, target.to);
                        gone.push(target.now);
                        stay.push(target.to);
                    }
                }
                Turn::Done(_) => {
                    let now = trail.images.first();
                    // What was lifted since counts again.
                    let before = trail.before.iter().filter(|past| past.is_withdrawn());
                    for (before, now) in before.flat_map(|before| Some((before, now?))) {
                        left.have_former(materials, before, now);
                        gone.push(before);
                    }
                    stay.extend(now);
                }
                Turn::Elsewhere(_) => {}
            }
        }
        left.add(materials, &gone, &stay);
        left
    }

    fn add(&mut self, materials: &Materials<'_>, gone: &[&Past], stay: &[&Past]) {
        let parts = |past: &&Past| past.record.clone().map_or_else(Vec::new, |one| one.parts);
        let kept: Vec<Part> = stay.iter().flat_map(parts).collect();
        let is_kept = |part: &Part| kept.iter().any(|one| one.digest == part.digest);
        for past in gone {
            self.images.insert(past.digest);
            let own = parts(past).into_iter();
            for part in own.filter(|part| part.digest == past.digest || !is_kept(part)) {
                self.images.insert(part.digest);
                self.contents.insert(part.made.content);
                let known = part.variants.iter().filter_map(|name| id(materials, name));
                self.variants.extend(known);
            }
        }
        for part in kept {
            self.contents.remove(&part.made.content);
        }
    }

    fn have_former(&mut self, materials: &Materials<'_>, now: &Past, to: &Past) {
        let names = |past: &Past| -> BTreeSet<VariantName> {
            let parts = past.record.iter().flat_map(|record| &record.parts);
            parts.flat_map(|part| part.variants.clone()).collect()
        };
        let former = names(to);
        let both = names(now);
        let both = both.intersection(&former);
        let known = both.filter_map(|name| id(materials, name));
        self.have_former.extend(known);
    }

    /// Whether an image is one of these, or an index with one of these.
    pub fn has(&self, past: &Past) -> bool {
        let mut parts = past.record.iter().flat_map(|record| &record.parts);
        self.images.contains(&past.digest) || parts.any(|part| self.images.contains(&part.digest))
    }

    /// Whether a part of an image was built on one of these.
    pub fn is_parent_of(&self, part: &Part) -> bool {
        let newest = part.made.inputs.last();
        let mut parents = newest
            .into_iter()
            .flat_map(|inputs| inputs.parents.values());
        parents.any(|parent| {
            let image = parent.digest;
            self.contents.contains(&parent.content)
                || image.is_some_and(|image| self.images.contains(&image))
        })
    }

    /// With the parts of an image that is based on these: what is based on it is based on them.
    pub(super) fn insert(&mut self, part: &Part) {
        self.images.insert(part.digest);
        self.contents.insert(part.made.content);
    }
}

/// The tag of the manifest, in the same repository, that is probably meant by one that no registry has.
pub(super) fn near(materials: &Materials<'_>, named: &Reference) -> Option<Reference> {
    let variants = materials.fleet.variants.iter();
    let tags: Vec<Reference> = variants
        .flat_map(Variant::references)
        .map(|(reference, _)| reference)
        .filter(|one| one.repository == named.repository)
        .collect();
    let of = |reference: &Reference| reference.tag.clone().map(|tag| tag.to_string());
    let known: Vec<String> = tags.iter().filter_map(of).collect();
    let near = suggest(&of(named)?, known.iter().map(String::as_str))?;
    let is_near = |one: &Reference| of(one).as_deref() == Some(near);
    tags.into_iter().find(is_near).filter(|one| one != named)
}

/// Where a tag goes back to: to the newest of its former images that is neither withdrawn nor `left`.
pub(super) fn target<'a>(
    materials: &Materials<'_>,
    trail: &'a Trail,
    left: &Left,
) -> Result<Target<'a>, NotBack> {
    let Some((now, former)) = trail.images.split_first() else {
        return Err(NotBack::Absent(near(materials, &trail.asked.reference)));
    };
    let reference = &trail.asked.reference;
    if is_fixed(materials, reference, now.line(reference)) {
        return Err(NotBack::Fixed(now.digest));
    }
    if now.record.is_none() {
        return Err(NotBack::NoRecord(now.digest));
    }
    let line = now.line(reference).ok_or(NotBack::NoLine(now.digest))?;
    let Some((to, skipped)) = former.split_last() else {
        return Err(match line.withdrew.is_empty() {
            true => NotBack::First(now.digest),
            false => NotBack::AllWithdrawn,
        });
    };
    if to.is_withdrawn() || left.has(to) {
        return Err(NotBack::AllWithdrawn);
    }
    if to.place.is_none() {
        return Err(NotBack::Gone(to.digest));
    }
    if to.record.is_none() {
        return Err(NotBack::Unrecorded(to.digest));
    }
    Ok(Target {
        now,
        line,
        to,
        skipped,
    })
}

/// Whether a tag is written once.
pub(super) fn is_fixed(
    materials: &Materials<'_>,
    reference: &Reference,
    line: Option<&Line>,
) -> bool {
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

fn id(materials: &Materials<'_>, name: &VariantName) -> Option<VariantId> {
    let mut all = materials.names.iter_enumerated();
    all.find(|(_, own)| *own == name).map(|(v, _)| v)
}
