//! The variables of a file that kiln can have, too.

use super::eval::{Evaluator, kind};
use super::place::{Names, variable};
use super::read::Block;
use super::value::Data;
use crate::manifest::VariableKind;
use crate::text::Spanned;
use indexmap::IndexMap;

/// Variables.
#[derive(Debug, Default)]
pub(super) struct Variables {
    /// In the order of the file.
    pub declared: Vec<Spanned<String>>,
    /// The defaults of those that may be in the manifest, by name.
    pub defaults: IndexMap<String, String>,
    /// Those that are made of others, whose places are in the texts instead.
    pub made: Names,
    /// Those that are null.
    pub nulls: Names,
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
        let is_made = value.pattern.as_ref().is_some_and(|_| !own);
        if is_made && value.real().is_some() {
            all.made.insert(name.value.clone());
        }
        let kind = match (kind(block), &value.data) {
            (Some("bool"), Data::Bool(_)) => Some(VariableKind::Bool),
            (Some("number"), Data::Number(_)) => Some(VariableKind::Number),
            _ => None,
        };
        all.kinds
            .extend(kind.map(|kind| (name.value.clone(), kind)));
        if let Some(default) = value.real().filter(|_| own) {
            all.defaults.insert(name.value.clone(), default);
        }
    }
    evaluator.decided();
    all
}
