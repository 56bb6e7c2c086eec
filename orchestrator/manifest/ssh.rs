//! `ssh "default"`, `ssh "deploy" env="DEPLOY_AUTH_SOCK"`: an agent of ssh that builds may use.

use crate::manifest::block::Child;
use crate::manifest::names;
use crate::manifest::secret::id_of;
use crate::text::Spanned;
use indexmap::IndexMap;

/// An agent of ssh that the Dockerfiles of an image, or the steps of a tool set, may mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshDecl<T = Spanned<String>> {
    /// The id in `--mount=type=ssh,id=…`; `default` without one there.
    pub id: Spanned<String>,
    /// The environment variable with the path of the agent's socket, if it is not [`Self::SOCKET`].
    pub env: Option<T>,
}

/// Adds the agent of a node.
pub(super) fn read(all: &mut IndexMap<String, SshDecl>, child: &mut Child<'_>) {
    let (mut reader, mut names) = child.reader();
    let env = reader.prop("env");
    let id = reader.arg("an id", "ssh \"default\"");
    let id = id.and_then(|id| id_of(id, "an ssh agent", reader.out()));
    if let Some(id) = id {
        let env = env.map(|env| names::filled(env, "env", reader.out()));
        let decl = SshDecl {
            id: id.clone(),
            env,
        };
        names.add(all, id, decl, &mut reader);
    }
    reader.done();
}

impl<T> SshDecl<T> {
    /// The variable that ssh uses.
    pub const SOCKET: &'static str = "SSH_AUTH_SOCK";

    /// The same with other texts; `None` if one of them has a fault.
    pub fn carry<'s, U>(&'s self, text: &mut impl FnMut(&'s T) -> Option<U>) -> Option<SshDecl<U>> {
        let env = match &self.env {
            Some(env) => Some(text(env)?),
            None => None,
        };
        let id = self.id.clone();
        Some(SshDecl { id, env })
    }

    /// The same with other texts.
    pub(super) fn map<U>(&self, text: &mut impl FnMut(&T) -> U) -> SshDecl<U> {
        SshDecl {
            id: self.id.clone(),
            env: self.env.as_ref().map(text),
        }
    }
}
