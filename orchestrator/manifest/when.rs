//! `when version=">=3.8" variant="node" "browsers" { … }`

use crate::manifest::{Settings, toolset};
use crate::text::kdl::{Node, Reader};
use crate::text::{Diagnostic, Diagnostics, Span, Spanned};

/// Settings for the cells that match.
#[derive(Debug, Clone)]
pub struct When {
    /// Where it is declared.
    pub span: Span,
    /// The axes and patterns, which must all match.
    pub matches: Vec<Match>,
    /// What applies to the matching cells.
    pub settings: Settings,
}

/// An axis and its patterns, of which one must match: a value, `*` or a range, each perhaps with `!` before it.
#[derive(Debug, Clone)]
pub struct Match {
    /// The axis.
    pub axis: Spanned<String>,
    /// The patterns.
    pub patterns: Vec<Spanned<String>>,
}

impl When {
    pub(super) fn parse(node: &Node, out: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(node, out);
        let matches = Match::list(&mut reader, "when variant=\"node\" { … }");
        let children = reader.kinds_or(&Settings::words(), toolset::elsewhere);
        reader.done();
        if children.is_empty() && node.children.as_ref().is_none_or(Vec::is_empty) {
            out.push(
                Diagnostic::warning("manifest::empty", "this `when` sets nothing")
                    .at(node.span, "no settings in it")
                    .help("add settings between `{` and `}`, or remove it"),
            );
        }
        Some(Self {
            span: node.span,
            matches,
            settings: Settings::parse(&children, out),
        })
    }
}

impl Match {
    /// Reads every property as an axis with patterns. At least one is required.
    pub(super) fn list(reader: &mut Reader, example: &str) -> Vec<Self> {
        let matches: Vec<Self> = reader
            .lists()
            .into_iter()
            .map(|(axis, patterns)| Self { axis, patterns })
            .collect();
        if matches.is_empty() {
            reader.missing("an axis", example);
        }
        for pattern in matches
            .iter()
            .flat_map(|one| &one.patterns)
            .filter(|p| p.value.trim_start_matches('!').trim().is_empty())
        {
            reader.out().push(
                Diagnostic::error("manifest::empty", "a pattern is empty")
                    .at(pattern.span, "matches nothing")
                    .help("write a value of the axis, a range such as `>=3.8`, or `*`"),
            );
        }
        matches
    }
}
