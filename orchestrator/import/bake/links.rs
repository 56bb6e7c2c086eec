//! Targets that are built from others: `contexts = { base = "target:base" }`.

use super::built::Built;
use super::place::places;
use crate::import::note::{Notes, listed};
use crate::name::Platform;
use crate::text::{Diagnostic, Shown, Span};
use indexmap::{IndexMap, IndexSet};
use std::collections::HashSet;

/// Takes out the targets that are built from each other, and what is built from these: bake builds none of them either.
/// The result is the first such ring.
pub(super) fn refuse_rings(made: &mut IndexMap<String, Built>, notes: &mut Notes) -> Option<Ring> {
    let mut sound: HashSet<&str> = HashSet::new();
    loop {
        let is_sound = |built: &&Built| {
            let mut links = built.links().filter(|name| made.contains_key(*name));
            !sound.contains(built.target.as_str()) && links.all(|name| sound.contains(name))
        };
        let more: Vec<&Built> = made.values().filter(is_sound).collect();
        if more.is_empty() {
            break;
        }
        sound.extend(more.iter().map(|built| built.target.as_str()));
    }
    let mut left: IndexSet<&str> = made.keys().map(String::as_str).collect();
    left.retain(|name| !sound.contains(name));
    let mut told: HashSet<&str> = HashSet::new();
    let mut refused = None;
    for name in &left {
        let ring = ring(name, made, &left);
        let first = ring.first().copied().unwrap_or(name);
        if ring.contains(name) && told.insert(first) {
            told.extend(&ring);
            refuse_ring(&ring, &made[first], notes);
            refused.get_or_insert_with(|| Ring {
                names: ring.iter().map(|name| (*name).to_owned()).collect(),
                span: made[first].span,
            });
        }
    }
    for name in left.iter().filter(|name| !told.contains(*name)) {
        let ring = ring(name, made, &left);
        let first = ring.first().copied().unwrap_or(name);
        let message =
            format!("target `{name}` is left out: it is built from `{first}`, which is left out");
        notes.note("import::left-out", message, RING_HELP, made[*name].span);
    }
    let left: HashSet<String> = left.into_iter().map(str::to_owned).collect();
    made.retain(|name, _| !left.contains(name));
    refused
}

/// How many targets of a ring its error names.
const SHOWN: usize = 12;

/// Targets that are built from each other.
#[derive(Debug)]
pub(super) struct Ring {
    pub names: Vec<String>,
    /// Where the first one is.
    pub span: Span,
}

impl Ring {
    /// The error of a file of which nothing is left without them.
    pub fn refused(&self) -> Diagnostic {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        let message = match names.as_slice() {
            [one] => format!(
                "no target can be built: `{}` is built from itself",
                one.shown()
            ),
            all => format!(
                "no target can be built: each of {} is built from the next, and the last from the first",
                listed(all, SHOWN)
            ),
        };
        Diagnostic::error("import::no-images", message)
            .at(self.span, "the first one")
            .help(RING_HELP)
    }
}

const RING_HELP: &str = "remove one of these `contexts` from the bake file, and import it again: bake cannot build this either";

/// The ring to which the links of a target lead.
fn ring<'m>(
    name: &'m str,
    made: &'m IndexMap<String, Built>,
    left: &IndexSet<&'m str>,
) -> Vec<&'m str> {
    let mut path: IndexSet<&str> = IndexSet::new();
    let mut next = Some(name);
    while let Some(name) = next {
        if let Some(at) = path.get_index_of(name) {
            return path.into_iter().skip(at).collect();
        }
        path.insert(name);
        let mut links = made[name].links();
        next = links.find(|link| left.contains(link));
    }
    Vec::new()
}

fn refuse_ring(ring: &[&str], first: &Built, notes: &mut Notes) {
    let quoted: Vec<String> = ring.iter().map(|name| format!("`{name}`")).collect();
    let message = match quoted.as_slice() {
        [one] => format!("target {one} is left out: it is built from itself"),
        all => format!(
            "targets {} are left out: each is built from the next, and the last from the first",
            all.join(", ")
        ),
    };
    notes.note("import::left-out", message, RING_HELP, first.span);
}

