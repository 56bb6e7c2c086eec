//! Which of the targets with the same tag has it.

use super::Members;
use crate::import::bake::built::Built;
use crate::import::bake::select::Selection;
use indexmap::IndexMap;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

/// Which of the targets with the same tags has them. With other values of variables, it is the same one.
#[derive(Debug, Clone, Default)]
pub(in crate::import::bake) struct Ranks {
    /// By target, its place: the higher, the sooner tags are its own.
    places: HashMap<String, (usize, bool, usize)>,
    /// The pairs of targets of which the second has tags before the first, although its place is lower.
    turned: HashSet<(String, String)>,
}

impl Ranks {
    /// The target with the most platforms is first, then that which bake builds by default, then that with the most tags.
    pub fn new(all: &[&mut Built], selection: &Selection) -> Self {
        let rank = |built: &Built| {
            let platforms = built.platforms.as_ref().map_or(1, Vec::len);
            let tags = built.names.iter().flatten().count();
            (platforms, selection.built.contains(&built.target), tags)
        };
        let all = all.iter();
        let places = all.map(|built| (built.target.clone(), rank(built)));
        Self {
            places: places.collect(),
            turned: HashSet::new(),
        }
    }

    /// The targets, the first one before all others.
    pub(super) fn order(&self, all: &[&mut Built]) -> Vec<usize> {
        let mut order: Vec<usize> = (0..all.len()).collect();
        order.sort_by_key(|at| Reverse(self.places.get(&all[*at].target).copied()));
        order
    }

    /// Looks for the pairs of targets whose tags are the same only with some values of variables, and of which the second
    /// would have no tag with these: then this one has them, and the first one its others.
    pub(super) fn look(&mut self, all: &[&mut Built], groups: &IndexMap<String, Members>) {
        let pattern = |(at, place): &(usize, usize)| {
            let name = all[*at].names[*place].as_ref();
            name.map(|name| name.pattern())
        };
        let pairs = groups.values().flat_map(|group| {
            let pairs = group.iter().enumerate();
            pairs.flat_map(|(at, other)| group[..at].iter().map(move |one| (one, other)))
        });
        let pairs: Vec<_> = pairs.filter(|(one, other)| one.0 != other.0).collect();
        let same = pairs.iter();
        let same = same.filter(|(one, other)| pattern(one) == pattern(other));
        let same: HashSet<(usize, usize)> = same.map(|(one, other)| (one.0, other.0)).collect();
        let has_others = |at: usize| {
            let mut names = all[at].names.iter().flatten();
            names.any(|name| !groups.contains_key(&name.full()))
        };
        // The targets of a matrix keep its axes.
        let is_cell = |at: usize| all[at].label != all[at].target;
        for (one, other) in pairs {
            let is_later = has_others(one.0) && !has_others(other.0);
            let is_equal = has_others(one.0) == has_others(other.0);
            let is_turned = is_later || is_equal && !is_cell(one.0) && is_cell(other.0);
            if is_turned && !same.contains(&(one.0, other.0)) {
                let names = [one, other].map(|one| all[one.0].target.clone());
                self.turned.insert(names.into());
            }
        }
    }

    /// The name of a group that stays.
    pub(super) fn owner(&self, all: &[&mut Built], group: &Members) -> (usize, usize) {
        let name = |at: usize| all[at].target.clone();
        let first = |one: (usize, usize), other: &(usize, usize)| match self
            .turned
            .contains(&(name(one.0), name(other.0)))
        {
            true => *other,
            false => one,
        };
        group.iter().skip(1).fold(group[0], first)
    }
}
