//! `kiln.lock` on disk, beside `kiln.kdl`.

use super::Workspace;
use super::generate::write;
use crate::lockfile::{LOCKFILE, Lockfile};
use crate::name::Digest;
use crate::render::Files;
use crate::text::{Diagnostic, Diagnostics, Sources};
use crate::tree::{Content, Entry, Mode};
use std::sync::Arc;

impl Workspace {
    /// What is locked, and the file's text as it is. A file that is not there locks nothing; what cannot be read is a fault.
    pub fn lock(
        &self,
        sources: &mut Sources,
        out: &mut Diagnostics,
    ) -> (Lockfile, Option<Arc<str>>) {
        match self.text(LOCKFILE) {
            Ok(Some(text)) => {
                let source = sources.add(LOCKFILE, text.clone());
                (Lockfile::parse(source, &text, out), Some(text))
            }
            Ok(None) => (Lockfile::default(), None),
            Err(why) => {
                out.push(
                    Diagnostic::error("lock::read", why)
                        .help(format!("{LOCKFILE} is a plain file beside kiln.kdl")),
                );
                (Lockfile::default(), None)
            }
        }
    }

    /// Writes what is locked: aside first, then in the place of the file that was there.
    ///
    /// # Errors
    /// A sentence: what cannot be written.
    pub fn write_lock(&self, lock: &Lockfile) -> Result<(), String> {
        // A link that stays inside the workspace stays a link.
        let full = self
            .resolve(LOCKFILE)?
            .unwrap_or_else(|| self.root().join(LOCKFILE));
        let text = lock.text().into_bytes();
        let entry = Entry {
            mode: Mode::Plain,
            size: text.len() as u64,
            digest: Digest::of(&text),
            content: Content::Bytes(text.into()),
        };
        let folder = full.parent().unwrap_or(self.root());
        write(folder, &full, &entry).map_err(|why| format!("{LOCKFILE} cannot be written: {why}"))
    }
}
