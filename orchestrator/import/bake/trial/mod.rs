//! Which texts of a target follow a variable that the file computes with: the target is evaluated again with other
//! values of it.
//!
//! ```text
//! VERSION = "1.2.3", tags = ["app:${split(".", VERSION)[0]}"]     today app:1, with 17.28.39 app:17: {var:VERSION:major}
//! ```
//!
//! What no placeholder can say stays as it is today, and a note names it.

mod compare;
mod findings;
mod rungs;
mod texts;

use super::built::Built;
use super::eval::{Compared, Evaluator};
use super::place::{How, Names};
use super::read::Block;
use super::settings::Resolver;
use super::stand_in::StandIns;
use super::target::Target;
use super::variable::{Variables, variables};
use crate::tag::git_tag;
pub(super) use compare::Tried;
use compare::{Form, Other, Trial};
pub(super) use findings::{Findings, shown};
use indexmap::{IndexMap, IndexSet};
use std::collections::HashMap;
use std::rc::Rc;
use texts::is_alike;

/// How many variables are tried.
const MOST: usize = 12;

/// A value that is not a version.
const PLAIN: &str = "trial-7";

/// A value that is one.
const VERSION: &str = "17.28.39";

/// Texts that files edit before a tag may have them.
const SAMPLES: [&str; 4] = [
    "Trial/7_b",
    "v17.28.39",
    "refs/heads/trial/7",
    "refs/tags/v17.28.39",
];

/// How many of the texts that the file compares a variable with are tried.
const MOST_COMPARED: usize = 4;

/// The trials so far, by variable.
pub(super) struct Trials<'a, 'e> {
    targets: &'a HashMap<String, Target<'a>>,
    blocks: &'e [Block],
    given: &'a StandIns,
    defaults: &'a IndexMap<String, String>,
    known: HashMap<String, Vec<Run<'a, 'e>>>,
}

/// An evaluation with another value of the variable.
struct Run<'a, 'e> {
    value: String,
    form: Form,
    evaluator: Evaluator<'e>,
    /// The defaults of all variables with it.
    defaults: Rc<IndexMap<String, String>>,
    resolver: Resolver<'a>,
}

impl<'a, 'e> Trials<'a, 'e> {
    /// No trials yet.
    pub fn new(
        targets: &'a HashMap<String, Target<'a>>,
        blocks: &'e [Block],
        given: &'a StandIns,
        variables: &'a Variables,
    ) -> Self {
        Self {
            targets,
            blocks,
            given,
            defaults: &variables.defaults,
            known: HashMap::new(),
        }
    }

    /// The target with placeholders for what follows its variables, and without the decisions that these make up for.
    /// `compared` are the texts that the file compares variables with.
    pub fn tried(&mut self, target: &Target, built: Built, compared: &Compared) -> Tried {
        let is_of_matrix = |name: &String| target.decided.contains(&(How::Fixed, name.clone()));
        let names = built.decided.iter().map(|(_, name)| name.clone());
        let names: IndexSet<String> = names.filter(|name| !is_of_matrix(name)).collect();
        let mut tried = Tried {
            built,
            rungs: IndexSet::new(),
            frozen: IndexMap::new(),
            not_empty: Names::new(),
            registries: Names::new(),
        };
        for name in names {
            let defaults = self.defaults;
            self.run(&name, compared.get(&name));
            let runs = self.known.get_mut(&name).into_iter().flatten();
            let built = &tried.built;
            let fits = |run: &Other| run.form != Form::Other || is_alike(built, &run.built);
            let runs = runs.filter_map(|run| run.other(target)).filter(fits);
            let all: Vec<Other> = runs.collect();
            let (switches, all): (Vec<_>, Vec<_>) =
                all.into_iter().partition(|run| run.form == Form::Switch);
            let (pre, runs): (Vec<_>, Vec<_>) = all
                .into_iter()
                .partition(|run| run.form == Form::PreRelease);
            let trial = Trial {
                name: &name,
                default: defaults.get(&name).map(String::as_str).unwrap_or_default(),
                defaults,
                runs: &runs,
            };
            if trial.is_registry(&tried.built) {
                tried.registries.insert(name.clone());
            }
            trial.switch(runs.iter().chain(&switches), &mut tried.built);
            if runs.is_empty() && !defaults.contains_key(&name) {
                continue;
            }
            let follows = trial.apply(&mut tried);
            let released = pre
                .first()
                .is_none_or(|run| trial.released(run, &mut tried));
            if trial.is_edited(&tried) {
                trial.forget(How::Unedited, &mut tried);
            }
            if follows && released {
                trial.forget_fixed(&mut tried, compared.get(&name));
            } else {
                trial.freeze(runs.iter().chain(&pre), &mut tried);
            }
            if tried.is_said(&name) {
                trial.forget(How::Fixed, &mut tried);
            }
        }
        tried
    }

