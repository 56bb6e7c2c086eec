//! The settings of an image: one for all of its variants, and those of some in `when` blocks.

use crate::import::published::{Grid, Image, Text, Variant, When};
use crate::import::when::whens;
use crate::import::write::Node;
use indexmap::{IndexMap, IndexSet};
use std::cmp::Reverse;

/// A setting of all variants, and those of some.
#[derive(Default)]
pub(super) struct Setting {
    pub all: Vec<Node>,
    pub some: Vec<(When, Node)>,
    /// Whether later ones of them are exceptions of earlier ones.
    pub ordered: bool,
}

impl Setting {
    /// `common` says whether the most frequent one is written for all where several differ. Those of Windows are exceptions.
    pub fn new(
        image: &Image,
        grid: &Grid,
        common: bool,
        of: impl Fn(&Variant) -> Option<Node>,
    ) -> Self {
        let is_windows = |at: &usize| {
            let mut platforms = image.variants[*at].platforms.iter().flatten();
            platforms.any(|platform| platform.os == "windows")
        };
        let is_other = |variants: &[usize]| variants.iter().all(is_windows);
        let mut groups: IndexMap<Node, Vec<usize>> = IndexMap::new();
        for (at, variant) in image.variants.iter().enumerate() {
            if let Some(node) = of(variant) {
                groups.entry(node).or_default().push(at);
            }
        }
        let have: usize = groups.values().map(Vec::len).sum();
        let has_common = have == image.variants.len() && (common || groups.len() == 1);
        let most = groups.values().enumerate();
        let most = most.max_by_key(|(at, of)| (!is_other(of), of.len(), Reverse(*at)));
        let most = most.map(|(at, _)| at).filter(|_| has_common);
        let all = most.and_then(|at| groups.shift_remove_index(at));
        let some = groups.into_iter().flat_map(|(node, of)| {
            let whens = whens(grid, &of).into_iter();
            whens.map(move |when| (when, node.clone()))
        });
        Self {
            all: all.map(|(node, _)| node).into_iter().collect(),
            some: some.collect(),
            ordered: false,
        }
    }

    /// The same for a setting that replaces an earlier one: with exceptions behind what all other versions have.
    pub fn replacing(
        image: &Image,
        grid: &Grid,
        common: bool,
        of: impl Fn(&Variant) -> Option<Node>,
    ) -> Self {
        let exact = Self::new(image, grid, common, &of);
        let some: IndexSet<&Node> = exact.some.iter().map(|(_, node)| node).collect();
        let is_some = |node: &Node| some.contains(node);
        let mut groups: IndexMap<Node, Vec<usize>> = IndexMap::new();
        for (at, variant) in image.variants.iter().enumerate() {
            if let Some(node) = of(variant).filter(is_some) {
                groups.entry(node).or_default().push(at);
            }
        }
        groups.sort_by(|_, one, _, other| other.len().cmp(&one.len()));
        let (some, ordered) = widened(grid, groups);
        match ordered {
            true => Self {
                some,
                ordered,
                ..exact
            },
            false => exact,
        }
    }

    /// Several settings as one, in this order.
    pub fn joined(settings: impl IntoIterator<Item = Self>) -> Self {
        settings
            .into_iter()
            .fold(Self::default(), |mut joined, one| {
                joined.all.extend(one.all);
                joined.some.extend(one.some);
                joined.ordered |= one.ordered;
                joined
            })
    }
}

