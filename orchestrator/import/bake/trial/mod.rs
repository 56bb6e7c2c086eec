//! Which texts of a target follow a variable that the file computes with: the target is evaluated again with other
//! values of it.
//!
//! ```text
//! VERSION = "1.2.3", tags = ["app:${split(".", VERSION)[0]}"]     today app:1, with 17.28.39 app:17: {var:VERSION:major}
//! ```
//!
//! What no placeholder can say stays as it is today, and a note names it.

mod compare;
mod rungs;
mod texts;

use super::built::Built;
use super::eval::Evaluator;
use super::place::How;
use super::read::Block;
use super::settings::Resolver;
use super::stand_in::StandIns;
use super::target::Target;
use super::variable::{Variables, variables};
use crate::tag::git_tag;
pub(super) use compare::Tried;
use compare::{Form, Other, Trial};
use indexmap::{IndexMap, IndexSet};
use std::collections::HashMap;
use std::rc::Rc;
use texts::is_alike;

/// How many variables are tried.
const MOST: usize = 12;

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
    pub fn tried(&mut self, target: &Target, built: Built) -> Tried {
        let is_of_matrix = |name: &String| target.decided.contains(&(How::Fixed, name.clone()));
        let names = built.decided.iter().map(|(_, name)| name.clone());
        let names: IndexSet<String> = names.filter(|name| !is_of_matrix(name)).collect();
        let mut tried = Tried {
            built,
            rungs: IndexSet::new(),
            frozen: IndexMap::new(),
        };
        for name in names {
            let defaults = self.defaults;
            let Some(default) = defaults.get(&name).filter(|_| self.runs(&name)) else {
                continue;
            };
            let runs = self.known.get_mut(&name).into_iter().flatten();
            let built = &tried.built;
            let fits = |run: &Other| run.form != Form::Other || is_alike(built, &run.built);
            let runs = runs.filter_map(|run| run.other(target)).filter(fits);
            let (pre, runs) = runs.partition(|run| run.form == Form::PreRelease);
            let (pre, runs): (Vec<Other>, Vec<Other>) = (pre, runs);
            let trial = Trial {
                name: &name,
                default,
                defaults,
                runs: &runs,
            };
            let follows = trial.apply(&mut tried);
            let released = pre
                .first()
                .is_none_or(|run| trial.released(run, &mut tried));
            if follows && released {
                trial.decided(&mut tried);
            } else {
                trial.freeze(runs.iter().chain(&pre), &mut tried);
            }
        }
        tried
    }

    /// Whether there are runs for a variable.
    fn runs(&mut self, name: &str) -> bool {
        if self.known.contains_key(name) {
            return true;
        }
        let Some(default) = self.defaults.get(name).filter(|_| self.known.len() < MOST) else {
            return false;
        };
        let run = |(value, form): (String, Form)| {
            let mut given = self.given.clone();
            given.insert(name.to_owned(), value.clone());
            let mut evaluator = Evaluator::new(self.blocks, given);
            let variables = variables(self.blocks, &mut evaluator);
            Run {
                value,
                form,
                evaluator,
                defaults: Rc::new(variables.defaults),
                resolver: Resolver::new(self.targets),
            }
        };
        let runs = values(default).into_iter().map(run).collect();
        self.known.insert(name.to_owned(), runs);
        true
    }
}

/// Values to try in the place of this one.
fn values(default: &str) -> Vec<(String, Form)> {
    let version = git_tag::version(default).filter(|version| !version.is_prerelease());
    let Some(version) = version else {
        return vec![(String::from("trial-7"), Form::Alike)];
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
