//! Tags.

use super::NameError;
use crate::text::Shown;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A tag as the distribution specification defines it: `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag(Arc<str>);

impl Tag {
    /// The longest tag that a registry accepts, in characters.
    pub const LONGEST: usize = 128;

    /// The tag as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A tag of the staging repository: a letter, then digests in hexadecimal, `r-5c2c…`.
    pub(crate) fn content(letter: char, digests: &[&str]) -> Self {
        Self(format!("{letter}-{}", digests.join("-")).into())
    }

    /// The tag of the list of what refers to an image, in registries that keep no such list themselves (distribution
    /// specification, "Referrers Tag Schema").
    pub fn referrers(subject: super::Digest) -> Self {
        Self(format!("sha256-{}", subject.hex()).into())
    }

    /// The tag that clients use if none is specified.
    pub const LATEST: &str = "latest";

    /// [`Tag::LATEST`] as a tag.
    pub fn latest() -> Self {
        Self(Self::LATEST.into())
    }
}

impl FromStr for Tag {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let first = text
            .bytes()
            .next()
            .ok_or_else(|| NameError::new("a tag cannot be empty"))?;
        if text.len() > Self::LONGEST {
            return Err(NameError::new(format!(
                "`{text}` is not a tag: it has {} characters, {} at most",
                text.len(),
                Self::LONGEST
            )));
        }
        if !(first.is_ascii_alphanumeric() || first == b'_') {
            return Err(NameError::new(format!(
                "`{text}` is not a tag: a tag starts with a letter, a digit or `_`"
            )));
        }
        match text
            .chars()
            .find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')))
        {
            Some(bad) => Err(NameError::new(format!(
                "`{text}` is not a tag: `{}` is not allowed, only letters, digits, `.`, `_`, `-`",
                bad.shown()
            ))),
            None => Ok(Self(text.into())),
        }
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl serde::Serialize for Tag {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for Tag {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        crate::name::parsed(d)
    }
}
