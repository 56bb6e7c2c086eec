//! Few rules for the tags of a matrix: what a bake file writes with a condition for each value is often one rule with rungs,
//! tokens or data.
//!
//! ```text
//! 8.3-cli  8.4-cli  8.4-fpm  8-cli  8-fpm  cli  fpm     tag "{version:full,major,none}-{flavor}"
//! ```
//!
//! Every tag gives patterns, each with other texts of it as places. Those that cover all tags with the least to read are
//! taken, `when` included. Values whose text some tags omit get the empty token. The result is a guess: the caller
//! verifies it.

mod cover;
mod rungs;
mod words;

use super::place::places;
use crate::import::published::{Axis, Grid, Value};
use cover::{Cover, Wanted, cover};
use indexmap::IndexSet;
use std::collections::HashSet;
use words::{Token, Words};

/// How many patterns and cells are compared at once; what is larger keeps the rules of the file.
const MOST: usize = 40_000;

/// The same for all choices of tokens together.
const MOST_TRIED: usize = 150_000;

/// How long a token or a flag of a value is to a reader.
const TOKEN: usize = 12;

/// The same of a version, where a rung would follow newer ones.
const VERSION_TOKEN: usize = 30;

/// The tags of a cell.
pub(super) struct Tags {
    /// As they are with the data of values.
    pub patterns: IndexSet<String>,
    /// As the file writes them; there may be those of other repositories.
    pub written: IndexSet<String>,
}

/// The same grid with fewer rules; `axes` have all data, and `elsewhere` are the places that other texts have, those of
/// `repositories` among them.
pub(super) fn ruled(
    grid: &Grid,
    tags: &[Tags],
    axes: &[Axis],
    (elsewhere, repositories): (&HashSet<&str>, &HashSet<&str>),
) -> Option<Grid> {
    let words = Words::new(axes, repositories);
    let pool = pool(&words, grid, tags);
    if pool.len() * grid.cells.len() > MOST {
        return None;
    }
    let wanted = Wanted::new(grid, &words, tags)?;
    let best = best(words, &wanted, &pool, elsewhere)?;
    let words = &best.words;
    let rules = rungs::joined(words, best.rules);
    let used = rules.iter().flat_map(|rule| places(&rule.pattern));
    let used: HashSet<&str> = used.chain(elsewhere.iter().copied()).collect();
    let axes = axes.iter().enumerate();
    let axes = axes.map(|(at, axis)| kept(axis, &words.tokens[at], &used));
    Some(Grid {
        axes: rungs::declared(axes.collect(), &rules, &used),
        cells: grid.cells.clone(),
        excludes: grid.excludes.clone(),
        tags: rungs::written(words, &rules),
        ..Grid::default()
    })
}

/// The patterns that tags give.
fn pool(words: &Words, grid: &Grid, tags: &[Tags]) -> IndexSet<String> {
    let all = grid.cells.iter().zip(tags);
    let all = all.flat_map(|(cell, tags)| {
        let all = tags.written.iter().chain(&tags.patterns);
        let candidates = all.map(|tag| words.candidates(tag, cell));
        candidates.flatten().collect::<Vec<String>>()
    });
    let all: IndexSet<String> = all.collect();
    let climbed = all.iter().flat_map(|pattern| words.climbed(pattern));
    climbed.chain(all.iter().cloned()).collect()
}

/// The rules with the tokens with which they are the shortest.
fn best<'a>(
    words: Words<'a>,
    wanted: &Wanted,
    pool: &IndexSet<String>,
    elsewhere: &HashSet<&str>,
) -> Option<Cover<'a>> {
    let mut best = cover(words, wanted, pool, elsewhere)?;
    let mut budget = MOST_TRIED;
    for axis in 0..best.words.axes.len() {
        for value in 0..best.words.axes[axis].values.len() {
            for token in [Token::Empty, Token::Both] {
                let Some(rest) = budget.checked_sub(pool.len() * wanted.cells()) else {
                    return Some(best);
                };
                budget = rest;
                let mut words = best.words.clone();
                words.tokens[axis][value] = token;
                let other = cover(words, wanted, pool, elsewhere);
                if let Some(other) = other.filter(|other| other.length < best.length) {
                    best = other;
                }
            }
        }
    }
    Some(best)
}

/// An axis with the data that is used, and the tokens of its values.
fn kept(axis: &Axis, tokens: &[Token], used: &HashSet<&str>) -> Axis {
    let is_used = |key: &str| used.contains(format!("{}.{key}", axis.name).as_str());
    let value = |(value, token): (&Value, &Token)| {
        let data = value.data.iter().filter(|(key, _)| is_used(key)).cloned();
        Value {
            token: matches!(token, Token::Empty).then(String::new),
            default: matches!(token, Token::Both),
            data: data.collect(),
            ..value.clone()
        }
    };
    Axis {
        values: axis.values.iter().zip(tokens).map(value).collect(),
        ..axis.clone()
    }
}
