//! Diagnostics about names, with what was meant.

use crate::text::kdl::Value;
use crate::text::{Diagnostic, Shown, Span, Spanned, did_you_mean};

/// The code of [`duplicate`], whose first place is that of the later declaration.
pub const DUPLICATE: &str = "manifest::duplicate";

/// For something that is declared in two places.
pub fn duplicate(message: &str, first: Span, second: Span) -> Diagnostic {
    Diagnostic::error(DUPLICATE, message)
        .at(second, "again here")
        .at(first, "first here")
        .help("remove one of them")
}

/// For a name that is set a second time.
pub fn twice(name: &Spanned<String>, first: Span) -> Diagnostic {
    let message = format!("`{}` is set twice", name.value.shown());
    duplicate(&message, first, name.span)
}

/// For a property that a node does not have.
pub fn unknown_property(name: &Spanned<String>, node: &str, known: &[&'static str]) -> Diagnostic {
    Diagnostic::error(
        "manifest::unknown-property",
        format!("unknown property `{}` on `{node}`", name.value.shown()),
    )
    .at(name.span, "not a known property")
    .help(hint(&name.value, known))
}

pub(super) fn argument_hint(
    value: &Value,
    flags: &[&'static str],
    one_each: Option<&'static str>,
) -> String {
    let near = match value {
        Value::Text(text) => did_you_mean(text, flags.iter().copied()),
        _ => None,
    };
    near.unwrap_or_else(|| match one_each {
        Some(example) => format!("each has a node of its own: `{example}`"),
        None => String::from("remove it; a property is written `name=\"value\"`"),
    })
}

pub(super) fn hint(got: &str, known: &[&'static str]) -> String {
    let list = || {
        known
            .iter()
            .map(|word| format!("`{word}`"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    match did_you_mean(got, known.iter().copied()) {
        Some(question) => question,
        None if known.is_empty() => String::from("it has no properties"),
        None => format!("expected one of {}", list()),
    }
}
