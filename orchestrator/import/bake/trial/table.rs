//! What a target is with each combination of cases of some variables: tags and settings that it has only with some of
//! them get a condition.
//!
//! ```text
//! tags = ["app:1", LATEST == "true" ? "app:latest" : ""]     tag "1"; when var:LATEST="true" { tag "latest"; }
//! ```

use super::cases::{Cases, when};
use super::moves::everywhere;
use super::rungs::filled;
use super::setting::{Content, Setting};
use super::states::State;
use super::values::BESIDE;
use crate::import::bake::built::Built;
use crate::import::bake::place::{replaced, variable_of};
use crate::import::published::{Name, Text, VARIABLE, When};
use crate::import::when::cover;
use crate::import::write::literal;
use indexmap::{IndexMap, IndexSet};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// Repositories that a target has not today, with the rows that have them.
type Lacking = Vec<(usize, String)>;

/// A target with some cases of variables.
pub struct Row {
    /// Of each variable the case.
    pub at: Vec<usize>,
    pub state: Rc<State>,
}

/// A target with all cases of some variables.
pub struct Table<'c> {
    pub variables: Vec<&'c Cases>,
    /// Each combination, that of today included.
    pub rows: Vec<Row>,
    /// Whether these variables decide with no others.
    pub is_whole: bool,
}

/// By row, the references that the file makes, and those of them that the target has by now.
struct Made {
    all: Vec<IndexSet<String>>,
    /// Each with the patterns that make it: with other values of further variables, these make several.
    known: Vec<HashMap<String, HashSet<String>>>,
    /// How many names of a row make a reference.
    counts: Vec<HashMap<String, usize>>,
    /// Whether repositories have conditions of their own: then these are the tags alone.
    moves: bool,
}

impl Made {
    /// What of a reference is compared.
    fn key(&self, full: String) -> String {
        let tag = |full: &str| full.rsplit_once(':').map(|(_, tag)| tag.to_owned());
        let tags: Option<Vec<String>> = full.split(BESIDE).map(tag).collect();
        match tags {
            Some(tags) if self.moves => tags.join(BESIDE),
            _ => full,
        }
    }

    fn keys(&self, all: &IndexSet<String>) -> IndexSet<String> {
        all.iter().map(|full| self.key(full.clone())).collect()
    }

    /// Whether the file makes a reference in a row, with this pattern of the target.
    fn has(&mut self, at: usize, full: Option<String>, pattern: &str) -> bool {
        let full = full.map(|full| self.key(full));
        let Some(full) = full.filter(|full| self.all[at].contains(full)) else {
            return false;
        };
        let patterns = self.known[at].entry(full).or_default();
        patterns.insert(pattern.to_owned());
        true
    }

    /// The same, if the target has it not yet.
    fn adds(&mut self, at: usize, full: Option<String>, pattern: &str) -> bool {
        let is_new = full
            .as_ref()
            .is_some_and(|full| !self.is_known(at, full, pattern));
        is_new && self.has(at, full, pattern)
    }

    /// Whether the target has a reference in a row by now: as often as the row does, where patterns differ.
    fn is_known(&self, at: usize, full: &str, pattern: &str) -> bool {
        let full = self.key(full.to_owned());
        let Some(patterns) = self.known[at].get(&full) else {
            return false;
        };
        let count = self.counts[at].get(&full).filter(|_| !self.moves);
        patterns.contains(pattern) || patterns.len() >= *count.unwrap_or(&1)
    }
}

/// Whether conditions make everything that the file does with other values.
#[derive(Clone, Copy)]
pub struct Whole {
    pub names: bool,
    pub settings: bool,
}

/// What conditions change of the settings of a target.
#[derive(Default)]
pub struct Changes {
    /// The arguments that it has only under a condition.
    some: IndexSet<String>,
    rows: Vec<(When, Setting, Content)>,
}

