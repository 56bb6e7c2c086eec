//! The files that rendering reads from the workspace, behind a trait: this module opens no file itself.

use crate::dockerfile::Ignore;
use crate::tree::Tree;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The files of a workspace. Paths are relative to it and separated by `/`.
pub trait Files: Sync {
    /// The text of a file; `None` if it does not exist.
    ///
    /// # Errors
    /// A sentence: the path leads outside, it is not a file, it is not UTF-8, or it cannot be read.
    fn text(&self, path: &str) -> Result<Option<Arc<str>>, String>;

    /// The text of a Dockerfile or an ignore file, with U+FFFD in place of what is not UTF-8: its comments may be in any
    /// encoding.
    ///
    /// # Errors
    /// As those of [`Files::text`].
    fn lossy(&self, path: &str) -> Result<Option<Arc<str>>, String> {
        self.text(path)
    }

    /// The files below a folder (or the single file that the path names, under its own name), without
    /// those that `ignore` excludes; paths are relative to the folder.
    ///
    /// # Errors
    /// A sentence: the path does not exist, leads outside, or cannot be read.
    fn tree(&self, path: &str, ignore: &Ignore) -> Result<Arc<Tree>, String>;

    /// Whether the path is a folder of the workspace.
    fn is_folder(&self, path: &str) -> bool;
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

    fn is_folder(&self, path: &str) -> bool {
        let mut files = self.0.keys();
        files.any(|file| {
            file.strip_prefix(path)
                .is_some_and(|rest| rest.starts_with('/'))
        })
    }
}
