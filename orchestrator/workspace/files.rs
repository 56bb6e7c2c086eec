//! Files of the workspace: never read outside of it, hashed once, with modes that are the same on every machine.

use crate::dockerfile::Ignore;
use crate::name::Digest;
use crate::render::{Files, NEVER_SENT, normal};
use crate::text::Shown;
use crate::tree::{Content, Entry, Mode, Tree};
use parking_lot::Mutex;
use rayon::prelude::*;
use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The longest template or Dockerfile that is read, in bytes.
const LONGEST_TEXT: u64 = 4 * 1024 * 1024;

/// The folder with `kiln.kdl`, and a cache of the files that were hashed in it.
#[derive(Debug)]
pub struct Workspace {
    /// Absolute and canonical: without links.
    root: PathBuf,
    /// Each file is hashed once, no matter how many contexts include it.
    hashed: Mutex<HashMap<PathBuf, Entry>>,
    /// A file that does not exist, and is read as an empty one.
    awaited: Option<PathBuf>,
    /// The files whose text was read: the manifest, Dockerfiles, templates, the lock.
    texts: Mutex<BTreeSet<PathBuf>>,
    /// The folders that contexts were read from, with what they leave out.
    contexts: Mutex<Vec<(PathBuf, Ignore)>>,
}

/// A file, link or folder that a walk found.
struct Found {
    /// Relative to the folder that is walked.
    below: String,
    path: PathBuf,
    /// `None` for the file that does not exist yet.
    meta: Option<Metadata>,
}

impl Found {
    fn is_folder(&self) -> bool {
        self.meta.as_ref().is_some_and(Metadata::is_dir)
    }
}

impl Workspace {
    /// The workspace at this folder.
    pub fn new(root: PathBuf) -> Self {
        let root = root
            .canonicalize()
            .or_else(|_| std::path::absolute(&root))
            .unwrap_or(root);
        Self {
            root,
            hashed: Mutex::default(),
            awaited: None,
            texts: Mutex::default(),
            contexts: Mutex::default(),
        }
    }

    /// The same, in which this file is read as an empty one if it does not exist: a context that will include it once it is
    /// written includes it now. The path has no links.
    #[must_use]
    pub fn awaiting(mut self, file: Option<PathBuf>) -> Self {
        self.awaited = file.filter(|file| file.symlink_metadata().is_err());
        self
    }

