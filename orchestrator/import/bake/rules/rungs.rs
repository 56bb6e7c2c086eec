//! The rungs of rules: those of one pattern in one place, and those of an axis in its declaration.

use super::cover::Rule;
use super::words::Words;
use crate::import::published::{Axis, When};
use crate::tag::Rung;
use std::collections::{BTreeSet, HashSet};

/// The place of an axis' rungs in a pattern.
struct Place<'p> {
    before: &'p str,
    rungs: BTreeSet<Rung>,
    after: &'p str,
}

/// The only place in which an axis stands with its tokens.
fn place<'p>(pattern: &'p str, axis: &str) -> Option<Place<'p>> {
    let start = format!("{{{axis}");
    let mut found = pattern.match_indices(&start).filter_map(|(at, _)| {
        let rest = &pattern[at + start.len()..];
        let (rungs, after) = rest.split_once('}')?;
        let rungs = match rungs.strip_prefix(':') {
            Some(rungs) => rungs.split(',').map(|rung| rung.parse().ok()).collect(),
            None => rungs.is_empty().then(|| [Rung::Full].into()),
        };
        Some(Place {
            before: &pattern[..at],
            rungs: rungs?,
            after,
        })
    });
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

impl Place<'_> {
    /// The pattern with these rungs.
    fn with(&self, axis: &str, rungs: &BTreeSet<Rung>) -> String {
        let rungs: Vec<&str> = rungs.iter().map(|rung| rung.as_str()).collect();
        let rungs = rungs.join(",");
        format!("{}{{{axis}:{rungs}}}{}", self.before, self.after)
    }
}

impl Words<'_> {
    /// The same pattern on the other rungs of each version in it, and with tokens in the place of data.
    pub fn climbed(&self, pattern: &str) -> Vec<String> {
        let mut all = Vec::new();
        for (at, axis) in self.axes.iter().enumerate() {
            let name = &axis.name;
            let text = pattern.replace(&format!("{{{name}.text}}"), &format!("{{{name}}}"));
            all.extend(Some(text).filter(|text| text != pattern));
            if !self.is_version(at) {
                continue;
            }
            for rung in [Rung::Minor, Rung::Major] {
                let series = format!("{{{name}.{rung}}}");
                let text = pattern.replace(&series, &format!("{{{name}:{rung}}}"));
                all.extend(Some(text).filter(|text| text != pattern));
            }
            let moving = Rung::ALL.into_iter().filter(|rung| rung.moves());
            if let Some(place) = place(pattern, name) {
                all.extend(moving.map(|rung| place.with(name, &[rung].into())));
            }
        }
        all
    }
}

/// The rules with those that differ only by a rung as one.
pub(super) fn joined(words: &Words, rules: Vec<Rule>) -> Vec<Rule> {
    let versions = (0..words.axes.len()).filter(|axis| words.is_version(*axis));
    versions.fold(rules, |rules, axis| of_axis(&words.axes[axis].name, rules))
}

fn of_axis(axis: &str, rules: Vec<Rule>) -> Vec<Rule> {
    let mut all: Vec<Rule> = Vec::new();
    for rule in rules {
        let own = place(&rule.pattern, axis);
        let same = all.iter_mut().find_map(|known| {
            let (own, other) = (own.as_ref()?, place(&known.pattern, axis)?);
            let is_same = (own.before, own.after) == (other.before, other.after);
            let rungs = &own.rungs | &other.rungs;
            let pattern = other.with(axis, &rungs);
            (is_same && known.whens == rule.whens).then_some((known, pattern))
        });
        match same {
            Some((known, pattern)) => known.pattern = pattern,
            None => all.push(rule),
        }
    }
    all
}

/// The rungs that rules have of an axis.
fn rungs(axis: &str, rules: &[Rule]) -> BTreeSet<Rung> {
    let places = rules.iter().filter_map(|rule| place(&rule.pattern, axis));
    places.flat_map(|place| place.rungs).collect()
}

/// The axes with these rungs. An axis whose versions no text takes apart has words as values.
pub(super) fn declared(axes: Vec<Axis>, rules: &[Rule], used: &HashSet<&str>) -> Vec<Axis> {
    let axis = |axis: Axis| {
        let mut rungs = rungs(&axis.name, rules);
        let is_taken_apart = ["minor", "major"]
            .iter()
            .any(|series| used.contains(format!("{}.{series}", axis.name).as_str()));
        let climbs = rungs.iter().any(|rung| rung.moves());
        if !climbs {
            rungs.insert(Rung::Full);
        }
        let words: Vec<&str> = rungs.iter().map(|rung| rung.as_str()).collect();
        Axis {
            rungs: (climbs || is_taken_apart).then(|| words.join(" ")),
            ..axis
        }
    };
    axes.into_iter().map(axis).collect()
}

/// The rules as an image has them: all rungs of an axis need no names.
pub(super) fn written(words: &Words, rules: &[Rule]) -> Vec<(When, String)> {
    let mut tags = Vec::new();
    for rule in rules {
        let pattern = words
            .axes
            .iter()
            .fold(rule.pattern.clone(), |pattern, axis| {
                named(&pattern, &axis.name, rules)
            });
        match rule.whens.is_empty() {
            true => tags.push((When::default(), pattern)),
            false => {
                let whens = rule.whens.iter();
                tags.extend(whens.map(|when| (when.clone(), pattern.clone())));
            }
        }
    }
    tags
}

fn named(pattern: &str, axis: &str, rules: &[Rule]) -> String {
    let mut all = rungs(axis, rules);
    all.insert(Rung::Full);
    match place(pattern, axis) {
        Some(place) if place.rungs == all => format!("{}{{{axis}}}{}", place.before, place.after),
        Some(place) => place.with(axis, &place.rungs),
        None => pattern.to_owned(),
    }
}
