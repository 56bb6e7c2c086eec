//! Targets that publish elsewhere with other values of variables: where all of their repositories have the same tags, the
//! tags follow the variables in one condition, and the repositories in another.
//!
//! ```text
//! "${CHANNEL == "test" ? "app-test" : "app"}:1"     publish "app-test"; when var:CHANNEL="!test" { publish "app" }; tag "1"
//! ```

use super::table::{Row, Table};
use crate::import::bake::built::Built;
use crate::import::bake::place::variable;
use crate::import::bake::registry::HUB;
use crate::import::published::{Name, Text};
use indexmap::IndexSet;
use std::collections::BTreeSet;

impl Table<'_> {
    /// Whether the target has other repositories in some row, and all of its repositories have the same tags in each.
    pub(super) fn moves(&self, base: &Built) -> bool {
        let mut rows = self.rows.iter();
        is_product(base)
            && rows.all(|row| is_product(&row.state.built))
            && self.rows.iter().any(|row| self.is_moved(base, row))
    }

    /// Adds the repositories of the rows that have other ones than today, and forgets that the file has these names only
    /// with other values.
    pub(super) fn merge_repositories(&self, base: &Built, built: &mut Built) {
        let moved = self.rows.iter().filter(|row| self.is_moved(base, row));
        for name in moved
            .clone()
            .flat_map(|row| row.state.built.names.iter().flatten())
        {
            for cases in &self.variables {
                if let Some(off) = built.off.get_mut(&cases.variable) {
                    off.shift_remove(&name.pattern());
                }
            }
        }
        let all: IndexSet<Vec<Text>> = moved.map(written).collect();
        for own in all {
            let has = self.rows.iter();
            let has = has.map(|row| self.is_moved(base, row) && written(row) == own);
            let whens = self.whens(&has.collect::<Vec<bool>>()).into_iter();
            built.moved.extend(whens.map(|when| (when, own.clone())));
        }
    }

    /// Whether a row has other repositories than today's texts say.
    fn is_moved(&self, base: &Built, row: &Row) -> bool {
        let there: BTreeSet<Option<String>> = names(&row.state.built)
            .map(|name| {
                let [file, _] = row.state.repositories(name);
                file
            })
            .collect();
        let today: BTreeSet<Option<String>> = names(base)
            .map(|name| {
                let [_, manifest] = row.state.repositories(name);
                manifest
            })
            .collect();
        !there.is_empty() && there != today && !self.lacks_registry(base, row)
    }

    /// Whether a registry is left out where a variable is empty: `docker.io` is the same, and needs no condition.
    fn lacks_registry(&self, base: &Built, row: &Row) -> bool {
        let there = repositories(names(&row.state.built)).into_iter();
        let there: BTreeSet<String> = there.map(|one| one.pattern).collect();
        let mut variables = self.variables.iter().map(|cases| &cases.variable);
        variables.any(|name| {
            let start = variable(name) + "/";
            let hub = |one: &Text| Some(format!("{HUB}/{}", one.pattern.strip_prefix(&start)?));
            let today: Option<BTreeSet<String>> =
                repositories(names(base)).iter().map(hub).collect();
            row.state.is_emptied(name) && today.as_ref() == Some(&there)
        })
    }
}

/// A tag in each of today's repositories.
pub(super) fn everywhere(base: &Built, name: &Name) -> Vec<Name> {
    let with = |repository: Text| Name {
        repository,
        ..name.clone()
    };
    repositories(names(base)).into_iter().map(with).collect()
}

fn names(built: &Built) -> impl Iterator<Item = &Name> {
    built.names.iter().flatten()
}

/// The repositories of a row as the manifest has them.
fn written(row: &Row) -> Vec<Text> {
    let all: Vec<Name> = names(&row.state.built)
        .map(|name| row.state.written(name))
        .collect();
    repositories(all.iter())
}

/// The repositories of names, each pattern once.
fn repositories<'n>(names: impl Iterator<Item = &'n Name>) -> Vec<Text> {
    let mut all: Vec<Text> = Vec::new();
    for name in names {
        let pattern = &name.repository.pattern;
        if all.iter().all(|known| known.pattern != *pattern) {
            all.push(name.repository.clone());
        }
    }
    all
}

/// Whether all repositories have the same tags.
fn is_product(built: &Built) -> bool {
    let pairs: BTreeSet<(&str, &str)> = names(built)
        .map(|name| (name.repository.pattern.as_str(), name.tag.pattern.as_str()))
        .collect();
    let repositories: BTreeSet<&str> = pairs.iter().map(|(repository, _)| *repository).collect();
    let tags: BTreeSet<&str> = pairs.iter().map(|(_, tag)| *tag).collect();
    pairs.len() == repositories.len() * tags.len()
}
