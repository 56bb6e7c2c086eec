//! What commands write to the two outputs, and what they say of a file that cannot be written.

use crate::commands::Exit;
use crate::report::{Guard, Guarded};
use crate::text::{harmless, harmless_json};
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::sync::OnceLock;

/// What keeps text of others from being a command of GitHub Actions: both outputs of the process are read for commands.
static GUARD: OnceLock<Guard> = OnceLock::new();

/// Guards everything that is written from now on.
pub(crate) fn set_guard(guard: Guard) {
    // It is set once, at the start.
    let _ = GUARD.set(guard);
}

/// An output for lines of text, or for lines of JSON.
pub(crate) fn guarded<W: Write>(out: W, is_json: bool) -> Guarded<W> {
    Guarded::new(out, GUARD.get().cloned(), is_json)
}

/// Writes to standard output; a closed pipe is not an error.
pub(crate) fn print(text: &str) {
    write(&harmless(text), false);
}

/// Writes JSON to standard output.
pub(crate) fn print_json(json: &str) {
    write(&harmless_json(json), true);
}

fn write(text: &str, is_json: bool) {
    let mut out = std::io::stdout().lock();
    let _ = guarded(&mut out, is_json).write_all(text.as_bytes());
    let _ = out.flush();
}

/// Shows why a file cannot be written, after the option that names it. That its disk is full is not a mistake in the command line.
pub(crate) fn unwritten(option: &str, path: &Path, why: &io::Error) -> Exit {
    complain(&why_unwritten(Some(option), path, why));
    match why.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Exit::Failed,
        _ => Exit::Wrong,
    }
}

/// Why a file cannot be written, and what to do about that. `option` names the file, if an option does.
pub(crate) fn why_unwritten(option: Option<&str>, path: &Path, why: &io::Error) -> String {
    let file = path.display();
    let named = option.map_or_else(|| file.to_string(), |option| format!("{option} {file}"));
    if why.kind() == ErrorKind::IsADirectory {
        return format!("{named}: it is a folder\n  give the name of a file in it");
    }
    let folder = path.parent().filter(|one| !one.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let elsewhere = match option {
        Some(_) => "give a file in another folder, or ",
        None => "",
    };
    let missing = folder.display();
    let shown = existing(folder).display();
    let way_out = match why.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => format!("free space in {shown}"),
        ErrorKind::NotFound if !folder.is_dir() => format!("create the folder {missing}"),
        ErrorKind::NotADirectory => format!("{missing} is not a folder: name a file in one"),
        _ => format!("{elsewhere}let kiln write in {shown}"),
    };
    format!("{named}: {}\n  {way_out}", without_path(why))
}

/// The innermost folder of a path that exists: kiln creates the others.
fn existing(folder: &Path) -> &Path {
    let mut all = folder.ancestors().filter(|one| !one.as_os_str().is_empty());
    all.find(|one| one.is_dir()).unwrap_or(Path::new("."))
}

/// The words of the operating system, without the path of a temporary file, which the user does not know.
fn without_path(why: &io::Error) -> String {
    match (why.raw_os_error(), why.kind()) {
        (
            None,
            kind @ (ErrorKind::StorageFull
            | ErrorKind::QuotaExceeded
            | ErrorKind::PermissionDenied
            | ErrorKind::ReadOnlyFilesystem
            | ErrorKind::NotADirectory),
        ) => kind.to_string(),
        (None, ErrorKind::NotFound) => "no such file or folder".into(),
        _ => why.to_string(),
    }
}

/// Writes an error to standard error.
pub(crate) fn complain(text: &str) {
    tell(&format!("error: {text}"));
}

/// Writes a warning to standard error.
pub(crate) fn warn(text: &str) {
    tell(&format!("warning: {text}"));
}

/// Writes a line to standard error.
pub(crate) fn tell(text: &str) {
    write_error(&format!("{}\n", harmless(text)));
}

/// Writes text that is already harmless to standard error, with its colours; a closed pipe is not an error.
pub(crate) fn write_error(text: &str) {
    let _ = guarded(std::io::stderr().lock(), false).write_all(text.as_bytes());
}

/// The same for JSON.
pub(crate) fn write_error_json(json: &str) {
    let _ = guarded(std::io::stderr().lock(), true).write_all(json.as_bytes());
}

#[cfg(test)]
mod tests;