    /// Adds files that were read, by their paths in the workspace.
    #[must_use]
    pub fn having_read<'a>(self, paths: impl Iterator<Item = &'a str>) -> Self {
        let real = paths.filter_map(|path| self.root.join(path).canonicalize().ok());
        self.texts.lock().extend(real);
        self
    }

    /// Whether the text of this file was read. The path has no links.
    pub fn has_read(&self, path: &Path) -> bool {
        self.texts.lock().contains(path)
    }

    /// The folders of contexts that a file belongs to, or will once it exists, each with its path there. The path has no links.
    pub fn contexts_of(&self, file: &Path) -> Vec<(PathBuf, String)> {
        let mut never = NEVER_SENT.iter();
        if never.any(|name| file.starts_with(self.root.join(name))) {
            return Vec::new();
        }
        let contexts = self.contexts.lock();
        let found = contexts.iter().filter_map(|(folder, ignore)| {
            let below = file.strip_prefix(folder).ok()?.to_str()?;
            (!below.is_empty() && !ignore.excludes(below))
                .then(|| (folder.clone(), below.to_owned()))
        });
        found.collect()
    }

    /// The absolute path of the workspace.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The canonical path of a path in the manifest; `None` if it does not exist.
    ///
    /// # Errors
    /// A message: the path, or a link in it, leads out of the workspace.
    pub(super) fn resolve(&self, path: &str) -> Result<Option<PathBuf>, String> {
        let shown = path.shown();
        let Some(normal) = normal(path) else {
            return Err(format!("`{shown}` leads out of the workspace"));
        };
        match self.root.join(normal).canonicalize() {
            Ok(real) if real.starts_with(&self.root) => Ok(Some(real)),
            Ok(_) => Err(format!("`{shown}` is a link out of the workspace")),
            Err(why) if matches!(why.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                Ok(None)
            }
            Err(why) => Err(format!("`{shown}` cannot be read: {why}")),
        }
    }

    /// Everything below a folder except what is ignored, in no particular order. Links are not followed. As with Docker's
    /// own client, a folder is part of a context unless a pattern matches the folder itself, even if all its files are
    /// ignored.
    fn walk(&self, folder: &Path, ignore: &Ignore) -> Result<Vec<Found>, String> {
        let mut found = Vec::new();
        let mut open = vec![(folder.to_owned(), String::new())];
        while let Some((folder, below)) = open.pop() {
            let unreadable =
                |why: io::Error| format!("`{}` cannot be read: {why}", self.shown(&folder));
            for item in fs::read_dir(&folder).map_err(unreadable)? {
                let item = item.map_err(unreadable)?;
                let path = item.path();
                let name = item
                    .file_name()
                    .into_string()
                    .map_err(|_| format!("`{}` is not UTF-8", self.shown(&path)))?;
                let below = if below.is_empty() {
                    name
                } else {
                    format!("{below}/{name}")
                };
                let meta = item.metadata().map_err(unreadable)?;
                if meta.is_dir() {
                    let never = NEVER_SENT.iter().any(|name| path == self.root.join(name));
                    if !never && !ignore.excludes_all_below(&below) {
                        open.push((path.clone(), below.clone()));
                    }
                    if never || ignore.excludes(&below) {
                        continue;
                    }
                } else if !(meta.is_file() || meta.is_symlink()) || ignore.excludes(&below) {
                    continue;
                }
                let meta = Some(meta);
                found.push(Found { below, path, meta });
            }
            found.extend(self.awaited_in(&folder, &below, ignore));
        }
        Ok(found)
    }

    /// The awaited file, if it will be in this folder, which is `below` the folder that is walked.
    fn awaited_in(&self, folder: &Path, below: &str, ignore: &Ignore) -> Option<Found> {
        let path = self.awaited.as_ref()?;
        let name = path.file_name()?.to_str()?;
        let below = match below {
            "" => name.to_owned(),
            below => format!("{below}/{name}"),
        };
        let is_here = path.parent() == Some(folder) && !ignore.excludes(&below);
        is_here.then(|| Found {
            below,
            path: path.clone(),
            meta: None,
        })
    }

    /// A file or link as an entry of a context.
    fn entry(&self, path: &Path, meta: Option<&Metadata>) -> Result<Entry, String> {
        let unreadable = |why: io::Error| format!("`{}` cannot be read: {why}", self.shown(path));
        let Some(meta) = meta else {
            return Ok(Entry {
                mode: Mode::Plain,
                size: 0,
                digest: Digest::of(b""),
                content: Content::File(path.to_owned()),
            });
        };
        if meta.is_symlink() {
            let target = fs::read_link(path).map_err(unreadable)?.into_os_string();
            let target = target
                .into_string()
                .map_err(|_| format!("the link `{}` is not UTF-8", self.shown(path)))?;
            return Ok(Entry {
                mode: Mode::Plain,
                size: 0,
                digest: Digest::of(&target),
                content: Content::Link(target),
            });
        }
        let known = self.hashed.lock().get(path).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let (size, digest) = hash(path).map_err(unreadable)?;
        let entry = Entry {
            mode: mode(meta),
            size,
            digest,
            content: Content::File(path.to_owned()),
        };
        self.hashed.lock().insert(path.to_owned(), entry.clone());
        Ok(entry)
    }

    /// A path as the manifest would write it.
    pub(super) fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root)
            .unwrap_or(path)
            .to_string_lossy()
            .into_owned()
    }
}

impl Workspace {
    /// The real path of a file, and its first bytes, at most this many; `None` if it does not exist.
    ///
    /// # Errors
    /// A sentence: the path leads outside, it is not a file, or it cannot be read.
    pub fn start_of(&self, path: &str, most: u64) -> Result<Option<(PathBuf, Vec<u8>)>, String> {
        let Some(real) = self.resolve(path)? else {
            return Ok(None);
        };
        let shown = path.shown();
        let unreadable = |why: io::Error| format!("`{shown}` cannot be read: {why}");
        // Only regular files are opened: reading a pipe could block forever.
        if !real.metadata().map_err(unreadable)?.is_file() {
            return Err(format!("`{shown}` is not a file"));
        }
        self.texts.lock().insert(real.clone());
        let mut bytes = Vec::new();
        File::open(&real)
            .and_then(|file| file.take(most).read_to_end(&mut bytes))
            .map_err(unreadable)?;
        Ok(Some((real, bytes)))
    }

