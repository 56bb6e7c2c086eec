//! `{branch:slug}`: the branch that is built.
//!
//! `slug` is GitLab's rule (`CI_COMMIT_REF_SLUG`): lower case, everything except letters and digits replaced
//! by a hyphen, 63 characters at most, no hyphen at either end. Without it, the branch is used unchanged and
//! may not be a valid tag.
//!
//! | branch | `{branch}` | `{branch:slug}` |
//! | --- | --- | --- |
//! | `main` | `main` | `main` |
//! | `Feature/Add_Go_1.27` | refused: `/` | `feature-add-go-1-27` |
//! | `日本語` | refused | not made: nothing is left |

use super::{Filled, Placeholder, PlaceholderFacts, Unfilled};
use crate::text::did_you_mean;

/// The longest slug, in characters: the longest label of a host name.
const LONGEST: usize = 63;

/// Fills the placeholder with the branch.
pub fn fill(placeholder: &Placeholder, facts: &PlaceholderFacts) -> Result<Filled, Unfilled> {
    let branch = facts
        .git
        .branch
        .as_deref()
        .ok_or_else(|| Unfilled::Missing(String::from("no branch is checked out")));
    match placeholder.argument.as_deref() {
        None => Filled::moving(branch?),
        Some("slug") => slugged(branch?),
        Some(other) => Unfilled::wrong(
            format!("`{{branch:{other}}}` is unknown"),
            did_you_mean(other, ["slug"])
                .unwrap_or_else(|| String::from("write `{branch}` or `{branch:slug}`")),
        ),
    }
}

/// The slug of a branch: without one, `1.0-{branch:slug}` would be `1.0`.
fn slugged(branch: &str) -> Result<Filled, Unfilled> {
    let slug = slug(branch);
    if slug.is_empty() {
        return Unfilled::nothing_left(
            format!("`{branch}` has no letter or digit that a tag can contain"),
            "give the branch another name, or use the commit: `branch-{sha:12}`",
        );
    }
    Filled::moving(slug)
}

/// A form of a name for tags and host names.
pub fn slug(name: &str) -> String {
    let plain: String = name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(LONGEST)
        .collect();
    plain.trim_matches('-').to_owned()
}
