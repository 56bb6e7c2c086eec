//! `kiln.lock` on disk, beside `kiln.kdl`.

use super::Workspace;
use super::generate::{GenerateError, unwritten, write};
use crate::lockfile::LOCKFILE;
use crate::name::Digest;
use crate::tree::{Content, Entry, Mode};

impl Workspace {
    /// Writes the lockfile to a temporary file that then replaces the old one.
    ///
    /// # Errors
    /// It is a link out of the workspace, or it cannot be written.
    pub fn write_lock(&self, text: String) -> Result<(), GenerateError> {
        // If the lockfile is a link inside the workspace, it stays one.
        let full = self
            .resolve(LOCKFILE)
            .map_err(GenerateError::Link)?
            .unwrap_or_else(|| self.root().join(LOCKFILE));
        let text = text.into_bytes();
        let entry = Entry {
            mode: Mode::Plain,
            size: text.len() as u64,
            digest: Digest::of(&text),
            content: Content::Bytes(text.into()),
        };
        let folder = full.parent().unwrap_or(self.root());
        write(folder, &full, &entry).map_err(unwritten(LOCKFILE))
    }
}
