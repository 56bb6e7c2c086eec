//! How the settings of several blocks become one: the last value counts, lists add up, and names replace each other.

use indexmap::IndexMap;

/// The value of the last block that has one.
pub(super) fn last<'s, B, T>(
    blocks: &[&'s B],
    of: impl Fn(&'s B) -> &'s Option<T>,
) -> Option<&'s T> {
    blocks.iter().rev().find_map(|block| of(block).as_ref())
}

/// The items of all blocks, carried to the next stage.
pub(super) fn every<'s, B, T: 's, U>(
    blocks: &[&'s B],
    of: impl Fn(&'s B) -> &'s Vec<T>,
    carry: impl FnMut(&'s T) -> Option<U>,
) -> Vec<U> {
    blocks
        .iter()
        .flat_map(|block| of(block))
        .filter_map(carry)
        .collect()
}

/// The values of all blocks by name, carried to the next stage; a later value replaces an earlier one.
pub(super) fn named<'s, B, T: 's, U>(
    blocks: &[&'s B],
    of: impl Fn(&'s B) -> &'s IndexMap<String, T>,
    mut carry: impl FnMut(&'s T) -> Option<U>,
) -> IndexMap<String, U> {
    let all = blocks.iter().flat_map(|block| of(block));
    let merged: IndexMap<&String, &T> = all.collect();
    let carried = merged
        .into_iter()
        .filter_map(|(name, value)| Some((name.clone(), carry(value)?)));
    carried.collect()
}
