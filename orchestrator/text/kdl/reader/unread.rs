//! What is left of a node after everything known was read.

use super::Reader;
use super::names::{further_argument, unknown_property};
use crate::text::kdl::{Entry, Value};
use crate::text::{Diagnostic, Diagnostics, Mend, suggest};

impl Reader<'_, '_> {
    /// Reports everything that is still unread.
    pub fn done(self) {
        let Self {
            node,
            out,
            taken,
            known,
            flags,
            children_allowed,
            one_each,
        } = self;
        let what = &node.name.value;
        for (at, entry) in node
            .entries
            .iter()
            .enumerate()
            .filter(|(at, _)| !taken[*at])
        {
            if node.entries[..=at].iter().any(|one| is_end(one, out)) {
                break;
            }
            if let (Some(word), true) = (
                bare_word(entry).filter(|word| suggest(word, flags.iter().copied()).is_none()),
                at + 1 < node.entries.len(),
            ) {
                out.push(missing_end(what, word, entry));
                // What follows belongs to the next node.
                break;
            }
            out.push(match &entry.name {
                Some(name) => unknown_property(name, what, &known),
                None => further_argument(what, &entry.value, &flags, one_each),
            });
        }
        let runs_on = node.entries.iter().any(|one| is_end(one, out));
        // The block is that of the node which follows in the line.
        let children = node.children.as_ref().filter(|_| !runs_on);
        if let (false, Some(children)) = (children_allowed, children) {
            let span = children
                .first()
                .map_or(node.name.span, |child| child.name.span);
            out.push(
                Diagnostic::error("manifest::unknown-node", format!("`{what}` takes no block"))
                    .at(
                        span,
                        if children.is_empty() {
                            "it has an empty block"
                        } else {
                            "not expected here"
                        },
                    )
                    .help("remove the block, or move its nodes to another place"),
            );
        }
    }
}

/// An argument that is a word without quotes, such as the name of a node.
pub(super) fn bare_word(entry: &Entry) -> Option<&str> {
    let Value::Text(text) = &entry.value.value else {
        return None;
    };
    let length = (entry.value.span.end - entry.value.span.start) as usize;
    let is_word = text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    (entry.name.is_none() && is_word && length == text.len()).then_some(text)
}

/// Whether the node was already found to end before this word.
fn is_end(word: &Entry, out: &Diagnostics) -> bool {
    let mut found = out.iter().filter(|fault| fault.code == MISSING_END);
    found.any(|fault| fault.labels.first().map(|label| label.span) == Some(word.value.span))
}

/// A node stands behind another one in its line, and was not read.
const MISSING_END: &str = "manifest::missing-end";

/// For the name of a node that stands behind another node in the same line.
pub(super) fn missing_end(what: &str, word: &str, entry: &Entry) -> Diagnostic {
    let message = format!("`{what}` ends here: a `;` or a line break is missing before `{word}`");
    let fault = Diagnostic::error(MISSING_END, message)
        .at(entry.value.span, "write `;` before this")
        .help(format!(
            "`;` or a line break ends a node: `{what} …; {word} …`"
        ));
    fault.read_as(Some(Mend::End(entry.value.span)))
}
