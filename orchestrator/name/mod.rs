//! Names of images and of what they run on, parsed at the border and never seen as strings again.

mod digest;
mod platform;
mod range;
mod reference;
mod repository;
mod tag;
mod version;

pub use digest::Digest;
pub use platform::Platform;
pub use range::Range;
pub use reference::Reference;
pub use repository::{Domain, Repository};
pub use tag::Tag;
pub use version::Version;

/// Why a name is not one: one sentence that says the rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NameError(pub String);

impl NameError {
    fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

#[cfg(test)]
mod tests;
