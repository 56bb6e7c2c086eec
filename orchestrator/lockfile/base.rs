//! Outside images in the lock: one line for each name and platform.

use super::{Entry, Lockfile};
use crate::name::{Platform, Reference};
use std::fmt;

/// What a line says in place of a platform if the image is taken for stages on the build platform: they may run on any.
pub(super) const ANY: &str = "any";

/// An outside image, for one platform.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BaseKey {
    /// Its name, always with a tag.
    pub reference: Reference,
    /// The platform that it is taken for; `None` for stages on the build platform, whichever that is. There, the digest is
    /// that of the index, if the name resolves to one.
    pub platform: Option<Platform>,
}

impl BaseKey {
    /// The key of an image that is taken for a platform.
    pub fn of(reference: &Reference, platform: Option<&Platform>) -> Self {
        Self {
            reference: Reference {
                tag: Some(reference.tag_or_latest()),
                ..reference.clone()
            },
            platform: platform.cloned(),
        }
    }

    /// What a message says after the name: `for linux/arm64`.
    pub fn purpose(&self) -> String {
        match &self.platform {
            Some(platform) => format!("for {platform}"),
            None => "for the build platform".into(),
        }
    }
}

/// How the lock names it: `docker.io/library/debian:13 linux/amd64`.
impl fmt::Display for BaseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.platform {
            Some(platform) => write!(f, "{} {platform}", self.reference),
            None => write!(f, "{} {ANY}", self.reference),
        }
    }
}

/// Whether a key of the lock names an outside image: addresses of files have no spaces.
pub(super) fn is_base(key: &str) -> bool {
    key.contains(' ')
}

impl Lockfile {
    /// What an outside image is locked to.
    pub fn base(&self, key: &BaseKey) -> Option<&Entry> {
        self.get(&key.to_string())
    }

    /// Whether any outside image is locked: then all of them are meant to be.
    pub fn has_bases(&self) -> bool {
        self.iter().any(|(key, _)| is_base(key))
    }

    /// The locked outside images, as the file names them.
    pub fn bases(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.iter().filter(|(key, _)| is_base(key))
    }
}
