//! The public tags of images that were built on what a rollback withdraws.

use super::left::Left;
use super::trail::ChildTag;
use crate::matrix::VariantId;
use crate::name::{Digest, Reference};
use crate::plan::Materials;

/// A tag of an image that is based on what is withdrawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Based {
    /// The tag.
    pub reference: Reference,
    /// What it names.
    pub digest: Digest,
    /// What becomes of it.
    pub next: Next,
}

/// What becomes of a tag of an image that is based on what is withdrawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The next build on the default branch moves it to an image on the former parent.
    Follows,
    /// Only some runs move it, or its parent has no former image: it stays, unless it is moved back, too.
    Stays,
    /// It is written once.
    Fixed,
}

/// Those of the tags whose images are based on what is withdrawn, also through other images of the fleet.
pub(super) fn based(materials: &Materials<'_>, left: &Left, tags: &[ChildTag]) -> Vec<Based> {
    let mut left = left.clone();
    let mut found = Vec::new();
    for v in materials.graph.order().iter().copied() {
        for tag in tags.iter().filter(|tag| tag.variant == v) {
            let own = tag.record.parts.iter();
            let own: Vec<_> = own.filter(|part| left.is_parent_of(part)).collect();
            if own.is_empty() || tag.record.withdrawn().is_some() {
                continue;
            }
            found.push(Based {
                reference: tag.reference.clone(),
                digest: tag.digest,
                next: next(materials, &left, tag),
            });
            for part in own.into_iter().cloned().collect::<Vec<_>>() {
                left.insert(&part);
            }
        }
    }
    found
}

fn next(materials: &Materials<'_>, left: &Left, tag: &ChildTag) -> Next {
    let line = tag.record.lines.get(&tag.reference);
    if super::left::is_fixed(materials, &tag.reference, line) {
        return Next::Fixed;
    }
    let permissions = materials.fleet.variant(tag.variant);
    let permissions = permissions.permissions_of(&tag.reference);
    let in_builds = permissions
        .is_some_and(|(tag, repository)| tag.is_unspecified() && repository.is_unspecified());
    let has_former = |v: &VariantId| left.have_former.contains(v);
    match in_builds && left.variants.iter().all(has_former) {
        true => Next::Follows,
        false => Next::Stays,
    }
}

impl Next {
    /// Every word that [`Next::code`] returns.
    pub const CODES: &[&str] = &["follows", "stays", "fixed"];

    /// A stable word for programs.
    pub fn code(self) -> &'static str {
        match self {
            Next::Follows => "follows",
            Next::Stays => "stays",
            Next::Fixed => "fixed",
        }
    }
}
