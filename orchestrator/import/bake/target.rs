//! Targets: the settings of each, with all that it inherits, for each cell of its matrix.

use super::eval::{evaluate, parts};
use super::mark;
use super::read::{Block, Setting};
use super::value::{self, Scopes, Values};
use crate::text::{Span, Spanned};
use hcl::Value;
use indexmap::IndexMap;
use std::collections::HashMap;
use std::rc::Rc;

/// The most targets that a file may expand to.
pub(super) const MOST: usize = 2000;

/// The longest chain of targets that inherit from each other.
const DEEPEST: usize = 32;

/// The settings that are imported.
const READ: [&str; 8] = [
    "tags",
    "platforms",
    "dockerfile",
    "dockerfile-inline",
    "context",
    "contexts",
    "target",
    "args",
];

/// A target, or one cell of a target with a matrix.
#[derive(Debug, Clone)]
pub(super) struct Target<'a> {
    /// The target's name in bake.
    pub name: String,
    pub block: &'a Block,
    /// The values of the matrix in this cell.
    pub cell: Values,
}

/// The evaluated settings of a target.
pub(super) type Settings = IndexMap<&'static str, Spanned<Value>>;

/// Why a target is left out, and where.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub why: String,
    pub span: Span,
}

/// The targets of a block: one, or one per cell of its matrix.
pub(super) fn targets<'a>(
    block: &'a Block,
    values: &Values,
    most: usize,
) -> Result<Vec<Target<'a>>, Refusal> {
    let Some(matrix) = block.get("matrix") else {
        return Ok(vec![Target {
            name: block.label.value.clone(),
            block,
            cell: Values::new(),
        }]);
    };
    let cells = cells(matrix, values, most)?;
    let name = block.get("name").ok_or_else(|| Refusal {
        why: String::from("it has a matrix but no `name`"),
        span: matrix.name.span,
    })?;
    let named = |cell: Values| {
        let own = value::text(&evaluated(name, &[values, &cell])?).ok_or_else(|| Refusal {
            why: String::from("its `name` is not a string"),
            span: name.name.span,
        })?;
        Ok(Target {
            name: own,
            block,
            cell,
        })
    };
    cells.into_iter().map(named).collect()
}

/// The cells of a matrix: every combination of its values.
fn cells(matrix: &Setting, values: &Values, most: usize) -> Result<Vec<Values>, Refusal> {
    let refusal = |why: String| Refusal {
        why,
        span: matrix.name.span,
    };
    let Value::Object(axes) = evaluated(matrix, &[values])? else {
        return Err(refusal(String::from("its matrix is not a map of lists")));
    };
    let mut cells = vec![Values::new()];
    for (axis, found) in axes {
        let Value::Array(found) = found else {
            return Err(refusal(format!("`{axis}` of its matrix is not a list")));
        };
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

fn evaluated(setting: &Setting, scopes: Scopes) -> Result<Value, Refusal> {
    evaluate(&setting.value, scopes).map_err(|why| Refusal {
        why: format!("`{}` cannot be evaluated: {why}", setting.name.as_str()),
        span: setting.name.span,
    })
}

/// Evaluates targets with all that they inherit.
pub(super) struct Resolver<'a> {
    pub values: &'a Values,
    /// The variables with marks in place of values, if marks are used.
    pub marked: Option<&'a Values>,
    pub targets: &'a HashMap<String, Target<'a>>,
    known: HashMap<String, Result<Rc<Settings>, Refusal>>,
}

impl<'a> Resolver<'a> {
    /// Nothing is evaluated yet.
    pub fn new(
        values: &'a Values,
        marked: Option<&'a Values>,
        targets: &'a HashMap<String, Target<'a>>,
    ) -> Self {
        Self {
            values,
            marked,
            targets,
            known: HashMap::new(),
        }
    }

    /// A target's settings, on top of those it inherits.
    pub fn settings(&mut self, target: &Target) -> Result<Settings, Refusal> {
        self.resolve(target, 0)
            .map(|settings| Settings::clone(&settings))
    }

    fn resolve(&mut self, target: &Target, depth: usize) -> Result<Rc<Settings>, Refusal> {
        let span = target.block.label.span;
        if depth > DEEPEST {
            return Err(Refusal {
                why: String::from("it inherits from itself, or through too many others"),
                span,
            });
        }
        let mut all = Settings::new();
        for parent in self.parents(target)? {
            let found = match (self.known.get(&parent), self.targets.get(&parent)) {
                (Some(known), _) => known.clone(),
                (None, Some(block)) => {
                    let found = self.resolve(block, depth + 1);
                    self.known.insert(parent, found.clone());
                    found
                }
                (None, None) => Err(Refusal {
                    why: format!("it inherits from `{parent}`, which is not a target in this file"),
                    span,
                }),
            };
            found?
                .iter()
                .for_each(|(name, value)| merge(&mut all, name, value.clone()));
        }
        for setting in &target.block.settings {
            if let Some(name) = READ.into_iter().find(|name| *name == setting.name.as_str()) {
                merge(
                    &mut all,
                    name,
                    Spanned::new(self.value(setting, target)?, setting.name.span),
                );
            }
        }
        Ok(Rc::new(all))
    }

    fn parents(&self, target: &Target) -> Result<Vec<String>, Refusal> {
        let Some(setting) = target.block.get("inherits") else {
            return Ok(Vec::new());
        };
        let value = evaluated(setting, &[self.values, &target.cell])?;
        let names = value.as_array().and_then(|names| {
            names
                .iter()
                .map(value::text)
                .collect::<Option<Vec<String>>>()
        });
        names.ok_or_else(|| Refusal {
            why: String::from("its `inherits` is not a list of names"),
            span: setting.name.span,
        })
    }

    /// A setting's value, with marks where it only inserts variables.
    fn value(&self, setting: &Setting, target: &Target) -> Result<Value, Refusal> {
        let real = || evaluated(setting, &[self.values, &target.cell]);
        let Some(marked) = self.marked else {
            return real();
        };
        match parts(&setting.value, &[self.values]) {
            Ok(parts) if !parts.computes => evaluated(setting, &[marked, &target.cell]),
            // A mark would be used as a value.
            Ok(parts)
                if parts
                    .names
                    .iter()
                    .any(|name| target.cell.get(name).is_some_and(mark::is_marked)) =>
            {
                Err(Refusal {
                    why: String::from("it computes with values of its matrix"),
                    span: setting.name.span,
                })
            }
            _ => real(),
        }
    }
}

/// Maps are merged; any other value replaces the previous one.
fn merge(all: &mut Settings, name: &'static str, value: Spanned<Value>) {
    match (all.get_mut(name), value) {
        (
            Some(Spanned {
                value: Value::Object(known),
                ..
            }),
            Spanned {
                value: Value::Object(more),
                ..
            },
        ) => known.extend(more),
        (_, value) => drop(all.insert(name, value)),
    }
}
