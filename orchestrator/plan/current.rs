//! Which image a variant is compared with: the first that its names lead to and that was made for it.

use super::moves::place;
use crate::matrix::{TagKind, Variant};
use crate::name::{Digest, Reference};
use crate::plan::Facts;

/// The moving tags of a variant as candidates for its current image, in the order in which they count: those that this run
/// may write in the order in which they are written, then its other ones, then those that it shares. A fixed tag does
/// not count: it names the first image of its name, not the newest.
pub fn candidates(variant: &Variant, facts: &Facts) -> Vec<(Reference, Digest)> {
    let moving = variant
        .moves()
        .filter(|(_, tag, _)| tag.kind == TagKind::Moving);
    let mut all: Vec<(u8, Reference)> = moving
        .map(|(reference, tag, held)| {
            let rank = match (tag.shared, held) {
                (true, _) => 2,
                (false, Some(_)) => 1,
                (false, None) => 0,
            };
            (rank, reference)
        })
        .collect();
    all.sort_by_key(|(rank, reference)| (*rank, place(TagKind::Moving, reference)));
    let found = all.into_iter().filter_map(|(_, reference)| {
        let digest = facts.public.get(&reference)?;
        Some((reference, *digest))
    });
    found.collect()
}