/// Adds the targets that images are built from, directly or not.
pub(super) fn built_from(made: &IndexMap<String, Built>, images: &mut IndexSet<String>) {
    let mut open: Vec<String> = images.iter().cloned().collect();
    while let Some(built) = open.pop().and_then(|name| made.get(&name)) {
        for name in built.links().filter(|name| made.contains_key(*name)) {
            if images.insert(name.to_owned()) {
                open.push(name.to_owned());
            }
        }
    }
}

/// Gives targets without platforms those of the images that are built from them: these could not be built otherwise.
/// Where the file says that a target has fewer platforms, that is noted.
pub(super) fn share_platforms(
    made: &mut IndexMap<String, Built>,
    images: &IndexSet<String>,
    notes: &mut Notes,
) {
    let free = made.values().filter(|built| built.platforms.is_none());
    let free: HashSet<String> = free.map(|built| built.target.clone()).collect();
    let mut open: Vec<&String> = images.iter().collect();
    while let Some(child) = open.pop().and_then(|name| made.get(name)) {
        let (wanted, listed) = (platforms(child), child.listed());
        let parents: Vec<String> = child.links().map(str::to_owned).collect();
        for parent in parents.iter().filter(|name| free.contains(*name)) {
            let Some((name, parent)) = images.get(parent).zip(made.get_mut(parent)) else {
                continue;
            };
            let mut own = platforms(parent);
            own.extend(wanted.iter().cloned());
            let all = both(parent.listed(), &listed);
            if own.len() > platforms(parent).len() || all.len() > parent.listed().len() {
                let follows = all.iter().any(|one| places(one).next().is_some());
                parent.listed = Some(all).filter(|_| follows);
                parent.platforms = Some(own.into_iter().collect());
                open.push(name);
            }
        }
    }
    let imported = || images.iter().filter_map(|name| made.get(name));
    for built in
        imported().filter(|built| free.contains(&built.target) && built.platforms.is_some())
    {
        notes.assumed(
            "a target without `platforms` has those of the targets that are built from it",
            "bake builds it for the platform of the machine; write `platforms` to choose others",
            built.span,
        );
    }
    imported().for_each(|child| lacking(child, made, notes));
}

/// Patterns of platforms with others that they lack. Two may be one platform, so these only add what is missing.
fn both(mut all: Vec<String>, more: &[String]) -> Vec<String> {
    for one in more {
        let name = one.trim_start_matches('+');
        if all
            .iter()
            .all(|known| known.trim_start_matches('+') != name)
        {
            all.push(format!("+{name}"));
        }
    }
    all
}

/// Notes the targets that a target is built from and that lack one of its platforms.
fn lacking(child: &Built, made: &IndexMap<String, Built>, notes: &mut Notes) {
    for parent in child.links().filter_map(|name| made.get(name)) {
        let have = platforms(parent);
        let missing = platforms(child)
            .into_iter()
            .filter(|one| !have.contains(one));
        let missing: Vec<String> = missing.map(|one| one.to_string()).collect();
        if missing.is_empty() {
            continue;
        }
        let message = format!(
            "`{}` is built from `{}`, which has no image for {}",
            child.target,
            parent.target,
            missing.join(", ")
        );
        let help = "add these platforms to the parent; if only files are copied from it, name its platform in the Dockerfile: `FROM --platform=linux/amd64 … AS files`";
        notes.note("import::assumed", message, help, child.span);
    }
}

/// The platforms of a target; kiln assumes one where there are none.
fn platforms(built: &Built) -> IndexSet<Platform> {
    let own = built.platforms.clone();
    let own = own.unwrap_or_else(|| vec![Platform::linux_amd64()]);
    own.into_iter().collect()
}
