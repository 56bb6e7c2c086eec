//! `variable "registry" kind="string" default="…" one-of="a" "b" pattern="…"`

use crate::manifest::names;
use crate::text::kdl::{Node, Reader, Value};
use crate::text::{Diagnostics, Span, Spanned};

/// A value that can be set from outside: `--var name=value`, `KILN_VAR_NAME`.
#[derive(Debug, Clone)]
pub struct Variable {
    /// Where it is declared.
    pub span: Span,
    /// The variable's name.
    pub name: Spanned<String>,
    /// The type of its value.
    pub kind: VariableKind,
    /// Without a default, each run must set it.
    pub default: Option<Spanned<String>>,
    /// The allowed values; any value if empty.
    pub one_of: Vec<Spanned<String>>,
    /// A regular expression that the whole value must match.
    pub pattern: Option<Spanned<String>>,
}

/// The type of a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VariableKind {
    /// Any text.
    #[default]
    Text,
    /// A number.
    Number,
    /// `true` or `false`.
    Bool,
    /// A version.
    Version,
}

const KINDS: [(&str, VariableKind); 5] = [
    ("string", VariableKind::Text),
    ("number", VariableKind::Number),
    ("bool", VariableKind::Bool),
    ("version", VariableKind::Version),
    // Another word for `string`.
    ("text", VariableKind::Text),
];

impl Variable {
    pub(super) fn parse(node: &Node, out: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(node, out);
        let one_of = reader.list("one-of");
        let name = reader.arg("a name", "variable \"registry\" default=\"docker.io\"");
        let kind = reader.word("kind", &KINDS).unwrap_or_default();
        let default = default(&mut reader, kind);
        let pattern = reader.prop("pattern");
        reader.done();
        pattern
            .iter()
            .for_each(|pattern| names::regex(pattern, "pattern", out));
        names::once(&one_of, "value of `one-of`", out);
        Some(Self {
            span: node.span,
            name: names::name(name?, "variable", out),
            kind,
            default,
            one_of,
            pattern,
        })
    }
}

/// A default may have the type of its kind: `default=3`, `default=#true`.
fn default(reader: &mut Reader, kind: VariableKind) -> Option<Spanned<String>> {
    let value = reader.raw("default")?;
    let text = match (&value.value, kind) {
        (Value::Text(text), _) => text.clone(),
        (Value::Number(written), VariableKind::Number) => written.clone(),
        (Value::Bool(truth), VariableKind::Bool) => truth.to_string(),
        (_, _) => {
            reader.wrong_type(
                value,
                "text",
                String::from("write it in quotes, or set `kind`"),
            );
            return None;
        }
    };
    Some(Spanned::new(text, value.span))
}
