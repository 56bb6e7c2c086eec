//! What kiln remembers of an image, as values and as bytes.
//!
//! ```text
//! Inputs (recipe, bases, parents, tokens)  --hash-->  build id   `b-<build id>`   names the image
//! Record (inputs, content id, checks, ...)             of a digest  `d-<digest>`    names the record
//! Scope  (a branch, or a pull request)                            `v-<hash>`      names the newest image
//! Failure (how often, when)                                       `f-<build id>`  names that it failed
//! ```
//!
//! All of it is kept in the staging repository, because CI machines forget. Nothing here reads or writes: `survey` reads,
//! `plan` compares, `run` writes.

mod args;
mod content;
mod details;
mod failure;
mod inputs;
mod line;
pub mod packages;
mod pointer;
pub mod proofs;
mod record;
mod staging_tag;
mod stored;
pub mod token;

pub use args::Args;
pub use content::{content_id, join_contents};
pub use details::{Details, RecipeChange};
pub use failure::Failure;
pub use inputs::{BaseInput, Compared, Difference, Inputs, ParentInput};
pub use line::{Hold, Line, Mover, NoHistory, Order, Revisions, Versions};
pub use packages::{PackageChange, Packages};
pub use pointer::Scope;
pub use record::{Made, Part, Record, Withdrawal};
pub use staging_tag::StagingTag;
pub use stored::{FAILURE, RECORD, mark};
pub use token::Upgrade;

use crate::name::{Digest, Tag};

/// The tag of the image that is made from these inputs: `b-<build id>`.
pub fn build_tag(build: Digest) -> Tag {
    Tag::content('b', &[&build.hex()])
}

/// The tag of the record of the image with this digest: `d-<digest>`.
pub fn record_tag(image: Digest) -> Tag {
    Tag::content('d', &[&image.hex()])
}

/// The tag that remembers that these inputs failed: `f-<build id>`.
pub fn failure_tag(build: Digest) -> Tag {
    Tag::content('f', &[&build.hex()])
}

#[cfg(test)]
mod tests;
