//! The variables that decide something about a target together: with both values it is something else than what each of
//! them makes of it alone.

use super::Trials;
use super::setting::{Setting, are_apart};
use super::states::State;
use super::study::Study;
use indexmap::{IndexMap, IndexSet};

/// How many combinations of the values of two variables are tried.
const MOST_OF_PAIR: usize = 16;

/// The same of all pairs.
const MOST_OF_PAIRS: usize = 200;

/// Variables that decide something together, by their numbers.
pub struct Group {
    pub members: Vec<usize>,
    /// Whether all pairs with them could be tried.
    pub is_known: bool,
}

impl Study<'_> {
    /// The groups of variables; most have one.
    pub fn groups(&mut self, trials: &mut Trials) -> Vec<Group> {
        let single = |at| Group {
            members: vec![at],
            is_known: true,
        };
        let mut groups: Vec<Group> = (0..self.cases.len()).map(single).collect();
        let mut left = MOST_OF_PAIRS;
        let pairs = (0..self.cases.len()).flat_map(|one| (0..one).map(move |other| (other, one)));
        for (one, other) in pairs {
            let place = |at: usize| groups.iter().position(|group| group.members.contains(&at));
            let both = place(one).zip(place(other));
            let Some((one_at, other_at)) = both.filter(|(one, other)| one != other) else {
                continue;
            };
            match self.are_together(trials, (one, other), &mut left) {
                Some(false) => {}
                Some(true) => join(&mut groups, one_at.min(other_at), one_at.max(other_at)),
                None => {
                    groups[one_at].is_known = false;
                    groups[other_at].is_known = false;
                }
            }
        }
        groups
    }

    /// Whether two variables make something else together than each of them alone; nothing if that is not known.
    fn are_together(
        &mut self,
        trials: &mut Trials,
        (one, other): (usize, usize),
        left: &mut usize,
    ) -> Option<bool> {
        let count = self.others(one).count() * self.others(other).count();
        let rest = left.checked_sub(count).filter(|_| count <= MOST_OF_PAIR);
        let Some(rest) = rest else {
            return Some(false);
        };
        *left = rest;
        for case in self.others(one) {
            for with in self.others(other) {
                let keys = [
                    vec![(one, case)],
                    vec![(other, with)],
                    vec![(one, case), (other, with)],
                ];
                let mut all = Vec::new();
                for key in &keys {
                    all.push(effects(&*self.state(trials, key)?, &self.today));
                }
                let [own, others, both] = all.as_slice() else {
                    return None;
                };
                if !are_apart_from(own, others, both) {
                    return Some(true);
                }
            }
        }
        Some(false)
    }
}

/// Whether both values together make nothing but what each of them makes alone.
fn are_apart_from(own: &Effects, others: &Effects, both: &Effects) -> bool {
    let mut keys = own.keys().chain(others.keys()).chain(both.keys());
    keys.all(|key| match (own.get(key), others.get(key)) {
        (Some(_), Some(_)) => false,
        (alone, None) | (None, alone) => both.get(key) == alone,
    })
}

/// Makes one group of two.
fn join(groups: &mut Vec<Group>, first: usize, second: usize) {
    let second = groups.remove(second);
    let group = &mut groups[first];
    group.members.extend(second.members);
    group.members.sort_unstable();
    group.is_known &= second.is_known;
}

/// What a state changes, by what it is: names and settings.
pub(super) type Effects = IndexMap<String, String>;

/// What a state changes of what the target is today: the names that it has not, those that it has more, and settings.
pub(super) fn effects(state: &State, today: &State) -> Effects {
    let base = &today.built;
    let (made, mut known) = (state.made(), IndexSet::new());
    let mut all = Effects::new();
    for (at, name) in base.names.iter().enumerate() {
        let Some(name) = name else { continue };
        match state.full(name).filter(|full| made.contains(full)) {
            Some(full) => drop(known.insert(full)),
            None => drop(all.insert(format!("without {at}"), String::new())),
        }
    }
    for name in state.built.names.iter().flatten() {
        let full = state.made_of(name);
        if full.is_some_and(|full| !known.contains(&full)) {
            let pattern = state.written(name).pattern();
            all.insert(format!("with {pattern}"), String::new());
        }
    }
    if are_apart(&state.built, base) {
        all.insert(String::from("apart"), String::new());
    }
    let settings = Setting::all(base).into_iter();
    let settings = settings.chain(Setting::all(&state.built));
    for setting in settings.collect::<IndexSet<Setting>>() {
        let (own, new) = (setting.of(base), state.content(&setting, base));
        if own != new {
            let new = new.map(|new| new.pattern()).unwrap_or_default();
            all.insert(format!("{setting:?}"), new);
        }
    }
    all
}
