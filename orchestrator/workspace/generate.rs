//! `.circleci/images`: writing the rendered files, and showing what differs.
//!
//! Kiln removes only files that it wrote and that were not edited since, and never overwrites a file that it did
//! not write. Each file is written to a temporary file and renamed, so that no reader sees half of it.

use super::Workspace;
use super::files::mode;
use super::generated::{FOLDER, RECORD, Record, is_ours};
use crate::name::Digest;
use crate::render::Recipe;
use crate::tree::{Content, Entry, Mode, Tree};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

/// Why nothing, or not everything, was written.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// Files that kiln did not write are at paths that it would write to.
    #[error("kiln did not write these files and does not overwrite them: {}\n  move or remove them", .0.join(", "))]
    InTheWay(Vec<String>),
    /// Two variants write the same file with different contents.
    #[error(
        "`{0}` would be written twice with different contents\n  give the images different `path` patterns"
    )]
    Twice(String),
    /// A path that kiln never writes to.
    #[error("`{0}` is not in {FOLDER}, or a link in it leads out of the workspace")]
    Outside(String),
    /// A link that leads out of the workspace, or that cannot be followed: one sentence.
    #[error("{0}")]
    Link(String),
    /// A file cannot be written or removed.
    #[error("`{path}`: {source}")]
    Unwritten {
        /// The file or folder, from the workspace.
        path: String,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A file cannot be read.
    #[error("`{path}`: {source}")]
    Io {
        /// The file or folder.
        path: String,
        /// The error.
        source: io::Error,
    },
}

/// What happens to one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It is created.
    Create,
    /// Its content changes.
    Update,
    /// As [`Change::Update`], but the file was edited since kiln wrote it.
    Overwrite,
    /// It is removed.
    Remove,
    /// No longer generated, but edited by hand: it stays and kiln no longer tracks it.
    Leave,
}

/// What generating would change, by path.
#[derive(Debug)]
pub struct Changes<'a> {
    workspace: &'a Workspace,
    wanted: BTreeMap<String, Entry>,
    changes: BTreeMap<String, Change>,
    before: Record,
}

/// What is on disk at a path.
pub(super) struct Present {
    mode: Mode,
    digest: Digest,
    link: bool,
    /// The file has the comment that marks generated files.
    marked: bool,
}

impl Workspace {
    /// Compares the rendered files with those on disk.
    ///
    /// # Errors
    /// A file that kiln did not write is in the way, or something cannot be read.
    pub fn changes(&self, recipes: &[Recipe]) -> Result<Changes<'_>, GenerateError> {
        let wanted = wanted(recipes)?;
        let before = self.record()?.unwrap_or_default();
        let paths: BTreeSet<&String> = wanted.keys().chain(before.0.keys()).collect();
        let present: Vec<_> = paths
            .into_par_iter()
            .map(|path| Ok((path, self.present(path)?)))
            .collect::<Result<_, _>>()?;
        let mut changes = BTreeMap::new();
        let mut foreign = Vec::new();
        for (path, present) in present {
            match change(wanted.get(path), present, before.0.get(path)) {
                Some(Ok(change)) => drop(changes.insert(path.clone(), change)),
                Some(Err(())) => foreign.push(path.clone()),
                None => {}
            }
        }
        if foreign.is_empty() {
            Ok(Changes {
                workspace: self,
                wanted,
                changes,
                before,
            })
        } else {
            Err(GenerateError::InTheWay(foreign))
        }
    }

    /// The list of the files that kiln wrote, if it exists.
    pub(super) fn record(&self) -> Result<Option<Record>, GenerateError> {
        match fs::read_to_string(self.root().join(RECORD)) {
            Ok(text) => Ok(Some(Record::parse(&text))),
            Err(why) if why.kind() == ErrorKind::NotFound => Ok(None),
            Err(why) => Err(io_error(RECORD)(why)),
        }
    }

    pub(super) fn present(&self, path: &str) -> Result<Option<Present>, GenerateError> {
        let full = self.root().join(path);
        match fs::symlink_metadata(&full) {
            Ok(meta) if meta.is_symlink() => {
                let target = fs::read_link(&full).map_err(io_error(path))?;
                Ok(Some(Present {
                    mode: Mode::Plain,
                    digest: Digest::of(target.to_string_lossy().as_bytes()),
                    link: true,
                    marked: false,
                }))
            }
            Ok(meta) if meta.is_file() => {
                let bytes = fs::read(&full).map_err(io_error(path))?;
                let head = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]).into_owned();
                let marked = head
                    .lines()
                    .take(5)
                    .any(|line| line.starts_with("# Generated by kiln from "));
                Ok(Some(Present {
                    mode: mode(&meta),
                    digest: Digest::of(&bytes),
                    link: false,
                    marked,
                }))
            }
            // A folder or a device has no digest, so kiln cannot have written it.
            Ok(_) => Ok(Some(Present {
                mode: Mode::Plain,
                digest: Digest::from_raw([0; 32]),
                link: false,
                marked: false,
            })),
            Err(why) if matches!(why.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                Ok(None)
            }
            Err(why) => Err(io_error(path)(why)),
        }
    }
}

