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
mod placeholder;
pub mod git_tag;
pub mod deferred;
pub mod now;
mod pattern;
pub mod rung;
pub mod separator;
pub mod sha;
pub mod token;
pub mod variable;

pub use pattern::{Part, Pattern, PatternError, Placeholder};
pub use placeholder::{
    Filled, GitFacts, PLACEHOLDERS, PlaceholderFacts, PlaceholderKind, Unfilled, placeholder_kind,
};
pub use rung::{Rung, owned};
pub use separator::Joined;
pub use token::{Token, TokenOrigin};

#[cfg(test)]
mod tests;
