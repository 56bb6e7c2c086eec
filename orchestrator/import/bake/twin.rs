//! Targets with the same tags: only one image can own a tag, so one of them is imported. Where their tags are the same
//! with some values of variables only, both are: one of them has the tag with all other values.

mod apart;
mod once;
mod ranks;
mod same;

use super::built::Built;
use crate::import::note::{Notes, listed};
use crate::import::published::When;
use crate::text::Span;
pub(super) use apart::Defaults;
use apart::apart;
use indexmap::{IndexMap, IndexSet};
use once::once;
pub(super) use ranks::Ranks;
use std::collections::HashMap;

/// Takes each tag from all targets but one of those that have it. The others are named in notes. With `defaults`, those
/// that have it only with some values of variables keep it with all others.
pub(super) fn settle(
    all: &mut [&mut Built],
    ranks: &mut Ranks,
    defaults: Option<Defaults>,
    notes: &mut Notes,
) {
    if let Some(defaults) = defaults {
        same::join(all, notes);
        let fixed = all.iter_mut().filter(|built| built.moved.is_empty());
        fixed.for_each(|built| once(built, defaults));
    }
    let order = ranks.order(all);
    let groups = groups(all, &order);
    if defaults.is_some() {
        ranks.look(all, &groups);
    }
    let mut lost: IndexMap<(usize, usize), ()> = IndexMap::new();
    for group in groups.values() {
        let owner = ranks.owner(all, group);
        for (at, place) in group.iter().filter(|(at, _)| *at != owner.0) {
            let own = all[owner.0].names[owner.1].clone();
            let Some((own, name)) = own.zip(all[*at].names[*place].take()) else {
                continue;
            };
            let is_fixed = all[*at].moved.is_empty();
            let defaults = defaults.filter(|_| is_fixed);
            match defaults.and_then(|defaults| apart(&name, &own, defaults)) {
                Some(apart) => {
                    let names = [&all[owner.0].target, &all[*at].target];
                    apart.note(names, &name, notes);
                    all[*at].later.extend(apart.names(&name).map(Some));
                }
                None => drop(lost.insert((*at, owner.0), ())),
            }
        }
    }
    later(all, &order, &mut lost);
    said(all, lost.into_keys(), notes);
}

/// The names of targets, those first that are first in this order.
pub(super) type Members = Vec<(usize, usize)>;

/// By reference, the names of several targets that make it: the numbers of the target, and of the name.
fn groups(all: &[&mut Built], order: &[usize]) -> IndexMap<String, Members> {
    let mut groups: IndexMap<String, Members> = IndexMap::new();
    for at in order {
        for (place, name) in all[*at].names.iter().enumerate() {
            let group = name.as_ref().map(|name| groups.entry(name.full()));
            group.into_iter().for_each(|group| {
                let group = group.or_default();
                group.push((*at, place));
            });
        }
    }
    let is_of_several = |group: &Members| group.iter().any(|(at, _)| *at != group[0].0);
    groups.retain(|_, group| is_of_several(group));
    groups
}

/// Takes names with conditions from all targets but the first in this order, where both hold with some values of
/// variables. A target that has such a name today is before all others. Where repositories have conditions, too, names
/// do not tell.
fn later(all: &mut [&mut Built], order: &[usize], lost: &mut IndexMap<(usize, usize), ()>) {
    let mut owners: HashMap<String, Vec<(usize, When)>> = HashMap::new();
    let is_fixed = |built: &Built| built.moved.is_empty();
    for (at, built) in all.iter().enumerate().filter(|(_, built)| is_fixed(built)) {
        for name in built.names.iter().flatten() {
            let known = owners.entry(name.pattern()).or_default();
            known.push((at, name.when.clone()));
        }
    }
    for at in order {
        if !is_fixed(all[*at]) {
            continue;
        }
        for name in &mut all[*at].later {
            let Some(own) = name else { continue };
            let known = owners.entry(own.pattern()).or_default();
            let clash = |(other, when): &&(usize, When)| other != at && !when.excludes(&own.when);
            match known.iter().find(clash) {
                Some((owner, _)) => {
                    lost.insert((*at, *owner), ());
                    *name = None;
                }
                None => known.push((*at, own.when.clone())),
            }
        }
    }
}

