//! The scopes of a token: `repository:cimg/go:pull,push`.

use crate::name::Repository;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Actions by resource (`repository:cimg/go`); two sets can be merged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Scopes(BTreeMap<String, BTreeSet<String>>);

impl Scopes {
    /// Reading a repository.
    pub(super) fn pull(repository: &Repository) -> Self {
        Self::of(repository, &["pull"])
    }

    /// Reading and writing it.
    pub(super) fn push(repository: &Repository) -> Self {
        Self::of(repository, &["pull", "push"])
    }

    /// Deleting in it.
    pub(super) fn delete(repository: &Repository) -> Self {
        Self::of(repository, &["delete", "pull", "push"])
    }

    fn of(repository: &Repository, actions: &[&str]) -> Self {
        let actions = actions.iter().map(|a| String::from(*a)).collect();
        Self(BTreeMap::from([(
            format!("repository:{}", repository.path()),
            actions,
        )]))
    }

    /// Parses the scopes of a challenge, separated by spaces.
    pub(super) fn parse(text: &str) -> Self {
        let mut scopes = Self::default();
        for scope in text.split_whitespace() {
            if let Some((resource, actions)) = scope.rsplit_once(':') {
                let all = scopes.0.entry(resource.to_owned()).or_default();
                all.extend(
                    actions
                        .split(',')
                        .filter(|a| !a.is_empty())
                        .map(String::from),
                );
            }
        }
        scopes
    }

    /// The union of both.
    #[must_use]
    pub(super) fn and(mut self, other: Scopes) -> Self {
        for (resource, actions) in other.0 {
            self.0.entry(resource).or_default().extend(actions);
        }
        self
    }

    /// Each scope in the form that a token service expects.
    pub(super) fn iter(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|(resource, actions)| {
            format!(
                "{resource}:{}",
                actions.iter().cloned().collect::<Vec<_>>().join(",")
            )
        })
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iter().collect::<Vec<_>>().join(" "))
    }
}

#[cfg(test)]
mod tests;
