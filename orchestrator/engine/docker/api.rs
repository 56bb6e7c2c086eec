//! Versions of the Engine API.

use std::fmt;
use std::str::FromStr;

/// A version of the Engine API; `1.9` is older than `1.41`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ApiVersion {
    major: usize,
    minor: usize,
}

impl ApiVersion {
    /// The newest version that kiln is tested with (Docker Engine 28.5).
    pub const OURS: Self = Self {
        major: 1,
        minor: 51,
    };

    /// The newest version that both sides support. An engine that reports none gets ours.
    pub fn agreed(theirs: Option<Self>) -> Self {
        theirs.map_or(Self::OURS, |theirs| theirs.min(Self::OURS))
    }

    /// The same version as bollard's type.
    pub fn client_version(self) -> bollard::ClientVersion {
        bollard::ClientVersion {
            major_version: self.major,
            minor_version: self.minor,
        }
    }
}

impl FromStr for ApiVersion {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (major, minor) = text.trim().split_once('.').ok_or(())?;
        Ok(Self {
            major: major.parse().map_err(drop)?,
            minor: minor.parse().map_err(drop)?,
        })
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests;
