//! Which packages differ between two images.

use super::Packages;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A package that differs between two images.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PackageChange {
    /// The package.
    pub name: String,
    /// Its architecture.
    pub architecture: String,
    /// Its version in the old image; `None` if that does not have it.
    pub from: Option<String>,
    /// Its version in the new image; `None` if that does not have it.
    pub to: Option<String>,
}

impl fmt::Display for PackageChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match (&self.from, &self.to) {
            (Some(from), Some(to)) => write!(f, "{name} {from} -> {to}"),
            (Some(from), None) => write!(f, "-{name} {from}"),
            (None, to) => write!(f, "+{name} {}", to.as_deref().unwrap_or_default()),
        }
    }
}

impl Packages {
    /// The packages that are new, gone, or have another version in a newer image, by name.
    pub fn changes(&self, newer: &Self) -> Vec<PackageChange> {
        let (old, new) = (self.versions(), newer.versions());
        let names: BTreeSet<_> = old.keys().chain(new.keys()).copied().collect();
        let change = |key: (&str, &str)| {
            let version =
                |of: &BTreeMap<_, &str>| of.get(&key).map(|version| (*version).to_owned());
            let (from, to) = (version(&old), version(&new));
            (from != to).then(|| PackageChange {
                name: key.0.to_owned(),
                architecture: key.1.to_owned(),
                from,
                to,
            })
        };
        names.into_iter().filter_map(change).collect()
    }

    /// By name and architecture.
    fn versions(&self) -> BTreeMap<(&str, &str), &str> {
        let all = self.all.iter();
        all.map(|one| {
            (
                (one.name.as_str(), one.architecture.as_str()),
                one.version.as_str(),
            )
        })
        .collect()
    }
}
