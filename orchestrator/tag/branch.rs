//! `{branch:slug}`: the branch that is built.
//!
//! `slug` is GitLab's rule (`CI_COMMIT_REF_SLUG`): lower case, everything but letters and digits a
//! hyphen, 63 characters at most, no hyphen at either end. Without it the branch stands as it is
//! and may be no valid tag.
//!
//! | branch | `{branch}` | `{branch:slug}` |
//! | --- | --- | --- |
//! | `main` | `main` | `main` |
//! | `Feature/Add_Go_1.27` | refused: `/` | `feature-add-go-1-27` |

use super::{Filled, Placeholder, PlaceholderFacts, Unfilled};

/// The longest slug, in characters: the longest label of a host name.
const LONGEST: usize = 63;

/// Fills the place from the branch.
pub fn fill(placeholder: &Placeholder, facts: &PlaceholderFacts) -> Result<Filled, Unfilled> {
    let branch = facts
        .git
        .branch
        .as_deref()
        .ok_or_else(|| Unfilled::Missing(String::from("no branch is checked out here")));
    match placeholder.argument.as_deref() {
        None => Filled::moving(branch?),
        Some("slug") => Filled::moving(slug(branch?)),
        Some(other) => Unfilled::wrong(
            format!("`{{branch:{other}}}` is unknown"),
            "write `{branch}` or `{branch:slug}`",
        ),
    }
}

/// A name as part of a tag or a host name.
pub fn slug(name: &str) -> String {
    let plain: String = name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(LONGEST)
        .collect();
    plain.trim_matches('-').to_owned()
}
