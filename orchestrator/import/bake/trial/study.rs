//! Which variables decide something about a target, each alone or several together: a table for each group of them.

use super::Trials;
use super::cases::{Cases, cases, equal, example};
use super::groups::{Group, effects};
use super::states::State;
use super::table::{Changes, Row, Table, Whole};
use super::texts::{texts, texts_mut};
use super::tried::Tried;
use super::values::Set;
use crate::import::bake::built::Built;
use crate::import::bake::eval::Compared;
use crate::import::bake::place::{How, Names, replaced, variable, variable_of};
use crate::import::bake::target::Target;
use crate::import::bake::used::sources;
use indexmap::{IndexMap, IndexSet};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// How many values of single variables are tried for a target.
const MOST: usize = 24;

/// How many combinations a table has.
const MOST_ROWS: usize = 36;

/// How often variables are looked for that decide something only with a value of another one.
const ROUNDS: usize = 3;

/// Cases of variables other than those of today: the number of the variable, and that of the case.
pub(super) type Key = Vec<(usize, usize)>;

/// A target with other values of its variables.
pub(super) struct Study<'t> {
    target: &'t Target<'t>,
    pub cases: Vec<Cases>,
    /// The pairs of variables that the file compares with each other, the first ones with nothing else.
    pairs: Vec<(String, String)>,
    /// The variables that the file compares by size: a manifest has no conditions for them.
    sized: IndexSet<String>,
    pub today: Rc<State>,
    known: HashMap<Key, Option<Rc<State>>>,
}

/// By variable, whether the conditions of all tables with it make everything that the file does, and whether the file names
/// what it is today.
struct Wholes<'c>(IndexMap<&'c str, (Whole, bool)>);

impl<'c> Wholes<'c> {
    fn new() -> Self {
        Self(IndexMap::new())
    }

    fn add(&mut self, table: &Table<'c>, whole: Whole, own: &HashSet<&str>) {
        let all = table.variables.iter();
        for (cases, name) in all.flat_map(|cases| cases.names().map(move |name| (cases, name))) {
            // What a variable with cases of its own is today is one of these.
            let is_other = name != cases.variable && own.contains(name);
            let is_named = is_other || !cases.is_any(cases.today());
            let (known, named) = self.0.entry(name).or_insert((whole, true));
            known.names &= whole.names;
            known.settings &= whole.settings;
            *named &= is_named;
        }
    }
}

impl Trials<'_, '_> {
    /// Adds what the target has with other values of its variables. The variables of which nothing is left are those that
    /// the manifest follows then.
    pub(super) fn switched(
        &mut self,
        target: &Target,
        tried: &mut Tried,
        deciding: IndexSet<String>,
        compared: &Compared,
    ) {
        if !tried.built.is_named() {
            return;
        }
        let today = State::of_today(tried.built.clone(), self.defaults.clone());
        let mut study = Study {
            target,
            cases: Vec::new(),
            pairs: Vec::new(),
            sized: compared.sized.clone(),
            today: Rc::new(today),
            known: HashMap::new(),
        };
        let mut compared = compared.clone();
        for name in &tried.built.blank_platforms {
            compared.add(name, "");
        }
        study.look(self, deciding, &compared);
        tried.built = study.edited();
        let base = tried.built.clone();
        study.today = Rc::new(State::of_today(base.clone(), self.defaults.clone()));
        let groups = study.groups(self);
        let names = study.cases.iter().flat_map(Cases::names);
        let names: Names = names.map(str::to_owned).collect();
        let alike = study.alike(self);
        let mut changes = Changes::default();
        let mut wholes = Wholes::new();
        let own: Vec<String> = study.cases.iter().map(|one| one.variable.clone()).collect();
        let own: HashSet<&str> = own.iter().map(String::as_str).collect();
        for table in study.tables(&groups, self) {
            let whole = table.merge(&base, &mut tried.built, &mut changes);
            wholes.add(&table, whole, &own);
            let states = table.rows.iter().map(|row| &row.state);
            states.for_each(|state| tried.adds(state, &names));
        }
        for (name, (whole, is_named)) in wholes.0 {
            let follows = is_named || alike.contains(name) || self.follows(name, tried);
            settle(name, whole, follows, tried);
        }
        changes.finish(&base, &mut tried.built);
        let closed = study.cases.iter();
        let closed = closed.filter_map(|one| Some((one.variable.clone(), one.only()?.clone())));
        tried.built.closed.extend(closed);
    }

