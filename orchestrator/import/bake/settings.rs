//! The settings of targets, with all that they inherit.

use super::eval::{Evaluator, Local};
use super::inserted::text_of;
use super::place::{Decisions, How, decisions, places};
use super::target::{Refusal, Target, evaluated};
use super::value::{Data, Value, Values};
use crate::import::published::VARIABLE;
use crate::tag::variable::{filter, filtered};
use crate::text::Spanned;
use indexmap::{IndexMap, IndexSet};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// How many targets a target may inherit from, directly or through others.
const MOST_ANCESTORS: usize = 200;

/// The settings that are imported, or that decide whether the target is.
pub(super) const READ: [&str; 17] = [
    "tags",
    "platforms",
    "dockerfile",
    "dockerfile-inline",
    "context",
    "contexts",
    "target",
    "args",
    "network",
    "shm-size",
    "ulimits",
    "extra-hosts",
    "secret",
    "ssh",
    "attest",
    "output",
    "call",
];

/// Whether a setting of a target has any part in what is imported.
pub(super) fn is_read(name: &str) -> bool {
    READ.contains(&name) || matches!(name, "matrix" | "inherits")
}

/// The evaluated settings of a target.
#[derive(Debug, Clone, Default)]
pub(super) struct Settings {
    /// By name.
    pub values: IndexMap<&'static str, Spanned<Value>>,
    /// The variables whose defaults decided something besides the tags and the output.
    pub decided: Decisions,
    /// The same of the tags.
    pub decided_tags: Decisions,
    /// The same of the output, which matters only where it decides what a target makes.
    pub decided_output: Decisions,
    /// The targets that it inherits from.
    pub ancestors: IndexSet<String>,
    /// The texts of the places in a Dockerfile inside the file, by place.
    pub inserted: IndexMap<String, String>,
    /// The names of contexts that follow variables, with their patterns.
    pub keys: IndexMap<String, String>,
}

/// Evaluates targets with all that they inherit, each of them once.
pub(super) struct Resolver<'a> {
    pub targets: &'a HashMap<String, Target<'a>>,
    known: HashMap<String, Result<Rc<Settings>, Refusal>>,
    /// The targets that are being evaluated.
    open: HashSet<String>,
    /// Those that one of them inherits from.
    inside: HashMap<String, Result<Rc<Settings>, Refusal>>,
    /// Whether any of these is without a target that inherits from it: bake takes each of a ring once.
    is_cut: bool,
}

impl<'a> Resolver<'a> {
    /// Nothing is evaluated yet.
    pub fn new(targets: &'a HashMap<String, Target<'a>>) -> Self {
        Self {
            targets,
            known: HashMap::new(),
            open: HashSet::new(),
            inside: HashMap::new(),
            is_cut: false,
        }
    }

    /// The settings of a target of the file, on top of those it inherits.
    pub fn known(
        &mut self,
        target: &Target,
        evaluator: &mut Evaluator,
    ) -> Result<Rc<Settings>, Refusal> {
        let known = self.known.get(&target.name);
        if let Some(known) = known.or_else(|| self.inside.get(&target.name)) {
            return known.clone();
        }
        let found = self.settings(target, evaluator).map(Rc::new);
        let all = match self.open.is_empty() {
            true => &mut self.known,
            false => &mut self.inside,
        };
        all.insert(target.name.clone(), found.clone());
        found
    }

    /// The same of a target with other values of the matrix than the file has.
    pub fn settings(
        &mut self,
        target: &Target,
        evaluator: &mut Evaluator,
    ) -> Result<Settings, Refusal> {
        self.open.insert(target.name.clone());
        let found = self.evaluated(target, evaluator);
        self.open.remove(&target.name);
        if self.open.is_empty() {
            let inside = self.inside.drain();
            match std::mem::take(&mut self.is_cut) {
                true => drop(inside),
                false => self.known.extend(inside),
            }
        }
        found
    }

    fn evaluated(
        &mut self,
        target: &Target,
        evaluator: &mut Evaluator,
    ) -> Result<Settings, Refusal> {
        let mut all = Settings {
            decided: target.decided.clone(),
            ..Settings::default()
        };
        let parents = parents(target, evaluator, &mut all.decided)?;
        for name in &parents {
            if self.open.contains(name) {
                self.is_cut |= *name != target.name;
                continue;
            }
            let parent = self.parent(name.as_str(), target, evaluator)?;
            all.inherit(name, &parent);
        }
        if all.ancestors.len() > MOST_ANCESTORS {
            return Err(Refusal {
                why: format!("it inherits from more than {MOST_ANCESTORS} others"),
                span: target.block.label.span,
                help: None,
            });
        }
        all.own(target, evaluator);
        all.insert(target, evaluator);
        Ok(all)
    }

    fn parent(
        &mut self,
        name: &str,
        child: &Target,
        evaluator: &mut Evaluator,
    ) -> Result<Rc<Settings>, Refusal> {
        let missing = || Refusal {
            why: format!("it inherits from `{name}`, which is not a target in this file"),
            span: child.block.label.span,
            help: None,
        };
        let targets = self.targets;
        self.known(targets.get(name).ok_or_else(missing)?, evaluator)
    }
}

