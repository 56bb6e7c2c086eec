//! `{sha:12}`: the commit that is built.
//!
//! The argument is the number of hex digits; without one, all are used. A tag with a commit in it is always
//! fixed.
//!
//! | pattern | tag |
//! | --- | --- |
//! | `{sha:12}` | `fd56c4b668f9` |
//! | `{branch:slug}-{sha:7}` | `main-fd56c4b` |

use super::{Filled, Placeholder, PlaceholderFacts, Unfilled};

/// Fewer digits do not identify a commit.
const SHORTEST: usize = 4;

/// The digits of the longest commit, SHA-256.
const LONGEST: usize = 64;

/// Fills the placeholder with the commit.
pub fn fill(placeholder: &Placeholder, facts: &PlaceholderFacts) -> Result<Filled, Unfilled> {
    let digits = match placeholder.argument.as_deref() {
        None => LONGEST,
        Some(argument) => match argument.parse() {
            Ok(digits) if (SHORTEST..=LONGEST).contains(&digits) => digits,
            _ => {
                return Unfilled::wrong(
                    format!("`{argument}` is not a number of digits"),
                    "write how many digits of the commit to use, at least 4: `{sha:12}`; `{sha}` is the whole commit",
                );
            }
        },
    };
    let sha = facts
        .git
        .sha
        .as_deref()
        .ok_or_else(|| Unfilled::Missing(String::from("no commit is known")))?;
    if placeholder.argument.is_some() && digits > sha.len() {
        let message = format!("the commit has {} digits, and not {digits}", sha.len());
        return Unfilled::wrong(message, "write `{sha}` for the whole commit");
    }
    Filled::fixed(sha.chars().take(digits).collect::<String>())
}
