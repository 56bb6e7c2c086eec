//! `{var:NAME}`: a variable of the manifest, `--var NAME=…` or `KILN_VAR_NAME`.
//!
//! `{var:NAME:lower}` is its value in lower case: registries refuse capitals in a repository, and the names of owners on
//! GitHub may have them.
//!
//! `{var:NAME:minor}` is a rung of its version, as of a git tag: `1.27` for `v1.27.3`. A pre-release has only `full`.
//!
//! It is allowed in any text, not only in tags: `base "os" from="{var:registry}/debian:13"`.

use super::{Filled, Placeholder, PlaceholderFacts, Rung, Unfilled, git_tag};
use crate::text::{Shown, suggest};

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
        (Some(value), Some(word)) => match word.parse() {
            Ok(rung) => on_rung(name, value, rung),
            Err(_) => Unfilled::wrong(
                format!("`{{var:{name}:{word}}}` is unknown"),
                format!(
                    "write `{{var:{name}}}`, `{{var:{name}:lower}}` for lower case, or a rung of its version: `{{var:{name}:minor}}`"
                ),
            ),
        },
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

/// The value of a variable on a rung of its version.
fn on_rung(name: &str, value: &str, rung: Rung) -> Result<Filled, Unfilled> {
    let shown = format!("`{}`, the value of `{name}`,", value.shown());
    let Some(version) = git_tag::version(value) else {
        return Err(Unfilled::Unmatched {
            why: format!("{shown} is not a version"),
            help: format!("set it to a version such as `1.27.3`, or write `{{var:{name}}}`"),
            always: true,
        });
    };
    let skipped = |why: String| Unfilled::Skipped(format!("{shown} {why}"));
    if rung.moves() && version.is_prerelease() {
        return Err(skipped(format!("is a pre-release and has no rung {rung}")));
    }
    let text = rung.text(&version).map(str::to_owned);
    Ok(Filled {
        text: text.ok_or_else(|| skipped(format!("has no rung {rung}")))?,
        fixed: false,
        version: Some(version),
    })
}

/// The name of the variable, and what follows it: `owner` and `lower` of `owner:lower`.
pub fn filtered(argument: &str) -> (&str, Option<&str>) {
    match argument.split_once(':') {
        Some((name, filter)) => (name, Some(filter)),
        None => (argument, None),
    }
}