impl Table<'_> {
    /// Adds the names of all rows to a target, each with its condition, and the settings to the changes.
    pub fn merge(&self, base: &Built, built: &mut Built, changes: &mut Changes) -> Whole {
        let names = self.names(base, built) && self.is_whole;
        let settings = self.settings(base, changes) && self.is_whole;
        let mut rows = self.rows.iter();
        Whole {
            names,
            settings: settings && rows.all(|row| row.state.is_whole(base)),
        }
    }

    /// The conditions that together hold in these rows. The first of them holds today, if one does.
    pub(super) fn whens(&self, has: &[bool]) -> Vec<When> {
        let rows = self.rows.iter().zip(has);
        let cells: Vec<Vec<usize>> = rows
            .filter(|(_, has)| **has)
            .map(|(row, _)| row.at.clone())
            .collect();
        let mut blocks = cover(self.variables.len(), &cells);
        let is_of_today = |block: &Vec<Vec<usize>>| {
            let mut all = self.variables.iter().zip(block);
            all.all(|(cases, some)| some.contains(&cases.today()))
        };
        blocks.sort_by_key(|block| !is_of_today(block));
        let blocks = blocks.iter();
        blocks.map(|block| when(&self.variables, block)).collect()
    }

    fn names(&self, base: &Built, built: &mut Built) -> bool {
        let rows = self.rows.iter();
        let moves = self.moves(base);
        let mut made = Made {
            all: rows.map(|row| row.state.made()).collect(),
            known: vec![HashMap::new(); self.rows.len()],
            counts: self.rows.iter().map(|row| row.state.counts()).collect(),
            moves,
        };
        made.all = made.all.iter().map(|all| made.keys(all)).collect();
        let mut later = Vec::new();
        for (own, name) in base.names.iter().zip(&mut built.names) {
            let (Some(own), Some(name)) = (own, name) else {
                continue;
            };
            let rows = self.rows.iter().enumerate();
            let has = rows.map(|(at, row)| made.has(at, row.state.full(own), &own.pattern()));
            let mut whens = self.whens(&has.collect::<Vec<bool>>()).into_iter();
            name.when.0.extend(whens.next().unwrap_or_default().0);
            later.extend(whens.map(|when| (when, own.clone())));
        }
        let mut lacking = Vec::new();
        let whole = self.more(base, &mut made, (&mut later, &mut lacking));
        if moves {
            self.merge_repositories(base, built);
        }
        for (when, name) in later {
            for cases in &self.variables {
                if let Some(off) = built.off.get_mut(&cases.variable) {
                    off.shift_remove(&name.pattern());
                }
            }
            let tag = Text {
                pattern: pinned(&when, &name.tag.pattern),
                ..name.tag
            };
            built.later.push(Some(Name { when, tag, ..name }));
        }
        for (at, pattern) in lacking {
            for cases in self.others(at) {
                let off = built.off.entry(cases.variable.clone()).or_default();
                off.insert(pattern.clone());
            }
        }
        whole
    }

    /// The variables that have other values in a row than today.
    fn others(&self, row: usize) -> impl Iterator<Item = &Cases> {
        let variables = self.variables.iter().zip(&self.rows[row].at);
        let others = variables.filter(|(cases, case)| **case != cases.today());
        others.map(|(cases, _)| *cases)
    }

    /// The names that the target has not today, each with its condition; whether that is all of them. Those of
    /// repositories that it has not today are lacking, with their rows.
    fn more(
        &self,
        base: &Built,
        made: &mut Made,
        (later, lacking): (&mut Vec<(When, Name)>, &mut Lacking),
    ) -> bool {
        let names = base.names.iter().flatten();
        let repositories: IndexSet<&String> = names.map(|name| &name.repository.pattern).collect();
        let mut whole = true;
        for (at, row) in self.rows.iter().enumerate() {
            for name in row.state.built.names.iter().flatten() {
                let written = row.state.written(name);
                let (full, pattern) = (row.state.made_of(name), written.pattern());
                if full.is_none_or(|full| made.is_known(at, &full, &pattern)) {
                    continue;
                }
                let is_known = repositories.contains(&written.repository.pattern);
                if self.is_frozen(row, name) || !made.moves && !is_known {
                    whole = false;
                    lacking.extend((!is_known).then(|| (at, written.pattern())));
                    continue;
                }
                let rows = self.rows.iter().enumerate();
                let has = rows.map(|(at, row)| made.adds(at, row.state.full(&written), &pattern));
                let has: Vec<bool> = has.collect();
                whole &= has[at];
                let whens = self.whens(&has).into_iter();
                for when in whens {
                    let names = match made.moves {
                        true => everywhere(base, &written),
                        false => vec![written.clone()],
                    };
                    later.extend(names.into_iter().map(|name| (when.clone(), name)));
                }
            }
        }
        whole
    }

    /// Whether a name of a row does not follow a variable. With a text that the file names, it need not, nor where the
    /// condition compares the variable with another one.
    fn is_frozen(&self, row: &Row, name: &Name) -> bool {
        let is_named = |variable: &String| {
            let mut variables = self.variables.iter().zip(&row.at);
            variables.any(|(cases, case)| {
                cases.names().any(|name| name == variable) && !cases.is_any(*case)
            })
        };
        let full = name.full();
        let mut frozen = row.state.frozen.iter();
        frozen.any(|(variable, all)| all.contains(&full) && !is_named(variable))
    }

    fn settings(&self, base: &Built, changes: &mut Changes) -> bool {
        let rows = self.rows.iter();
        let all = rows.flat_map(|row| Setting::all(&row.state.built));
        let wholes = self.rows.iter().map(|row| row.state.is_whole(base));
        let wholes: Vec<bool> = wholes.collect();
        let mut whole = true;
        for setting in all.collect::<IndexSet<Setting>>() {
            let own = setting.of(base);
            let of = |(row, is_whole): (&Row, &bool)| match is_whole {
                true => row.state.content(&setting, base),
                false => own.clone(),
            };
            let rows = self.rows.iter().zip(&wholes);
            let contents: Vec<Option<Content>> = rows.map(of).collect();
            let lacks = own.is_some() && contents.contains(&None);
            let is_some = matches!(setting, Setting::Arg(_)) && lacks;
            whole &= is_some || !lacks;
            if let (Setting::Arg(name), true) = (&setting, lacks) {
                changes.some.insert(name.clone());
            }
            let own = own.as_ref().filter(|_| !is_some);
            self.change(setting, own, contents, changes);
        }
        whole
    }

    /// Adds the conditions of a setting where it is another one than today.
    fn change(
        &self,
        setting: Setting,
        own: Option<&Content>,
        contents: Vec<Option<Content>>,
        changes: &mut Changes,
    ) {
        let mut groups: IndexMap<String, (Content, Vec<bool>)> = IndexMap::new();
        for (at, content) in contents.into_iter().enumerate() {
            let Some(content) = content.filter(|one| Some(one) != own) else {
                continue;
            };
            let rows = self.rows.len();
            let group = groups.entry(content.pattern());
            let group = group.or_insert_with(|| (content, vec![false; rows]));
            group.1[at] = true;
        }
        for (content, has) in groups.into_values() {
            let whens = self.whens(&has).into_iter();
            let rows = whens.map(|when| (when, setting.clone(), content.clone()));
            changes.rows.extend(rows);
        }
    }
}

