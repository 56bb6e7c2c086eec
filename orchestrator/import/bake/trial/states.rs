//! What a target is with other values of some variables.

use super::samples::EDITED;
use super::setting::{Content, Setting, are_apart};
use super::texts::texts;
use super::values::{Set, Values};
use super::{Inside, Trials, Tried};
use crate::import::bake::built::Built;
use crate::import::bake::eval::Compared;
use crate::import::bake::place::{Decisions, How, places, variable_of};
use crate::import::bake::stand_in::StandIns;
use crate::import::bake::target::Target;
use crate::import::published::{Name, Text};
use indexmap::{IndexMap, IndexSet};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// A target with other values of variables, and what the manifest and the file make of texts then.
pub struct State {
    pub built: Built,
    /// The variables of which it has rungs that it has not today.
    pub rungs: IndexSet<String>,
    /// By variable, the references that do not follow it.
    pub frozen: IndexMap<String, Vec<String>>,
    /// Whether everything else follows those of them whose values are examples.
    pub follows: bool,
    /// Further variables that decide something with these values.
    pub deciding: IndexSet<String>,
    /// What the file compares variables with then.
    pub compared: Compared,
    values: Values,
}

impl State {
    /// What a target is today.
    pub fn of_today(built: Built, today: Rc<IndexMap<String, String>>) -> Self {
        Self {
            deciding: deciding(&built),
            built,
            rungs: IndexSet::new(),
            frozen: IndexMap::new(),
            follows: true,
            compared: Compared::default(),
            values: Values::of_today(today),
        }
    }

    /// The references that the file makes.
    pub fn made(&self) -> IndexSet<String> {
        let names = self.built.names.iter().flatten();
        names.filter_map(|name| self.made_of(name)).collect()
    }

    /// How many of its names the file makes the same reference of.
    pub fn counts(&self) -> HashMap<String, usize> {
        let names = self.built.names.iter().flatten();
        let mut all = HashMap::new();
        for full in names.filter_map(|name| self.made_of(name)) {
            *all.entry(full).or_default() += 1;
        }
        all
    }

    /// The reference that the file makes of one of its names.
    pub fn made_of(&self, name: &Name) -> Option<String> {
        self.values.made(&name.pattern())
    }

    /// The repository that the file makes of one of its names, and the manifest of its own.
    pub fn repositories(&self, name: &Name) -> [Option<String>; 2] {
        let pattern = &name.repository.pattern;
        [self.values.file(pattern), self.values.manifest(pattern)]
    }

    /// Whether a variable is set to nothing.
    pub fn is_emptied(&self, name: &str) -> bool {
        self.values.is_set(name) && self.values.is_empty(name)
    }

    /// The reference that the manifest makes of a name.
    pub fn full(&self, name: &Name) -> Option<String> {
        self.values.shown(&name.pattern())
    }

    /// A name as the manifest can have it.
    pub fn written(&self, name: &Name) -> Name {
        let text = |text: &Text| Text {
            real: text.real.clone(),
            pattern: self.values.written(&text.pattern),
        };
        Name {
            repository: text(&name.repository),
            tag: text(&name.tag),
            ..name.clone()
        }
    }

    /// The text that the manifest makes of a pattern.
    pub fn text(&self, pattern: &str) -> Option<String> {
        self.values.manifest(pattern)
    }

    /// What a setting is: that of today, where the manifest makes the same of it.
    pub fn content(&self, setting: &Setting, today: &Built) -> Option<Content> {
        let own = setting.of(&self.built)?;
        match (&own, setting.of(today)) {
            (Content::Text(text), Some(Content::Text(today)))
                if self.values.made(&text.pattern) == self.values.shown(&today.pattern) =>
            {
                Some(Content::Text(today))
            }
            (Content::Text(text), _) => Some(Content::Text(Text {
                real: text.real.clone(),
                pattern: self.values.written(&text.pattern),
            })),
            (Content::Platforms { listed, .. }, Some(Content::Platforms { all, listed: own }))
                if *listed == own =>
            {
                Some(Content::Platforms { all, listed: own })
            }
            (Content::Platforms { .. }, _) => Some(own),
        }
    }

    /// Whether conditions can make it of what it is today.
    pub fn is_whole(&self, today: &Built) -> bool {
        // The file does not publish a text that is not a tag with these values, either.
        let lost = |built: &Built| built.lost_parts().saturating_sub(built.unnamed.len());
        let has_more = lost(&self.built) > lost(today);
        self.follows && !has_more && !are_apart(&self.built, today)
    }

