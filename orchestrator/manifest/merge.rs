//! How the settings of several blocks become one: the last value counts, most lists add up, and names replace each other.

use indexmap::IndexMap;

/// The value of the last block that has one.
pub(super) fn last<'s, B, T>(
    blocks: &[&'s B],
    of: impl Fn(&'s B) -> &'s Option<T>,
) -> Option<&'s T> {
    blocks.iter().rev().find_map(|block| of(block).as_ref())
}

/// The last list of platforms, and the changes to it that follow: `+linux/386`. `None` if no block has platforms.
pub(super) fn changed<'s, B, T: 's>(
    blocks: &[&'s B],
    of: impl Fn(&'s B) -> Option<&'s [T]>,
    is_change: impl Fn(&T) -> bool,
) -> Option<Vec<&'s T>> {
    let lists: Vec<&[T]> = blocks.iter().filter_map(|block| of(block)).collect();
    let is_whole = |list: &&[T]| list.first().is_some_and(|one| !is_change(one));
    let start = lists.iter().rposition(is_whole).unwrap_or(0);
    let found = lists[start..].iter().copied().flatten();
    (!lists.is_empty()).then(|| found.collect())
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

/// The items of the last block that has any, carried to the next stage.
pub(super) fn last_of<'s, B, T: 's, U>(
    blocks: &[&'s B],
    of: impl Fn(&'s B) -> &'s Vec<T>,
    carry: impl FnMut(&'s T) -> Option<U>,
) -> Vec<U> {
    let mut all = blocks.iter().rev().map(|block| of(block));
    let last = all.find(|items| !items.is_empty());
    last.into_iter().flatten().filter_map(carry).collect()
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
