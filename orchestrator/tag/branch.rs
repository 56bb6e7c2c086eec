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

use super::{Filled, Placeholder, PlaceholderFacts, Unfilled};

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
        Some("slug") => Filled::moving(slug(branch?)),
        Some(other) => Unfilled::wrong(
            format!("`{{branch:{other}}}` is unknown"),
            "write `{branch}` or `{branch:slug}`",
        ),
    }
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
