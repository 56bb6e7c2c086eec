//! Files with plans: written by `kiln plan --out`, read by `kiln apply` and `kiln plan --show`.

use crate::commands::{Exit, complain, tell, unwritten};
use crate::name::Digest;
use crate::plan::{LARGEST_SAVED, SavedPlan};
use crate::tree::{Content, Entry, Tree};
use crate::workspace::{self, WriteError};
use std::collections::HashMap;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A place where a plan is to be saved.
pub(super) struct Place<'a> {
    path: &'a Path,
    /// The path without links.
    real: Option<PathBuf>,
}

impl<'a> Place<'a> {
    /// Refuses a place where no plan can be saved, before anything is looked up. Leaves nothing there, so that a run that is
    /// killed leaves nothing either.
    ///
    /// # Errors
    /// No plan can be written there; the message was shown.
    pub fn checked(path: &'a Path) -> Result<Self, Exit> {
        let failed = |why: String| refused(path, &why);
        place(path).map_err(failed)?;
        workspace::check_replaceable(path).map_err(|why| unwritten("--out", path, &why))?;
        Ok(Self {
            path,
            real: real(path),
        })
    }

    /// The path without links, if it has one.
    pub fn file(&self) -> Option<&Path> {
        self.real.as_deref()
    }

    /// Refuses a file that a build of the plan would read: saving the plan would change what it builds.
    ///
    /// # Errors
    /// There is such a build; the message was shown.
    pub fn check_contexts(&self, contexts: &HashMap<Digest, Arc<Tree>>) -> Result<(), Exit> {
        let Some(own) = &self.real else {
            return Ok(());
        };
        let is_own = |entry: &Entry| match &entry.content {
            Content::File(path) => path == own || real(path).is_some_and(|path| path == *own),
            _ => false,
        };
        let name = self.path.file_name();
        let mut entries = contexts.values().flat_map(|tree| tree.iter());
        let is_read =
            entries.any(|(path, entry)| Path::new(path).file_name() == name && is_own(entry));
        match is_read {
            true => Err(refused(
                self.path,
                "a build of the plan reads this file, so saving the plan would change the image\n  save it outside of build contexts, or name it in .dockerignore",
            )),
            false => Ok(()),
        }
    }

    /// Writes a plan beside the place, then renames it.
    ///
    /// # Errors
    /// It cannot be written; the message was shown.
    pub fn write(self, saved: &SavedPlan) -> Result<(), Exit> {
        write(self.path, saved)
    }
}

/// The path of a file that may not exist, with a folder that does, without links to folders.
fn real(path: &Path) -> Option<PathBuf> {
    let folder = path.parent().filter(|one| !one.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new(".")).canonicalize().ok()?;
    Some(folder.join(path.file_name()?))
}

fn refused(path: &Path, why: &str) -> Exit {
    complain(&format!("--out {}: {why}", path.display()));
    Exit::Wrong
}

/// The folder and the name of a file to which a plan can be saved: it is new, empty, or a saved plan.
fn place(path: &Path) -> Result<(&Path, &str), String> {
    if path == Path::new("-") {
        return Err(
            "a plan is saved to a file\n  give the name of a file, such as plan.json".into(),
        );
    }
    if path.is_dir() {
        return Err(format!(
            "it is a folder\n  give the name of a file, such as {}",
            path.join("plan.json").display()
        ));
    }
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.ok_or("it is not the name of a file\n  give one, such as plan.json")?;
    let folder = path.parent().filter(|one| !one.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    if !folder.is_dir() {
        return Err(format!(
            "the folder {} does not exist\n  create it, or give another place",
            folder.display()
        ));
    }
    let Ok(there) = path.symlink_metadata() else {
        return Ok((folder, name));
    };
    if !there.is_file() {
        return Err("it exists and is not a regular file\n  give the name of a file".into());
    }
    match there.len() == 0 || begins_like_a_plan(path) {
        true => Ok((folder, name)),
        false => Err(
            "it exists and is not a saved plan, so it is not overwritten\n  give another name, or remove it first"
                .into(),
        ),
    }
}

fn begins_like_a_plan(path: &Path) -> bool {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(256).read_to_end(&mut bytes));
    read.is_ok() && SavedPlan::is_begun(&bytes)
}

fn write(path: &Path, saved: &SavedPlan) -> Result<(), Exit> {
    let failed = |why: String| refused(path, &why);
    let (folder, name) = place(path).map_err(failed)?;
    let text = saved.text();
    let files = [(name, text.as_str())];
    let written = workspace::write(folder, files.into_iter(), true);
    written.map_err(|why| match why {
        WriteError::Io { source, .. } => unwritten("--out", path, &source),
        why @ WriteError::There(_) => failed(why.to_string()),
    })?;
    tell(&format!("saved to {}", path.display()));
    Ok(())
}

/// Reads a plan.
///
/// # Errors
/// It cannot be read, or is not a plan of this version; the message was shown.
pub(super) fn read(path: &Path) -> Result<SavedPlan, Exit> {
    let failed = |why: String| {
        complain(&format!("{}: {why}", path.display()));
        Exit::Wrong
    };
    let text = bytes(path).map_err(failed)?;
    SavedPlan::read(&text).map_err(|why| failed(why.to_string()))
}

/// Refuses a plan of another workspace: its hooks would run in this folder, and its variants are others.
///
/// # Errors
/// It is for another one; the message was shown.
pub(super) fn check_workspace(saved: &SavedPlan, name: &str) -> Result<(), Exit> {
    let of = &saved.plan.fleet;
    if of == name {
        return Ok(());
    }
    complain(&format!(
        "the plan is for the workspace `{of}`, and this is `{name}`\n  run the command in the workspace that the plan was made in"
    ));
    Err(Exit::Wrong)
}

fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|why| match why.kind() {
        ErrorKind::NotFound => String::from(
            "it does not exist\n  save a plan with `kiln plan --out FILE`, or give the path of one",
        ),
        _ => why.to_string(),
    })?;
    // A folder or a device can be opened, too.
    if !file.metadata().is_ok_and(|file| file.is_file()) {
        return Err("it is not a regular file\n  give the path of a saved plan".into());
    }
    let read = file.take(LARGEST_SAVED + 1).read_to_end(&mut bytes);
    read.map_err(|why| why.to_string())?;
    match bytes.len() as u64 > LARGEST_SAVED {
        true => Err(format!(
            "it is larger than {} MiB\n  plan for fewer variants: kiln plan SELECTOR --out FILE",
            LARGEST_SAVED >> 20
        )),
        false => Ok(bytes),
    }
}

#[cfg(test)]
mod tests;
