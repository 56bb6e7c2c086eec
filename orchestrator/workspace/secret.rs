//! Files of the workspace that are values of secrets.

use super::Workspace;
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

impl Workspace {
    /// The real path and at most this many bytes of a file; `None` if it does not exist.
    ///
    /// # Errors
    /// A sentence: the path leads outside, it is not a file, or it cannot be read.
    pub fn secret(&self, path: &str, most: u64) -> Result<Option<(PathBuf, Vec<u8>)>, String> {
        let Some(real) = self.resolve(path)? else {
            return Ok(None);
        };
        let shown = path.escape_debug();
        let unreadable = |why: io::Error| format!("`{shown}` cannot be read: {why}");
        // Reading a pipe could block forever.
        if !real.metadata().map_err(unreadable)?.is_file() {
            return Err(format!("`{shown}` is not a file"));
        }
        let mut bytes = Vec::new();
        let read = File::open(&real).and_then(|file| file.take(most).read_to_end(&mut bytes));
        read.map_err(unreadable)?;
        Ok(Some((real, bytes)))
    }
}
