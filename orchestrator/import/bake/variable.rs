//! Variables: their defaults, each evaluated after those it names.

use super::eval::{evaluate, parts};
use super::mark;
use super::read::Block;
use super::value::{self, Values};
use crate::import::note::Notes;
use crate::text::Spanned;
use hcl::Value;
use std::collections::HashMap;

/// The longest chain of variables that name one another.
const DEEPEST: usize = 64;

/// The variables of a file with their defaults; those that cannot be evaluated are notes.
pub(super) fn variables(blocks: &[Block], notes: &mut Notes) -> Variables {
    let mut all = Variables {
        values: builtin(),
        declared: Vec::new(),
        marked: Values::new(),
        places: Values::new(),
    };
    let found: HashMap<&str, &Block> = blocks
        .iter()
        .filter(|block| block.kind == "variable")
        .map(|block| (block.label.as_str(), block))
        .collect();
    for block in blocks.iter().filter(|block| block.kind == "variable") {
        all.resolve(&block.label, &found, notes, 0);
    }
    all.mark();
    all
}

/// The variables that bake itself declares, with their values if the file is in the workspace.
fn builtin() -> Values {
    let local = [
        ("BAKE_CMD_CONTEXT", "cwd://"),
        ("BAKE_LOCAL_PLATFORM", "linux/amd64"),
    ];
    local
        .into_iter()
        .map(|(name, value)| (name.to_owned(), Value::from(value)))
        .collect()
}

/// Variables with their values.
#[derive(Debug)]
pub(super) struct Variables {
    pub values: Values,
    /// In the order of the file.
    pub declared: Vec<Spanned<String>>,
    /// The values, with marks for variables that kiln can have.
    pub marked: Values,
    /// The values behind the marks, by placeholder.
    pub places: Values,
}

impl Variables {
    /// Those that kiln can have, with their defaults as texts.
    pub fn named(&self) -> impl Iterator<Item = (String, String)> {
        self.places.iter().filter_map(|(place, value)| {
            let name = place.strip_prefix("var:")?;
            Some((name.to_owned(), value::text(value)?))
        })
    }

    fn mark(&mut self) {
        self.marked = self.values.clone();
        for name in self.declared.iter().map(|name| name.as_str()) {
            let value = self.values.get(name);
            if let Some(value) = value.filter(|value| is_variable(name, value)) {
                let place = format!("var:{name}");
                self.marked.insert(name.to_owned(), mark::mark(&place));
                self.places.insert(place, value.clone());
            }
        }
    }

    fn resolve(
        &mut self,
        name: &Spanned<String>,
        all: &HashMap<&str, &Block>,
        notes: &mut Notes,
        depth: usize,
    ) {
        if self.values.contains_key(name.as_str()) {
            return;
        }
        let Some(block) = all.get(name.as_str()) else {
            return;
        };
        let Some(default) = block.get("default") else {
            self.declare(name, Value::from(""));
            return;
        };
        let failed = |notes: &mut Notes, why: &str| {
            notes.note(
                "import::left-out",
                format!(
                    "the default of `{}` cannot be evaluated: {why}",
                    name.as_str()
                ),
                "values that use it are left out",
                default.name.span,
            );
        };
        if depth > DEEPEST {
            failed(notes, "it depends on itself, or on too many others");
            return;
        }
        match parts(&default.value, &[&self.values]) {
            Ok(parts) => {
                for other in parts
                    .names
                    .iter()
                    .filter(|other| other.as_str() != name.as_str())
                {
                    if let Some(block) = all.get(other.as_str()) {
                        self.resolve(&block.label, all, notes, depth + 1);
                    }
                }
            }
            Err(why) => return failed(notes, &why),
        }
        match evaluate(&default.value, &[&self.values]) {
            Ok(Value::Null) => self.declare(name, Value::from("")),
            Ok(value) => self.declare(name, value),
            Err(why) => failed(notes, &why),
        }
    }

    fn declare(&mut self, name: &Spanned<String>, value: Value) {
        if self.values.insert(name.value.clone(), value).is_none() {
            self.declared.push(name.clone());
        }
    }
}

/// Whether kiln can have a variable of this name and value.
fn is_variable(name: &str, value: &Value) -> bool {
    // It may have to be passed to Dockerfiles as a build argument, so it must be a valid name for one, too.
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let named = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(fits)
        && name.len() <= 100;
    named && value::text(value).is_some_and(|text| !mark::is_odd(&text))
}
