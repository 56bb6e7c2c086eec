//! Defaults that a file computes from other variables, where the filters of a manifest do the same.
//!
//! ```text
//! variable "MAJOR" { default = split(".", VERSION)[0] }     variable "MAJOR" default="{var:VERSION:before .}"
//! ```
//!
//! The file is evaluated with other values of these variables that are written like their defaults: a default with which
//! any of them makes another text is not taken. Where there is none, what the variable is by default takes its place in all texts, and these follow the
//! variables that decide it, if conditions and filters of the images can say so.

use super::edits::defaults;
use super::eval::Evaluator;
use super::place::{Names, places, resolved, variable, variable_of};
use super::read::Block;
use super::stand_in::StandIns;
use super::trial::{base, samples};
use super::variable::reached;
use crate::import::published::VARIABLE;
use crate::tag::variable::{filter, filtered};
use indexmap::{IndexMap, IndexSet};

/// Gives the variables of a file the defaults of a manifest that do the same as their own.
pub(super) fn find(blocks: &mut [Block]) {
    let names = names(blocks);
    let variables = blocks.iter_mut().filter(|block| block.kind == "variable");
    variables.for_each(|block| block.is_name = names.contains(block.label.as_str()));
    let candidates = defaults(blocks);
    if candidates.is_empty() {
        return;
    }
    let mut made = candidates;
    made.retain(|name, pattern| is_same(blocks, name, pattern));
    keep_whole(blocks, &mut made);
    for (name, pattern) in made {
        let variables = blocks.iter_mut().filter(|block| block.kind == "variable");
        for block in variables.filter(|block| block.label.as_str() == name) {
            block.made = Some(pattern.clone());
        }
    }
}

/// The variables that names of images are made of, or may be.
fn names(blocks: &[Block]) -> Names {
    let settings = blocks.iter().flat_map(|block| {
        let is_name = |name: &str| match block.kind.as_str() {
            "target" => matches!(name, "tags" | "output"),
            kind => kind == "function",
        };
        let settings = block.settings.iter();
        settings.filter(move |one| is_name(one.name.as_str()))
    });
    reached(blocks, settings.map(|one| &one.value).collect())
}

/// Lets what variables are by default take their place in texts, where the file computes it from others. The result are
/// these variables, each with those that decide it.
pub(super) fn inline(blocks: &mut [Block]) -> IndexMap<String, Names> {
    let variables = blocks.iter().filter(|block| block.kind == "variable");
    let variables = variables.filter(|block| block.made.is_none() && !block.bare);
    let of = |block: &Block| {
        let name = block.label.as_str();
        let mut evaluator = Evaluator::new(blocks, StandIns::new());
        let value = evaluator.variable(name).ok()?;
        let is_text = value.real().is_some() && value.pattern.as_deref() == Some(&variable(name));
        let decided = evaluator.decided().into_iter();
        let names: Names = decided.map(|(_, name)| name).collect();
        (is_text && !names.is_empty()).then(|| (name.to_owned(), names))
    };
    let all: IndexMap<String, Names> = variables.filter_map(of).collect();
    for block in blocks.iter_mut().filter(|block| block.kind == "variable") {
        block.is_inlined = all.contains_key(block.label.as_str());
    }
    all
}

/// Takes that back where the images do not follow what decides it; whether anything was.
pub(super) fn restore(
    blocks: &mut [Block],
    sources: &IndexMap<String, Names>,
    frozen: &Names,
) -> bool {
    let is_frozen = |block: &Block| {
        let sources = sources.get(block.label.as_str());
        sources.is_some_and(|all| all.iter().any(|name| frozen.contains(name)))
    };
    let mut any = false;
    for block in blocks.iter_mut().filter(|block| block.is_inlined) {
        if block.kind == "variable" && is_frozen(block) {
            block.is_inlined = false;
            any = true;
        }
    }
    any
}

/// Forgets the defaults that are made of a variable whose own default is computed, and not one of these.
fn keep_whole(blocks: &[Block], made: &mut IndexMap<String, String>) {
    let computed = |name: &str| {
        let mut evaluator = Evaluator::new(blocks, StandIns::new());
        evaluator.variable(name).is_err() || !evaluator.decided().is_empty()
    };
    loop {
        let before = made.clone();
        made.retain(|_, pattern| {
            let mut sources = places(pattern).filter_map(variable_of);
            sources.all(|source| before.contains_key(source) || !computed(source))
        });
        if made.len() == before.len() {
            return;
        }
    }
}

/// Whether a pattern makes what the file does of a variable, with values of others that are written like their defaults.
/// What other values make shows when the images are compared.
fn is_same(blocks: &[Block], name: &str, pattern: &str) -> bool {
    let sources: IndexSet<&str> = places(pattern).filter_map(variable_of).collect();
    let of_source = |source: &&str| {
        let default = text(blocks, &StandIns::new(), source).unwrap_or_default();
        let values = samples(&default, None).into_iter().map(|(value, _)| value);
        let values = values.chain([base(&default)]);
        let sets = values.map(|value| StandIns::from([((*source).to_owned(), value)]));
        sets.collect::<Vec<StandIns>>()
    };
    let mut sets: Vec<StandIns> = sources.iter().flat_map(of_source).collect();
    sets.push(StandIns::new());
    sets.iter().all(|given| {
        // What the file cannot evaluate is not a value of the variable.
        let file = text(blocks, given, name);
        file.is_none_or(|file| made(blocks, given, pattern).as_ref() == Some(&file))
    })
}

/// The text of a variable in the file, with these values of others.
fn text(blocks: &[Block], given: &StandIns, name: &str) -> Option<String> {
    let mut evaluator = Evaluator::new(blocks, given.clone());
    evaluator.variable(name).ok()?.real()
}

/// The text that a manifest makes.
fn made(blocks: &[Block], given: &StandIns, pattern: &str) -> Option<String> {
    resolved(pattern, |place| {
        let (name, filters) = filtered(place.strip_prefix(VARIABLE)?);
        let value = text(blocks, given, name)?;
        match filters {
            Some(filters) => filter(&value, filters),
            None => Some(value),
        }
    })
}
