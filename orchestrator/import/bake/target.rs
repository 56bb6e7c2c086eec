//! Targets: the settings of each, with all that it inherits, for each cell of its matrix.

use super::eval::{Evaluator, Local};
use super::place::{Decisions, How, decisions};
use super::read::{Block, Setting};
use super::value::{Data, Value, Values};
use crate::text::{Span, Spanned};
use indexmap::{IndexMap, IndexSet};
use std::collections::HashMap;
use std::rc::Rc;

/// The most targets that a file may expand to.
pub(super) const MOST: usize = 2000;

/// The longest chain of targets that inherit from each other.
const DEEPEST: usize = 32;

/// The settings that are imported, or that decide whether the target is.
const READ: [&str; 14] = [
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
    "output",
    "call",
];

/// A target, or one cell of a target with a matrix.
#[derive(Debug, Clone)]
pub(super) struct Target<'a> {
    /// The target's name in bake.
    pub name: String,
    pub block: &'a Block,
    /// The values of the matrix in this cell.
    pub cell: Values,
    /// Further blocks of the same name, which change it.
    pub more: Vec<&'a Block>,
    /// The variables whose defaults decided the values of the matrix.
    pub decided: Decisions,
}

/// The evaluated settings of a target.
#[derive(Debug, Clone, Default)]
pub(super) struct Settings {
    /// By name.
    pub values: IndexMap<&'static str, Spanned<Value>>,
    /// The variables whose defaults decided something.
    pub decided: Decisions,
    /// The targets that it inherits from.
    pub ancestors: IndexSet<String>,
}

/// Why a target is left out, and where.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub why: String,
    pub span: Span,
}

/// The targets of a block: one, or one per cell of its matrix.
pub(super) fn targets<'a>(
    block: &'a Block,
    evaluator: &mut Evaluator,
    most: usize,
) -> Result<Vec<Target<'a>>, Refusal> {
    let Some(matrix) = block.get("matrix") else {
        return Ok(vec![Target {
            name: block.label.value.clone(),
            block,
            cell: Values::new(),
            more: Vec::new(),
            decided: Decisions::new(),
        }]);
    };
    evaluator.decided();
    let cells = cells(matrix, evaluator, most)?;
    let decided = evaluator.decided();
    let name = block.get("name").ok_or_else(|| Refusal {
        why: String::from("it has a matrix but no `name`"),
        span: matrix.name.span,
    })?;
    let named = |cell: Values| {
        let own = evaluated(name, evaluator, &cell)?;
        let own = own.real().ok_or_else(|| Refusal {
            why: String::from("its `name` is not a string"),
            span: name.name.span,
        })?;
        Ok(Target {
            name: own,
            block,
            cell,
            more: Vec::new(),
            decided: decided.clone(),
        })
    };
    let all = cells.into_iter().map(named).collect();
    // Names of targets are not in the manifest.
    evaluator.decided();
    all
}

/// The cells of a matrix: every combination of its values.
fn cells(matrix: &Setting, evaluator: &mut Evaluator, most: usize) -> Result<Vec<Values>, Refusal> {
    let refusal = |why: String| Refusal {
        why,
        span: matrix.name.span,
    };
    let found = evaluated(matrix, evaluator, &Values::new())?;
    let Data::Map(axes) = found.data else {
        return Err(refusal(String::from("its matrix is not a map of lists")));
    };
    let mut cells = vec![Values::new()];
    for (axis, found) in axes {
        let Data::List(found) = found.data else {
            return Err(refusal(format!("`{axis}` of its matrix is not a list")));
        };
        if let Some(why) = found.iter().find_map(Value::unknown_part) {
            return Err(refusal(format!(
                "`{axis}` of its matrix is not known: {why}"
            )));
        }
        if cells.len().saturating_mul(found.len()) > most {
            return Err(refusal(format!(
                "with its matrix the file has more than {MOST} targets"
            )));
        }
        let with = |cell: &Values, value: &Value| {
            let mut cell = cell.clone();
            cell.insert(axis.clone(), value.clone());
            cell
        };
        cells = cells
            .iter()
            .flat_map(|cell| found.iter().map(|value| with(cell, value)))
            .collect();
    }
    Ok(cells)
}

