//! `base "name" from="reference"`

use crate::text::{Span, Spanned};

/// An image from outside the fleet.
#[derive(Debug, Clone)]
pub struct Base {
    pub span: Span,
    pub name: Spanned<String>,
    /// A pattern of a reference: it may contain axes and variables.
    pub from: Spanned<String>,
}
