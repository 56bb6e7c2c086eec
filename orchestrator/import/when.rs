//! Names cells of a grid: whole values of an axis where that is possible, then blocks of several, then single ones.

mod range;
#[cfg(test)]
mod tests;

use super::published::{Axis, Grid, When};
use crate::matrix::glob;
use crate::name::{Range, Version};
use indexmap::{IndexMap, IndexSet};
use std::collections::HashMap;

/// The values of each axis: all cells that have one of them on every axis.
pub type Block = Vec<Vec<usize>>;

/// The blocks that together name exactly these variants.
pub fn whens(grid: &Grid, variants: &[usize]) -> Vec<When> {
    let of: IndexSet<usize> = variants.iter().copied().collect();
    let boxes = |of: &IndexSet<usize>| -> Vec<When> {
        let cells = of.iter().map(|at| grid.cells[*at].clone());
        let blocks = cover(grid.axes.len(), &cells.collect::<Vec<_>>());
        let blocks = joined(grid, blocks).into_iter();
        let named = |block| named(&grid.axes, &block, &free(grid, &block));
        blocks.map(named).collect()
    };
    let direct = boxes(&of);
    let (mut found, rest) = whole(grid, &of);
    found.extend(boxes(&rest));
    if direct.len() < found.len() {
        direct
    } else {
        found
    }
}

/// How many blocks are tried with each other.
const BLOCKS: usize = 24;

/// Blocks that together are one, since only missing cells are between them: `a` of version 1 and `b` of version 2, where
/// version 1 has no `b` and version 2 no `a`.
fn joined(grid: &Grid, mut blocks: Vec<Block>) -> Vec<Block> {
    let count = |block: &Block| {
        let has = |cell: &&Vec<usize>| {
            let mut values = cell.iter().zip(block);
            values.all(|(value, values)| values.contains(value))
        };
        grid.cells.iter().filter(has).count()
    };
    let both = |one: &Block, other: &Block| -> Block {
        let axes = one.iter().zip(other);
        let both = axes.map(|(one, other)| {
            let mut values = [one.as_slice(), other].concat();
            values.sort_unstable();
            values.dedup();
            values
        });
        both.collect()
    };
    let mut at = 0;
    while at < blocks.len() && blocks.len() <= BLOCKS {
        let own = &blocks[at];
        let joined = (at + 1..blocks.len()).find_map(|other| {
            let both = both(own, &blocks[other]);
            let is_exact = count(&both) == count(own) + count(&blocks[other]);
            is_exact.then_some((other, both))
        });
        match joined {
            Some((other, both)) => {
                blocks.remove(other);
                blocks[at] = both;
            }
            None => at += 1,
        }
    }
    blocks
}

/// The values of the first axis of which no variant is in the other values of a block: it may have them or not.
fn free(grid: &Grid, block: &Block) -> Vec<usize> {
    let Some(first) = grid.axes.first() else {
        return Vec::new();
    };
    let mut taken = vec![false; first.values.len()];
    let is_beside = |cell: &&Vec<usize>| {
        let mut others = cell.iter().zip(block).skip(1);
        others.all(|(value, values)| values.contains(value))
    };
    let cells = grid.cells.iter().filter(is_beside);
    cells.for_each(|cell| taken[cell[0]] = true);
    (0..taken.len()).filter(|at| !taken[*at]).collect()
}

/// The values of which all variants are wanted, and the variants that they leave.
fn whole(grid: &Grid, of: &IndexSet<usize>) -> (Vec<When>, IndexSet<usize>) {
    let mut open = of.clone();
    let mut found = Vec::new();
    for (at, axis) in grid.axes.iter().enumerate().rev() {
        let mut lacks = vec![false; axis.values.len()];
        for (variant, cell) in grid.cells.iter().enumerate() {
            lacks[cell[at]] |= !of.contains(&variant);
        }
        let values = open.iter().map(|variant| grid.cells[*variant][at]);
        let values: IndexSet<usize> = values.filter(|value| !lacks[*value]).collect();
        if !values.is_empty() {
            open.retain(|variant| !values.contains(&grid.cells[*variant][at]));
            let values: Vec<usize> = values.into_iter().collect();
            found.push(When(vec![(axis.name.clone(), patterns(axis, &values))]));
        }
    }
    (found, open)
}

/// Few blocks that together are exactly these cells. An axis of which a block has every value is not named, unless it is
/// the only one.
pub fn boxes(axes: &[Axis], cells: &[Vec<usize>]) -> Vec<When> {
    let blocks = cover(axes.len(), cells).into_iter();
    blocks.map(|block| named(axes, &block, &[])).collect()
}