    /// The empty variables in texts that cannot be tags without them.
    pub fn empty(&self) -> impl Iterator<Item = &str> {
        let unnamed = self.built.unnamed.iter();
        let names = unnamed.flat_map(|pattern| places(pattern).filter_map(variable_of));
        names.filter(|name| self.values.is_empty(name))
    }
}

impl<'a, 'e> Trials<'a, 'e> {
    /// The target with these values; nothing if it cannot be evaluated with them. `known` is what it is today, and with
    /// fewer of these values.
    pub(super) fn state(
        &mut self,
        set: Vec<Set>,
        target: &Target,
        known: &[&Built],
    ) -> Option<State> {
        let (evaluation, _) = self.inside(&set)?;
        let mut built = evaluation.built(target)?;
        let has_others = known.iter().all(|one| !one.has_lost_tags);
        let is_lost = built.has_wrong_tags || built.has_lost_tags && !built.is_named();
        if is_lost && built.unnamed.is_empty() && has_others {
            return None;
        }
        let compared = evaluation.evaluator.compared.clone();
        let (today, defaults) = (evaluation.today.clone(), evaluation.defaults.clone());
        let without = without(&compared, &set);
        self.seen.extend(&without);
        let deciding = deciding(&built);
        let values = Values::new(set, today, defaults);
        let is_explained = explained(&mut built, known, &values)
            && !is_unedited(&built, values.examples())
            && self.edits_alike(target, &built, &values);
        let tried = match is_explained {
            true => Tried::new(Built {
                decided: Decisions::new(),
                ..built
            }),
            false => {
                let (_, trials) = self.inside(values.set())?;
                trials.edited(target, built, &compared, known)
            }
        };
        let follows = is_explained || values.examples().all(|name| follows(&tried, name));
        Some(State {
            follows,
            rungs: tried.rungs,
            frozen: tried.frozen,
            built: tried.built,
            deciding,
            compared: without,
            values,
        })
    }

    /// Whether the file edits what it inserts as the patterns of a target do: the defaults may be the same in any case.
    fn edits_alike(&mut self, target: &Target, built: &Built, values: &Values) -> bool {
        let names = built.decided.iter();
        let names = names.filter(|(how, name)| *how == How::Unedited && !values.is_set(name));
        let mut names = names.map(|(_, name)| name);
        names.all(|name| {
            let edited = Set {
                variable: name.clone(),
                value: EDITED.to_owned(),
                is_any: true,
                same_as: None,
            };
            let set = [values.set(), &[edited]].concat();
            let Some((evaluation, _)) = self.inside(&set) else {
                return true;
            };
            let Some(other) = evaluation.built(target) else {
                return true;
            };
            let (today, defaults) = (evaluation.today.clone(), evaluation.defaults.clone());
            let values = Values::new(set, today, defaults);
            are_same(built, &other, &values)
        })
    }

    /// The file with these values.
    fn inside(&mut self, set: &[Set]) -> Option<&mut Inside<'a, 'e>> {
        let given = self.given.clone().into_iter();
        let values = set.iter();
        let values = values.map(|set| (set.variable.clone(), set.value.clone()));
        let given: StandIns = given.chain(values).collect();
        if !self.inner.contains_key(set) {
            let evaluation = self.evaluation(given.clone());
            let free = set.iter().filter(|set| set.is_any);
            let same = set.iter();
            let same = same.filter_map(|set| Some((set.same_as.clone()?, set.variable.clone())));
            let trials = Trials {
                targets: self.targets,
                blocks: self.blocks,
                made: self.made,
                edits: self.edits.clone(),
                given,
                defaults: evaluation.defaults.clone(),
                composed: self.composed.clone(),
                nulls: self.nulls.clone(),
                bools: self.bools.clone(),
                seen: Compared::default(),
                known: Default::default(),
                inner: Default::default(),
                fixed: set.iter().map(|set| set.variable.clone()).collect(),
                free: free.map(|set| set.variable.clone()).collect(),
                same: both_ways(same.collect()),
            };
            let inside = (evaluation, Box::new(trials));
            self.inner.insert(set.to_vec(), inside);
        }
        self.inner.get_mut(set)
    }

    /// The target with filters of the variables that it is edited by. What is only inserted today is hardly edited then.
    fn edited(
        &mut self,
        target: &Target,
        built: Built,
        compared: &Compared,
        known: &[&Built],
    ) -> Tried {
        let is_edited = |name: &str| known.first().is_none_or(|base| is_edited(base, name));
        self.tried_with(target, built, compared, is_edited)
    }
}