fn evaluated(
    setting: &Setting,
    evaluator: &mut Evaluator,
    cell: &Values,
) -> Result<Value, Refusal> {
    let value = evaluator.setting(&setting.value, &Local::new(cell));
    value.map_err(|why| Refusal {
        why: format!("`{}` cannot be evaluated: {why}", setting.name.as_str()),
        span: setting.name.span,
    })
}

/// Evaluates targets with all that they inherit.
pub(super) struct Resolver<'a> {
    pub targets: &'a HashMap<String, Target<'a>>,
    known: HashMap<String, Result<Rc<Settings>, Refusal>>,
}

impl<'a> Resolver<'a> {
    /// Nothing is evaluated yet.
    pub fn new(targets: &'a HashMap<String, Target<'a>>) -> Self {
        Self {
            targets,
            known: HashMap::new(),
        }
    }

    /// A target's settings, on top of those it inherits.
    pub fn settings(
        &mut self,
        target: &Target,
        evaluator: &mut Evaluator,
    ) -> Result<Settings, Refusal> {
        self.resolve(target, evaluator, 0)
    }

    fn resolve(
        &mut self,
        target: &Target,
        evaluator: &mut Evaluator,
        depth: usize,
    ) -> Result<Settings, Refusal> {
        let span = target.block.label.span;
        if depth > DEEPEST {
            return Err(Refusal {
                why: String::from("it inherits from itself, or through too many others"),
                span,
            });
        }
        let mut all = Settings {
            decided: target.decided.clone(),
            ..Settings::default()
        };
        for parent in parents(target, evaluator, &mut all.decided)? {
            let found = self.parent(&parent, span, evaluator, depth)?;
            found
                .values
                .iter()
                .for_each(|(name, value)| merge(&mut all.values, name, value.clone()));
            all.decided.extend(found.decided.iter().cloned());
            all.ancestors.extend(found.ancestors.iter().cloned());
            all.ancestors.insert(parent);
        }
        let none = Values::new();
        let own = target
            .block
            .settings
            .iter()
            .map(|setting| (setting, &target.cell));
        let more = target.more.iter().flat_map(|block| &block.settings);
        for (setting, cell) in own.chain(more.map(|setting| (setting, &none))) {
            if let Some(name) = READ.into_iter().find(|name| *name == setting.name.as_str()) {
                // What cannot be evaluated matters only where it is not overridden.
                let value = evaluator.setting(&setting.value, &Local::new(cell));
                let value = value.unwrap_or_else(Value::unknown);
                let value = Spanned::new(value, setting.name.span);
                merge(&mut all.values, name, value);
                all.decided.extend(evaluator.decided());
            }
        }
        Ok(all)
    }

    fn parent(
        &mut self,
        name: &str,
        span: Span,
        evaluator: &mut Evaluator,
        depth: usize,
    ) -> Result<Rc<Settings>, Refusal> {
        if let Some(known) = self.known.get(name) {
            return known.clone();
        }
        let missing = || Refusal {
            why: format!("it inherits from `{name}`, which is not a target in this file"),
            span,
        };
        let target = self.targets.get(name).ok_or_else(missing)?;
        let found = self.resolve(target, evaluator, depth + 1).map(Rc::new);
        self.known.insert(name.to_owned(), found.clone());
        found
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
        })?);
    }
    Ok(all)
}

/// As bake merges: null changes nothing, maps and some lists grow, any other value replaces the previous one.
fn merge(
    all: &mut IndexMap<&'static str, Spanned<Value>>,
    name: &'static str,
    value: Spanned<Value>,
) {
    let grows = name == "ulimits";
    match (
        all.get_mut(name).map(|known| &mut known.value.data),
        value.value.data,
    ) {
        (Some(_), Data::Null) => {}
        (Some(Data::Map(known)), Data::Map(more)) => {
            known.extend(more.into_iter().filter(|(_, value)| !value.is_null()));
        }
        (Some(Data::List(known)), Data::List(more)) if grows => known.extend(more),
        (_, data) => {
            let pattern = value.value.pattern;
            let value = Spanned::new(Value { data, pattern }, value.span);
            all.insert(name, value);
        }
    }
}
