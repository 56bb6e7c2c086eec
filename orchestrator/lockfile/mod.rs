//! `kiln.lock`: what each file that is fetched from elsewhere must be, by its whole address.
//!
//! A line a file, sorted by address, so that two branches that add files merge line by line:
//!
//! ```text
//! version 1
//!
//! https://go.dev/dl/go1.26.5.linux-amd64.tar.gz sha256:5c2c3b16caefa1d968a94c1daca04a7ca301a496d9b086e17ad77bb81393f053 66911432
//! ```
//!
//! docs/lock.md is the format's description for people.

mod change;
mod parse;

#[cfg(test)]
mod tests;

pub use change::{Change, Changes};

use crate::name::Digest;
use std::collections::BTreeMap;

/// The file's name; it lies beside `kiln.kdl`.
pub const LOCKFILE: &str = "kiln.lock";

/// The format that this kiln reads and writes.
const VERSION: u32 = 1;

const HEAD: &str = "# What is fetched from elsewhere, and what it must be. Written by `kiln lock`; docs/lock.md of kiln says more.";

/// What one fetched file must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub digest: Digest,
    /// In bytes; not known where a person wrote the line after the vendor's own list.
    pub size: Option<u64>,
}

/// All that is locked, by address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lockfile {
    entries: BTreeMap<String, Entry>,
}

impl Lockfile {
    /// What the file behind this address must be.
    pub fn get(&self, url: &str) -> Option<&Entry> {
        self.entries.get(url)
    }

    /// The addresses with what is behind them, sorted by byte.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries
            .iter()
            .map(|(url, entry)| (url.as_str(), entry))
    }

    /// Whether nothing is locked.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The file, the same bytes for the same entries on any machine.
    pub fn text(&self) -> String {
        let mut text = format!("{HEAD}\nversion {VERSION}\n");
        if !self.entries.is_empty() {
            text.push('\n');
        }
        for (url, Entry { digest, size }) in &self.entries {
            let size = size.map(|size| format!(" {size}")).unwrap_or_default();
            text.push_str(&format!("{url} {digest}{size}\n"));
        }
        text
    }
}

impl FromIterator<(String, Entry)> for Lockfile {
    fn from_iter<I: IntoIterator<Item = (String, Entry)>>(iter: I) -> Self {
        Self {
            entries: iter.into_iter().collect(),
        }
    }
}
