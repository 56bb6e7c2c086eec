//! A tool set with its parameters, where it is used or needed.

use crate::text::kdl::{Node, Reader};
use crate::text::{Diagnostics, Span, Spanned};

/// `use "toolset" param="value"` in an image, or `needs` in a tool set.
#[derive(Debug, Clone)]
pub struct UseDecl<T = Spanned<String>> {
    /// Where it is declared.
    pub span: Span,
    /// The tool set's name.
    pub toolset: Spanned<String>,
    /// The parameters: name and value.
    pub params: Vec<(Spanned<String>, T)>,
}

impl UseDecl {
    /// Reads the node; the example shows how it is written.
    pub(super) fn parse(node: &Node, example: &str, out: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(node, out);
        let toolset = reader.arg("a tool set", example);
        let params = reader.pairs();
        reader.done();
        Some(Self {
            span: node.span,
            toolset: toolset?,
            params,
        })
    }
}

impl<T> UseDecl<T> {
    /// The same with other texts.
    pub(super) fn map<U>(&self, text: &mut impl FnMut(&T) -> U) -> UseDecl<U> {
        UseDecl {
            span: self.span,
            toolset: self.toolset.clone(),
            params: (self.params.iter())
                .map(|(name, value)| (name.clone(), text(value)))
                .collect(),
        }
    }
}
