//! `kiln.lock`: the digest and size of each file that is fetched, by its full address.
//!
//! One line per file, sorted by address, so that two branches that add files can be merged line by line:
//!
//! ```text
//! version 1
//!
//! https://go.dev/dl/go1.26.5.linux-amd64.tar.gz sha256:5c2c3b16caefa1d968a94c1daca04a7ca301a496d9b086e17ad77bb81393f053 66911432
//! ```
//!
//! docs/lock.md describes the format for users.

mod change;
mod parse;

#[cfg(test)]
mod tests;

pub use change::{Change, Changes};

use crate::name::Digest;
use std::collections::BTreeMap;

/// The name of the file, in the folder of `kiln.kdl`.
pub const LOCKFILE: &str = "kiln.lock";

/// The version of the format.
const VERSION: u32 = 1;

const HEAD: &str = "# What is fetched from elsewhere, and what it must be. Written by `kiln lock`; docs/lock.md of kiln says more.";

/// The required content of one fetched file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The digest of the content.
    pub digest: Digest,
    /// In bytes; unknown if a person copied the digest from the list of the vendor.
    pub size: Option<u64>,
}

/// The locked files, by address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lockfile {
    entries: BTreeMap<String, Entry>,
}

impl Lockfile {
    /// The entry of an address.
    pub fn get(&self, url: &str) -> Option<&Entry> {
        self.entries.get(url)
    }

    /// The addresses with their entries, in byte order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries
            .iter()
            .map(|(url, entry)| (url.as_str(), entry))
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The text of the file: the same bytes for the same entries on any machine.
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
