//! What the axes of an image have for the texts of its targets, and the cells without a target.

use crate::import::published::{Axis, Grid, Image, When};
use crate::import::when::whens;
use std::collections::{BTreeSet, HashSet};

/// The axis with the data that is used.
pub(super) fn with_data(axis: &Axis, used: &HashSet<&str>) -> Axis {
    let mut axis = axis.clone();
    let is_used = |key: &str| used.contains(format!("{}.{key}", axis.name).as_str());
    for value in &mut axis.values {
        value.data.retain(|(key, _)| is_used(key));
    }
    axis
}

/// The image with a tag first that names every axis: the first one names the variants.
pub(super) fn full_first(mut image: Image) -> Image {
    if let Some(grid) = &mut image.grid {
        let axes: Vec<String> = grid
            .axes
            .iter()
            .map(|axis| format!("{{{}", axis.name))
            .collect();
        let names = |pattern: &str, axis: &String| {
            let rests = pattern
                .match_indices(axis)
                .map(|(at, _)| &pattern[at + axis.len()..]);
            let mut rests = rests;
            rests.any(|rest| rest.starts_with('}') || rest.starts_with(":full"))
        };
        let is_full = |pattern: &String| axes.iter().all(|axis| names(pattern, axis));
        grid.tags
            .sort_by_key(|(when, pattern)| !(when.0.is_empty() && is_full(pattern)));
    }
    image
}

/// Makes versions of the values that texts take apart: `{v.minor}`.
pub(super) fn taken_apart(axes: &mut [Axis], used: &HashSet<&str>) {
    for axis in axes {
        let mut series = ["minor", "major"].iter();
        let is_used = |one: &&str| used.contains(format!("{}.{one}", axis.name).as_str());
        axis.rungs = series.any(is_used).then(|| String::from("full"));
    }
}

/// The cells of the product that no target is.
pub(super) fn excludes(grid: &Grid) -> Vec<When> {
    let mut all: Vec<Vec<usize>> = vec![Vec::new()];
    for axis in &grid.axes {
        let with = |cell: &Vec<usize>, at: usize| [cell.as_slice(), &[at]].concat();
        all = all
            .iter()
            .flat_map(|cell| (0..axis.values.len()).map(move |at| with(cell, at)))
            .collect();
    }
    let known: BTreeSet<&Vec<usize>> = grid.cells.iter().collect();
    let missing = (0..all.len()).filter(|at| !known.contains(&all[*at]));
    let missing: Vec<usize> = missing.collect();
    let full = Grid {
        axes: grid.axes.clone(),
        cells: all,
        ..Grid::default()
    };
    whens(&full, &missing)
}
