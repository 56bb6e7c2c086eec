//! A block whose `}` was forgotten: what follows it is read into it. The place of the mistake is found by indentation, which
//! most authors keep: the first line that is not deeper than the line of the block around it. It is only asked once braces do
//! not match, and only of blocks that are indented, or that are
//! written on one line.

use super::scan::Kind;
use super::words;
use crate::text::{Diagnostic, SourceId};
use std::ops::Range;

/// The most missing braces that are found in one file.
pub(super) const MOST: usize = 8;

/// How far the current line is indented.
#[derive(Debug)]
pub(super) struct Margin {
    /// Where the line begins, as long as only spaces were read from it.
    begin: Option<usize>,
}

impl Margin {
    /// At the first byte of a file.
    pub(super) fn new() -> Self {
        Self { begin: Some(0) }
    }

    /// The column of a token that is the first one of its line.
    pub(super) fn column(&self, at: usize) -> Option<usize> {
        self.begin.map(|begin| at - begin)
    }

    /// Goes on behind a token.
    pub(super) fn pass(&mut self, kind: Kind, end: usize) {
        match kind {
            Kind::Newline | Kind::Continuation => self.begin = Some(end),
            Kind::Space => {}
            _ => self.begin = None,
        }
    }
}

/// The end of a block that its author forgot.
#[derive(Debug, Clone)]
pub(super) struct Unclosed {
    /// The node whose block it is.
    pub node: Range<usize>,
    /// What is behind the end of the block.
    pub next: Range<usize>,
}

impl Unclosed {
    /// What the author reads about it.
    pub(super) fn fault(&self, source: SourceId, text: &str) -> Diagnostic {
        let message = format!("the block of `{}` is not closed", &text[self.node.clone()]);
        Diagnostic::error("kdl::syntax", message)
            .at(
                words::span(source, self.node.clone()),
                "there is no `}` for this block",
            )
            .at(
                words::span(source, self.next.clone()),
                "this line is not deeper than it",
            )
            .help("add a `}` at the end of the block")
    }
}

/// Whether a token that begins a line is behind the end of a block, by the columns of both.
pub(super) fn is_behind(kind: Kind, column: usize, block: usize) -> bool {
    match kind {
        Kind::Word => column <= block,
        Kind::Close => column < block,
        _ => false,
    }
}