/// A pattern without the variables of which a condition names the only value.
fn pinned(when: &When, pattern: &str) -> String {
    let value = |name: &str| {
        let mut own = when.0.iter();
        let (_, patterns) = own.find(|(known, _)| known.strip_prefix(VARIABLE) == Some(name))?;
        let [text] = patterns.as_slice() else {
            return None;
        };
        let is_text = !text.starts_with('!') && !text.contains(['*', '{', '}']);
        is_text.then_some(text.as_str())
    };
    replaced(pattern, |place| {
        value(variable_of(place)?)?;
        let text = filled(&format!("{{{place}}}"), value)?;
        Some(literal(&text))
    })
}

impl Changes {
    /// Gives a target what it is under each condition.
    pub fn finish(self, base: &Built, built: &mut Built) {
        built.some_args.extend(self.some);
        let plain = Built {
            names: Vec::new(),
            later: Vec::new(),
            switched: Vec::new(),
            some_args: built.some_args.clone(),
            ..base.clone()
        }
        .without_some_args();
        let mut all: IndexMap<When, Built> = IndexMap::new();
        for (when, setting, content) in self.rows {
            let other = all.entry(when).or_insert_with(|| plain.clone());
            setting.put(content, other);
        }
        built.switched.extend(all);
    }
}
