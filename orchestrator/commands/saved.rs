//! Files with plans: written by `kiln plan --out`, read by `kiln apply` and `kiln plan --show`.

use crate::commands::{Exit, complain, tell};
use crate::plan::{LARGEST_SAVED, SavedPlan};
use crate::workspace::{self, WriteError};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Writes a plan beside its place, then renames it.
///
/// # Errors
/// It cannot be written; the message was shown.
pub(super) fn write(path: &Path, saved: &SavedPlan) -> Result<(), Exit> {
    let failed = |why: String| {
        complain(&format!("--out {}: {why}", path.display()));
        Exit::Wrong
    };
    if path.symlink_metadata().is_ok_and(|file| !file.is_file()) {
        let why = "it exists and is not a regular file\n  give the name of a file";
        return Err(failed(why.into()));
    }
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| failed("it is not the name of a file".into()))?;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let text = saved.text();
    let files = [(name, text.as_str())];
    let written = workspace::write(folder.unwrap_or(Path::new(".")), files.into_iter(), true);
    written.map_err(|why| match why {
        WriteError::Io { source, .. } => failed(source.to_string()),
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

fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|why| why.to_string())?;
    // A folder or a device can be opened, too.
    if !file.metadata().is_ok_and(|file| file.is_file()) {
        return Err("it is not a regular file".into());
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
