//! Defaults that a file computes from other variables, where a manifest can do the same.
//!
//! ```text
//! variable "MAJOR" { default = split(".", VERSION)[0] }      variable "MAJOR" default="{var:VERSION:before .}"
//! variable "TAG" { default = CI ? "ci" : VERSION }           variable "TAG" default="{var:VERSION}" { when var:CI="true" default="ci"; }
//! ```
//!
//! The file is evaluated with other values of these variables: a default with which any of them makes another text is not
//! taken. Where there is none, what the variable is by default takes its place in all texts, and these follow the variables
//! that decide it, if conditions and filters of the images can say so.

use super::edits::defaults;
use super::eval::Evaluator;
use super::place::{Names, resolved, variable};
use super::read::Block;
use super::stand_in::StandIns;
use super::trial::{base, samples};
use super::used::sources;
use super::variable::reached;
use crate::import::published::{Made, VARIABLE, When};
use crate::tag::variable::{filter, filtered};
use indexmap::{IndexMap, IndexSet};

/// How many pairs of values of two variables a default is tried with.
const MOST_PAIRS: usize = 64;

/// What is known of the defaults of a file's variables.
#[derive(Debug, Clone, Default)]
pub(super) struct Defaults {
    /// By variable, a default of a manifest that does the same as its own, where that edits others or picks one of several
    /// texts.
    pub made: IndexMap<String, Made>,
    /// The variables in whose place texts have what they are by default: that is computed from others, and no default of a
    /// manifest does the same.
    pub inlined: Names,
    /// The variables that names of images are made of, or may be: a reference in them is taken apart.
    pub names: Names,
}

impl Defaults {
    /// Those of a manifest that do the same as the file's own.
    pub fn find(blocks: &[Block]) -> Self {
        let mut made = defaults(blocks);
        made.retain(|name, made| is_same(blocks, name, made));
        keep_whole(blocks, &mut made);
        Self {
            made,
            inlined: Names::new(),
            names: names(blocks),
        }
    }

    /// The variables that are computed from others in any other way, each with those that decide it.
    pub fn computed(&self, blocks: &[Block]) -> IndexMap<String, Names> {
        let variables = blocks.iter().filter(|block| block.kind == "variable");
        let is_made = |block: &Block| self.made.contains_key(block.label.as_str());
        let variables = variables.filter(|block| !block.bare && !is_made(block));
        let of = |block: &Block| {
            let name = block.label.as_str();
            let mut evaluator = Evaluator::new(blocks, self, StandIns::new());
            let value = evaluator.variable(name).ok()?;
            let is_text =
                value.real().is_some() && value.pattern.as_deref() == Some(&variable(name));
            let decided = evaluator.decided().into_iter();
            let names: Names = decided.map(|(_, name)| name).collect();
            (is_text && !names.is_empty()).then(|| (name.to_owned(), names))
        };
        variables.filter_map(of).collect()
    }

    /// The same, where what these variables are by default takes their place in texts.
    pub fn inlined(&self, names: Names) -> Self {
        Self {
            inlined: names,
            ..self.clone()
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

/// Forgets the defaults that are made of a variable whose own default is computed, and not one of these.
fn keep_whole(blocks: &[Block], made: &mut IndexMap<String, Made>) {
    let none = Defaults::default();
    let computed = |name: &str| {
        let mut evaluator = Evaluator::new(blocks, &none, StandIns::new());
        evaluator.variable(name).is_err() || !evaluator.decided().is_empty()
    };
    loop {
        let before = made.clone();
        made.retain(|_, made| {
            let mut sources = sources(made);
            sources.all(|source| before.contains_key(source) || !computed(source))
        });
        if made.len() == before.len() {
            return;
        }
    }
}

/// Whether a default makes what the file does of a variable, with values of others that are written like their defaults, and
/// with those that it names. What other values make shows when the images are compared.
fn is_same(blocks: &[Block], name: &str, made: &Made) -> bool {
    let all: IndexSet<&str> = sources(made).collect();
    let of_source = |source: &str| {
        let default = text(blocks, &StandIns::new(), source).unwrap_or_default();
        let named = named(made, source);
        let values = samples(&default, Some(&named)).into_iter();
        let values = values.map(|(value, _)| value).chain([base(&default)]);
        let values: IndexSet<String> = values.chain(named).collect();
        let sets = values.into_iter().map(|value| (source.to_owned(), value));
        sets.collect::<Vec<(String, String)>>()
    };
    let single: Vec<(String, String)> = all.iter().flat_map(|source| of_source(source)).collect();
    let is_decided = |set: &&(String, String)| named(made, &set.0).contains(&set.1);
    let pairs = single.iter().filter(is_decided).flat_map(|one| {
        let others = single.iter().filter(|other| other.0 != one.0);
        others.map(|other| vec![one.clone(), other.clone()])
    });
    let sets = single.iter().map(|one| vec![one.clone()]);
    let mut sets = sets.chain(pairs.take(MOST_PAIRS)).chain([Vec::new()]);
    sets.all(|set| {
        let given: StandIns = set.into_iter().collect();
        // What the file cannot evaluate is not a value of the variable.
        let file = text(blocks, &given, name);
        file.is_none_or(|file| text_of(blocks, &given, made).as_ref() == Some(&file))
    })
}

/// The texts that the conditions of a default compare a variable with.
fn named(made: &Made, variable: &str) -> IndexSet<String> {
    let parts = made.others.iter().flat_map(|(When(parts), _)| parts);
    let own = parts.filter(|(name, _)| name.strip_prefix(VARIABLE) == Some(variable));
    let patterns = own.flat_map(|(_, patterns)| patterns);
    let texts = patterns.map(|pattern| pattern.strip_prefix('!').unwrap_or(pattern));
    texts.filter_map(|text| resolved(text, |_| None)).collect()
}

/// The text of a variable in the file, with these values of others.
fn text(blocks: &[Block], given: &StandIns, name: &str) -> Option<String> {
    let none = Defaults::default();
    let mut evaluator = Evaluator::new(blocks, &none, given.clone());
    evaluator.variable(name).ok()?.real()
}

/// The text that a manifest makes.
fn text_of(blocks: &[Block], given: &StandIns, made: &Made) -> Option<String> {
    let names: IndexSet<&str> = made.conditions().collect();
    // In a manifest, the empty text takes the place of null.
    let value = |name: &&str| text(blocks, given, name).unwrap_or_default();
    let values: IndexMap<String, String> = names
        .iter()
        .map(|name| ((*name).to_owned(), value(name)))
        .collect();
    resolved(made.pattern(&values), |place| {
        let (name, filters) = filtered(place.strip_prefix(VARIABLE)?);
        let value = text(blocks, given, name)?;
        match filters {
            Some(filters) => filter(&value, filters),
            None => Some(value),
        }
    })
}
