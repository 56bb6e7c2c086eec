//! What commands write: to the two outputs, and to the file of `--junit`.

use crate::commands::Exit;
use crate::report::{Guard, Guarded};
use crate::text::{harmless, harmless_json};
use std::io::Write;
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

/// Writes the file of `--junit`.
///
/// # Errors
/// It cannot be written; the message was shown.
pub(crate) fn write_junit(path: &Path, xml: &str) -> Result<(), Exit> {
    std::fs::write(path, xml).map_err(|why| {
        complain(&format!("--junit {}: {why}", path.display()));
        Exit::Wrong
    })
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
