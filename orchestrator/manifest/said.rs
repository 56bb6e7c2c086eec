//! Which words a block of settings contains, and where: what no variant uses is reported at these places.

use crate::text::kdl::{self, Value};
use crate::text::{Span, Spanned};
use std::sync::Arc;

/// A word of a block of settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The name of the node: `user`.
    pub word: &'static str,
    /// Of `arg`: the argument that it sets; each argument of a node is listed on its own. Of `contexts`, `secret` and `ssh`:
    /// the name.
    pub name: Option<String>,
    /// The node, or the name.
    pub span: Span,
    /// Of `env`: the names that it sets.
    pub sets: Vec<Spanned<String>>,
}

impl Said {
    /// The words of a block, in file order.
    pub(super) fn all(nodes: &[(&'static str, &kdl::Node)], words: &[&str]) -> Arc<[Self]> {
        let known = nodes.iter().filter(|(word, _)| words.contains(word));
        known
            .flat_map(|(word, node)| Self::of(word, node))
            .collect()
    }

    fn of(word: &'static str, node: &kdl::Node) -> Vec<Self> {
        let said = |name: Option<&str>, span| Self {
            word,
            name: name.map(str::to_owned),
            span,
            sets: Vec::new(),
        };
        match word {
            "arg" => {
                let names = node.entries.iter().filter_map(|entry| entry.name.as_ref());
                names.map(|name| said(Some(name), name.span)).collect()
            }
            "env" => {
                let names = node.entries.iter().filter_map(|entry| entry.name.clone());
                vec![Self {
                    sets: names.collect(),
                    ..said(None, node.span)
                }]
            }
            "contexts" | "secret" | "ssh" => {
                let name = node.entries.iter().find(|entry| entry.name.is_none());
                let named = name.and_then(|entry| match &entry.value.value {
                    Value::Text(name) => Some(said(Some(name), entry.value.span)),
                    _ => None,
                });
                named.into_iter().collect()
            }
            _ => vec![said(None, node.span)],
        }
    }

    /// Where it sets a variable or an argument of this name.
    pub fn place_of(&self, name: &str) -> Option<Span> {
        let mut sets = self.sets.iter();
        let set = sets.find(|one| one.value == name).map(|one| one.span);
        let is_arg = self.word == "arg" && self.name.as_deref() == Some(name);
        set.or_else(|| is_arg.then_some(self.span))
    }

    /// Whether only a template can use it: a hand-written Dockerfile is used as it is.
    pub fn is_for_templates(&self) -> bool {
        matches!(
            self.word,
            "use"
                | "env"
                | "user"
                | "family"
                | "workdir"
                | "entrypoint"
                | "cmd"
                | "expose"
                | "volume"
                | "stopsignal"
                | "label"
                | "path"
        )
    }
}