/// Of each variable, all that have the same value: two that are the same as a third one, too.
fn both_ways(same: Vec<(String, String)>) -> Vec<(String, String)> {
    let hub = |name: &String| {
        let mut pairs = same.iter();
        pairs
            .find(|(_, own)| own == name)
            .map_or(name.clone(), |(hub, _)| hub.clone())
    };
    let names: IndexSet<&String> = same.iter().flat_map(|(one, other)| [one, other]).collect();
    let pairs = names
        .iter()
        .flat_map(|one| names.iter().map(move |other| (*one, *other)));
    let pairs = pairs.filter(|(one, other)| one != other && hub(one) == hub(other));
    pairs
        .map(|(one, other)| (one.clone(), other.clone()))
        .collect()
}

/// What the file compares, without the values that are tried.
fn without(compared: &Compared, set: &[Set]) -> Compared {
    let mut all = compared.clone();
    let is_tried = |text: &String| set.iter().any(|set| set.value == *text);
    let texts = all.texts.values_mut().chain(all.samples.values_mut());
    for texts in texts.chain(all.literals.values_mut()) {
        texts.retain(|text| !is_tried(text));
    }
    all
}

/// Whether all texts follow a variable.
fn follows(tried: &Tried, name: &str) -> bool {
    let mut decided = tried.built.decided.iter();
    decided.all(|(_, known)| known != name) || tried.followed.contains(name)
}

/// The variables that decide something about a target.
pub fn deciding(built: &Built) -> IndexSet<String> {
    let decided = built.decided.iter().map(|(_, name)| name.clone());
    decided.chain(built.nulls.iter().cloned()).collect()
}

/// Whether a target inserts one of these variables where the file edits it.
fn is_unedited<'n>(built: &Built, mut names: impl Iterator<Item = &'n String>) -> bool {
    let is_inserted = |name: &String| {
        let texts = texts(built);
        let mut texts = texts.iter().flatten();
        texts.any(|text| places(&text.pattern).any(|place| variable_of(place) == Some(name)))
    };
    names.any(|name| {
        let unedited = (How::Unedited, name.clone());
        built.decided.contains(&unedited) && is_inserted(name)
    })
}

/// Whether a target has a filter of a variable, or does not depend on it today.
fn is_edited(base: &Built, name: &str) -> bool {
    let place = format!("{{var:{name}:");
    let texts = texts(base);
    let mut texts = texts.iter().flatten();
    let mut decided = base.decided.iter();
    texts.any(|text| text.pattern.contains(&place)) || decided.all(|(_, known)| known != name)
}

/// Whether the file makes the texts of a target that its patterns make with these values.
fn are_same(built: &Built, other: &Built, values: &Values) -> bool {
    let is_same = |own: &str, other: &str| values.manifest(own) == values.file(other);
    let names = built.names.iter().zip(&other.names);
    let mut names = names.filter_map(|(own, other)| own.as_ref().zip(other.as_ref()));
    let is_same_setting = |setting: &Setting| {
        let both = setting.of(built).zip(setting.of(other));
        both.is_none_or(|(own, other)| is_same(&own.pattern(), &other.pattern()))
    };
    names.all(|(own, other)| is_same(&own.pattern(), &other.pattern()))
        && Setting::all(built).iter().all(is_same_setting)
}

/// Gives a target the patterns that it has elsewhere, if they make the same texts with these values; whether all of its
/// texts have one.
fn explained(built: &mut Built, known: &[&Built], values: &Values) -> bool {
    let is_same = |own: &str, other: &str| {
        let made = values.file(own);
        made.is_some() && values.manifest(other) == made
    };
    let mut all = true;
    // Two texts that are the same today may be two with another value.
    let own = built.names.iter().flatten().map(Name::pattern);
    let mut taken: HashSet<String> = own.collect();
    for name in built.names.iter_mut().flatten() {
        let own = name.pattern();
        let names = known.iter().flat_map(|one| one.names.iter().flatten());
        let same: Vec<&Name> = names
            .filter(|other| is_same(&own, &other.pattern()))
            .collect();
        let exact = same.iter().find(|other| other.pattern() == own);
        let free = || same.iter().find(|other| !taken.contains(&other.pattern()));
        match exact.or_else(free) {
            Some(other) => {
                taken.insert(other.pattern());
                let pattern = &other.repository.pattern;
                name.repository.pattern.clone_from(pattern);
                name.tag.pattern.clone_from(&other.tag.pattern);
            }
            None => all = false,
        }
    }
    for setting in Setting::all(built) {
        let others = known.iter().filter_map(|one| setting.of(one));
        let mut others = others.map(|content| content.pattern());
        let Some(text) = setting.text_mut(built) else {
            continue;
        };
        match others.find(|other| is_same(&text.pattern, other)) {
            Some(pattern) => text.pattern = pattern,
            None => all = false,
        }
    }
    all
}
