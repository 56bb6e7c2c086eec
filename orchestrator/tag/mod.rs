//! Tags: how a pattern and the tokens of a variant become the tags that people pull.
//!
//! A [`Pattern`] is text with placeholders in braces. A placeholder that names an axis has one or more
//! [`Token`]s (those of a version are its [`Rung`]s), and any other placeholder has one text. The tags
//! are the product of all of them, joined as [`separator`] describes.
//!
//! ```text
//! tag "{version}-{variant}"
//!       |          `-- node                       token.rs
//!       `-- 1.27.0, 1.27, 1, (nothing)            rung.rs
//! ```
//!
//! There is one file per mechanism, with its documentation and examples:
//!
//! | placeholder | file |
//! | --- | --- |
//! | `{axis}`, `{axis.name}`, `{axis.minor}`, `{axis.KEY}` | [`token`], [`rung`] |
//! | `{now:%Y.%m}` | [`now`] |
//! | `{sha:12}` | [`sha`] |
//! | `{branch:slug}` | [`branch`] |
//! | `{tag}`, `{tag:minor}` | [`git_tag`] |
//! | `{describe}` | [`describe`] |
//! | `{var:NAME}`, `{var:NAME:lower}` | [`variable`] |
//! | `{revision}`, `{probe:…}` | [`deferred`] |

pub mod branch;
pub mod deferred;
pub mod describe;
pub mod git_tag;
pub mod now;
mod pattern;
mod placeholder;
pub mod rung;
pub mod separator;
pub mod sha;
pub mod token;
pub mod variable;

pub use pattern::{Part, Pattern, PatternError, Placeholder, doubled};
pub use placeholder::{
    Filled, GitFacts, PLACEHOLDERS, PlaceholderFacts, PlaceholderKind, Unfilled, placeholder_kind,
};
pub use rung::{Rung, owned};
pub use separator::Joined;
pub use token::{Token, TokenOrigin};

#[cfg(test)]
mod tests;
