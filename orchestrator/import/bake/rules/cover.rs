//! The patterns that together make all tags of a matrix and no others.

use super::words::{Token, Words};
use super::{TOKEN, Tags, VERSION_TOKEN};
use crate::import::bake::place::places;
use crate::import::published::{Grid, When};
use crate::import::when::whens;
use indexmap::IndexSet;
use std::collections::{BTreeSet, HashSet};

/// What a `when` counts besides its values: it is a place that has to be changed with a value.
const WHEN: usize = 30;

/// What a rule counts besides its pattern.
const RULE: usize = 12;

/// The tags of all cells.
pub(super) struct Wanted<'a> {
    grid: &'a Grid,
    /// By cell: its tags without places of axes.
    tags: Vec<IndexSet<String>>,
}

/// A pattern, and where it applies.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub pattern: String,
    /// Nothing if it applies to all cells.
    pub whens: Vec<When>,
    /// The cells and the numbers of their tags that it makes.
    makes: Vec<(usize, usize)>,
}

/// Rules that make all tags.
pub(super) struct Cover<'a> {
    pub words: Words<'a>,
    /// In the order of the tags that they make first.
    pub rules: Vec<Rule>,
    /// How long they are to a reader, with the data that only they need.
    pub length: usize,
}

impl<'a> Wanted<'a> {
    /// The tags that these patterns make with the names of all values.
    pub fn new(grid: &'a Grid, words: &Words, tags: &[Tags]) -> Option<Self> {
        let of = |(cell, tags): (&Vec<usize>, &Tags)| {
            let made = tags.patterns.iter().map(|tag| {
                let mut made = words.made(&words.pieces(tag)?, cell)?;
                made.pop().filter(|_| made.is_empty())
            });
            made.collect::<Option<IndexSet<String>>>()
        };
        let tags = grid.cells.iter().zip(tags).map(of);
        Some(Self {
            grid,
            tags: tags.collect::<Option<_>>()?,
        })
    }

    /// The number of cells.
    pub fn cells(&self) -> usize {
        self.tags.len()
    }

    /// A pattern with the cells for which it makes tags that they have; `None` if there are none.
    fn rule(&self, words: &Words, pattern: &str) -> Option<Rule> {
        let pieces = words.pieces(pattern)?;
        let (mut fits, mut free, mut makes) = (Vec::new(), Vec::new(), Vec::new());
        for (at, cell) in self.grid.cells.iter().enumerate() {
            let made = words.made(&pieces, cell);
            let tags = made.as_ref().and_then(|made| {
                let tags = made.iter().map(|tag| self.tags[at].get_index_of(tag));
                tags.collect::<Option<Vec<usize>>>()
            });
            match tags {
                Some(tags) if tags.is_empty() => free.push(at),
                Some(tags) => {
                    fits.push(at);
                    makes.extend(tags.into_iter().map(|tag| (at, tag)));
                }
                None => {}
            }
        }
        if fits.is_empty() {
            return None;
        }
        Some(Rule {
            pattern: pattern.to_owned(),
            whens: self.whens(&fits, &free),
            makes,
        })
    }

    /// The blocks that name these cells, with or without those for which nothing is made.
    fn whens(&self, fits: &[usize], free: &[usize]) -> Vec<When> {
        if fits.len() + free.len() == self.cells() {
            return Vec::new();
        }
        let with = |more: Vec<usize>| {
            let all: BTreeSet<usize> = fits.iter().copied().chain(more).collect();
            whens(self.grid, &all.into_iter().collect::<Vec<usize>>())
        };
        let narrow = with(Vec::new());
        let beside = (0..self.grid.axes.len()).map(|axis| with(self.beside(axis, fits, free)));
        let all = std::iter::once(narrow).chain(beside);
        all.min_by_key(|whens| length(whens)).unwrap_or_default()
    }

    /// The free cells that differ from a fitting one on this axis only.
    fn beside(&self, axis: usize, fits: &[usize], free: &[usize]) -> Vec<usize> {
        let others = |at: usize| {
            let mut cell = self.grid.cells[at].clone();
            cell.remove(axis);
            cell
        };
        let known: HashSet<Vec<usize>> = fits.iter().map(|at| others(*at)).collect();
        let beside = free.iter().filter(|at| known.contains(&others(**at)));
        beside.copied().collect()
    }
}

impl Rule {
    fn length(&self) -> usize {
        // `latest` is the same where nothing else is left of the tag, and says more.
        let none = self.pattern.matches(":none}").count();
        RULE + self.pattern.len() + none * 4 + length(&self.whens)
    }
}

fn length(whens: &[When]) -> usize {
    let values = |when: &When| {
        let values = when.0.iter().flat_map(|(_, values)| values);
        WHEN + values.map(|value| value.len() + 3).sum::<usize>()
    };
    whens.iter().map(values).sum()
}

/// The rules for all tags, and their length. `elsewhere` are the places that other texts have.
pub(super) fn cover<'a>(
    words: Words<'a>,
    wanted: &Wanted,
    pool: &IndexSet<String>,
    elsewhere: &HashSet<&str>,
) -> Option<Cover<'a>> {
    let rules = pool.iter();
    let rules: Vec<Rule> = rules
        .filter_map(|pattern| wanted.rule(&words, pattern))
        .collect();
    let mut data: HashSet<&str> = elsewhere.clone();
    let mut open: HashSet<(usize, usize)> = HashSet::new();
    for (cell, tags) in wanted.tags.iter().enumerate() {
        open.extend((0..tags.len()).map(|tag| (cell, tag)));
    }
    let mut taken: Vec<Rule> = Vec::new();
    let mut length = 0;
    while !open.is_empty() {
        // What a rule counts for each tag that no other one makes.
        let counted = rules.iter().filter_map(|rule| {
            let new = rule.makes.iter().filter(|tag| open.contains(tag)).count();
            let counts = rule.length() + words.data_length(&rule.pattern, &data);
            Some(((counts * 1000).checked_div(new)?, counts, rule))
        });
        let (_, counts, rule) = counted.min_by_key(|(per_tag, _, _)| *per_tag)?;
        for tag in &rule.makes {
            open.remove(tag);
        }
        data.extend(places(&rule.pattern));
        length += counts;
        taken.push(rule.clone());
    }
    let mut rules = needed(taken);
    rules.sort_by_key(|rule| (!rule.whens.is_empty(), rule.makes.first().copied()));
    let tokens = words.tokens.iter().enumerate().map(|(axis, tokens)| {
        let length = if words.is_version(axis) {
            VERSION_TOKEN
        } else {
            TOKEN
        };
        tokens.iter().filter(|token| **token != Token::Name).count() * length
    });
    Some(Cover {
        rules,
        length: length + tokens.sum::<usize>(),
        words,
    })
}

/// The rules without those whose tags all others make, too.
fn needed(mut rules: Vec<Rule>) -> Vec<Rule> {
    for at in (0..rules.len()).rev() {
        let others = rules.iter().enumerate().filter(|(other, _)| *other != at);
        let others: HashSet<&(usize, usize)> = others.flat_map(|(_, rule)| &rule.makes).collect();
        if rules[at].makes.iter().all(|tag| others.contains(tag)) {
            rules.remove(at);
        }
    }
    rules
}
