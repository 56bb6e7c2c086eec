//! The variables of a file that kiln can have, too.

use super::edits::walk::each;
use super::eval::{Evaluator, is_list, joined};
use super::place::{Names, variable};
use super::read::Block;
use super::settings::is_read;
use super::value::Data;
use crate::import::published::Made;
use crate::manifest::VariableKind;
use crate::text::Spanned;
use hcl::Expression;
use indexmap::IndexMap;
use std::collections::HashSet;

/// Variables.
#[derive(Debug, Default)]
pub(super) struct Variables {
    /// In the order of the file.
    pub declared: Vec<Spanned<String>>,
    /// The defaults of those that may be in the manifest, by name.
    pub defaults: IndexMap<String, String>,
    /// Those whose defaults are made of others in the manifest, too.
    pub composed: IndexMap<String, Made>,
    /// Those that are made of others in another way, whose places are in the texts instead, with their own texts.
    pub made: IndexMap<String, String>,
    /// Those that are null.
    pub nulls: Names,
    /// Those that the images are made from.
    pub named: Names,
    /// By name, those that their defaults are computed from.
    pub sources: IndexMap<String, Names>,
    /// The types of those that are numbers or booleans with any value.
    pub kinds: IndexMap<String, VariableKind>,
}

impl Variables {
    /// Those that are booleans with any value.
    pub fn bools(&self) -> impl Iterator<Item = &str> {
        let kinds = self.kinds.iter();
        let bools = kinds.filter(|(_, kind)| **kind == VariableKind::Bool);
        bools.map(|(name, _)| name.as_str())
    }
}

/// The variables of a file.
pub(super) fn variables(blocks: &[Block], evaluator: &mut Evaluator) -> Variables {
    let mut all = Variables::default();
    for block in blocks.iter().filter(|block| block.kind == "variable") {
        let name = &block.label;
        all.declared.push(name.clone());
        let Ok(value) = evaluator.variable(name.as_str()) else {
            continue;
        };
        if value.is_null() {
            all.nulls.insert(name.value.clone());
        }
        let own = value.pattern.as_deref() == Some(&variable(name.as_str()));
        let is_inlined = evaluator.defaults.inlined.contains(name.as_str());
        let is_made = is_inlined || value.pattern.as_ref().is_some_and(|_| !own);
        let made = value.real().filter(|_| is_made);
        all.made.extend(made.map(|text| (name.value.clone(), text)));
        let kind = match (evaluator.kind(block), &value.data) {
            (Some("bool"), Data::Bool(_)) => Some(VariableKind::Bool),
            (Some("number"), Data::Number(_)) => Some(VariableKind::Number),
            _ => None,
        };
        let kind = kind.filter(|_| !is_inlined);
        all.kinds
            .extend(kind.map(|kind| (name.value.clone(), kind)));
        let list = joined(&value).filter(|_| is_list(block) && !is_inlined);
        if let Some(default) = value.real().filter(|_| own).or(list) {
            all.defaults.insert(name.value.clone(), default);
        }
    }
    evaluator.decided();
    all.composed.clone_from(&evaluator.composed);
    all
}

/// The variables that the settings of some targets name, functions that they may call included, and those that these are
/// made of.
pub(super) fn named(blocks: &[Block], targets: &HashSet<String>) -> Names {
    let settings = blocks.iter().flat_map(|block| {
        let is_target = block.kind == "target" && targets.contains(block.label.as_str());
        let settings = block.settings.iter();
        settings.filter(move |setting| match is_target {
            true => is_read(setting.name.as_str()),
            false => block.kind == "function",
        })
    });
    let settings = settings.map(|setting| &setting.value);
    reached(blocks, settings.collect())
}

/// By name, the variables that defaults are computed from.
pub(super) fn sources(blocks: &[Block]) -> IndexMap<String, Names> {
    let variables = blocks.iter().filter(|block| block.kind == "variable");
    let of = |block: &Block| {
        let name = block.label.as_str();
        let all = reached(blocks, default(blocks, name).into_iter().collect());
        let is_variable = |one: &String| variables.clone().any(|block| block.label.as_str() == one);
        let all: Names = all.into_iter().filter(is_variable).collect();
        (!all.is_empty()).then(|| (name.to_owned(), all))
    };
    variables.clone().filter_map(of).collect()
}

/// The variables that some expressions name, and those that these are made of.
pub(super) fn reached<'b>(blocks: &'b [Block], mut open: Vec<&'b Expression>) -> Names {
    let mut all = Names::new();
    while let Some(expression) = open.pop() {
        each(expression, &mut |one| {
            if let Expression::Variable(name) = one
                && all.insert(name.as_str().to_owned())
            {
                open.extend(default(blocks, name.as_str()));
            }
        });
    }
    all
}

/// What a variable is by default.
fn default<'b>(blocks: &'b [Block], name: &str) -> Option<&'b Expression> {
    let is_it = |block: &&Block| block.kind == "variable" && block.label.as_str() == name;
    let block = blocks.iter().find(is_it)?;
    let setting = block.assigned.as_ref().or_else(|| block.get("default"));
    setting.map(|setting| &setting.value)
}
