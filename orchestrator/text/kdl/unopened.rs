//! A node whose `{` was forgotten: its block closes one that is further out, and a later `}` closes nothing. The place of the
//! mistake is found by indentation, which most authors keep; it is only asked once braces do not match.

use super::Node;
use std::ops::Range;

/// The node without a block that a `}` at this place belongs to: the last one of `nodes` with the same indentation, if deeper
/// lines follow it.
pub(super) fn unopened(text: &str, nodes: &[Node], brace: usize) -> Option<Range<usize>> {
    let column = indentation(text, brace)?;
    let place = |node: &Node| node.span.start as usize..node.span.end as usize;
    let is_deeper = |node: &&Node| {
        let own = indentation(text, place(node).start);
        own.is_none_or(|own| own > column)
    };
    let deeper = nodes.iter().rev().take_while(is_deeper).count();
    let node = nodes.iter().rev().nth(deeper).filter(|_| deeper > 0)?;
    let same = indentation(text, place(node).start) == Some(column);
    (same && node.children.is_none()).then(|| place(node))
}

/// Whether a `}` begins a line at another depth than the line of its `{`.
pub(super) fn is_crooked(text: &str, line: usize, brace: usize) -> bool {
    let (line, brace) = (indentation(text, line), indentation(text, brace));
    brace.is_some() && line.is_some() && line != brace
}

/// How far a place is indented; `None` if other text is before it on its line.
fn indentation(text: &str, at: usize) -> Option<usize> {
    let begin = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let before = &text[begin..at];
    before.trim().is_empty().then_some(before.len())
}
