//! `run "git lfs install"`, `run "npm install -g @acme/cli" secret="npm"`: a step of a tool set.

use crate::manifest::{Mounts, names};
use crate::text::kdl::{Node, Reader};
use crate::text::{Diagnostics, Spanned};

/// A shell command line, and what it mounts.
#[derive(Debug, Clone)]
pub struct Run<T = Spanned<String>> {
    /// The command line.
    pub line: T,
    /// What it mounts.
    pub mounts: Mounts,
}

impl Run {
    pub(super) fn parse(node: &Node, out: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(node, out);
        let mounts = Mounts::read(&mut reader);
        let line = reader.arg("a shell command", "run \"git lfs install\"");
        reader.done();
        let line = names::filled(line?, "run", out);
        Some(Self { line, mounts })
    }
}

impl<T> Run<T> {
    pub(super) fn map<U>(&self, text: &mut impl FnMut(&T) -> U) -> Run<U> {
        Run {
            line: text(&self.line),
            mounts: self.mounts.clone(),
        }
    }
}
