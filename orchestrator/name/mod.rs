//! Names of images, versions and platforms: parsed where they enter the program, typed from then on.

mod address;
mod digest;
mod engine_version;
mod platform;
mod range;
mod reference;
mod repository;
mod tag;
mod version;

pub use address::is_address;
pub use digest::Digest;
pub use engine_version::EngineVersion;
pub use platform::{Platform, PlatformParts, near_platform};
pub use range::Range;
pub use reference::Reference;
pub use repository::{Domain, Repository};
pub use tag::Tag;
pub use version::Version;

/// Why a text is not a valid name: one sentence that states the rule.
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

/// Reads a name from its text, as all names are saved.
fn parsed<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: std::str::FromStr<Err = NameError>,
{
    let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
    text.parse().map_err(serde::de::Error::custom)
}
