//! What kiln wrote: a list that is committed with the files, so that only those are ever removed.

use crate::name::Digest;
use crate::render::normal;
use std::collections::{BTreeMap, BTreeSet};

/// Below it lies everything that is generated.
pub(super) const FOLDER: &str = ".circleci/images";

/// The list itself.
pub(super) const RECORD: &str = ".circleci/images/.kiln-generated";

const HEAD: &str = "# Files that kiln generates, with the digest of each. Commit this list with them; `kiln generate` keeps it.\n";

/// Paths relative to the workspace with the digests they may have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Record(pub BTreeMap<String, BTreeSet<Digest>>);

impl Record {
    /// Reads a list. Lines that are none are passed over, so that a list in the middle of a merge
    /// says what both sides wrote; paths outside [`FOLDER`] are not ours, whatever the list says.
    pub fn parse(text: &str) -> Self {
        let mut record = Self::default();
        for line in text.lines() {
            let Some((digest, path)) = line.split_once("  ") else {
                continue;
            };
            if let (Ok(digest), true) = (digest.parse(), is_ours(path)) {
                record.0.entry(path.to_owned()).or_default().insert(digest);
            }
        }
        record
    }

    /// The list as a file, sorted by path.
    pub fn text(&self) -> String {
        let lines = self.0.iter().flat_map(|(path, digests)| {
            digests
                .iter()
                .map(move |digest| format!("{digest}  {path}\n"))
        });
        lines.fold(String::from(HEAD), |text, line| text + &line)
    }
}

/// Whether a path can be one that kiln generates.
pub(super) fn is_ours(path: &str) -> bool {
    let below = path
        .strip_prefix(FOLDER)
        .is_some_and(|rest| rest.starts_with('/'));
    below && path != RECORD && normal(path).as_deref() == Some(path) && !path.contains(['\n', '\r'])
}