    /// A whole file that is not too large to be read as text.
    fn bytes(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        let Some((_, bytes)) = self.start_of(path, LONGEST_TEXT + 1)? else {
            return Ok(None);
        };
        if bytes.len() as u64 > LONGEST_TEXT {
            let (shown, most) = (path.shown(), LONGEST_TEXT >> 20);
            return Err(format!("`{shown}` is larger than {most} MiB"));
        }
        Ok(Some(bytes))
    }
}

/// The most names of a folder that are compared with one that does not exist.
const MOST_NAMES: usize = 5000;

impl Files for Workspace {
    fn text(&self, path: &str) -> Result<Option<Arc<str>>, String> {
        let Some(bytes) = self.bytes(path)? else {
            return Ok(None);
        };
        let shown = path.shown();
        String::from_utf8(bytes)
            .map(|text| Some(text.into()))
            .map_err(|why| {
                let good = &why.as_bytes()[..why.utf8_error().valid_up_to()];
                let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
                format!("`{shown}` is not UTF-8, from line {line} on")
            })
    }

    fn lossy(&self, path: &str) -> Result<Option<Arc<str>>, String> {
        let bytes = self.bytes(path)?;
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into()))
    }

    fn tree(&self, path: &str, ignore: &Ignore) -> Result<Arc<Tree>, String> {
        let Some(real) = self.resolve(path)? else {
            return Err(format!("`{}` does not exist", path.shown()));
        };
        let meta = real
            .metadata()
            .map_err(|why| format!("`{}` cannot be read: {why}", path.shown()))?;
        let found = match (meta.is_dir(), meta.is_file()) {
            (true, _) => {
                let context = (real.clone(), ignore.clone());
                self.contexts.lock().push(context);
                self.walk(&real, ignore)?
            }
            (_, true) => vec![Found {
                below: String::new(),
                path: real,
                meta: Some(meta),
            }],
            _ => {
                return Err(format!("`{}` is neither a file nor a folder", path.shown()));
            }
        };
        let entries: Vec<_> = found
            .into_par_iter()
            .map(|f| {
                let entry = (!f.is_folder()).then(|| self.entry(&f.path, f.meta.as_ref()));
                Ok((entry.transpose()?, f.below))
            })
            .collect::<Result<_, String>>()?;
        let mut tree = Tree::default();
        let mut folders = Vec::new();
        for (entry, below) in entries {
            match entry {
                Some(entry) => tree.add(below, entry),
                None => folders.push(below),
            }
        }
        // The innermost first: a folder with an empty folder in it is implied.
        folders.sort_unstable_by(|a, b| b.cmp(a));
        folders
            .into_iter()
            .for_each(|folder| tree.add_folder(folder));
        Ok(Arc::new(tree))
    }

    fn is_folder(&self, path: &str) -> bool {
        let real = self.resolve(path);
        real.is_ok_and(|real| real.is_some_and(|real| real.is_dir()))
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let real = self.resolve(folder).ok().flatten();
        let read = real.and_then(|real| real.read_dir().ok());
        let entries = read.into_iter().flatten().flatten().take(MOST_NAMES);
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        names.sort_unstable();
        names
    }
}

/// Executable means executable for its owner; the other bits depend on the umask.
#[cfg(unix)]
pub(super) fn mode(meta: &Metadata) -> Mode {
    use std::os::unix::fs::PermissionsExt;
    if meta.permissions().mode() & 0o100 == 0 {
        Mode::Plain
    } else {
        Mode::Executable
    }
}

#[cfg(not(unix))]
pub(super) fn mode(_: &Metadata) -> Mode {
    Mode::Plain
}

/// Size and digest of a file's content.
fn hash(path: &Path) -> io::Result<(u64, Digest)> {
    use sha2::Digest as _;
    let mut file = File::open(path)?;
    let mut hasher = sha2::Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut size = 0;
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((size, Digest::from_raw(hasher.finalize().into()))),
            count => {
                size += count as u64;
                hasher.update(&buffer[..count]);
            }
        }
    }
}
