//! The texts that decide something in the place of a variable: with these, too, the file is evaluated.

use super::Evaluator;
use crate::import::bake::derive::around;
use crate::import::bake::function;
use crate::import::bake::place::{How, decisions, is_single, places, variable_of};
use crate::import::bake::value::{Value, Values};
use crate::import::published::Text;
use hcl::expr::BinaryOperator;
use indexmap::{IndexMap, IndexSet};

/// What references, branches and versions look like, for functions that recognise them.
const EXAMPLES: [&str; 7] = [
    "v17.28.39",
    "17.28.39",
    "main",
    "refs/tags/v17.28.39",
    "refs/heads/main",
    "release/17.28",
    "release-17.28",
];

/// What is behind a prefix.
const BEHIND: &str = "17.28.39";

impl Evaluator<'_> {
    /// Notes the texts that a variable is compared with.
    pub(super) fn compare(&mut self, left: &Value, right: &Value) {
        for (value, other) in [(left, right), (right, left)] {
            let name = name_of(other).map(str::to_owned);
            if let Some(text) = other.real() {
                if name.is_none() {
                    note(&mut self.compared.literals, value, text.clone());
                }
                note(&mut self.compared.texts, value, text.clone());
                note(&mut self.compared.samples, value, text);
            }
            if let Some(name) = name {
                note(&mut self.compared.variables, value, name);
            }
        }
    }

    /// Notes the numbers at which an operator decides something else.
    pub(super) fn bound(&mut self, operator: BinaryOperator, left: &Value, right: &Value) {
        use BinaryOperator as Op;
        if !matches!(
            operator,
            Op::Less | Op::LessEq | Op::Greater | Op::GreaterEq
        ) {
            return;
        }
        for (value, other) in [(left, right), (right, left)] {
            for number in other
                .number()
                .into_iter()
                .flat_map(|at| [at - 1.0, at, at + 1.0])
            {
                note(&mut self.compared.samples, value, number.to_string());
                let sized = name_of(value).map(str::to_owned);
                self.compared.sized.extend(sized);
            }
        }
    }

    /// Notes the texts on which a function of the library decides.
    pub(super) fn examples(&mut self, name: &str, args: &[Value]) {
        match (name, args) {
            ("equal" | "notequal", [left, right]) => self.compare(left, right),
            ("contains", [items, value]) => {
                let items = items.list().into_iter().flatten();
                items.for_each(|item| self.compare(item, value));
            }
            ("distinct" | "setunion" | "toset", lists) => self.merged(lists),
            ("lookup", [map, key, ..]) => self.keys(map.map(), key),
            ("startswith", [text, start]) => {
                if let Some(start) = start.real() {
                    note(&mut self.compared.samples, text, start + BEHIND);
                }
            }
            ("regex" | "regexall", [pattern, text]) => {
                if let Some(example) = function::matching(pattern, &EXAMPLES) {
                    note(&mut self.compared.samples, text, example);
                }
            }
            _ => {}
        }
    }

    /// Notes the variables with which items are the same, so that a list has only one of them.
    fn merged(&mut self, lists: &[Value]) {
        let items: Vec<&Value> = lists.iter().filter_map(Value::list).flatten().collect();
        for (at, item) in items.iter().enumerate() {
            let is_same = |other: &&&Value| *other == item && other.pattern != item.pattern;
            if let Some(other) = items[..at].iter().find(is_same) {
                self.decided.extend(decisions(How::Fixed, item));
                self.decided.extend(decisions(How::Fixed, other));
                if let Some((own, other)) = rests(item, other) {
                    self.compare(&own, &other);
                }
            }
        }
    }

    /// Notes a variable that must be a key of a map.
    pub(super) fn key_of(&mut self, map: &Value, key: &Value) {
        let name = name_of(key).filter(|_| map.map().is_some());
        self.compared.keys.extend(name.map(str::to_owned));
    }

    /// Notes the keys of a map from which a variable picks.
    pub(super) fn keys(&mut self, map: Option<&Values>, key: &Value) {
        for text in map.into_iter().flat_map(Values::keys) {
            note(&mut self.compared.literals, key, text.clone());
            note(&mut self.compared.texts, key, text.clone());
            note(&mut self.compared.samples, key, text.clone());
        }
    }
}

/// What two texts that are the same today have apart from what is around it in both; nothing if a variable is there, too.
fn rests(one: &Value, other: &Value) -> Option<(Value, Value)> {
    let texts = [one.text()?, other.text()?];
    let (start, end) = around(&texts.each_ref().map(|text| text.pattern.as_str()));
    let rest = |text: &Text| {
        let pattern = text.pattern.strip_prefix(&start)?.strip_suffix(&end)?;
        let real = text.real.strip_prefix(&start)?.strip_suffix(&end)?;
        let (real, pattern) = (real.to_owned(), pattern.to_owned());
        Some(Value::from(Text { real, pattern }))
    };
    Some((rest(&texts[0])?, rest(&texts[1])?))
}

/// Notes a text, if the value is a variable and nothing else.
fn note(compared: &mut IndexMap<String, IndexSet<String>>, value: &Value, text: String) {
    if let Some(name) = name_of(value) {
        compared.entry(name.to_owned()).or_default().insert(text);
    }
}

/// The name of the variable that a value is, if it is nothing else.
fn name_of(value: &Value) -> Option<&str> {
    let pattern = value.pattern.as_deref().filter(|text| is_single(text))?;
    places(pattern).next().and_then(variable_of)
}
