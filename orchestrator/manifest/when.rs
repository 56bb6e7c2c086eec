//! `when version=">=3.8" variant="node" "browsers" var:EDGE="true" { … }`

use crate::manifest::{Settings, settings};
use crate::text::kdl::{Node, Reader};
use crate::text::{Diagnostic, Diagnostics, Span, Spanned};

/// Settings for the cells that match, in the runs in which the variables match.
#[derive(Debug, Clone)]
pub struct When {
    /// Where it is declared.
    pub span: Span,
    /// The variables and patterns, which must all match.
    pub variables: Vec<VariableMatch>,
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

/// A variable and its patterns, of which one must match: a text, `*` or a range, each perhaps with `!` before it.
#[derive(Debug, Clone)]
pub struct VariableMatch {
    /// The variable's name, with the place of the whole property.
    pub variable: Spanned<String>,
    /// The patterns. An empty one is the empty text.
    pub patterns: Vec<Spanned<String>>,
}

/// How the properties begin that name variables.
const VARIABLE: &str = "var:";

impl When {
    pub(super) fn parse(node: &Node, out: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(node, out);
        let lists = reader.lists();
        if lists.is_empty() {
            reader.missing("an axis or a variable", "when variant=\"node\" { … }");
        }
        let (variables, axes) = lists
            .into_iter()
            .partition(|(name, _)| VariableMatch::is_variable(name));
        let variables = VariableMatch::all(variables, reader.out());
        let matches = Match::all(axes, reader.out());
        let children = reader.kinds_or(&Settings::words(), settings::elsewhere);
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
            variables,
            matches,
            settings: Settings::parse(&children, out),
        })
    }
}

impl VariableMatch {
    /// Whether a property is one of these.
    pub(super) fn is_variable(property: &str) -> bool {
        property.starts_with(VARIABLE)
    }

    pub(super) fn all(lists: Vec<List>, out: &mut Diagnostics) -> Vec<Self> {
        let mut all = Vec::new();
        for (property, patterns) in lists {
            let name = property.value[VARIABLE.len()..].to_owned();
            match name.is_empty() {
                true => out.push(
                    Diagnostic::error("manifest::missing", "`var:` names no variable")
                        .at(property.span, "here")
                        .help("write `when var:NAME=\"…\" { … }`"),
                ),
                false => all.push(Self {
                    variable: Spanned::new(name, property.span),
                    patterns,
                }),
            }
        }
        all
    }
}

/// A property and its values.
type List = (Spanned<String>, Vec<Spanned<String>>);

impl Match {
    /// Reads every property as an axis with patterns. At least one is required.
    pub(super) fn list(reader: &mut Reader, example: &str) -> Vec<Self> {
        let lists = reader.lists();
        if lists.is_empty() {
            reader.missing("an axis", example);
        }
        Self::all(lists, reader.out())
    }

    fn all(lists: Vec<List>, out: &mut Diagnostics) -> Vec<Self> {
        let patterns = lists.iter().flat_map(|(_, patterns)| patterns);
        for pattern in patterns.filter(|p| p.value.trim_start_matches('!').trim().is_empty()) {
            out.push(
                Diagnostic::error("manifest::empty", "a pattern is empty")
                    .at(pattern.span, "matches nothing")
                    .help("write a value of the axis, a range such as `>=3.8`, or `*`"),
            );
        }
        let lists = lists.into_iter();
        lists
            .map(|(axis, patterns)| Self { axis, patterns })
            .collect()
    }
}
