//! `variable "registry" kind="string" default="…" one-of="a" "b" pattern="…" { when var:NAME="…" default="…"; }`

use crate::manifest::{VariableMatch, names};
use crate::text::kdl::{Node, Reader, Value};
use crate::text::{Diagnostic, Diagnostics, Shown, Span, Spanned};

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
    /// Other defaults, in the runs in which other variables match. The last one that does counts.
    pub whens: Vec<OtherDefault>,
    /// The allowed values; any value if empty.
    pub one_of: Vec<Spanned<String>>,
    /// A regular expression that the whole value must match.
    pub pattern: Option<Spanned<String>>,
}

/// `when var:BRANCH="main" default="latest"`
#[derive(Debug, Clone)]
pub struct OtherDefault {
    /// The variables and patterns, which must all match.
    pub variables: Vec<VariableMatch>,
    /// The default then.
    pub default: Spanned<String>,
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
        let whens = reader.children(&["when"]);
        reader.done();
        let whens = whens.into_iter();
        let whens = whens.filter_map(|node| OtherDefault::parse(node, kind, out));
        let whens = whens.collect();
        pattern
            .iter()
            .for_each(|pattern| names::regex(pattern, "pattern", out));
        names::once(&one_of, "value of `one-of`", out);
        Some(Self {
            span: node.span,
            name: names::name(name?, "variable", out),
            kind,
            default,
            whens,
            one_of,
            pattern,
        })
    }

    /// All of its defaults.
    pub fn defaults(&self) -> impl Iterator<Item = &Spanned<String>> {
        let others = self.whens.iter().map(|when| &when.default);
        self.default.iter().chain(others)
    }
}

impl OtherDefault {
    fn parse(node: &Node, kind: VariableKind, out: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(node, out);
        let default = default(&mut reader, kind);
        let is_given = node.entries.iter().any(|entry| {
            let name = entry.name.as_ref();
            name.is_some_and(|name| name.value == "default")
        });
        let lists = reader.lists();
        if lists.is_empty() {
            reader.missing("a variable", EXAMPLE);
        } else if !is_given {
            reader.missing("`default`", EXAMPLE);
        }
        let (variables, others): (Vec<_>, Vec<_>) = lists
            .into_iter()
            .partition(|(name, _)| VariableMatch::is_variable(name));
        for (name, _) in others {
            let message = format!("`{}` is not a variable", name.value.shown());
            let fault = Diagnostic::error("manifest::unknown-property", message);
            let help = format!("a default depends on variables: write `{EXAMPLE}`");
            reader.out().push(fault.at(name.span, "here").help(help));
        }
        let variables = VariableMatch::all(variables, reader.out());
        reader.done();
        (!variables.is_empty()).then_some(())?;
        Some(Self {
            variables,
            default: default?,
        })
    }
}

const EXAMPLE: &str = "when var:BRANCH=\"main\" default=\"latest\"";

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
