//! `{describe}`: the nearest git tag, how far it is, and the commit: `v1.2.0-3-gfd56c4b`.
//!
//! As `git describe --tags --always` has it.

use super::{Filled, Placeholder, PlaceholderFacts, Unfilled};

/// Fills the place from git's description.
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
            .ok_or_else(|| Unfilled::Missing(String::from("git describes nothing here")))?,
    )
}
