//! The committed list of the files that kiln generated, so that it only ever removes those.

use crate::name::Digest;
use crate::render::normal;
use std::collections::{BTreeMap, BTreeSet};

/// The folder of all generated files.
pub(super) const FOLDER: &str = ".circleci/images";

/// The path of the list.
pub(super) const RECORD: &str = ".circleci/images/.kiln-generated";

const HEAD: &str = "# Files that kiln generates, with the digest of each. Commit this list with them; `kiln generate` keeps it.\n";

/// Paths relative to the workspace, each with the digests it may have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Record(pub BTreeMap<String, BTreeSet<Digest>>);

impl Record {
    /// Reads a list. Other lines are skipped, so that a list with merge conflict markers contains the entries of
    /// both sides; paths outside of [`FOLDER`] are never ours, even if they are listed.
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

    /// The text of the list, sorted by path.
    pub fn text(&self) -> String {
        let lines = self.0.iter().flat_map(|(path, digests)| {
            digests
                .iter()
                .map(move |digest| format!("{digest}  {path}\n"))
        });
        lines.fold(String::from(HEAD), |text, line| text + &line)
    }
}

/// Whether kiln can have generated a file at this path.
pub(super) fn is_ours(path: &str) -> bool {
    let below = path
        .strip_prefix(FOLDER)
        .is_some_and(|rest| rest.starts_with('/'));
    below && path != RECORD && normal(path).as_deref() == Some(path) && !path.contains(['\n', '\r'])
}
