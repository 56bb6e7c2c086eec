//! What a file looks for in texts that it edits or decides by: texts with which an edit shows, and the filters of a
//! manifest that may do the same.
//!
//! ```text
//! trimprefix(V, "release-")     V: `release-17.28.39`, {var:V:without release-}
//! ```
//!
//! Only the expressions are read, since a default may lead past them. What is edited is often a parameter of a
//! function, or the item of a loop: then it may be any variable.

mod chain;
mod choice;
mod example;
mod pattern;
mod reader;
mod shape;
pub(super) mod walk;

use super::place::Names;
use super::read::{Block, Setting};
use super::settings::is_read;
use hcl::Expression;
use indexmap::IndexSet;
pub(super) use pattern::defaults;
use reader::Reader;
use shape::{Shape, texts};
use std::collections::HashMap;
pub(super) use walk::each;

/// What a file does with one variable.
#[derive(Debug, Clone, Default)]
struct Clues {
    /// Texts that it edits.
    edited: IndexSet<Shape>,
    /// Texts that it decides by.
    decided: IndexSet<Shape>,
    /// Filters that may do the same.
    filters: IndexSet<String>,
}

/// What files look for in texts.
#[derive(Debug, Default)]
pub(super) struct Edits {
    by: HashMap<String, Clues>,
    /// In any variable.
    any: Clues,
}

impl Edits {
    /// What the expressions of these blocks look for.
    pub fn new(blocks: &[Block]) -> Self {
        let mut edits = Self::default();
        let reader = Reader::new(blocks);
        for (name, default) in &reader.variables {
            if let Some(Expression::Number(_)) = default {
                // bake reads a number, and writes it without zeros at its end.
                let clues = edits.by.entry((*name).to_owned()).or_default();
                clues.decided.insert(Shape::Whole(String::from("1.30")));
            }
        }
        let called = called(blocks);
        let is_used =
            |block: &&Block| block.kind != "function" || called.contains(block.label.as_str());
        for block in blocks.iter().filter(is_used) {
            for setting in settings(block) {
                each(&setting.value, &mut |one| reader.read(one, &mut edits));
            }
        }
        edits
    }

    /// Values of a variable with which an edit shows; `base` is one that is written like the default.
    pub fn edited(&self, name: &str, base: &str) -> IndexSet<String> {
        texts(self.of(name).flat_map(|clues| &clues.edited), base)
    }

    /// The same, and those with which the file may decide something else.
    pub fn all(&self, name: &str, base: &str) -> IndexSet<String> {
        let decided = self.of(name).flat_map(|clues| &clues.decided);
        let edited = self.of(name).flat_map(|clues| &clues.edited);
        texts(edited.chain(decided), base)
    }

    /// The filters that may edit a variable as the file does.
    pub fn filters(&self, name: &str) -> Vec<String> {
        let all = self.of(name).flat_map(|clues| &clues.filters);
        let all: IndexSet<String> = all.cloned().collect();
        all.into_iter().collect()
    }

    fn of(&self, name: &str) -> impl Iterator<Item = &Clues> {
        self.by.get(name).into_iter().chain([&self.any])
    }
}

/// The functions that files call.
fn called(blocks: &[Block]) -> Names {
    let mut all = Names::new();
    for setting in blocks.iter().flat_map(settings) {
        each(&setting.value, &mut |one| {
            if let Expression::FuncCall(call) = one {
                all.insert(call.name.name.as_str().to_owned());
            }
        });
    }
    all
}

/// The settings of a block that are imported: what a file edits for labels and names of targets changes nothing.
fn settings(block: &Block) -> impl Iterator<Item = &Setting> {
    let inner = block.inner.iter().flat_map(|inner| &inner.settings);
    let own = block.settings.iter();
    let own = own.filter(|one| block.kind != "target" || is_read(one.name.as_str()));
    own.chain(&block.assigned).chain(inner)
}

#[cfg(test)]
mod tests;
