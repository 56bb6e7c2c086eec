//! The library of functions that bake files may call: go-cty's and bake's own, one row per function.
//!
//! What a function inserts keeps its placeholders; what it computes is fixed, and the variables that went into it are
//! named in a warning. `try`, `can` and `convert` see expressions and belong to the evaluator.

mod args;
mod blind;
mod encode;
mod format;
mod kind;
mod list;
mod map;
mod number;
mod pattern;
mod set;
mod syntax;
mod text;
mod time;

use super::place::is_single;
use super::value::Value;
pub(super) use args::Args;
pub(super) use blind::is_blind;
pub(super) use pattern::matching;
pub(super) use syntax::translated;

/// What a function does with the texts in its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// It moves them as they are, or inserts them into others.
    Inserts,
    /// It chooses among them by the second argument.
    Picks,
    /// It chooses among them by whether they are empty, or equal.
    Chooses,
    /// It edits the first, and often changes nothing in it; then the first is the result.
    Edits,
    /// It divides the second; where that is one item, it follows its variables.
    Divides,
    /// It computes with them.
    Computes,
}

/// A function.
pub(super) struct Row {
    pub name: &'static str,
    /// How few and how many arguments it takes.
    pub least: usize,
    pub most: usize,
    pub effect: Effect,
    pub call: fn(&mut Args) -> Result<Value, String>,
}

/// Any number of arguments.
const ANY: usize = usize::MAX;

/// Functions whose results may be as large as the product of two arguments.
const GROWING: [&str; 8] = [
    "join",
    "replace",
    "regex_replace",
    "indent",
    "setproduct",
    "formatlist",
    "distinct",
    "setsubtract",
];

const TABLES: [&[Row]; 11] = [
    text::ROWS,
    format::ROWS,
    pattern::ROWS,
    list::ROWS,
    map::ROWS,
    set::ROWS,
    number::ROWS,
    kind::ROWS,
    encode::ROWS,
    time::ROWS,
    blind::ROWS,
];

/// The function of a name.
pub(super) fn find(name: &str) -> Option<&'static Row> {
    let mut rows = TABLES.into_iter().flatten();
    rows.find(|row| row.name == name)
}

/// The names of all functions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    TABLES.into_iter().flatten().map(|row| row.name)
}

/// The arguments, and items of arguments, that may be empty for other values of their variables.
pub(super) fn choosing(args: &[Value]) -> Vec<&Value> {
    let items = args.iter().flat_map(|arg| match arg.list() {
        Some(items) => items.iter().collect(),
        None => vec![arg],
    });
    let single = |value: &&Value| value.pattern.as_deref().is_some_and(is_single);
    items.filter(single).collect()
}

impl Row {
    const fn new(
        name: &'static str,
        (least, most): (usize, usize),
        effect: Effect,
        call: fn(&mut Args) -> Result<Value, String>,
    ) -> Self {
        Self {
            name,
            least,
            most,
            effect,
            call,
        }
    }

    /// What a call costs, from the sizes of its arguments.
    pub fn cost(&self, weights: &[u64]) -> u64 {
        let mut weights = weights.to_vec();
        weights.sort_unstable_by(|one, other| other.cmp(one));
        match (GROWING.contains(&self.name), weights.as_slice()) {
            (true, [first, second, ..]) => first.saturating_mul(*second),
            (true, [only]) if self.name == "distinct" => only.saturating_mul(only / 64 + 1),
            _ => weights.iter().sum(),
        }
    }
}
