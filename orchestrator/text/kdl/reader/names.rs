//! Diagnostics about names, with what was meant.

use crate::text::kdl::Value;
use crate::text::{Diagnostic, Shown, Span, Spanned, suggest};

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
    let fault = Diagnostic::error(
        "manifest::unknown-property",
        format!("unknown property `{}` on `{node}`", name.value.shown()),
    )
    .at(name.span, "not a known property");
    one_of(fault, name, known)
}

/// For an argument that a node does not take: perhaps a flag, misspelt.
pub(super) fn further_argument(
    node: &str,
    value: &Spanned<Value>,
    flags: &[&'static str],
    one_each: Option<&'static str>,
) -> Diagnostic {
    let near = match &value.value {
        Value::Text(text) => suggest(text, flags.iter().copied()),
        _ => None,
    };
    let help = match one_each {
        Some(example) => format!("each has a node of its own: `{example}`"),
        None => String::from("remove it; a property is written `name=\"value\"`"),
    };
    let message = format!("`{node}` takes no further arguments");
    Diagnostic::error("manifest::unknown-argument", message)
        .at(value.span, "one too many")
        .help(help)
        .meant(value.span, near)
}

/// The fault of a word that is none of the known ones, with the one that is meant.
pub(super) fn one_of(
    fault: Diagnostic,
    got: &Spanned<String>,
    known: &[&'static str],
) -> Diagnostic {
    let list: Vec<String> = known.iter().map(|word| format!("`{word}`")).collect();
    let help = match list.is_empty() {
        true => String::from("it has no properties"),
        false => format!("expected one of {}", list.join(", ")),
    };
    let near = suggest(&got.value, known.iter().copied());
    fault.help(help).meant(got.span, near)
}