impl Present {
    /// Whether this is what `generate` would write.
    pub(super) fn is(&self, wanted: &Entry) -> bool {
        let link = matches!(wanted.content, Content::Link(_));
        wanted.digest == self.digest && wanted.mode == self.mode && link == self.link
    }
}

/// All files of these recipes that are generated.
pub(super) fn wanted<'a>(
    recipes: impl IntoIterator<Item = &'a Recipe>,
) -> Result<BTreeMap<String, Entry>, GenerateError> {
    let mut wanted: BTreeMap<String, Entry> = BTreeMap::new();
    for recipe in recipes.into_iter().filter(|recipe| recipe.generated) {
        let folder = recipe
            .path
            .rsplit_once('/')
            .map_or("", |(folder, _)| folder);
        let mut dockerfile = Tree::default();
        dockerfile.add_bytes(
            recipe.path.to_string(),
            Mode::Plain,
            recipe.dockerfile.as_bytes(),
        );
        let beside = recipe
            .beside
            .iter()
            .map(|(path, entry)| (format!("{folder}/{path}"), entry));
        for (path, entry) in dockerfile
            .iter()
            .map(|(path, entry)| (path.to_owned(), entry))
            .chain(beside)
        {
            if !is_ours(&path) {
                return Err(GenerateError::Outside(path));
            }
            if wanted.get(&path).is_some_and(|other| !same(other, entry)) {
                return Err(GenerateError::Twice(path));
            }
            wanted.insert(path, entry.clone());
        }
    }
    Ok(wanted)
}

fn same(one: &Entry, other: &Entry) -> bool {
    let link = |entry: &Entry| matches!(entry.content, Content::Link(_));
    one.digest == other.digest && one.mode == other.mode && link(one) == link(other)
}

/// The change for one path: `None` for nothing, `Err` if a file that kiln did not write is in the way.
fn change(
    wanted: Option<&Entry>,
    present: Option<Present>,
    written: Option<&BTreeSet<Digest>>,
) -> Option<Result<Change, ()>> {
    let untouched =
        |present: &Present| written.is_some_and(|digests| digests.contains(&present.digest));
    match (wanted, present) {
        (None, None) => None,
        (Some(_), None) => Some(Ok(Change::Create)),
        (None, Some(present)) if untouched(&present) => Some(Ok(Change::Remove)),
        (None, Some(_)) => Some(Ok(Change::Leave)),
        (Some(wanted), Some(present)) => {
            let link = matches!(wanted.content, Content::Link(_));
            match (
                present.is(wanted),
                untouched(&present),
                written.is_some() || present.marked,
            ) {
                (true, ..) => None,
                (_, true, _) => Some(Ok(Change::Update)),
                (_, _, true) => Some(Ok(Change::Overwrite)),
                // Only the mode differs: the content is what kiln would write.
                _ if wanted.digest == present.digest && link == present.link => {
                    Some(Ok(Change::Update))
                }
                _ => Some(Err(())),
            }
        }
    }
}

