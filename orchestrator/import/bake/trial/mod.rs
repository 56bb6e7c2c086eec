//! Which texts of a target follow a variable that the file computes with: the target is evaluated again with other
//! values of it.
//!
//! ```text
//! VERSION = "1.2.3", tags = ["app:${split(".", VERSION)[0]}"]     today app:1, with 17.28.39 app:17: {var:VERSION:major}
//! ```
//!
//! What no placeholder can say stays as it is today, and a note names it.

mod cases;
mod compare;
mod findings;
mod groups;
mod moves;
mod rungs;
mod samples;
mod setting;
mod states;
mod study;
mod table;
mod texts;
mod tried;
mod values;

use super::built::Built;
use super::defaults::Defaults;
use super::edits::Edits;
use super::eval::{Compared, Evaluator};
use super::fleet::File;
use super::place::{How, Names};
use super::read::Block;
use super::registry::HUB;
use super::settings::Resolver;
use super::stand_in::StandIns;
use super::target::Target;
use super::variable::variables;
use compare::{Other, Trial};
pub(super) use findings::{Findings, shown};
use indexmap::{IndexMap, IndexSet};
pub(super) use rungs::filled;
use samples::Form;
pub(super) use samples::{OTHER, PLAIN, alike, base, others, samples};
use states::deciding;
use std::collections::HashMap;
use std::rc::Rc;
use texts::is_alike;
pub(super) use tried::Tried;
use values::Set;

/// How many variables are tried.
const MOST: usize = 12;

/// The trials so far, by variable.
pub(super) struct Trials<'a, 'e> {
    targets: &'a HashMap<String, Target<'a>>,
    blocks: &'e [Block],
    /// What is known of the defaults of variables.
    made: &'e Defaults,
    /// What they look for in texts.
    edits: Rc<Edits>,
    given: StandIns,
    defaults: Rc<IndexMap<String, String>>,
    /// The variables whose defaults follow others in the manifest, too.
    composed: Rc<Names>,
    /// The variables that are null.
    nulls: Names,
    /// Those that are booleans with any value.
    bools: Names,
    known: HashMap<String, Vec<Run<'a, 'e>>>,
    /// The file with some values of variables, and the trials with these.
    inner: HashMap<Vec<Set>, Inside<'a, 'e>>,
    /// The variables that have another value than the file gives them.
    fixed: Names,
    /// Those of them whose value is an example of all that the file does not name.
    free: Names,
    /// Variables with others that have the same value as they.
    same: Vec<(String, String)>,
    /// What the file compares with other values of variables.
    pub seen: Compared,
}

/// The file with some values of variables, and the trials with these.
type Inside<'a, 'e> = (Evaluation<'a, 'e>, Box<Trials<'a, 'e>>);

/// The file with other values of variables.
struct Evaluation<'a, 'e> {
    evaluator: Evaluator<'e>,
    /// The defaults of all variables with them.
    defaults: Rc<IndexMap<String, String>>,
    /// The same in the manifest: those that the file computes from others are what they are today.
    today: Rc<IndexMap<String, String>>,
    resolver: Resolver<'a>,
}

/// An evaluation with another value of one variable.
struct Run<'a, 'e> {
    value: String,
    form: Form,
    evaluation: Evaluation<'a, 'e>,
}

impl<'a, 'e> Trials<'a, 'e> {
    /// No trials yet.
    pub fn new(targets: &'a HashMap<String, Target<'a>>, file: &File<'e>) -> Self {
        let variables = file.variables;
        Self {
            targets,
            blocks: file.blocks,
            made: file.defaults,
            edits: Rc::new(Edits::new(file.blocks)),
            given: file.given.clone(),
            defaults: Rc::new(variables.defaults.clone()),
            composed: Rc::new(variables.composed.keys().cloned().collect()),
            nulls: variables.nulls.clone(),
            bools: variables.bools().map(str::to_owned).collect(),
            known: HashMap::new(),
            inner: HashMap::new(),
            fixed: Names::new(),
            free: Names::new(),
            same: Vec::new(),
            seen: Compared::default(),
        }
    }

    /// The target with placeholders for what follows its variables, and without the decisions that these make up for.
    /// `compared` are the texts that the file compares variables with.
    pub fn tried(&mut self, target: &Target, built: Built, compared: &Compared) -> Tried {
        // An empty registry is `docker.io` in the manifest, as a note says.
        let hubs = self.given.iter().filter(|(_, value)| *value == HUB);
        let compared = hubs.fold(compared.clone(), |all, (name, _)| all.filled(name));
        self.tried_with(target, built, &compared, |_| true)
    }

    /// The same with filters of some of its variables only.
    fn tried_with(
        &mut self,
        target: &Target,
        built: Built,
        compared: &Compared,
        is_edited: impl Fn(&str) -> bool,
    ) -> Tried {
        let names = self.decisive(target, &built);
        let mut tried = Tried::new(built);
        let deciding = deciding(&tried.built);
        for name in names {
            if !self.free.contains(&name) && !is_edited(&name) {
                continue;
            }
            let compared = compared.get(&name).filter(|_| !self.fixed.contains(&name));
            self.run(&name, compared);
            self.follow(&name, target, compared, &mut tried);
        }
        if self.fixed.is_empty() {
            self.switched(target, &mut tried, deciding, compared);
        }
        for name in tried.noted().cloned().collect::<Vec<String>>() {
            if tried.is_said(&name) {
                let decided = &mut tried.built.decided;
                decided.retain(|(how, known)| *known != name || *how != How::Fixed);
            }
        }
        tried
    }

