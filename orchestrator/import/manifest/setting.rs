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
        }
    }

    /// Several settings as one, in this order.
    pub fn joined(settings: impl IntoIterator<Item = Self>) -> Self {
        settings
            .into_iter()
            .fold(Self::default(), |mut joined, one| {
                joined.all.extend(one.all);
                joined.some.extend(one.some);
                joined
            })
    }
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

/// Settings with the same cells are in one block.
pub(super) fn blocks(settings: impl IntoIterator<Item = (When, Node)>) -> Vec<Node> {
    let mut blocks: IndexMap<When, Vec<Node>> = IndexMap::new();
    for (when, node) in settings {
        blocks.entry(when).or_default().push(node);
    }
    let block = |(when, nodes): (When, Vec<Node>)| match when.0.is_empty() {
        true => nodes,
        false => vec![when.node("when").children(nodes)],
    };
    blocks.into_iter().flat_map(block).collect()
}
