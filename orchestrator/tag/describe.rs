//! `{describe}`: the output of `git describe --tags --always`: the nearest git tag, the number of commits
//! since then, and the commit: `v1.2.0-3-gfd56c4b`.

use super::{Filled, Placeholder, PlaceholderFacts, Unfilled};

/// Fills the placeholder with git's description.
pub fn fill(placeholder: &Placeholder, facts: &PlaceholderFacts) -> Result<Filled, Unfilled> {
    if let Some(argument) = &placeholder.argument {
        return Unfilled::wrong(
            format!("`{{describe:{argument}}}` is unknown"),
            "write `{describe}`",
        );
    }
    Filled::moving(
        facts
            .git
            .describe
            .as_deref()
            .ok_or_else(|| Unfilled::Missing(String::from("`git describe` has no result")))?,
    )
}
