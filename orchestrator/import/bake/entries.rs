//! The targets that are imported: the chosen ones that are images, and those that these are built from.

use super::blanks::endings;
use super::built::Built;
use super::fleet::{Entry, Maker};
use super::links::{built_from, refuse_rings, share_platforms};
use super::public::public;
use super::select::Found;
use super::target::{Refusal, Target, refused};
use super::trial::{Findings, Tried};
use super::unset;
use super::untagged::{images, without_tags};
use super::value::Value;
use crate::import::note::{Lost, Notes, listed};
use crate::import::published::Name;
use crate::name::{Reference, Tag};
use crate::text::Span;
use indexmap::{IndexMap, IndexSet};
use std::collections::{HashMap, VecDeque};

impl Maker<'_, '_> {
    /// What the selected targets build, in the order of the selection, with names for those that have none in the file.
    /// The others are notes.
    pub(super) fn imported<'f>(
        &mut self,
        found: &'f Found<'f>,
        notes: &mut Notes,
    ) -> Vec<Entry<'f>> {
        let mut made = self.made(found, notes);
        self.fleet.ring = refuse_rings(&mut made, notes);
        let mut images = images(&made, self.selection, found);
        built_from(&made, &mut images);
        share_platforms(&mut made, &images, notes);
        let is_noted = |built: &&Built| images.contains(&built.target) || built.has_lost_tags;
        let all = made.values();
        noted(all.clone().filter(is_noted), notes);
        let others = all.filter(|built| !is_noted(built) && self.selection.has(&built.target));
        others.for_each(|built| left_out(built, notes));
        self.blanks.reserve(self.variables, &made, &images);
        let mut entries: Vec<Entry> = Vec::new();
        for (block, targets) in found {
            let cells = targets
                .iter()
                .filter(|target| images.contains(&target.name));
            let cells = cells.filter_map(|target| made.get(&target.name));
            let cells: Vec<&Built> = cells.collect();
            let endings = match cells.len() {
                0 | 1 => HashMap::new(),
                _ => endings(targets),
            };
            let mut filled = |built: &&Built| {
                let ending = endings.get(&built.target).map(String::as_str);
                self.blanks.filled(built, ending, notes)
            };
            entries.push(Entry {
                block,
                targets,
                cells: cells.iter().map(&mut filled).collect(),
            });
        }
        if let Some(chosen) = &self.selection.chosen {
            let place = |cell: &Built| chosen.get_index_of(&cell.target);
            entries.sort_by_key(|entry| {
                let places = entry.cells.iter().filter_map(place);
                places.min().unwrap_or_default()
            });
        }
        let cells = entries.iter().flat_map(|entry| &entry.cells);
        self.public = public(cells, &self.variables.defaults);
        entries
    }

    /// What the selected targets build, and what those do that they name in their contexts.
    fn made(&mut self, found: &Found, notes: &mut Notes) -> IndexMap<String, Built> {
        let all = || found.iter().flat_map(|(_, targets)| targets);
        let by_name: HashMap<&str, &Target> =
            all().map(|target| (target.name.as_str(), target)).collect();
        let selected = all().filter(|target| self.selection.has(&target.name));
        let mut open: VecDeque<&Target> = selected.collect();
        let mut made = IndexMap::new();
        let mut findings = Findings::default();
        let mut refusals: IndexMap<Refusal, Vec<&str>> = IndexMap::new();
        let mut known: IndexSet<&str> = IndexSet::new();
        while let Some(target) = open.pop_front() {
            if !known.insert(&target.name) {
                continue;
            }
            match self.built(target) {
                Ok(built) => {
                    let compared = &self.evaluator.compared;
                    let tried = match &mut self.trials {
                        Some(trials) => trials.tried(target, built, compared),
                        None => Tried::new(built),
                    };
                    findings.add(&tried);
                    self.fleet.noted.extend(tried.noted().cloned());
                    self.fleet
                        .registries
                        .extend(tried.registries.iter().cloned());
                    let mut built = tried.built;
                    unset::divide(&mut built, self.variables);
                    let names = built.names.iter().flatten();
                    let dangling = |name: &Name| unset::dangling(&name.tag.pattern, self.variables);
                    let needed = unset::needed(&built.unnamed, self.variables);
                    let switches = unset::switches(&built, self.variables);
                    let whole = unset::whole(&built);
                    let all = names.flat_map(dangling).chain(needed).chain(switches);
                    let all = all.chain(whole);
                    self.fleet.unset.extend(all);
                    self.fleet.lost += built.lost_parts();
                    open.extend(built.links().filter_map(|name| by_name.get(name)));
                    made.insert(target.name.clone(), built);
                }
                Err(refusal) => {
                    self.fleet.lost += 1;
                    let names = refusals.entry(refusal).or_default();
                    names.push(&target.name);
                }
            }
        }
        findings.note(notes);
        for (refusal, names) in refusals {
            let targets = names.iter().filter_map(|name| by_name.get(name));
            let references = targets.flat_map(|target| self.references(target)).collect();
            lost_targets(&names, references, refusal.span, notes);
            refused(&names, refusal, notes);
        }
        made
    }

    /// The tags of a target that is left out, as far as they are known.
    fn references(&mut self, target: &Target) -> Vec<String> {
        let Ok(settings) = self.resolver.known(target, self.evaluator) else {
            return Vec::new();
        };
        self.evaluator.decided();
        let tags = settings.values.get("tags");
        let tags = tags.and_then(|tags| tags.value.list()).into_iter();
        let tags = tags.flatten().filter_map(Value::real);
        let full = |tag: String| {
            let mut reference: Reference = tag.parse().ok()?;
            reference.tag.get_or_insert_with(Tag::latest);
            Some(reference.familiar())
        };
        tags.filter_map(full).collect()
    }
}

