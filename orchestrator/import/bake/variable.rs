//! The variables of a file that kiln can have, too.

use super::eval::Evaluator;
use super::place::{Names, variable};
use super::read::Block;
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
        if let Some(default) = value.real().filter(|_| own) {
            all.defaults.insert(name.value.clone(), default);
        }
    }
    evaluator.decided();
    all
}
