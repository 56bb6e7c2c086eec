//! Beginning a workspace: finding the Dockerfiles that its folder has, and writing its first files.

use super::replace::replace;
use crate::dockerfile;
use crate::init::{FileKind, file_kind};
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// The most Dockerfiles that `kiln init` accepts.
const MOST: usize = 10_000;

/// The deepest folder that is searched, counted from the folder that the user names.
const DEEPEST: usize = 16;

/// The longest Dockerfile that is read, in bytes: the same limit as for Dockerfiles that are built.
const LONGEST: u64 = 4 * 1024 * 1024;

/// Why nothing, or not everything, was written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Files that exist already; nothing was written.
    #[error("these files exist already: {}", .0.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", "))]
    There(Vec<PathBuf>),
    /// The operating system reported an error.
    #[error("{} cannot be written: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The error.
        source: io::Error,
    },
}

/// Writes files below a folder in the given order, each to a temporary file that is then renamed. Without `force`,
/// nothing is written if one of them exists.
///
/// # Errors
/// A file exists already, or cannot be written.
pub fn write<'a>(
    folder: &Path,
    files: impl Iterator<Item = (&'a str, &'a str)> + Clone,
    force: bool,
) -> Result<(), WriteError> {
    let there: Vec<PathBuf> = files
        .clone()
        .map(|(path, _)| folder.join(path))
        .filter(|path| path.symlink_metadata().is_ok())
        .collect();
    if !there.is_empty() && !force {
        return Err(WriteError::There(there));
    }
    for (path, text) in files {
        let path = folder.join(path);
        let written = aside(&path, text, force);
        written.map_err(|source| WriteError::Io { path, source })?;
    }
    Ok(())
}

fn aside(path: &Path, text: &str, force: bool) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    if force {
        return replace(path, text.as_bytes());
    }
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The mode that the umask allows, as for a file from an editor.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.prefix(".kiln-new-").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path)?;
    Ok(())
}

/// What a search for Dockerfiles found. Paths are below the folder that was searched, with `/`.
#[derive(Debug, Default)]
pub struct Search {
    /// The path and text of each Dockerfile, sorted.
    pub files: Vec<(String, String)>,
    /// Templates of other tools, sorted.
    pub templates: Vec<String>,
    /// Files and folders that cannot be read, each with the reason.
    pub skipped: Vec<(String, String)>,
}

/// The Dockerfiles below a folder of a workspace. Links to files inside the workspace are followed, links to folders are
/// not; folders of other tools (`.git`, `node_modules`) are not searched.
///
/// # Errors
/// A message: the folder cannot be read, or there are too many Dockerfiles.
pub fn dockerfiles(root: &Path, folder: &Path) -> Result<Search, String> {
    if folder.is_file() {
        return Err(String::from("it is a file"));
    }
    fs::read_dir(folder).map_err(|why| why.to_string())?;
    let mut search = Search::default();
    let mut open = vec![(folder.to_owned(), String::new(), 0)];
    while let Some((folder, below, depth)) = open.pop() {
        let items = match fs::read_dir(&folder).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
            Ok(items) => items,
            Err(why) => {
                search.skipped.push((below, why.to_string()));
                continue;
            }
        };
        for item in items {
            // A manifest cannot name a path that is not UTF-8.
            let Ok(name) = item.file_name().into_string() else {
                continue;
            };
            let below = if below.is_empty() {
                name.clone()
            } else {
                format!("{below}/{name}")
            };
            if item.file_type().is_ok_and(|kind| kind.is_dir()) {
                let is_other = matches!(name.as_str(), ".git" | ".kiln" | "node_modules");
                if depth < DEEPEST && !is_other {
                    open.push((item.path(), below, depth + 1));
                }
            } else {
                search.add(root, &item.path(), below, file_kind(&name));
            }
        }
        if search.files.len() > MOST {
            return Err(format!(
                "it has more than {MOST} Dockerfiles: name a folder in it"
            ));
        }
    }
    search.files.sort();
    search.templates.sort();
    search.skipped.sort();
    Ok(search)
}

impl Search {
    fn add(&mut self, root: &Path, path: &Path, below: String, kind: FileKind) {
        match kind {
            FileKind::Other => {}
            FileKind::Template => self.templates.push(below),
            // A link to a folder.
            FileKind::Dockerfile if path.is_dir() => {}
            FileKind::Dockerfile => match text(root, path) {
                Ok(text) => self.files.push((below, text)),
                Err(why) => self.skipped.push((below, why)),
            },
        }
    }
}

fn text(root: &Path, path: &Path) -> Result<String, String> {
    let real = path.canonicalize().map_err(|why| why.to_string())?;
    if !real.starts_with(root) {
        return Err(String::from("it is a link out of the workspace"));
    }
    if !real.is_file() {
        return Err(String::from("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    fs::File::open(real)
        .and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes))
        .map_err(|why| why.to_string())?;
    if bytes.len() as u64 > LONGEST {
        return Err(format!("it is larger than {} MiB", LONGEST >> 20));
    }
    String::from_utf8(bytes).or_else(|fault| {
        // Comments may be in any encoding.
        let text = String::from_utf8_lossy(fault.as_bytes()).into_owned();
        let Some(at) = dockerfile::foreign(&text) else {
            return Ok(text);
        };
        let line = text[..at.start].matches('\n').count() + 1;
        Err(format!("it is not UTF-8 text, from line {line} on"))
    })
}
