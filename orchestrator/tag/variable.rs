//! `{var:NAME}`: a variable of the manifest, `--var NAME=…` or `KILN_VAR_NAME`.
//!
//! `{var:NAME:lower}` is its value in lower case: registries refuse capitals in a repository, and the names of owners on
//! GitHub may have them.
//!
//! It is allowed in any text, not only in tags: `base "os" from="{var:registry}/debian:13"`.

use super::{Filled, Placeholder, PlaceholderFacts, Unfilled};
use crate::text::suggest;

/// Fills the placeholder with the value of a variable.
pub fn fill(placeholder: &Placeholder, facts: &PlaceholderFacts) -> Result<Filled, Unfilled> {
    let Some(name) = placeholder.argument.as_deref() else {
        return Unfilled::wrong("`{var}` names no variable", "write `{var:NAME}`");
    };
    let (name, filter) = filtered(name);
    let value = facts.variables.get(name);
    match (value, filter) {
        (Some(value), None) => Filled::moving(value),
        (Some(value), Some("lower")) => Filled::moving(value.to_lowercase()),
        (Some(_), Some(other)) => Unfilled::wrong(
            format!("`{{var:{name}:{other}}}` is unknown"),
            format!("write `{{var:{name}}}`, or `{{var:{name}:lower}}` for lower case"),
        ),
        (None, _) => {
            let near = suggest(name, facts.variables.keys().map(String::as_str));
            let help = near.map_or_else(
                || format!("declare it: `variable \"{name}\" default=\"…\"`"),
                |near| format!("did you mean `{{var:{near}}}`?"),
            );
            Unfilled::wrong(format!("no variable `{name}` is declared"), help)
        }
    }
}

/// The name of the variable, and what follows it: `owner` and `lower` of `owner:lower`.
pub fn filtered(argument: &str) -> (&str, Option<&str>) {
    match argument.split_once(':') {
        Some((name, filter)) => (name, Some(filter)),
        None => (argument, None),
    }
}
