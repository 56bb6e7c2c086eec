//! The names of the targets of a matrix side by side. Lists of tags often differ in length: one value has `latest`, too.
//!
//! ```text
//! a/app:1.26  b/app:1.26                                a/app:{v}  b/app:{v}
//! a/app:1.27  a/app:latest  b/app:1.27  b/app:latest    a/app:{v}  b/app:{v}  a/app:latest  b/app:latest
//! ```

use super::axes::Cell;
use crate::import::published::Name;
use indexmap::{IndexMap, IndexSet};
use std::collections::HashMap;

/// Gives every cell the same number of places, so that names in one place belong together. The places of the file are
/// kept where they already do.
pub(super) fn align(cells: &mut [Cell]) {
    let repositories = repositories(cells);
    if is_aligned(cells, &repositories) {
        return;
    }
    let rows: Vec<Vec<(Place, Name)>> = cells
        .iter()
        .map(|cell| placed(&cell.built.names, &repositories))
        .collect();
    let mut counts: HashMap<(&Place, &str), usize> = HashMap::new();
    for (repository, name) in rows.iter().flatten() {
        *counts.entry((repository, &name.tag.pattern)).or_default() += 1;
    }
    let is_shared = |repository: &Place, name: &Name| {
        counts.get(&(repository, name.tag.pattern.as_str())) > Some(&1)
    };
    let rows: Vec<IndexMap<(Place, Place), Name>> =
        rows.iter().map(|row| columns(row, is_shared)).collect();
    let all: IndexSet<&(Place, Place)> = rows.iter().flat_map(IndexMap::keys).collect();
    for (cell, row) in cells.iter_mut().zip(&rows) {
        cell.built.names = all.iter().map(|column| row.get(*column).cloned()).collect();
    }
}

/// What several cells have by its pattern, and what only one has by its number in that cell.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Place {
    Shared(String),
    Own(usize),
}

/// By repository, how many cells have it.
fn repositories(cells: &[Cell]) -> HashMap<String, usize> {
    let mut all: HashMap<String, usize> = HashMap::new();
    for cell in cells {
        let names = cell.built.names.iter().flatten();
        let found: IndexSet<&String> = names.map(|name| &name.repository.pattern).collect();
        for repository in found {
            *all.entry(repository.clone()).or_default() += 1;
        }
    }
    all
}

/// Whether the names in each place have one repository, or each a repository of its own.
fn is_aligned(cells: &[Cell], repositories: &HashMap<String, usize>) -> bool {
    let counts: IndexSet<usize> = cells.iter().map(|cell| cell.built.names.len()).collect();
    let place = |at: usize| {
        let names = cells
            .iter()
            .filter_map(|cell| cell.built.names[at].as_ref());
        let found: IndexSet<&String> = names.map(|name| &name.repository.pattern).collect();
        let is_own = |one: &&String| repositories.get(*one) == Some(&1);
        found.len() < 2 || found.iter().all(is_own)
    };
    counts.len() < 2 && (0..counts.first().copied().unwrap_or(0)).all(place)
}

/// The names of a cell with the places of their repositories.
fn placed(names: &[Option<Name>], repositories: &HashMap<String, usize>) -> Vec<(Place, Name)> {
    let mut own: IndexSet<&str> = IndexSet::new();
    let mut all = Vec::new();
    for name in names.iter().flatten() {
        let repository = name.repository.pattern.as_str();
        let place = match repositories.get(repository) > Some(&1) {
            true => Place::Shared(repository.to_owned()),
            false => Place::Own(own.insert_full(repository).0),
        };
        all.push((place, name.clone()));
    }
    all
}

/// The names of a cell by the places of their repositories and tags.
fn columns(
    row: &[(Place, Name)],
    is_shared: impl Fn(&Place, &Name) -> bool,
) -> IndexMap<(Place, Place), Name> {
    let mut counts: HashMap<&Place, usize> = HashMap::new();
    let mut all = IndexMap::new();
    for (repository, name) in row {
        let tag = match is_shared(repository, name) {
            true => Place::Shared(name.tag.pattern.clone()),
            false => {
                let count = counts.entry(repository).or_default();
                *count += 1;
                Place::Own(*count)
            }
        };
        all.insert((repository.clone(), tag), name.clone());
    }
    all
}
