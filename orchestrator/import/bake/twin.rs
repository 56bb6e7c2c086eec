//! Targets with the same tags: only one image can own a tag, so one of them is imported.

use super::built::Built;
use super::select::Selection;
use crate::import::note::Notes;
use indexmap::{IndexMap, IndexSet};
use std::cmp::Reverse;
use std::collections::HashMap;

/// Takes each tag from all targets but one: that with the most platforms, then that which bake builds by default,
/// then that with the most tags, then the first. The others are named in notes.
pub(super) fn settle(all: &mut [&mut Built], selection: &Selection, notes: &mut Notes) {
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by_key(|at| Reverse(rank(all[*at], selection)));
    let mut owners: HashMap<String, usize> = HashMap::new();
    let mut lost: IndexMap<(usize, usize), ()> = IndexMap::new();
    for at in order {
        let mut taken = Vec::new();
        for (place, name) in all[at].names.iter().enumerate() {
            let Some(name) = name else { continue };
            let owner = *owners.entry(name.full()).or_insert(at);
            if owner != at {
                taken.push(place);
                lost.insert((at, owner), ());
            }
        }
        taken
            .into_iter()
            .for_each(|place| all[at].names[place] = None);
    }
    let mut said: IndexMap<(String, String, bool), IndexSet<usize>> = IndexMap::new();
    for (loser, owner) in lost.into_keys() {
        let (loser_label, owner_label) = (all[loser].label.clone(), all[owner].label.clone());
        let (loser_label, owner_label) = match loser_label == owner_label {
            true => (all[loser].target.clone(), all[owner].target.clone()),
            false => (loser_label, owner_label),
        };
        let whole = !all[loser].is_named();
        said.entry((owner_label, loser_label, whole))
            .or_default()
            .insert(loser);
    }
    for ((owner, loser, whole), cells) in said {
        let span = cells.first().map(|at| all[*at].span);
        let what = if whole { "" } else { "a tag of " };
        let why = if whole {
            "has the same tags"
        } else {
            "has it, too"
        };
        let message = format!("{what}`{loser}` is not imported: `{owner}` {why}");
        let help = format!("`kiln import bake FILE {loser}` imports it instead");
        span.into_iter()
            .for_each(|span| notes.note("import::same-tags", message.clone(), &help, span));
    }
}

/// The higher, the sooner its tags are its own.
fn rank(built: &Built, selection: &Selection) -> (usize, bool, usize) {
    let platforms = built.platforms.as_ref().map_or(1, Vec::len);
    let tags = built.names.iter().flatten().count();
    (platforms, selection.built.contains(&built.target), tags)
}