/// Blocks for all versions where that is shorter, with the others' blocks behind them; and whether there is such a one.
fn widened(grid: &Grid, groups: IndexMap<Node, Vec<usize>>) -> (Vec<(When, Node)>, bool) {
    let mut some = Vec::new();
    let mut ordered = false;
    let mut owners: Vec<Option<usize>> = vec![None; grid.cells.len()];
    for (at, of) in groups.values().enumerate() {
        of.iter().for_each(|one| owners[*one] = Some(at));
    }
    let wide = groups.values().enumerate().map(|(at, of)| {
        let wide = in_all_versions(grid, of);
        let is_later = |one: &usize| owners[*one] >= Some(at);
        (wide.len() > of.len() && wide.iter().all(is_later)).then_some(wide)
    });
    let wide: Vec<Option<Vec<usize>>> = wide.collect();
    if wide.iter().all(Option::is_none) {
        return (some, ordered);
    }
    for ((node, of), wide) in groups.iter().zip(wide) {
        let mut found = whens(grid, of);
        if let Some(wide) = wide.map(|wide| whens(grid, &wide)) {
            let is_shorter = length(&wide) < length(&found);
            ordered |= is_shorter;
            found = if is_shorter { wide } else { found };
        }
        some.extend(found.into_iter().map(|when| (when, node.clone())));
    }
    (some, ordered)
}

/// The variants that differ from one of these in nothing but the version.
fn in_all_versions(grid: &Grid, of: &[usize]) -> Vec<usize> {
    let is_versioned = grid.axes.first().is_some_and(|axis| axis.rungs.is_some());
    if !is_versioned || grid.axes.len() == 1 {
        return of.to_vec();
    }
    let others: IndexSet<&[usize]> = of.iter().map(|at| &grid.cells[*at][1..]).collect();
    let is_like = |at: &usize| others.contains(&grid.cells[*at][1..]);
    (0..grid.cells.len()).filter(is_like).collect()
}

/// How many names conditions have.
fn length(whens: &[When]) -> usize {
    let parts = whens.iter().flat_map(|when| &when.0);
    parts.map(|(_, names)| names.len()).sum()
}

/// Whether most variants have the same: the others are exceptions then.
pub(super) fn usual(image: &Image, of: impl Fn(&Variant) -> Option<Node>) -> bool {
    let mut counts: IndexMap<Node, usize> = IndexMap::new();
    for node in image.variants.iter().filter_map(of) {
        *counts.entry(node).or_default() += 1;
    }
    let is_one_exception = counts.len() == 2;
    let most = counts.into_values().max().unwrap_or_default();
    is_one_exception || most * 4 >= image.variants.len() * 3
}

/// Settings that have a name: one node for each name.
pub(super) fn named(
    image: &Image,
    grid: &Grid,
    of: impl Fn(&Variant) -> &IndexMap<String, Text>,
    node: impl Fn(&str, &str) -> Node,
) -> Setting {
    let node = |variant: &Variant, name: &str| Some(node(name, &of(variant).get(name)?.pattern));
    each(image, grid, |variant| of(variant).keys(), node)
}

/// The same for settings of any kind: the names of a variant, and the node of each.
pub(super) fn each<'i, N: Iterator<Item = &'i String>>(
    image: &'i Image,
    grid: &Grid,
    names: impl Fn(&'i Variant) -> N,
    node: impl Fn(&Variant, &str) -> Option<Node>,
) -> Setting {
    let names: IndexSet<&String> = image.variants.iter().flat_map(names).collect();
    let one = |name: &String| Setting::new(image, grid, true, |variant| node(variant, name));
    Setting::joined(names.into_iter().map(one))
}

/// Settings with the same cells are in one block: where the first of them is, or the last if later ones are exceptions.
pub(super) fn blocks(settings: impl IntoIterator<Item = (When, Node)>, ordered: bool) -> Vec<Node> {
    let mut blocks: IndexMap<When, Vec<Node>> = IndexMap::new();
    for (when, node) in settings {
        let known = match ordered {
            true => blocks.shift_remove(&when).unwrap_or_default(),
            false => Vec::new(),
        };
        blocks.entry(when).or_insert(known).push(node);
    }
    let block = |(when, nodes): (When, Vec<Node>)| match when.0.is_empty() {
        true => nodes,
        false => vec![when.node("when").children(nodes)],
    };
    blocks.into_iter().flat_map(block).collect()
}
