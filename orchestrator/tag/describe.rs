//! `{describe}`: the output of `git describe --tags --always`: the nearest git tag, the number of commits
//! since then, and the commit: `v1.2.0-3-gfd56c4b`.
//!
//! `{describe:slug}` is that of a git tag: `app-v1.2-3-gfd56c4b` for the git tag `app/v1.2`.

use super::{Filled, Placeholder, PlaceholderFacts, Unfilled, git_tag};

/// Fills the placeholder with git's description.
pub fn fill(placeholder: &Placeholder, facts: &PlaceholderFacts) -> Result<Filled, Unfilled> {
    let missing = || Unfilled::Missing(String::from("`git describe` has no result"));
    let described = facts.git.describe.as_deref().ok_or_else(missing);
    match placeholder.argument.as_deref() {
        None => Filled::moving(described?),
        Some("slug") => Filled::moving(git_tag::slugged(described?)?),
        Some(other) => Unfilled::wrong(
            format!("`{{describe:{other}}}` is unknown"),
            "write `{describe}` or `{describe:slug}`",
        ),
    }
}
