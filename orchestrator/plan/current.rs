//! Which image a variant is compared with: the first that its names lead to and that was made for it.

use super::moves::place;
use crate::matrix::{TagKind, Variant};
use crate::name::{Digest, Reference};
use crate::plan::Facts;
use std::cmp::Reverse;

/// The moving tags of a variant as candidates for its current image, in the order in which they count: those that this run
/// may write, then its other ones, then those that it shares. Among each of these, the one that was written last comes
/// first: a tag that only some runs write, such as `stable` at releases, may name an older image than the others. A fixed
/// tag does not count: it names the first image of its name, not the newest.
pub fn candidates(variant: &Variant, facts: &Facts) -> Vec<(Reference, Digest)> {
    let moving = variant
        .moves()
        .filter(|(_, tag, _)| tag.kind == TagKind::Moving);
    let all: Vec<(u8, Reference)> = moving
        .map(|(reference, tag, held)| {
            let rank = match (tag.shared, held) {
                (true, _) => 2,
                (false, Some(_)) => 1,
                (false, None) => 0,
            };
            (rank, reference)
        })
        .collect();
    let found = all.into_iter().filter_map(|(rank, reference)| {
        let digest = *facts.public.get(&reference)?;
        Some((rank, reference, digest))
    });
    let mut found: Vec<(u8, Reference, Digest)> = found.collect();
    found.sort_by_cached_key(|(rank, reference, digest)| {
        let written = written(variant, facts, reference, *digest);
        (*rank, Reverse(written), place(TagKind::Moving, reference))
    });
    let named = found.into_iter();
    named
        .map(|(_, reference, digest)| (reference, digest))
        .collect()
}

/// When a run wrote a tag, in milliseconds since 1970; `None` if the record of its image does not say so, or was not read.
fn written(variant: &Variant, facts: &Facts, tag: &Reference, image: Digest) -> Option<i64> {
    let record = facts.record(variant, image)?.as_ref()?;
    Some(record.lines.get(tag)?.surveyed)
}