impl Settings {
    fn inherit(&mut self, name: &str, parent: &Settings) {
        for (name, value) in &parent.values {
            merge(&mut self.values, name, value.clone());
        }
        self.decided.extend(parent.decided.iter().cloned());
        self.decided_tags
            .extend(parent.decided_tags.iter().cloned());
        self.decided_output
            .extend(parent.decided_output.iter().cloned());
        self.ancestors.extend(parent.ancestors.iter().cloned());
        self.ancestors.insert(name.to_owned());
        self.inserted.extend(parent.inserted.clone());
        self.keys.extend(parent.keys.clone());
    }

    /// Looks up the texts of the places in a Dockerfile.
    fn insert(&mut self, target: &Target, evaluator: &mut Evaluator) {
        let inline = self.values.get("dockerfile-inline");
        let pattern = inline.and_then(|inline| inline.value.pattern.clone());
        for place in pattern.iter().flat_map(|pattern| places(pattern)) {
            let text = match place.strip_prefix(VARIABLE).map(filtered) {
                None => target.cell.values().find_map(|one| text_of(one, place)),
                Some((name, filters)) => {
                    let value = evaluator.variable(name).ok();
                    let text = value.and_then(|value| value.real());
                    text.and_then(|text| {
                        filters.map_or(Some(text.clone()), |all| filter(&text, all))
                    })
                }
            };
            self.inserted
                .extend(text.map(|text| (place.to_owned(), text)));
        }
        evaluator.decided();
    }

    fn own(&mut self, target: &Target, evaluator: &mut Evaluator) {
        let none = Values::new();
        let own = target.block.settings.iter();
        let own = own.map(|setting| (setting, &target.cell));
        let more = target.more.iter().flat_map(|block| &block.settings);
        for (setting, cell) in own.chain(more.map(|setting| (setting, &none))) {
            if let Some(name) = READ.into_iter().find(|name| *name == setting.name.as_str()) {
                // What cannot be evaluated matters only where it is not overridden.
                let local = Local::new(cell);
                let value = match name {
                    "platforms" => evaluator.listed(&setting.value, &local),
                    "contexts" => {
                        let (value, keys) = evaluator.keyed(&setting.value, &local);
                        self.keys.extend(keys);
                        value
                    }
                    _ => evaluator.setting(&setting.value, &local),
                };
                let value = value.unwrap_or_else(Value::unknown);
                let value = Spanned::new(value, setting.name.span);
                let unset = unset(
                    self.values.get(name).map(|known| &known.value),
                    &value.value,
                );
                self.decided.extend(unset);
                merge(&mut self.values, name, value);
                match name {
                    "tags" => self.decided_tags.extend(evaluator.decided()),
                    "output" => self.decided_output.extend(evaluator.decided()),
                    _ => self.decided.extend(evaluator.decided()),
                }
            }
        }
    }
}

/// The targets that a target inherits from; the variables that choose them are `decided`.
fn parents(
    target: &Target,
    evaluator: &mut Evaluator,
    decided: &mut Decisions,
) -> Result<Vec<String>, Refusal> {
    let none = Values::new();
    let own = target
        .block
        .get("inherits")
        .map(|setting| (setting, &target.cell));
    let more = target.more.iter().filter_map(|block| block.get("inherits"));
    let mut all = Vec::new();
    for (setting, cell) in own.into_iter().chain(more.map(|setting| (setting, &none))) {
        let value = evaluated(setting, evaluator, cell)?;
        decided.extend(decisions(How::Fixed, &value));
        let names = value.list().map(|names| names.iter().map(Value::real));
        let names: Option<Vec<String>> = names.and_then(Iterator::collect);
        all.extend(names.ok_or_else(|| Refusal {
            why: String::from("its `inherits` is not a list of names"),
            span: setting.name.span,
            help: None,
        })?);
    }
    Ok(all)
}

/// The variables that are null, so that a setting is what it is without them.
fn unset(known: Option<&Value>, value: &Value) -> Decisions {
    let is_known = |key: &String| {
        let known = known.and_then(Value::map);
        known.is_some_and(|known| known.contains_key(key))
    };
    let nulls: Vec<&Value> = match &value.data {
        Data::Null => vec![value],
        Data::Map(items) => {
            let items = items.iter();
            let others = items.filter(|(key, item)| item.is_null() && is_known(key));
            others.map(|(_, item)| item).collect()
        }
        _ => Vec::new(),
    };
    let nulls = nulls.into_iter();
    nulls.flat_map(|null| decisions(How::Fixed, null)).collect()
}

/// As bake merges: null changes nothing, maps and some lists grow, any other value replaces the previous one.
fn merge(
    all: &mut IndexMap<&'static str, Spanned<Value>>,
    name: &'static str,
    value: Spanned<Value>,
) {
    let grows = matches!(name, "ulimits" | "secret" | "ssh" | "attest");
    match (
        all.get_mut(name).map(|known| &mut known.value.data),
        value.value.data,
    ) {
        (Some(_), Data::Null) => {}
        (Some(Data::Map(known)), Data::Map(more)) => {
            for (key, value) in more {
                // A variable that is null may have a value later.
                let is_unset = value.pattern.is_some() && !known.contains_key(&key);
                if !value.is_null() || is_unset {
                    known.insert(key, value);
                }
            }
        }
        (Some(Data::List(known)), Data::List(more)) if grows => known.extend(more),
        (_, data) => {
            let pattern = value.value.pattern;
            let value = Spanned::new(Value { data, pattern }, value.span);
            all.insert(name, value);
        }
    }
}