/// Few blocks that together are exactly these cells, and have none in common.
pub fn cover(axes: usize, cells: &[Vec<usize>]) -> Vec<Block> {
    let single = |cell: &Vec<usize>| cell.iter().map(|value| vec![*value]).collect::<Block>();
    let merged = |order: &mut dyn Iterator<Item = usize>| -> Vec<Block> {
        order.fold(cells.iter().map(single).collect(), merged)
    };
    let forward = merged(&mut (0..axes));
    let backward = merged(&mut (0..axes).rev());
    if backward.len() < forward.len() {
        backward
    } else {
        forward
    }
}

/// Blocks that differ on this axis only become one.
fn merged(blocks: Vec<Block>, axis: usize) -> Vec<Block> {
    let mut groups: IndexMap<Block, Vec<usize>> = IndexMap::new();
    for mut block in blocks {
        let values = std::mem::take(&mut block[axis]);
        groups.entry(block).or_default().extend(values);
    }
    let whole = |(mut block, values): (Block, Vec<usize>)| {
        block[axis] = values;
        block[axis].sort_unstable();
        block
    };
    groups.into_iter().map(whole).collect()
}

/// What a block says of one axis.
struct Part<'a> {
    axis: &'a Axis,
    values: &'a [usize],
    /// Values that it may have or not.
    free: &'a [usize],
}

impl Part<'_> {
    fn is_condition(&self) -> bool {
        let is_in = |at: usize| self.values.contains(&at) || self.free.contains(&at);
        !(0..self.axis.values.len()).all(is_in)
    }

    fn written(&self) -> (String, Vec<String>) {
        let ranges = range::ranges(self.axis, self.values, self.free);
        let found = ranges.unwrap_or_else(|| names(self.axis, self.values));
        (self.axis.name.clone(), found)
    }
}

/// The condition of a block; `free` are values of the first axis that it may have or not.
fn named(axes: &[Axis], block: &Block, free: &[usize]) -> When {
    let frees = std::iter::once(free).chain(std::iter::repeat(&[][..]));
    let mut parts: Vec<Part> = Vec::with_capacity(axes.len());
    for ((axis, values), free) in axes.iter().zip(block).zip(frees) {
        parts.push(Part { axis, values, free });
    }
    let mut some: Vec<&Part> = parts.iter().filter(|part| part.is_condition()).collect();
    if some.is_empty() {
        some.extend(parts.first());
    }
    When(some.into_iter().map(Part::written).collect())
}

/// Values by name, with `begin-*` for several that alone begin with the same word; several versions as ranges.
pub fn patterns(axis: &Axis, picked: &[usize]) -> Vec<String> {
    let ranges = range::ranges(axis, picked, &[]);
    ranges.unwrap_or_else(|| names(axis, picked))
}

/// Values by name. Versions are named one by one.
fn names(axis: &Axis, picked: &[usize]) -> Vec<String> {
    let name = |at: usize| axis.values[at].name.as_str();
    if let [at] = picked {
        return vec![name(*at).to_owned()];
    }
    let stem = |at: usize| name(at).split_once('-').map(|(stem, _)| stem);
    let counts = |of: &mut dyn Iterator<Item = usize>| {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for stem in of.filter_map(stem) {
            *counts.entry(stem).or_default() += 1;
        }
        counts
    };
    let some = counts(&mut picked.iter().copied());
    let all = counts(&mut (0..axis.values.len()));
    let group = |at: usize| {
        let stem = stem(at).filter(|_| axis.rungs.is_none())?;
        (some.get(stem) > Some(&1) && some.get(stem) == all.get(stem)).then_some(stem)
    };
    let pattern = |at: &usize| match group(*at) {
        Some(stem) => format!("{stem}-*"),
        None => name(*at).to_owned(),
    };
    let found: IndexSet<String> = picked.iter().map(pattern).collect();
    found.into_iter().collect()
}

/// The values that patterns pick: those that one of them names, and no `!` refuses; without a name, all others.
pub fn picked(axis: &Axis, patterns: &[String]) -> Vec<usize> {
    let (no, yes): (Vec<&str>, Vec<&str>) = patterns
        .iter()
        .map(String::as_str)
        .partition(|pattern| pattern.starts_with('!'));
    let is_named = |name: &str| yes.is_empty() || yes.iter().any(|pattern| matches(name, pattern));
    let is_refused = |name: &str| no.iter().any(|pattern| matches(name, &pattern[1..]));
    let values = axis.values.iter().enumerate();
    let picked = values.filter(|(_, value)| is_named(&value.name) && !is_refused(&value.name));
    picked.map(|(at, _)| at).collect()
}

/// Whether a pattern is the name of a value, has it with its `*`, or is a range with it.
fn matches(name: &str, pattern: &str) -> bool {
    if !pattern.starts_with(['<', '>']) {
        return glob(pattern, name);
    }
    let both = pattern
        .parse::<Range>()
        .ok()
        .zip(name.parse::<Version>().ok());
    both.is_some_and(|(range, version)| range.contains(&version))
}