    /// Evaluates the file with other values of a variable, those included that the file compares it with.
    fn run(&mut self, name: &str, compared: Option<&IndexSet<String>>) {
        if self.known.len() >= MOST && !self.known.contains_key(name) {
            return;
        }
        let default = self.defaults.get(name).map(String::as_str);
        let runs = self.known.entry(name.to_owned()).or_default();
        for (value, form) in values(default, compared) {
            if runs.iter().any(|run| run.value == value) {
                continue;
            }
            let mut given = self.given.clone();
            given.insert(name.to_owned(), value.clone());
            let mut evaluator = Evaluator::new(self.blocks, given);
            let variables = variables(self.blocks, &mut evaluator);
            runs.push(Run {
                value,
                form,
                evaluator,
                defaults: Rc::new(variables.defaults),
                resolver: Resolver::new(self.targets),
            });
        }
    }
}

/// Values to try in the place of a default, and of none.
fn values(default: Option<&str>, compared: Option<&IndexSet<String>>) -> Vec<(String, Form)> {
    let compared = compared.into_iter().flatten().take(MOST_COMPARED);
    let compared = compared.filter(|text| Some(text.as_str()) != default);
    let switches = compared.map(|text| (text.clone(), Form::Switch));
    let own = match default {
        None => vec![(PLAIN, Form::Switch), (VERSION, Form::Switch)],
        Some("") => vec![(PLAIN, Form::Alike), (VERSION, Form::Switch)],
        Some("true") => vec![(PLAIN, Form::Alike), ("false", Form::Switch)],
        Some("false") => vec![(PLAIN, Form::Alike), ("true", Form::Switch)],
        Some(default) => return versions(default).into_iter().chain(switches).collect(),
    };
    let own = own.into_iter().map(|(text, form)| (text.to_owned(), form));
    own.chain(switches).collect()
}

/// Versions in the place of a default that is one; another word in the place of a word.
fn versions(default: &str) -> Vec<(String, Form)> {
    let version = git_tag::version(default).filter(|version| !version.is_prerelease());
    let Some(version) = version else {
        let samples = SAMPLES.map(|text| (text.to_owned(), Form::Sample));
        return [(PLAIN.to_owned(), Form::Alike)]
            .into_iter()
            .chain(samples)
            .collect();
    };
    let count = version.numbers().len().min(3);
    let (plain, with_v) = (["17", "28", "39"], ["46", "57", "68"]);
    let is_plain = !default.starts_with(['v', 'V']);
    let value = |numbers: &[&str], v: bool| {
        (if v { "v" } else { "" }).to_owned() + &numbers[..count].join(".")
    };
    vec![
        (value(&plain, !is_plain), Form::Alike),
        (value(&with_v, !is_plain), Form::Alike),
        (value(&plain, is_plain), Form::Other),
        (value(&plain, !is_plain) + "-rc.1", Form::PreRelease),
        (PLAIN.to_owned(), Form::Sample),
        (SAMPLES[0].to_owned(), Form::Sample),
    ]
}

impl Run<'_, '_> {
    fn other(&mut self, target: &Target) -> Option<Other> {
        let settings = self.resolver.settings(target, &mut self.evaluator).ok()?;
        self.evaluator.decided();
        Some(Other {
            value: self.value.clone(),
            form: self.form,
            defaults: self.defaults.clone(),
            built: Built::new(target, &settings).ok()?,
        })
    }
}
