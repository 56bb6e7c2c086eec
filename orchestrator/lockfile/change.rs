//! From the lock that is there to the one that the fleet needs, and what that changes.

use super::{Entry, LOCKFILE, Lockfile};
use crate::name::Digest;
use std::collections::{BTreeMap, BTreeSet};

/// What happens to one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was not locked.
    Added(Entry),
    /// Another content took the place of this one, as was asked for.
    Updated(Digest, Entry),
    /// Nothing fetches it any more.
    Dropped(Entry),
    /// The content is another one than was locked, and nobody asked for it: the entry stays.
    Refused(Digest, Entry),
}

/// The new lock, and how it differs from the old one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    pub lock: Lockfile,
    /// By address, sorted.
    pub changes: BTreeMap<String, Change>,
    /// How many entries are as before.
    pub kept: usize,
}

impl Lockfile {
    /// The addresses of these that are not locked, sorted.
    pub fn missing<'a>(&self, wanted: &'a BTreeSet<String>) -> Vec<&'a str> {
        wanted
            .iter()
            .filter(|url| self.get(url).is_none())
            .map(String::as_str)
            .collect()
    }

    /// The addresses that are locked and not among these, sorted.
    pub fn unused(&self, wanted: &BTreeSet<String>) -> Vec<&str> {
        self.iter()
            .map(|(url, _)| url)
            .filter(|url| !wanted.contains(*url))
            .collect()
    }

    /// The lock of all that is `wanted`, after some of it was `found` to be what it is. Where that differs from what
    /// was locked, `update` says which one counts.
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
    /// The addresses whose content is another one, with what was locked and what was found.
    pub fn refused(&self) -> impl Iterator<Item = (&str, Digest, Digest)> {
        self.changes
            .iter()
            .filter_map(|(url, change)| match change {
                Change::Refused(old, new) => Some((url.as_str(), *old, new.digest)),
                _ => None,
            })
    }

    /// A line a change and a count, for people.
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
            (counts[3], "changed and not taken"),
        ];
        let named: Vec<String> = named
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        let counts = if named.is_empty() {
            String::from("nothing is fetched")
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
