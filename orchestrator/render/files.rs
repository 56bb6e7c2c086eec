//! The files that rendering reads from the workspace, behind a trait: this module opens no file itself.

use super::RELATIVE;
use super::context::below;
use crate::dockerfile::Ignore;
use crate::text::suggest;
use crate::tree::Tree;
use std::collections::{BTreeMap, BTreeSet};
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

    /// What is in a folder, by name; nothing if it cannot be read.
    fn names(&self, folder: &str) -> Vec<String>;
}

/// The names in a folder, of all paths of a workspace.
pub fn names_in<'p>(paths: impl Iterator<Item = &'p str>, folder: &str) -> Vec<String> {
    let inside = paths.filter_map(|path| match folder {
        "" => Some(path),
        _ => path.strip_prefix(folder)?.strip_prefix('/'),
    });
    let first = inside.map(|rest| rest.split('/').next().unwrap_or_default().to_owned());
    first.collect::<BTreeSet<String>>().into_iter().collect()
}

/// The help for a path that does not exist: what is probably meant, and how paths are taken.
pub(super) fn way_out(path: &str, files: &dyn Files) -> String {
    match near(path, files) {
        Some(near) => format!("did you mean `{near}`? {RELATIVE}"),
        None => RELATIVE.to_owned(),
    }
}

/// A file or folder that exists, each of whose parts is spelt like that of a path.
fn near(path: &str, files: &dyn Files) -> Option<String> {
    let mut found = String::new();
    for part in path.split('/') {
        let names = files.names(&found);
        let mut known = names.iter().map(String::as_str);
        let is_known = known.clone().any(|name| name == part);
        let name = if is_known {
            part
        } else {
            suggest(part, &mut known)?
        };
        found = below(&found, name);
    }
    (found != path).then_some(found)
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

    fn names(&self, folder: &str) -> Vec<String> {
        names_in(self.0.keys().map(String::as_str), folder)
    }
}
