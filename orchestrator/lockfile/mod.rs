//! `kiln.lock`: the digest and size of each file that is fetched, by its full address, and the digest of each outside image,
//! by name and platform.
//!
//! One line per file and image, so that two branches that add lines can be merged line by line:
//!
//! ```text
//! version 1
//!
//! docker.io/library/debian:13 linux/amd64 sha256:8d3be7b8d5d9bf0a1dc1e8ae1f4f3d4d7ab1a5a2b8ce5d2c0f1e9b7a6c5d4e3f
//! https://go.dev/dl/go1.26.5.linux-amd64.tar.gz sha256:5c2c3b16caefa1d968a94c1daca04a7ca301a496d9b086e17ad77bb81393f053 66911432
//! ```
//!
//! docs/lock.md describes the format for users.

mod base;
mod change;
mod parse;
mod write;

#[cfg(test)]
mod tests;

pub use base::BaseKey;
pub use change::{Change, Changes};

use crate::name::Digest;
use crate::text::Span;
use std::collections::BTreeMap;

/// The name of the file, in the folder of `kiln.kdl`.
pub const LOCKFILE: &str = "kiln.lock";

/// The version of the format.
const VERSION: u32 = 1;

/// What a fetched file or an outside image must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The digest of the content, or of the image.
    pub digest: Digest,
    /// In bytes; unknown if a person copied the digest from the list of the vendor, and for images.
    pub size: Option<u64>,
}

/// A line of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// For diagnostics.
    pub span: Span,
    /// Its number, from 1.
    pub line: usize,
}

/// What is locked, by the address of a file, or by the name of an outside image and its platform.
#[derive(Debug, Clone, Default)]
pub struct Lockfile {
    entries: BTreeMap<String, Entry>,
    /// Where the file has each entry.
    places: BTreeMap<String, Place>,
}

/// Two locks are equal if they lock the same, on whichever lines.
impl PartialEq for Lockfile {
    fn eq(&self, other: &Self) -> bool {
        self.entries == other.entries
    }
}

impl Eq for Lockfile {}

impl Lockfile {
    /// The entry of an address, or of an outside image as the file names it.
    pub fn get(&self, url: &str) -> Option<&Entry> {
        self.entries.get(url)
    }

    /// The addresses and the names of images with their entries, in byte order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries
            .iter()
            .map(|(url, entry)| (url.as_str(), entry))
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Where the file has an entry, if it was read from a file.
    pub fn place(&self, key: &str) -> Option<Place> {
        self.places.get(key).copied()
    }
}

impl FromIterator<(String, Entry)> for Lockfile {
    fn from_iter<I: IntoIterator<Item = (String, Entry)>>(iter: I) -> Self {
        Self {
            entries: iter.into_iter().collect(),
            places: BTreeMap::new(),
        }
    }
}
