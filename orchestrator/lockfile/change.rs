//! The difference between the current lock and the one that the fleet needs.

use super::{Entry, LOCKFILE, Lockfile};
use crate::name::Digest;
use crate::text::count;
use std::collections::{BTreeMap, BTreeSet};

/// The change of one entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was not locked.
    Added(Entry),
    /// The content changed, and `update` was set. The digest is the old one.
    Updated(Digest, Entry),
    /// No image needs it any more.
    Dropped(Entry),
    /// The content changed, and `update` was not set: the old digest stays locked.
    Refused(Digest, Entry),
}

/// The new lock, and the changes from the old one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// The new lock.
    pub lock: Lockfile,
    /// The changes, by address or by name and platform.
    pub changes: BTreeMap<String, Change>,
    /// The number of unchanged entries.
    pub kept: usize,
    /// The number of files that could not be fetched.
    pub failed: usize,
    /// The number of outside images that could not be looked up.
    pub unresolved: usize,
}

impl Lockfile {
    /// The keys among `wanted` that are not locked, sorted.
    pub fn missing<'a>(&self, wanted: &'a BTreeSet<String>) -> Vec<&'a str> {
        wanted
            .iter()
            .filter(|url| self.get(url).is_none())
            .map(String::as_str)
            .collect()
    }

    /// The locked keys that are not in `wanted`, sorted.
    pub fn unused(&self, wanted: &BTreeSet<String>) -> Vec<&str> {
        self.iter()
            .map(|(url, _)| url)
            .filter(|url| !wanted.contains(*url))
            .collect()
    }

    /// The lock for the keys in `wanted`, given what was `found` for some of them. If a digest differs from the
    /// locked one, `update` decides whether it replaces the locked one.
    #[must_use]
    pub fn with(
        &self,
        wanted: &BTreeSet<String>,
        found: &BTreeMap<String, Entry>,
        update: bool,
    ) -> Changes {
        let mut next = Changes::default();
        for url in wanted {
            let (entry, change) = match (self.get(url), found.get(url)) {
                (None, None) => continue,
                (None, Some(new)) => (*new, Some(Change::Added(*new))),
                (Some(old), None) => (*old, None),
                (Some(old), Some(new)) if old.digest == new.digest => (*new, None),
                (Some(old), Some(new)) if update => (*new, Some(Change::Updated(old.digest, *new))),
                (Some(old), Some(new)) => (*old, Some(Change::Refused(old.digest, *new))),
            };
            next.lock.entries.insert(url.clone(), entry);
            match change {
                Some(change) => drop(next.changes.insert(url.clone(), change)),
                None => next.kept += 1,
            }
        }
        for (url, entry) in self.iter().filter(|(url, _)| !wanted.contains(*url)) {
            next.changes.insert(url.to_owned(), Change::Dropped(*entry));
        }
        next
    }
}

impl Changes {
    /// The addresses whose content changed, with the locked digest and the found one.
    pub fn refused(&self) -> impl Iterator<Item = (&str, Digest, Digest)> {
        self.changes
            .iter()
            .filter_map(|(url, change)| match change {
                Change::Refused(old, new) => Some((url.as_str(), *old, new.digest)),
                _ => None,
            })
    }

    fn not_found(&self) -> impl Iterator<Item = String> {
        let files = (self.failed > 0)
            .then(|| format!("{} could not be fetched", count(self.failed, "file")));
        let bases = (self.unresolved > 0)
            .then(|| format!("{} could not be looked up", count(self.unresolved, "base")));
        files.into_iter().chain(bases)
    }

    /// One paragraph per change and a line with the counts, for people.
    pub fn text(&self) -> String {
        let (mut text, mut counts) = (String::new(), [0usize; 4]);
        for (url, change) in &self.changes {
            let (at, word, entry) = match change {
                Change::Added(entry) => (0, "added", entry),
                Change::Updated(_, entry) => (1, "updated", entry),
                Change::Dropped(entry) => (2, "dropped", entry),
                Change::Refused(..) => {
                    counts[3] += 1;
                    continue;
                }
            };
            counts[at] += 1;
            text.push_str(&format!(
                "{word:<8} {url}\n         {}{}\n",
                entry.digest,
                size(entry.size)
            ));
            if let Change::Updated(old, _) = change {
                text.push_str(&format!("         was {old}\n"));
            }
        }
        let named = [
            (counts[0], "added"),
            (counts[1], "updated"),
            (self.kept, "kept"),
            (counts[2], "dropped"),
            (counts[3], "changed but not updated"),
        ];
        let named = named.iter().filter(|(count, _)| *count > 0);
        let named = named.map(|(count, word)| format!("{count} {word}"));
        let named: Vec<String> = named.chain(self.not_found()).collect();
        let counts = if named.is_empty() {
            String::from("nothing to fetch")
        } else {
            named.join(", ")
        };
        text + &format!("{LOCKFILE}: {counts}\n")
    }
}

fn size(size: Option<u64>) -> String {
    let Some(bytes) = size else {
        return String::new();
    };
    let units = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1000, "kB")];
    match units.into_iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!(", {}.{} {name}", bytes / unit, bytes % unit / (unit / 10)),
        None => format!(", {bytes} bytes"),
    }
}
