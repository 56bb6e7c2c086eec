//! Tags: how a pattern and the tokens of a cell become the names that people pull.
//!
//! There is one mechanism. A [`Pattern`] is text with places in braces. A place that names an axis
//! stands for several [`Token`]s (a version's are its [`Rung`]s), any other placeholder for one
//! text, and the tags are the product of all of them, joined as [`separator`] says.
//!
//! ```text
//! tag "{version}-{variant}"
//!       |          `-- node                       token.rs
//!       `-- 1.27.0, 1.27, 1, (nothing)            rung.rs
//! ```
//!
//! One mechanism is one file, with its documentation and its examples:
//!
//! | placeholder | file |
//! | --- | --- |
//! | `{axis}`, `{axis.name}`, `{axis.minor}`, `{axis.KEY}` | [`token`], [`rung`] |
//! | `{now:%Y.%m}` | [`now`] |
//! | `{sha:12}` | [`sha`] |
//! | `{branch:slug}` | [`branch`] |
//! | `{tag}`, `{tag:minor}` | [`git_tag`] |
//! | `{describe}` | [`describe`] |
//! | `{var:NAME}` | [`variable`] |
//! | `{revision}`, `{probe:…}` | [`later`] |

pub mod branch;
pub mod describe;
mod fact;
pub mod git_tag;
pub mod later;
pub mod now;
mod pattern;
pub mod rung;
pub mod separator;
pub mod sha;
pub mod token;
pub mod variable;

pub use fact::{Facts, Filled, GitFacts, PLACEHOLDERS, Placeholder, Unfilled, placeholder};
pub use pattern::{Part, Pattern, PatternError, Slot};
pub use rung::{Rung, owned};
pub use separator::Joined;
pub use token::{Origin, Token};

#[cfg(test)]
mod tests;
