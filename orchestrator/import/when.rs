//! Names cells of a grid: whole values of an axis where that is possible, else one cell after another.

#[cfg(test)]
mod tests;

use super::published::{Axis, Grid, When};
use indexmap::IndexSet;

/// The blocks that together name exactly these variants.
pub fn whens(grid: &Grid, variants: &[usize]) -> Vec<When> {
    let of: IndexSet<usize> = variants.iter().copied().collect();
    let mut open = of.clone();
    let mut found = Vec::new();
    for (at, axis) in grid.axes.iter().enumerate().rev() {
        let has = |variant: usize, value: usize| grid.cells[variant][at] == value;
        let whole = |value: &usize| {
            (0..grid.cells.len()).all(|variant| !has(variant, *value) || of.contains(&variant))
        };
        let values: IndexSet<usize> = open
            .iter()
            .map(|variant| grid.cells[*variant][at])
            .filter(whole)
            .collect();
        if !values.is_empty() {
            open.retain(|variant| !values.contains(&grid.cells[*variant][at]));
            let values: Vec<usize> = values.into_iter().collect();
            found.push(When(vec![(axis.name.clone(), patterns(axis, &values))]));
        }
    }
    found.extend(open.into_iter().map(|variant| cell(grid, variant)));
    found
}

fn cell(grid: &Grid, variant: usize) -> When {
    let values = grid.axes.iter().zip(&grid.cells[variant]);
    When(
        values
            .map(|(axis, value)| (axis.name.clone(), vec![axis.values[*value].name.clone()]))
            .collect(),
    )
}

/// Values by name, with `begin-*` for several that alone begin with the same word. Versions are named one by one.
pub fn patterns(axis: &Axis, picked: &[usize]) -> Vec<String> {
    let name = |at: usize| axis.values[at].name.as_str();
    let stem = |at: usize| Some(format!("{}-", name(at).split_once('-')?.0));
    let count = |stem: &str, of: &mut dyn Iterator<Item = usize>| {
        of.filter(|at| name(*at).starts_with(stem)).count()
    };
    let group = |at: usize| {
        stem(at).filter(|stem| {
            let some = count(stem, &mut picked.iter().copied());
            axis.rungs.is_none() && some > 1 && some == count(stem, &mut (0..axis.values.len()))
        })
    };
    let found: IndexSet<String> = picked
        .iter()
        .map(|at| group(*at).map_or_else(|| name(*at).to_owned(), |stem| format!("{stem}*")))
        .collect();
    found.into_iter().collect()
}
