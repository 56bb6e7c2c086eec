//! Secrets of builds as a manifest declares them.

use super::write::{Node, literal};

/// Where the value of a secret comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Secret {
    /// An environment variable.
    Env(String),
    /// A file of the workspace.
    File(String),
}

impl Secret {
    /// From an environment variable that is called like the id: `NPM_TOKEN` for `npm-token`.
    pub(crate) fn named(id: &str) -> Self {
        let letter = |c: char| match c.is_ascii_alphanumeric() {
            true => c.to_ascii_uppercase(),
            false => '_',
        };
        let name: String = id
            .trim_start_matches(['.', '/', '_'])
            .chars()
            .map(letter)
            .collect();
        Self::Env(match name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            true => name,
            false => format!("SECRET_{name}"),
        })
    }

    /// The declaration.
    pub(crate) fn node(&self, id: &str) -> Node {
        let node = Node::new("secret").arg(id);
        match self {
            Self::Env(name) => node.prop("env", &literal(name)),
            Self::File(path) => node.prop("file", &literal(path)),
        }
    }
}