    /// The variables that decide something about a target, and may have any value.
    fn decisive(&self, target: &Target, built: &Built) -> IndexSet<String> {
        let is_of_matrix = |name: &String| target.decided.contains(&(How::Fixed, name.clone()));
        let is_open = |name: &String| self.free.contains(name) || !self.fixed.contains(name);
        let names = built.decided.iter().map(|(_, name)| name);
        let names = names.filter(|name| !is_of_matrix(name) && is_open(name));
        names.cloned().collect()
    }

    /// Puts placeholders with filters where the target follows one variable, and notes what does not.
    fn follow(
        &mut self,
        name: &str,
        target: &Target,
        compared: Option<&IndexSet<String>>,
        tried: &mut Tried,
    ) {
        let defaults = self.defaults.clone();
        let all = self.others(name, target, &tried.built);
        let (switches, all): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|run| run.form == Form::Switch);
        let (mut pre, runs): (Vec<_>, Vec<_>) = all
            .into_iter()
            .partition(|run| run.form == Form::PreRelease);
        // A number has no pre-releases: the file fails with one, and lists no tags that it leaves out on purpose.
        pre.retain(|run| tried.built.has_lost_tags || !run.built.has_lost_tags);
        let trial = Trial {
            name,
            default: defaults.get(name).map(String::as_str).unwrap_or_default(),
            filters: self.edits.filters(name),
            runs: &runs,
        };
        if trial.is_registry(&tried.built) {
            tried.registries.insert(name.to_owned());
        }
        trial.switch(runs.iter().chain(&switches), &mut tried.built);
        if runs.is_empty() && !defaults.contains_key(name) {
            return;
        }
        let follows = trial.apply(tried);
        let released = pre.first().is_none_or(|run| trial.released(run, tried));
        if trial.is_edited(tried) {
            trial.forget(How::Unedited, tried);
        }
        match follows && released {
            true => {
                tried.followed.insert(name.to_owned());
                trial.forget_fixed(tried, compared);
            }
            false => trial.freeze(runs.iter().chain(&pre), tried),
        }
    }

    /// What the runs of a variable make of a target.
    fn others(&mut self, name: &str, target: &Target, built: &Built) -> Vec<Other> {
        let runs = self.known.get_mut(name).into_iter().flatten();
        let fits = |run: &Other| run.form != Form::Other || is_alike(built, &run.built);
        let runs = runs.filter_map(|run| run.other(target)).filter(fits);
        runs.collect()
    }

    /// Evaluates the file with other values of a variable, those included that the file compares it with.
    fn run(&mut self, name: &str, compared: Option<&IndexSet<String>>) {
        if self.known.len() >= MOST && !self.known.contains_key(name) {
            return;
        }
        let default = self.defaults.get(name).map(String::as_str);
        let is_truth = matches!(default, Some("true" | "false"));
        let edited = default.filter(|_| !is_truth);
        let edited = edited.map(|default| self.edits.edited(name, &base(default)));
        let is_new = |text: &String| compared.is_none_or(|all| !all.contains(text));
        let edited = edited.into_iter().flatten().filter(is_new);
        let edited = edited.map(|text| (text, Form::Sample));
        let all = samples::values(default, compared).into_iter().chain(edited);
        for (value, form) in all.collect::<Vec<_>>() {
            let known = self.known.get(name).into_iter().flatten();
            if known.into_iter().any(|run| run.value == value) {
                continue;
            }
            let evaluation = self.evaluation_with(name, &value);
            let runs = self.known.entry(name.to_owned()).or_default();
            runs.push(Run {
                value,
                form,
                evaluation,
            });
        }
    }

    /// The file with another value of a variable, and of those that have the same value as it.
    fn evaluation_with(&self, name: &str, value: &str) -> Evaluation<'a, 'e> {
        let same = self.same.iter().filter(|(one, _)| one == name);
        let same: Vec<&String> = same.map(|(_, other)| other).collect();
        let mut given = self.given.clone();
        let names = same.iter().map(|other| (*other).clone());
        given.extend(names.map(|other| (other, value.to_owned())));
        given.insert(name.to_owned(), value.to_owned());
        let mut evaluation = self.evaluation(given);
        let today = Rc::make_mut(&mut evaluation.today);
        today.extend(
            same.into_iter()
                .map(|other| (other.clone(), value.to_owned())),
        );
        evaluation
    }

    /// The file with these values.
    fn evaluation(&self, given: StandIns) -> Evaluation<'a, 'e> {
        let mut evaluator = Evaluator::new(self.blocks, self.made, given);
        let mut variables = variables(self.blocks, &mut evaluator);
        // With these values, a default may be one that a manifest does not make of others.
        variables.defaults.extend(variables.made);
        let mut today = (*self.defaults).clone();
        for name in self.composed.iter() {
            let text = variables.defaults.get(name).cloned();
            today.extend(text.map(|text| (name.clone(), text)));
        }
        Evaluation {
            evaluator,
            defaults: Rc::new(variables.defaults),
            today: Rc::new(today),
            resolver: Resolver::new(self.targets),
        }
    }
}

impl Run<'_, '_> {
    fn other(&mut self, target: &Target) -> Option<Other> {
        Some(Other {
            value: self.value.clone(),
            form: self.form,
            defaults: self.evaluation.defaults.clone(),
            today: self.evaluation.today.clone(),
            built: self.evaluation.built(target)?,
        })
    }
}

impl Evaluation<'_, '_> {
    /// What a target is with these values; nothing if it cannot be evaluated.
    fn built(&mut self, target: &Target) -> Option<Built> {
        let target = target.anew(&mut self.evaluator)?;
        let settings = self.resolver.settings(&target, &mut self.evaluator).ok()?;
        self.evaluator.decided();
        Built::new(&target, &settings).ok()
    }
}
