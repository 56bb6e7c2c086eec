//! `{var:NAME}`: a variable of the manifest, `--var NAME=…` or `KILN_VAR_NAME`.
//!
//! It is allowed in any text, not only in tags: `base "os" from="{var:registry}/debian:13"`.

use super::{Filled, Placeholder, PlaceholderFacts, Unfilled};
use crate::text::suggest;

/// Fills the placeholder with the value of a variable.
pub fn fill(placeholder: &Placeholder, facts: &PlaceholderFacts) -> Result<Filled, Unfilled> {
    let Some(name) = placeholder.argument.as_deref() else {
        return Unfilled::wrong("`{var}` names no variable", "write `{var:NAME}`");
    };
    match facts.variables.get(name) {
        Some(value) => Filled::moving(value),
        None => {
            let near = suggest(name, facts.variables.keys().map(String::as_str));
            let help = near.map_or_else(
                || format!("declare it: `variable \"{name}\" default=\"…\"`"),
                |near| format!("did you mean `{{var:{near}}}`?"),
            );
            Unfilled::wrong(format!("no variable `{name}` is declared"), help)
        }
    }
}
