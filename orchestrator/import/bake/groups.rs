//! The repositories of a matrix that have the same tags: each group of them is an image.

use super::axes::Cell;
use crate::import::published::{Name, Variant, When};
use indexmap::{IndexMap, IndexSet};
use std::collections::BTreeSet;

/// Repositories with the same tags: by the pattern of each tag the cells that have it.
pub(super) struct Group<'a> {
    repositories: IndexSet<&'a str>,
    pub tags: Rules<'a>,
}

/// By condition and pattern, the cells that have the tag.
type Rules<'a> = IndexMap<(&'a When, &'a str), BTreeSet<usize>>;

impl Group<'_> {
    /// The cells that have one of its tags.
    pub fn cells(&self) -> Vec<usize> {
        let all: BTreeSet<usize> = self.tags.values().flatten().copied().collect();
        all.into_iter().collect()
    }

    /// A cell as an image with the names of these repositories.
    pub fn variant(&self, cell: &Cell) -> Variant {
        let own = |name: &&Name| {
            let repository = name.repository.pattern.as_str();
            self.repositories.contains(repository)
        };
        let names = cell.built.names.iter().flatten().filter(own);
        cell.built.variant(names.cloned().collect())
    }
}

/// The groups, in the order of the file; `later` has the names that cells have only with other values of variables.
pub(super) fn groups<'a>(cells: &'a [Cell], later: &'a [Cell]) -> Vec<Group<'a>> {
    let mut repositories: IndexMap<&str, Rules> = IndexMap::new();
    for (at, name) in in_places(cells).chain(in_places(later)) {
        let tags = repositories.entry(&name.repository.pattern).or_default();
        let rule = (&name.when, name.tag.pattern.as_str());
        tags.entry(rule).or_default().insert(at);
    }
    let mut groups: Vec<Group> = Vec::new();
    for (repository, tags) in repositories {
        match groups.iter_mut().find(|group| group.tags == tags) {
            Some(group) => drop(group.repositories.insert(repository)),
            None => groups.push(Group {
                repositories: [repository].into(),
                tags,
            }),
        }
    }
    groups
}

/// The names of all cells, place by place, each with the number of its cell.
fn in_places(cells: &[Cell]) -> impl Iterator<Item = (usize, &Name)> {
    let positions = cells.first().map_or(0, |cell| cell.built.names.len());
    (0..positions).flat_map(move |position| {
        let cells = cells.iter().enumerate();
        cells.filter_map(move |(at, cell)| Some((at, cell.built.names[position].as_ref()?)))
    })
}
