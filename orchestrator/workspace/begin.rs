//! Beginning a workspace: finding the Dockerfiles that its folder has, and writing its first files.

use crate::init::is_dockerfile;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// The most Dockerfiles that `kiln init` accepts.
const MOST: usize = 2_000;

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
        aside(&path, text, force).map_err(|source| WriteError::Io { path, source })?;
    }
    Ok(())
}

fn aside(path: &Path, text: &str, force: bool) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
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
    if force {
        file.persist(path)
    } else {
        file.persist_noclobber(path)
    }?;
    Ok(())
}

/// The Dockerfiles below a folder, sorted: the path of each below it, with `/`, and its text. Links are not
/// followed, and folders of other tools (`.git`, `node_modules`) are not searched.
///
/// # Errors
/// A message: the folder or a file cannot be read, a file is not text, or there are too many.
pub fn dockerfiles(folder: &Path) -> Result<Vec<(String, String)>, String> {
    let mut found = Vec::new();
    let mut open = vec![(folder.to_owned(), String::new(), 0)];
    while let Some((folder, below, depth)) = open.pop() {
        let unreadable = |why: io::Error| format!("{} cannot be read: {why}", folder.display());
        for item in fs::read_dir(&folder).map_err(unreadable)? {
            let item = item.map_err(unreadable)?;
            let kind = item.file_type().map_err(unreadable)?;
            // A manifest cannot name a path that is not UTF-8.
            let Ok(name) = item.file_name().into_string() else {
                continue;
            };
            let below = if below.is_empty() {
                name.clone()
            } else {
                format!("{below}/{name}")
            };
            if kind.is_dir()
                && depth < DEEPEST
                && !matches!(name.as_str(), ".git" | ".kiln" | "node_modules")
            {
                open.push((item.path(), below, depth + 1));
            } else if kind.is_file() && is_dockerfile(&name) {
                found.push((below, text(&item.path())?));
            }
            if found.len() > MOST {
                return Err(format!(
                    "{} has more than {MOST} Dockerfiles: name a folder in it",
                    folder.display()
                ));
            }
        }
    }
    found.sort();
    Ok(found)
}

fn text(path: &Path) -> Result<String, String> {
    let unreadable = |why: io::Error| format!("{} cannot be read: {why}", path.display());
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    if bytes.len() as u64 > LONGEST {
        return Err(format!(
            "{} is larger than {} MiB",
            path.display(),
            LONGEST >> 20
        ));
    }
    String::from_utf8(bytes).map_err(|_| format!("{} is not UTF-8 text", path.display()))
}
