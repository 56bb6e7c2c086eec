//! `when version=">=3.8" variant="node" "browsers" { … }`

use crate::manifest::Settings;
use crate::text::{Span, Spanned};

/// Settings for the cells that match.
#[derive(Debug, Clone)]
pub struct When {
    pub span: Span,
    pub matches: Vec<Match>,
    pub settings: Settings,
}

/// One axis and the patterns of which one must fit: a value, `*`, a range, `!` before any of them.
#[derive(Debug, Clone)]
pub struct Match {
    pub axis: Spanned<String>,
    pub patterns: Vec<Spanned<String>>,
}