    /// Whether nothing of the target is frozen at today's value.
    fn follows(&self, name: &str, tried: &Tried) -> bool {
        tried.followed.contains(name)
            || !tried.frozen.contains_key(name) && {
                let bools = ["true", "false"];
                let default = self.defaults.get(name);
                default.is_none_or(|text| bools.contains(&text.as_str()) || text.is_empty())
            }
    }

    /// The pairs of variables that the file compares with each other, the first ones with nothing else.
    fn pairs(&self, compared: &Compared) -> Vec<(String, String)> {
        let is_text =
            |name: &String| self.defaults.contains_key(name) && !self.bools.contains(name);
        let mut all = compared.pairs();
        all.retain(|(name, other)| is_text(name) && is_text(other));
        for (name, other) in &mut all {
            // One whose default is the other one follows it: only its own values make a difference.
            if self.is_made_of(other, name) && compared.only(other) == Some(name) {
                std::mem::swap(name, other);
            }
        }
        all
    }

    /// Whether the default of a variable inserts another one.
    fn is_made_of(&self, name: &str, other: &str) -> bool {
        let made = self.made.made.get(name);
        made.is_some_and(|made| sources(made).any(|one| one == other))
    }

    /// The cases of a variable of a pair: nothing of the second one, whose value the first has.
    fn cases_of_pair(&self, name: &str, other: &str) -> Option<Cases> {
        let number = self.defaults.get_index_of(name)?;
        let (default, text) = (self.defaults.get(name)?, self.defaults.get(other)?);
        Some(equal((name, number), default, (other, text)))
    }

    /// The cases of a variable that decides something.
    fn cases(&self, name: &str, compared: Option<&IndexSet<String>>) -> Option<Cases> {
        let default = self.defaults.get(name);
        let has_default = default.is_some() || self.nulls.contains(name);
        let default = default.map(String::as_str);
        let names = self.defaults.keys().chain(&self.nulls);
        let number = names.into_iter().position(|known| known == name)?;
        let compared = compared.filter(|_| !self.bools.contains(name));
        has_default.then(|| cases((name, number), default, compared))?
    }
}

/// Forgets what has to be said of a variable that the manifest follows.
fn settle(name: &str, whole: Whole, follows: bool, tried: &mut Tried) {
    match whole.names && follows {
        true if whole.settings => tried.settled(name),
        true => tried.named(name),
        false => {}
    }
}