impl Changes<'_> {
    /// Whether the disk matches the rendered files. Files that are left alone do not count.
    pub fn is_empty(&self) -> bool {
        self.changes.values().all(|change| *change == Change::Leave) && !self.record_differs()
    }

    /// Each path with its change, sorted.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Change)> {
        self.changes
            .iter()
            .map(|(path, change)| (path.as_str(), change))
    }

    /// A unified diff from the disk to the rendered files.
    pub fn diff(&self) -> String {
        let mut text: String = self
            .iter()
            .map(|(path, change)| self.diff_of(path, change))
            .collect();
        if text.is_empty() && self.record_differs() {
            text = format!("{RECORD} is not up to date\n");
        }
        text
    }

    fn diff_of(&self, path: &str, change: &Change) -> String {
        if *change == Change::Leave {
            return String::new();
        }
        let old = fs::read(self.workspace.root().join(path)).unwrap_or_default();
        let new = self.wanted.get(path).map(bytes).unwrap_or_default();
        let names = match change {
            Change::Create => (String::from("/dev/null"), format!("b/{path}")),
            Change::Remove => (format!("a/{path}"), String::from("/dev/null")),
            _ => (format!("a/{path}"), format!("b/{path}")),
        };
        let head = format!("--- {}\n+++ {}\n", names.0, names.1);
        match (String::from_utf8(old), String::from_utf8(new)) {
            (Ok(old), Ok(new)) if old == new => format!("{head}(mode changed)\n"),
            (Ok(old), Ok(new)) => similar::TextDiff::from_lines(&old, &new)
                .unified_diff()
                .context_radius(3)
                .header(&names.0, &names.1)
                .to_string(),
            _ => format!("{head}(binary)\n"),
        }
    }

    /// A summary of the changes for people, ending in a line break.
    pub fn summary(&self) -> String {
        let count = |wanted: &[Change]| {
            self.changes
                .values()
                .filter(|change| wanted.contains(change))
                .count()
        };
        let written = count(&[Change::Create, Change::Update, Change::Overwrite]);
        let files = match self.wanted.len() {
            1 => String::from("1 file"),
            files => format!("{files} files"),
        };
        let removed = count(&[Change::Remove]);
        let mut text = format!("{FOLDER}: {files}, {written} written, {removed} removed\n");
        for (path, change) in self.iter() {
            match change {
                Change::Overwrite => {
                    text.push_str(&format!("  {path} was edited by hand and is overwritten\n"))
                }
                Change::Leave => text.push_str(&format!(
                    "  {path} is no longer generated, but was edited by hand: left alone\n"
                )),
                Change::Create | Change::Update | Change::Remove => {}
            }
        }
        text
    }

    /// Writes the rendered files to disk.
    ///
    /// # Errors
    /// A file cannot be written or removed. Changes made so far stay, and are tracked as kiln's.
    pub fn write(&self) -> Result<(), GenerateError> {
        if self.changes.is_empty() && !self.record_differs() {
            return Ok(());
        }
        for path in self.changes.keys().map(String::as_str).chain([RECORD]) {
            self.inside(path)?;
        }
        // First writes a list of all files that may exist after an interruption, and at the end a list of those that
        // do.
        let after = self.after();
        let mut during = self.before.clone();
        after.0.iter().for_each(|(path, digests)| {
            during
                .0
                .entry(path.clone())
                .or_default()
                .extend(digests.iter().copied())
        });
        if during != self.before {
            self.put(RECORD, &text_entry(&during))?;
        }
        for (path, change) in self.iter() {
            match change {
                Change::Create | Change::Update | Change::Overwrite => {
                    self.put(path, &self.wanted[path])?
                }
                Change::Remove => self.take(path)?,
                Change::Leave => {}
            }
        }
        if after.0.is_empty() {
            self.take(RECORD)
        } else {
            self.put(RECORD, &text_entry(&after))
        }
    }

    fn after(&self) -> Record {
        Record(
            self.wanted
                .iter()
                .map(|(path, entry)| (path.clone(), BTreeSet::from([entry.digest])))
                .collect(),
        )
    }

    fn record_differs(&self) -> bool {
        self.after() != self.before
    }

    /// Checks that no link in the path leads out of the workspace.
    fn inside(&self, path: &str) -> Result<(), GenerateError> {
        let full = self.workspace.root().join(path);
        let nearest = full
            .ancestors()
            .skip(1)
            .find_map(|folder| folder.canonicalize().ok());
        let inside = nearest.is_some_and(|folder| folder.starts_with(self.workspace.root()));
        if inside {
            Ok(())
        } else {
            Err(GenerateError::Outside(path.to_owned()))
        }
    }

    fn put(&self, path: &str, entry: &Entry) -> Result<(), GenerateError> {
        let full = self.workspace.root().join(path);
        let folder = full.parent().unwrap_or(self.workspace.root());
        fs::create_dir_all(folder)
            .and_then(|()| write(folder, &full, entry))
            .map_err(unwritten(path))
    }

    /// Removes a file, and the folders that become empty.
    fn take(&self, path: &str) -> Result<(), GenerateError> {
        let full = self.workspace.root().join(path);
        match fs::remove_file(&full) {
            Err(why) if why.kind() != ErrorKind::NotFound => return Err(unwritten(path)(why)),
            _ => {}
        }
        let top = self.workspace.root().join(FOLDER);
        let emptied = full
            .ancestors()
            .skip(1)
            .take_while(|folder| folder.starts_with(&top));
        // A folder that is not empty stays, and so do those above it.
        let _ = emptied.map(fs::remove_dir).find(Result::is_err);
        Ok(())
    }
}

