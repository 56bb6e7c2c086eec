//! Targets without tags: which of them are images whose tags come from elsewhere, from the command line or from CI.

use super::blanks::METADATA;
use super::built::Built;
use super::select::{Found, Selection};
use crate::import::note::Notes;
use indexmap::{IndexMap, IndexSet};
use std::cmp::Reverse;
use std::collections::HashSet;

/// The names of the selected targets that are images.
///
/// Those with tags are. Without tags, those are that bake builds by default, those with an image as `output`, those that
/// have tags with another value of a variable, and those that inherit from an empty target, which only CI can fill. Of those that build the same and inherit from each other, or from the same target, one is the
/// image: that with the most platforms. What is there for other images to inherit from is none. If nothing else makes an image, it is those from which no other target inherits.
pub(super) fn images(
    made: &IndexMap<String, Built>,
    selection: &Selection,
    found: &Found,
) -> IndexSet<String> {
    let able = |built: &&Built| {
        let lost = built.has_lost_tags && !built.is_named() && built.off.is_empty();
        built.purpose.is_none() && !lost && selection.has(&built.target)
    };
    let parents: HashSet<&str> = (made.values())
        .flat_map(|built| built.ancestors.iter().map(String::as_str))
        .collect();
    let hooks = hooks(found, &parents);
    let able = made.values().filter(able);
    let (tagged, mut without): (Vec<&Built>, Vec<&Built>) =
        able.partition(|built| built.is_named());
    let wanted = |built: &Built| selection.built.contains(&built.target);
    let empty = empty(found);
    without.retain(|built| {
        let name = built.target.as_str();
        !hooks.contains(name) && (wanted(built) || !empty.contains(name))
    });
    let hooked = |built: &Built| {
        built
            .ancestors
            .iter()
            .any(|name| hooks.contains(name.as_str()))
    };
    let related = |built: &Built| {
        let mut others = without.iter().filter(|other| wanted(other));
        tagged.is_empty() && others.any(|other| family(built, other))
    };
    let is_final = |built: &Built| !parents.contains(built.target.as_str());
    let says_so = |built: &Built| is_final(built) && (built.is_pushed || !built.off.is_empty());
    let is_image =
        |built: &&&Built| wanted(built) || hooked(built) || related(built) || says_so(built);
    let mut candidates: Vec<&Built> = without.iter().filter(is_image).copied().collect();
    let bases = bases(&tagged, &candidates, selection);
    candidates.retain(|built| !bases.contains(built.target.as_str()));
    let named: Vec<&Built> = without
        .iter()
        .filter(|built| selection.names(built))
        .copied()
        .collect();
    let is_abstract = |built: &Built| {
        let mut heirs = named
            .iter()
            .filter(|one| one.ancestors.contains(&built.target));
        heirs.next().is_some() && !selection.names(built)
    };
    let mut picked = one_of_each(candidates, is_abstract);
    // What bake builds by default may be left out, which is said; then nothing else is an image for lack of others.
    let is_whole = selection.built.iter().all(|name| made.contains_key(name));
    if tagged.is_empty() && picked.is_empty() && is_whole {
        without.retain(|built| !parents.contains(built.target.as_str()));
        picked = without;
    }
    let images = tagged.into_iter().chain(picked);
    images.map(|built| built.target.clone()).collect()
}

/// The targets that no group names, and from which other images inherit: a tagged one, or one that builds something else.
fn bases<'a>(
    tagged: &[&'a Built],
    without: &[&'a Built],
    selection: &Selection,
) -> HashSet<&'a str> {
    let abstract_ones = without.iter().filter(|built| !selection.names(built));
    let inherits = |one: &Built, from: &Built| one.ancestors.contains(&from.target);
    let is_base = |built: &&&Built| {
        let mut others = without.iter().filter(|other| !family(other, built));
        tagged.iter().any(|one| inherits(one, built)) || others.any(|one| inherits(one, built))
    };
    let bases = abstract_ones.filter(is_base);
    bases.map(|built| built.target.as_str()).collect()
}

/// Of the forms of each image, the one with the most platforms, but not one from which others inherit and that no group
/// names.
fn one_of_each(mut all: Vec<&Built>, is_abstract: impl Fn(&Built) -> bool) -> Vec<&Built> {
    all.sort_by_key(|built| Reverse(built.platforms.as_ref().map_or(1, Vec::len)));
    all.sort_by_key(|built| is_abstract(built));
    let mut picked: Vec<&Built> = Vec::new();
    for built in all {
        if !picked.iter().any(|image| family(image, built)) {
            picked.push(built);
        }
    }
    picked
}

/// The targets without any setting.
fn empty<'a>(found: &'a Found) -> HashSet<&'a str> {
    let blocks = found.iter().map(|(block, _)| block);
    let empty = blocks.filter(|block| block.settings.is_empty() && block.inner.is_empty());
    empty.map(|block| block.label.as_str()).collect()
}

/// The targets that are there for CI to override: they set nothing themselves, and others inherit from them.
fn hooks<'a>(found: &'a Found, parents: &HashSet<&str>) -> HashSet<&'a str> {
    let mut hooks = empty(found);
    hooks.retain(|name| parents.contains(name));
    let names = found.iter().map(|(block, _)| block.label.as_str());
    hooks.extend(names.filter(|name| *name == METADATA));
    hooks
}

/// Whether two targets are forms of one image: `image`, `image-local`, `image-all`.
fn family(one: &Built, other: &Built) -> bool {
    let mut shared = one.ancestors.intersection(&other.ancestors);
    let related = shared.next().is_some()
        || one.ancestors.contains(&other.target)
        || other.ancestors.contains(&one.target);
    let same = (&one.dockerfile, &one.context, &one.stage, &one.inline)
        == (
            &other.dockerfile,
            &other.context,
            &other.stage,
            &other.inline,
        );
    // The targets of a matrix differ on purpose.
    let apart =
        one.label == other.label && (&one.args, &one.contexts) != (&other.args, &other.contexts);
    related && same && !apart
}

/// Notes that a target makes no image.
pub(super) fn without_tags(built: &Built, notes: &mut Notes) {
    notes.not_imported(
        "a target without tags",
        "it is not an image; targets that inherit from it have its settings",
        built.span,
    );
}
