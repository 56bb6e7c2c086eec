//! The variables of a stage on one platform, as far as the file says them. What its base image sets is not known.

use super::expand::{Expansion, expand};
use super::instruction::Instruction;
use super::line::quoted_words;
use super::scope::Scope;
use std::cell::Cell;
use std::collections::BTreeMap;

/// The variables that ARG and ENV set in a stage.
#[derive(Debug, Clone, Default)]
pub(super) struct Variables {
    values: BTreeMap<String, Variable>,
}

#[derive(Debug, Clone)]
struct Variable {
    /// `None` if it is not known.
    value: Option<String>,
    /// Whether an ENV has set it. After that, an ARG with another value makes it unknown: the ENV counts for the classic
    /// builder and for old releases of BuildKit, the ARG for new ones.
    env: bool,
}

impl Variables {
    /// Sets what an ARG or ENV declares; other instructions set nothing. `at` is the place of the platform.
    pub fn set(&mut self, scope: &Scope<'_>, at: usize, instruction: &Instruction, escape: char) {
        let rest = &instruction.logical.text[instruction.rest..];
        match instruction.keyword.as_str() {
            "ARG" => quoted_words(rest, escape)
                .into_iter()
                .for_each(|word| self.arg(scope, at, word, escape)),
            "ENV" => self.env(rest, escape),
            _ => {}
        }
    }

    /// The value of a word; `None` if it depends on a variable that is not known, or cannot be parsed.
    pub fn expand(&self, word: &str, escape: char) -> Option<String> {
        let unknown = Cell::new(false);
        let lookup = |name: &str| match self.values.get(name).and_then(|v| v.value.clone()) {
            Some(value) => Expansion::Value(value),
            None => {
                unknown.set(true);
                Expansion::Unset
            }
        };
        let value = expand(word, escape, &lookup).ok()?;
        (!unknown.get()).then_some(value)
    }

    fn arg(&mut self, scope: &Scope<'_>, at: usize, word: &str, escape: char) {
        let (name, default) = match word.split_once('=') {
            Some((name, default)) => (name, Some(default)),
            None => (word, None),
        };
        let value = scope
            .given(name)
            .or_else(|| self.expand(default?, escape))
            .or_else(|| scope.global(at, name).filter(|_| default.is_none()));
        match self.values.get_mut(name).filter(|known| known.env) {
            // An ARG without a value leaves an ENV as it is.
            Some(known) if value.is_some() && known.value != value => known.value = None,
            Some(_) => {}
            None => {
                let variable = Variable { value, env: false };
                self.values.insert(name.to_owned(), variable);
            }
        }
    }

    fn env(&mut self, rest: &str, escape: char) {
        let words = quoted_words(rest, escape);
        let pairs: Vec<(&str, &str)> = match words.first() {
            Some(first) if first.contains('=') => words
                .iter()
                .filter_map(|word| word.split_once('='))
                .collect(),
            Some(first) => vec![(first, rest.trim_start()[first.len()..].trim())],
            None => Vec::new(),
        };
        let set = |(name, value): (&str, &str)| {
            let value = self.expand(value, escape);
            (name.to_owned(), Variable { value, env: true })
        };
        let set: Vec<_> = pairs.into_iter().map(set).collect();
        self.values.extend(set);
    }
}