/// Notes which targets lost tags to which others, all of one block in one note.
fn said(all: &[&mut Built], lost: impl Iterator<Item = (usize, usize)>, notes: &mut Notes) {
    let mut groups: IndexMap<(&str, &str, bool, bool), IndexSet<usize>> = IndexMap::new();
    for (loser, owner) in lost {
        let (loser_label, whole) = (all[loser].label.as_str(), !all[loser].may_be_named());
        // Targets of the block that has the tags are called by their own names.
        let is_own = loser_label == all[owner].label;
        let owner = match is_own {
            true => all[owner].target.as_str(),
            false => all[owner].label.as_str(),
        };
        let cells = groups.entry((owner, loser_label, whole, is_own));
        cells.or_default().insert(loser);
    }
    let mut all_lost: Vec<Lost> = Vec::new();
    for ((owner, label, whole, is_own), cells) in groups {
        let names = cells.iter().map(|at| all[*at].target.as_str());
        // Where other targets of its block stay, they are called by their own names, too.
        let of_block = all.iter().filter(|built| built.label == label).count();
        let is_part = cells.len() < of_block;
        let names: Vec<&str> = match is_own || whole && is_part {
            true => names.collect(),
            false => vec![label],
        };
        let span = cells.first().map(|at| all[*at].span);
        all_lost.extend(span.map(|span| Lost {
            names,
            owner,
            whole,
            span,
        }));
    }
    let (whole, parts): (Vec<Lost>, Vec<Lost>) = all_lost.into_iter().partition(|one| one.whole);
    match whole.len() > SHOWN {
        true => together(&whole, notes),
        false => whole.iter().for_each(|one| one.note(notes)),
    }
    parts.iter().for_each(|one| one.note(notes));
}

/// Targets that lost tags to another one.
struct Lost<'b> {
    names: Vec<&'b str>,
    owner: &'b str,
    /// Whether they have no others.
    whole: bool,
    span: Span,
}

impl Lost<'_> {
    fn note(&self, notes: &mut Notes) {
        let Some(first) = self.names.first() else {
            return;
        };
        let message = message(&self.names, self.owner, self.whole);
        let named = named(first);
        let help = match self.whole {
            true => named,
            false => format!("move the tag to the image that should have it; {named}"),
        };
        notes.note("import::same-tags", message, &help, self.span);
    }
}

fn named(first: &str) -> String {
    format!("`kiln import bake FILE {first} …` imports only the targets that you name")
}

/// One note for many targets, each with the one that has its tags.
fn together(all: &[Lost], notes: &mut Notes) {
    let pair = |one: &Lost| format!("{} (as `{}`)", listed(&one.names, SHOWN), one.owner);
    let pairs: Vec<String> = all.iter().take(SHOWN).map(pair).collect();
    let message = format!(
        "targets are not imported, since others have the same tags: {} and {} more",
        pairs.join(", "),
        all.len().saturating_sub(SHOWN)
    );
    let first = all.first().and_then(|one| one.names.first());
    let help = named(first.copied().unwrap_or_default());
    for one in all {
        notes.note("import::same-tags", message.clone(), &help, one.span);
    }
}

/// How many targets a message names.
const SHOWN: usize = 3;

fn message(names: &[&str], owner: &str, whole: bool) -> String {
    let shown = listed(names, SHOWN);
    match (whole, names.len()) {
        (true, 1) => format!("{shown} is not imported: `{owner}` has the same tags"),
        (true, _) => format!("{shown} are not imported: `{owner}` has the same tags"),
        (false, _) => format!("a tag of {shown} is not imported: `{owner}` has it, too"),
    }
}