/// Notes what of the images is not imported, the same part of several in one.
fn noted<'b>(all: impl Iterator<Item = &'b Built>, notes: &mut Notes) {
    const SHOWN: usize = 5;
    let mut parts: IndexMap<(&str, Span, usize), Vec<&Built>> = IndexMap::new();
    for built in all {
        let mut counts: IndexMap<(&str, Span), usize> = IndexMap::new();
        for refusal in &built.lost {
            let help =
                "write the value itself into the manifest, or into the bake file before the import";
            notes.note("import::left-out", refusal.why.clone(), help, refusal.span);
            *counts
                .entry((part(&refusal.why), refusal.span))
                .or_default() += 1;
        }
        for ((part, span), count) in counts {
            parts.entry((part, span, count)).or_default().push(built);
        }
    }
    for ((part, span, count), of) in parts {
        let labels: IndexSet<&str> = of.iter().map(|built| built.label.as_str()).collect();
        let labels: Vec<&str> = labels.into_iter().collect();
        let times = match count {
            1 => String::new(),
            count => format!(" ({count} times)"),
        };
        let word = if labels.len() == 1 {
            "target"
        } else {
            "targets"
        };
        let what = format!("{part} of {word} {}{times}", listed(&labels, SHOWN));
        let of = of.iter().filter(|built| built.has_lost_tags);
        notes.lost(Lost {
            images: of.map(|built| built.span).collect(),
            ..Lost::part(what, span)
        });
    }
}

/// What is left out, of the reason why it is.
fn part(why: &str) -> &str {
    const ENDS: [&str; 3] = [" is left out", " is not known", " is outside of"];
    let ends = ENDS.iter().filter_map(|end| why.find(end));
    let end = ends.min().unwrap_or(why.len());
    why[..end].trim_start_matches("its ")
}

/// Remembers targets that are left out with all of their tags.
fn lost_targets(names: &[&str], references: Vec<String>, span: Span, notes: &mut Notes) {
    const SHOWN: usize = 12;
    let tags: Vec<&str> = references.iter().map(String::as_str).collect();
    let tags = match tags.is_empty() {
        true => String::new(),
        false => format!(" ({})", listed(&tags, SHOWN)),
    };
    let word = if names.len() == 1 {
        "target"
    } else {
        "targets"
    };
    let what = format!("{word} {}{tags}", listed(names, SHOWN));
    notes.lost(Lost {
        references,
        ..Lost::part(what, span)
    });
}

fn left_out(built: &Built, notes: &mut Notes) {
    let Some(purpose) = built.purpose else {
        return without_tags(built, notes);
    };
    let message = format!("a target that {purpose} is not imported");
    let help = "kiln builds and publishes images: run this target with bake as before";
    notes.note("import::left-out", message, help, built.span);
}
