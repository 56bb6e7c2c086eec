//! What rendering reads of the workspace, behind a trait: this floor opens no file.

use super::Ignore;
use crate::tree::Tree;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The files of a workspace. Paths are relative to it, `/` between parts.
pub trait Files: Sync {
    /// The text of a file; `None` if there is none.
    ///
    /// # Errors
    /// A sentence: the path leads outside, it is no file, it is no UTF-8, it cannot be read.
    fn text(&self, path: &str) -> Result<Option<Arc<str>>, String>;

    /// What lies below a folder (or the one file that the path names, under its own name), without
    /// what `ignore` excludes; paths are relative to the folder.
    ///
    /// # Errors
    /// A sentence: there is nothing, it leads outside, it cannot be read.
    fn tree(&self, path: &str, ignore: &Ignore) -> Result<Arc<Tree>, String>;
}

/// A workspace in memory: texts by path. Its folders are empty.
#[derive(Debug, Clone, Default)]
pub struct Texts(pub BTreeMap<String, Arc<str>>);

impl Files for Texts {
    fn text(&self, path: &str) -> Result<Option<Arc<str>>, String> {
        Ok(self.0.get(path).cloned())
    }

    fn tree(&self, _: &str, _: &Ignore) -> Result<Arc<Tree>, String> {
        Ok(Arc::default())
    }
}
