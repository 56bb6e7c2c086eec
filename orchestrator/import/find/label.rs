//! A label for each entry of a version, the same in as many versions as possible: `alpine` rather than `alpine3.22` if
//! an older version has `alpine3.21`.

use super::entry::Entry;
use super::split::Split;
use indexmap::IndexMap;
use std::cmp::Reverse;
use std::collections::HashSet;

/// What an entry may be called, and the entries that may be called so.
type Names<'a> = IndexMap<&'a str, Vec<usize>>;

/// Which names are preferred as labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prefer {
    /// Those of most versions: `slim` in each version rather than `noble-slim` in some.
    Common,
    /// The longest: `noble-slim`, which says what it is, rather than `slim`.
    Long,
    /// Any rather than none: `windowsservercore` although it has the versions alone, too, which it shares.
    Named,
}

/// The entries of these versions with their labels.
pub(super) fn labels(entries: &[Entry], versions: &[String], prefer: Prefer) -> Split {
    let mut names: Names = IndexMap::new();
    for (at, (entry, version)) in entries.iter().zip(versions).enumerate() {
        for name in entry.behind(version) {
            let known = names.entry(name).or_default();
            if known.last() != Some(&at) {
                known.push(at);
            }
        }
    }
    let mut found = vec![None; entries.len()];
    // By version: the labels that it has already.
    let mut taken: HashSet<(&str, &str)> = HashSet::new();
    for name in in_order(&names, versions, prefer) {
        for at in &names[name] {
            let is_new = found[*at].is_none() && taken.insert((versions[*at].as_str(), name));
            if is_new {
                found[*at] = Some(name);
            }
        }
    }
    let split = |(version, name): (&String, Option<&str>)| {
        (version.clone(), name.unwrap_or_default().to_owned())
    };
    versions.iter().zip(found).map(split).collect()
}

/// The names, the preferred ones first; a name rather than none, then that which comes first.
fn in_order<'a>(names: &Names<'a>, versions: &[String], prefer: Prefer) -> Vec<&'a str> {
    let count = |entries: &Vec<usize>| {
        let versions: HashSet<&str> = entries.iter().map(|at| versions[*at].as_str()).collect();
        versions.len()
    };
    let counts = names.iter().map(|(name, entries)| (count(entries), *name));
    let mut counts: Vec<(usize, &str)> = counts.collect();
    counts.sort_by_key(|(count, name)| match prefer {
        Prefer::Common => (false, Reverse(*count), name.is_empty()),
        Prefer::Long => (false, Reverse(name.len()), false),
        Prefer::Named => (name.is_empty(), Reverse(*count), false),
    });
    counts.into_iter().map(|(_, name)| name).collect()
}
