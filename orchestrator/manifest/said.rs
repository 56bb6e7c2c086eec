//! Which words a block of settings contains, and where: what no variant uses is reported at these places.

use crate::text::kdl;
use crate::text::{Span, Spanned};
use std::sync::Arc;

/// A word of a block of settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The name of the node: `user`.
    pub word: &'static str,
    /// Of `arg`: the argument that it sets; each argument of a node is listed on its own.
    pub name: Option<String>,
    /// The node, or the name of the argument.
    pub span: Span,
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
        if word != "arg" {
            let span = node.span;
            return vec![Self {
                word,
                name: None,
                span,
            }];
        }
        let names = node.entries.iter().filter_map(|entry| entry.name.as_ref());
        let said = |name: &Spanned<String>| Self {
            word,
            name: Some(name.value.clone()),
            span: name.span,
        };
        names.map(said).collect()
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
