//! Blocks whose `}` is missing: where indentation shows that they end.

use super::Blocks;
use crate::text::Diagnostics;
use crate::text::kdl::Document;
use crate::text::kdl::scan::Kind;
use crate::text::kdl::unclosed::{self, Unclosed};
use std::ops::Range;

impl Blocks<'_> {
    /// What is read if the ends of blocks are added that indentation shows, if all braces match then.
    pub(super) fn with_ends(&self) -> Option<(Document, Diagnostics)> {
        let mut ends = Vec::new();
        let mut missing = self.unclosed.clone().filter(|_| !self.open.is_empty());
        while ends.len() < unclosed::MOST {
            ends.push(missing?);
            let mut out = Diagnostics::default();
            let mut blocks = Blocks::read(self.source, self.text, ends.clone(), &mut out);
            if blocks.has_stray {
                return None;
            }
            missing = blocks.unclosed.take();
            if blocks.open.is_empty() {
                let mut document = blocks.finish();
                document.whole = false;
                return Some((document, out));
            }
        }
        None
    }

    /// Compares a token that begins a line with the block around it.
    pub(super) fn indented(&mut self, kind: Kind, range: Range<usize>) {
        if self.line.is_some() || self.skipped > 0 {
            return;
        }
        let Some(column) = self.margin.column(range.start) else {
            // A block whose nodes begin on its own line is meant to end there.
            if let Some(block) = self.open.last_mut().filter(|_| kind == Kind::Word) {
                block.is_inline |= self.done.is_empty();
            }
            return;
        };
        if let Some(block) = self.open.last_mut() {
            block.is_indented |= block.line.column.is_some_and(|own| column > own);
        }
        while let Some(block) = self.open.last()
            && (block.is_indented || block.is_inline)
            && block
                .line
                .column
                .is_some_and(|own| unclosed::is_behind(kind, column, own))
            && let (Some(first), Some(last)) = (block.line.words.first(), block.line.words.last())
        {
            let node = first.start..last.end;
            let known = self
                .ends
                .iter()
                .find(|end| end.node == node && end.next == range);
            let Some(end) = known.cloned() else {
                let end = Unclosed { node, next: range };
                self.unclosed.get_or_insert(end);
                return;
            };
            self.out.push(end.fault(self.source, self.text));
            self.end_block();
        }
    }

    /// Ends the innermost block where its author forgot to.
    fn end_block(&mut self) {
        self.end_line();
        if let Some(block) = self.open.pop() {
            self.leave(block);
            self.end_line();
        }
    }
}
