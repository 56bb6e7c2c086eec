//! `{tag}`: the git tag that is built, unchanged or on a rung of its version.
//!
//! | pattern | on `v1.27.3` | on `v1.28.0-rc1` |
//! | --- | --- | --- |
//! | `{tag}` | `v1.27.3` | `v1.28.0-rc1` |
//! | `{tag:full}` | `1.27.3` | `1.28.0-rc1` |
//! | `{tag:minor}` | `1.27` | not made |
//! | `{tag:major}` | `1` | not made |
//! | `{tag:latest}` | `latest` | not made |
//! | `{tag:none}-slim` | `slim` | not made |
//! | `{tag:slug}` | `v1-27-3` | `v1-28-0-rc1` |
//! | `{tag:match v(\d+)}` | `1` | `1` |
//!
//! A pre-release has only the rung `full`. `match` takes a regular expression. Its value is the first
//! group, or the whole match if there are no groups; a git tag that does not match makes no tag.

use super::{Filled, Placeholder, PlaceholderFacts, Rung, Unfilled, branch};
use crate::name::Version;

/// Fills the placeholder with the git tag.
pub fn fill(placeholder: &Placeholder, facts: &PlaceholderFacts) -> Result<Filled, Unfilled> {
    let tag = facts.git.tag.as_deref();
    let argument = placeholder.argument.as_deref().unwrap_or_default();
    if let Some(expression) = argument.strip_prefix("match ") {
        return matched(tag, expression);
    }
    let rung = argument.parse::<Rung>();
    if !(argument.is_empty() || argument == "slug" || rung.is_ok()) {
        let help = "write `{tag}`, `{tag:slug}`, `{tag:match …}` or a rung: `{tag:minor}`";
        return Unfilled::wrong(format!("`{{tag:{argument}}}` is unknown"), help);
    }
    let tag = tag.ok_or_else(no_tag)?;
    match rung {
        Ok(rung) => on_rung(tag, rung),
        Err(()) if argument == "slug" => Filled::moving(branch::slug(tag)),
        Err(()) => Filled::moving(tag),
    }
}

/// The version that a git tag names, without its `v`.
pub fn version(tag: &str) -> Option<Version> {
    let plain = tag.strip_prefix(['v', 'V']).unwrap_or(tag);
    plain.parse().ok()
}

fn on_rung(tag: &str, rung: Rung) -> Result<Filled, Unfilled> {
    let skipped = |why: &str| Unfilled::Skipped(format!("the git tag `{tag}` {why}"));
    let version = version(tag).ok_or_else(|| skipped("is not a version"))?;
    if rung.moves() && version.is_prerelease() {
        return Err(skipped(&format!("is a pre-release and has no rung {rung}")));
    }
    Filled::moving(
        rung.text(&version)
            .ok_or_else(|| skipped(&format!("has no rung {rung}")))?,
    )
}

fn matched(tag: Option<&str>, expression: &str) -> Result<Filled, Unfilled> {
    let expression = match regex::RegexBuilder::new(expression)
        .size_limit(1 << 20)
        .build()
    {
        Ok(expression) => expression,
        Err(fault) => {
            return Unfilled::wrong(
                format!("`{expression}` is not a regular expression"),
                fault.to_string(),
            );
        }
    };
    let tag = tag.ok_or_else(no_tag)?;
    let found = expression
        .captures(tag)
        .and_then(|groups| groups.get(1).or_else(|| groups.get(0)));
    Filled::moving(
        found
            .ok_or_else(|| {
                Unfilled::Skipped(format!("the git tag `{tag}` does not match `{expression}`"))
            })?
            .as_str(),
    )
}

fn no_tag() -> Unfilled {
    Unfilled::Missing(String::from("no git tag is built"))
}
