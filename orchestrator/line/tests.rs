//! The fixture of all tests that begin with a manifest: it goes along the line in memory.

use crate::dockerfile::Ignore;
use crate::line::{self, Ready};
use crate::matrix::{Fleet, Inputs};
use crate::render::Files;
use crate::text::{Diagnostics, Sources, show};
use crate::tree::{Mode, Tree};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The files of a workspace in memory, by path.
#[derive(Default)]
pub(crate) struct Memory(BTreeMap<String, String>);

impl Memory {
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let owned = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
        Self(files.iter().map(owned).collect())
    }
}

impl Files for Memory {
    fn text(&self, path: &str) -> Result<Option<Arc<str>>, String> {
        Ok(self.0.get(path).map(|text| text.as_str().into()))
    }

    fn tree(&self, path: &str, ignore: &Ignore) -> Result<Arc<Tree>, String> {
        let (mut tree, mut found) = (Tree::default(), false);
        for (at, text) in &self.0 {
            let below = match at.strip_prefix(path) {
                Some(rest) if path.is_empty() || rest.is_empty() => rest,
                Some(rest) if rest.starts_with('/') => &rest[1..],
                _ => continue,
            };
            found = true;
            if !ignore.excludes(below) {
                tree.add_bytes(below, Mode::Plain, text.as_bytes());
            }
        }
        match found {
            true => Ok(Arc::new(tree)),
            false => Err(format!("there is no file or folder `{path}`")),
        }
    }
}

/// What a stage of the line made, if it made something, and what it reported.
pub(crate) struct Outcome<T> {
    pub(crate) made: Option<T>,
    pub(crate) faults: Diagnostics,
    pub(crate) sources: Sources,
}

impl<T> Outcome<T> {
    /// What was made; the test fails if there is nothing.
    #[track_caller]
    pub(crate) fn made(self) -> T {
        let shown = self.shown();
        self.made.unwrap_or_else(|| panic!("{shown}"))
    }

    /// The reported faults as users see them.
    pub(crate) fn shown(&self) -> String {
        show::text(&self.faults, &self.sources, false)
    }
}

/// The whole line.
pub(crate) fn bring(text: &str, inputs: &Inputs, files: &[(&str, &str)]) -> Outcome<Ready> {
    let (mut sources, mut faults) = (Sources::default(), Diagnostics::default());
    let documents = [line::document(text, &mut sources, &mut faults)];
    let files = Memory::of(files);
    Outcome {
        made: line::bring(&documents, inputs, &files, &mut sources, &mut faults),
        faults,
        sources,
    }
}

/// The line up to the fleet.
pub(crate) fn fleet(text: &str, inputs: &Inputs) -> Outcome<Fleet> {
    let (mut sources, mut faults) = (Sources::default(), Diagnostics::default());
    let documents = [line::document(text, &mut sources, &mut faults)];
    Outcome {
        made: line::fleet(&documents, inputs, &mut sources, &mut faults),
        faults,
        sources,
    }
}
