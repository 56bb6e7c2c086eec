//! The secrets and ssh agents that Dockerfiles mount, with sources that the user can change.

use super::found::{Found, listed};
use crate::dockerfile::{Dockerfile, MountKind};
use crate::import::secret::Secret;
use crate::import::write::Node;
use crate::text::{Diagnostic, Diagnostics};
use indexmap::IndexSet;

/// What a file mounts, each once; what depends on a variable that is not known is left out.
pub(super) fn of(read: &Dockerfile) -> Vec<(MountKind, String)> {
    let known = read.mounts.iter();
    let known = known.filter_map(|mount| Some((mount.kind, mount.id.clone()?)));
    let distinct: IndexSet<(MountKind, String)> = known.collect();
    distinct.into_iter().collect()
}

/// The declaration.
pub(super) fn node((kind, id): &(MountKind, String)) -> Node {
    match kind {
        MountKind::Secret => Secret::named(id).node(id),
        MountKind::Ssh => Node::new("ssh").arg(id),
    }
}

/// A warning that names the environment variables, which are a guess.
pub(super) fn told(sound: &[&Found<'_>], out: &mut Diagnostics) {
    let all = sound.iter().flat_map(|one| of(&one.read));
    let secrets = all.filter(|(kind, _)| *kind == MountKind::Secret);
    let named: IndexSet<String> = secrets
        .filter_map(|(_, id)| match Secret::named(&id) {
            Secret::Env(name) => Some(format!("`{id}` from {name}")),
            Secret::File(_) => None,
        })
        .collect();
    if !named.is_empty() {
        let message = format!(
            "secrets of builds come from environment variables: {}",
            listed(&named.into_iter().collect::<Vec<_>>())
        );
        let help = "change `env` of each `secret` in kiln.kdl to the variable that your scripts set, or write `file`";
        out.push(Diagnostic::warning("init::secret", message).help(help));
    }
}