impl Study<'_> {
    /// The variables that others are compared with, and with another value of which the target is as today where those
    /// have it, too.
    fn alike(&self, trials: &mut Trials) -> Names {
        let hubs = self.pairs.iter().map(|(_, hub)| hub);
        let is_named = |hub: &&String| {
            let mut cases = self.cases.iter().filter(|cases| cases.variable == **hub);
            cases.any(|cases| !cases.is_any(cases.today()))
        };
        let hubs: Names = hubs.filter(|hub| !is_named(hub)).cloned().collect();
        let is_alike = |hub: &String| {
            let default = trials.defaults.get(hub).cloned().unwrap_or_default();
            let set = self.linked(vec![example(hub, &default)], &Key::new());
            let state = trials.state(set, self.target, &[&self.today.built]);
            state.is_some_and(|state| {
                state.is_whole(&self.today.built) && effects(&state, &self.today).is_empty()
            })
        };
        hubs.into_iter().filter(is_alike).collect()
    }

    /// The target with the filters that show only with values which the file does not name: with the one that it names, it
    /// has other tags today.
    fn edited(&self) -> Built {
        let mut built = self.today.built.clone();
        for (at, cases) in self.cases.iter().enumerate() {
            let case = cases.count() - 1;
            let state = self.known.get(&vec![(at, case)]).cloned().flatten();
            let name = &cases.variable;
            let unedited = (How::Unedited, name.clone());
            let is_open = |state: &Rc<State>| !state.built.decided.contains(&unedited);
            let Some(state) = state.filter(|state| cases.is_any(case) && is_open(state)) else {
                continue;
            };
            let others: Vec<String> = texts(&state.built)
                .into_iter()
                .flatten()
                .map(|text| text.pattern)
                .collect();
            for text in texts_mut(&mut built).into_iter().flatten() {
                let own = unfiltered(&text.pattern, name);
                let today = self.today.text(&text.pattern);
                let is_it = |other: &&String| {
                    unfiltered(other, name) == own && self.today.text(other) == today
                };
                if let Some(other) = others.iter().find(is_it) {
                    text.pattern.clone_from(other);
                }
            }
            built.decided.remove(&unedited);
        }
        built
    }

    /// Looks for the variables that decide something, and for their cases: some show only with values of others.
    fn look(&mut self, trials: &mut Trials, mut names: IndexSet<String>, compared: &Compared) {
        let mut compared = compared.clone();
        for _ in 0..ROUNDS {
            self.pairs = trials.pairs(&compared);
            self.set(trials, &names, &compared);
            let before = (names.len(), compared.count());
            for state in self.known.values().flatten() {
                names.extend(state.deciding.iter().cloned());
                compared.extend(&state.compared);
                for name in state.empty() {
                    names.insert(name.to_owned());
                    compared.add(name, "");
                }
            }
            if before == (names.len(), compared.count()) {
                break;
            }
        }
    }

    /// Evaluates the target with each value of single variables.
    fn set(&mut self, trials: &mut Trials, names: &IndexSet<String>, compared: &Compared) {
        let before = std::mem::take(&mut self.cases);
        self.known.clear();
        let mut left = MOST;
        for name in names.iter().filter(|name| !self.sized.contains(*name)) {
            let texts = compared.apart_from(name, &self.pairs);
            let is_second = self.pairs.iter().any(|(_, other)| other == name);
            let pair = self.pairs.iter().find(|(own, _)| own == name);
            let pair = pair.and_then(|(own, other)| trials.cases_of_pair(own, other));
            let earlier = || before.iter().find(|cases| cases.variable == *name).cloned();
            let known = || trials.cases(name, Some(&texts)).or_else(earlier);
            let known = || known().filter(|_| !is_second || !texts.is_empty());
            let Some(cases) = pair.or_else(known) else {
                continue;
            };
            let Some(rest) = left.checked_sub(cases.count() - 1) else {
                continue;
            };
            left = rest;
            self.cases.push(cases);
        }
        // What a variable is compared with is known only now.
        let mut at = 0;
        while at < self.cases.len() {
            let keys: Vec<Key> = self.others(at).map(|case| vec![(at, case)]).collect();
            at += 1;
            if keys.iter().any(|key| self.state(trials, key).is_none()) {
                let own = &self.cases[at - 1];
                let is_key = compared.keys.contains(&own.variable);
                let closed = own.closed().filter(|_| is_key);
                match closed.or_else(|| own.with_platform()) {
                    Some(cases) => self.cases[at - 1] = cases,
                    None => drop(self.cases.remove(at - 1)),
                }
                self.known.clear();
                at = 0;
            }
        }
    }

    /// The cases of a variable that are not that of today.
    pub fn others(&self, at: usize) -> impl Iterator<Item = usize> + use<> {
        let today = self.cases[at].today();
        (0..self.cases[at].count()).filter(move |case| *case != today)
    }

    /// The target with some cases; nothing if it cannot be evaluated with them.
    pub fn state(&mut self, trials: &mut Trials, key: &Key) -> Option<Rc<State>> {
        if key.is_empty() {
            return Some(self.today.clone());
        }
        if let Some(known) = self.known.get(key) {
            return known.clone();
        }
        let set: Option<Vec<Set>> = key
            .iter()
            .map(|(at, case)| self.value(*at, *case))
            .collect();
        let parts = key.iter().map(|part| vec![*part]);
        let parts: Vec<Rc<State>> = parts
            .filter_map(|part| self.known.get(&part).cloned().flatten())
            .collect();
        let known = std::iter::once(&self.today).chain(&parts);
        let known: Vec<&Built> = known.map(|state| &state.built).collect();
        let set = self.pinned(trials, self.linked(set?, key));
        let state = trials.state(set, self.target, &known).map(Rc::new);
        self.known.insert(key.clone(), state.clone());
        state
    }

    /// These values with those of the variables that are the same as others, or other ones.
    fn linked(&self, mut set: Vec<Set>, key: &Key) -> Vec<Set> {
        for (at, cases) in self.cases.iter().enumerate() {
            let case = key.iter().find(|(own, _)| *own == at);
            let case = case.map_or(cases.today(), |(_, case)| *case);
            if let Some(more) = cases.beside(case, &set) {
                set.retain(|one| one.variable != more.variable);
                set.push(more);
            }
        }
        set
    }

    /// The same, where variables with cases of their own have that of today, also if their defaults are made of others.
    fn pinned(&self, trials: &Trials, mut set: Vec<Set>) -> Vec<Set> {
        let made = self.cases.iter().map(|cases| &cases.variable);
        let made = made.filter(|name| trials.composed.contains(*name));
        for name in made {
            let is_set = set.iter().any(|one| one.variable == *name);
            let default = trials.defaults.get(name).filter(|_| !is_set);
            set.extend(default.map(|default| Set {
                variable: name.clone(),
                value: default.clone(),
                is_any: false,
                same_as: None,
            }));
        }
        set
    }

    fn value(&self, at: usize, case: usize) -> Option<Set> {
        let cases = &self.cases[at];
        Some(Set {
            variable: cases.variable.clone(),
            value: cases.value(case)?.to_owned(),
            is_any: cases.is_any(case),
            same_as: None,
        })
    }

    /// A table for each group; one for each variable, where a group has too many combinations.
    fn tables(&mut self, groups: &[Group], trials: &mut Trials) -> Vec<Table<'_>> {
        let mut all: Vec<(Vec<usize>, Vec<Row>, bool)> = Vec::new();
        for group in groups {
            match self.rows(&group.members, trials) {
                Some(rows) => all.push((group.members.clone(), rows, group.is_known)),
                None => {
                    for at in &group.members {
                        let rows = self.rows(&[*at], trials);
                        all.extend(rows.map(|rows| (vec![*at], rows, false)));
                    }
                }
            }
        }
        let cases = &self.cases;
        let table = |(group, rows, is_whole): (Vec<usize>, Vec<Row>, bool)| Table {
            variables: group.iter().map(|at| &cases[*at]).collect(),
            rows,
            is_whole,
        };
        all.into_iter().map(table).collect()
    }

    /// Each combination of the cases of some variables; nothing if there are too many, or one cannot be evaluated.
    fn rows(&mut self, group: &[usize], trials: &mut Trials) -> Option<Vec<Row>> {
        let mut all: Vec<Vec<usize>> = vec![Vec::new()];
        for at in group {
            let today = self.cases[*at].today();
            let cases: Vec<usize> = std::iter::once(today).chain(self.others(*at)).collect();
            let with = |row: &Vec<usize>, case: &usize| [row.as_slice(), &[*case]].concat();
            all = all
                .iter()
                .flat_map(|row| cases.iter().map(move |case| with(row, case)))
                .collect();
        }
        if all.len() > MOST_ROWS {
            return None;
        }
        let row = |at: Vec<usize>| {
            let key: Key = group.iter().copied().zip(at.iter().copied()).collect();
            let is_other = |(own, case): &(usize, usize)| *case != self.cases[*own].today();
            let key: Key = key.into_iter().filter(is_other).collect();
            let state = self.state(trials, &key)?;
            Some(Row { at, state })
        };
        all.into_iter().map(row).collect()
    }
}

/// A pattern with a variable as it is in the place of what filters make of it.
fn unfiltered(pattern: &str, name: &str) -> String {
    replaced(pattern, |place| {
        (variable_of(place) == Some(name)).then(|| variable(name))
    })
}