/// Writes a temporary file in the same folder, and renames it.
pub(super) fn write(folder: &Path, full: &Path, entry: &Entry) -> io::Result<()> {
    let mut aside = tempfile::Builder::new()
        .prefix(".kiln-")
        .tempfile_in(folder)?;
    match &entry.content {
        Content::Bytes(bytes) => io::Write::write_all(&mut aside, bytes)?,
        Content::File(source) => drop(io::copy(&mut fs::File::open(source)?, &mut aside)?),
        Content::Link(target) => return link(target, &aside.into_temp_path(), full),
        Content::Folder => return fs::create_dir_all(full),
    }
    permit(&aside, entry.mode)?;
    aside.persist(full).map(drop).map_err(|why| why.error)
}

#[cfg(unix)]
fn permit(file: &tempfile::NamedTempFile, mode: Mode) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.as_file()
        .set_permissions(fs::Permissions::from_mode(mode.bits()))
}

#[cfg(not(unix))]
fn permit(_: &tempfile::NamedTempFile, _: Mode) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn link(target: &str, aside: &Path, full: &Path) -> io::Result<()> {
    fs::remove_file(aside)?;
    std::os::unix::fs::symlink(target, aside)?;
    fs::rename(aside, full)
}

#[cfg(not(unix))]
fn link(_: &str, _: &Path, _: &Path) -> io::Result<()> {
    Err(io::Error::other(
        "symbolic links are not supported on this system",
    ))
}

fn bytes(entry: &Entry) -> Vec<u8> {
    match &entry.content {
        Content::Bytes(bytes) => bytes.to_vec(),
        Content::File(path) => fs::read(path).unwrap_or_default(),
        Content::Link(target) => target.clone().into_bytes(),
        Content::Folder => Vec::new(),
    }
}

fn text_entry(record: &Record) -> Entry {
    let text: Vec<u8> = record.text().into_bytes();
    Entry {
        mode: Mode::Plain,
        size: text.len() as u64,
        digest: Digest::of(&text),
        content: Content::Bytes(text.into()),
    }
}

pub(super) fn unwritten(path: &str) -> impl Fn(io::Error) -> GenerateError {
    let path = path.to_owned();
    move |source| GenerateError::Unwritten {
        path: path.clone(),
        source,
    }
}

fn io_error(path: &str) -> impl Fn(io::Error) -> GenerateError {
    let path = path.to_owned();
    move |source| GenerateError::Io {
        path: path.clone(),
        source,
    }
}
