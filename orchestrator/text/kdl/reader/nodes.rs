//! The nodes of a block: those with known names are read, others are reported.

use super::Reader;
use super::names::one_of;
use super::unread::{bare_word, missing_end};
use crate::text::kdl::{Entry, Node, Value};
use crate::text::{Diagnostic, Diagnostics, Shown, suggest};

impl<'n> Reader<'n, '_> {
    /// The children with known names; others are reported. A misspelt one is also returned.
    pub fn children(&mut self, known: &[&'static str]) -> Vec<&'n Node> {
        self.kinds(known)
            .into_iter()
            .map(|(_, node)| node)
            .collect()
    }

    /// The same, each with its correct name.
    pub fn kinds(&mut self, known: &[&'static str]) -> Vec<(&'static str, &'n Node)> {
        self.kinds_or(known, |_| None)
    }

    /// The same. `elsewhere` is the help for a node that belongs in another place.
    pub fn kinds_or(
        &mut self,
        known: &[&'static str],
        elsewhere: impl Fn(&str) -> Option<String>,
    ) -> Vec<(&'static str, &'n Node)> {
        self.children_allowed = true;
        let what = self.what();
        let children = self.node.children.as_deref().unwrap_or_default();
        known_nodes_or(children, &what, known, elsewhere, self.out)
    }
}

/// The nodes with known names, each with its correct name; others are reported. `place` names what contains
/// them.
///
/// A misspelt node is reported and then read as the most similar known one, so that it is not also reported
/// as missing.
pub fn known_nodes<'n>(
    nodes: &'n [Node],
    place: &str,
    known: &[&'static str],
    out: &mut Diagnostics,
) -> Vec<(&'static str, &'n Node)> {
    known_nodes_or(nodes, place, known, |_| None, out)
}

/// The same. `elsewhere` is the help for a node that belongs in another place.
pub fn known_nodes_or<'n>(
    nodes: &'n [Node],
    place: &str,
    known: &[&'static str],
    elsewhere: impl Fn(&str) -> Option<String>,
    out: &mut Diagnostics,
) -> Vec<(&'static str, &'n Node)> {
    let mut all = Vec::new();
    for node in nodes {
        let name = node.name.value.as_str();
        if let Some(found) = known.iter().find(|known| **known == name) {
            if let Some((word, entry)) = run_on(node, known) {
                out.push(missing_end(name, word, entry));
            }
            all.push((*found, node));
            continue;
        }
        let first = node.entries.first().map(|entry| &entry.value.value);
        // `tag: 1.0`: the help has the quotes, too.
        let is_unquoted = name.ends_with(':') && matches!(first, Some(Value::Number(_)));
        if !node.faulty {
            let fault = Diagnostic::error(
                "manifest::unknown-node",
                format!("unknown node `{}` in {place}", name.shown()),
            )
            .at(node.name.span, "not a known node here");
            let fault = one_of(fault, &node.name, known);
            let elsewhere = elsewhere(name);
            let is_meant = elsewhere.is_none() && !is_unquoted;
            out.push(Diagnostic {
                mend: fault.mend.filter(|_| is_meant),
                help: elsewhere
                    .or_else(|| without_colon(node, known))
                    .or(fault.help),
                ..fault
            });
        }
        if is_unquoted {
            continue;
        }
        let near = suggest(name, known.iter().copied());
        all.extend(
            known
                .iter()
                .find(|known| Some(**known) == near)
                .map(|known| (*known, node)),
        );
    }
    all
}

/// For a node that is written as in YAML: `tag: 1.0`.
fn without_colon(node: &Node, known: &[&'static str]) -> Option<String> {
    let name = node.name.value.strip_suffix(':')?;
    let name = known.iter().find(|known| **known == name)?;
    let first = node.entries.first().map(|entry| &entry.value.value);
    let value = match first {
        Some(Value::Text(text) | Value::Number(text)) => format!(" \"{}\"", text.quoted()),
        _ => String::new(),
    };
    Some(format!("write `{name}{value}`, without the colon"))
}

/// The name of a known node among the words of another node, as in `package "curl" run "make"`. KDL reads it as one more
/// word. It stands between words in quotes, since `package git file curl` names the package `file`, and a flag such as
/// `network` of a check may be called like a node.
fn run_on<'n>(node: &'n Node, known: &[&'static str]) -> Option<(&'n str, &'n Entry)> {
    let is_quoted = |entry: &Entry| entry.name.is_some() || bare_word(entry).is_none();
    node.entries.windows(3).find_map(|around| {
        let [before, entry, after] = around else {
            return None;
        };
        let word = bare_word(entry).filter(|word| known.contains(word))?;
        (is_quoted(before) && is_quoted(after) && after.name.is_none()).then_some((word, entry))
    })
}
