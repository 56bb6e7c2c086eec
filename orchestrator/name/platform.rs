//! Platforms: operating system, its version, architecture, variant.

use super::NameError;
use std::fmt;
use std::str::FromStr;

/// `os/architecture[/variant]`, in Go's words as the image specification wants them; Windows
/// images add an os version: `windows(10.0.20348.1)/amd64`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Platform {
    pub os: String,
    pub os_version: Option<String>,
    pub architecture: String,
    pub variant: Option<String>,
}

impl Platform {
    /// The default if a manifest does not specify any platforms.
    pub fn linux_amd64() -> Self {
        Self {
            os: "linux".into(),
            os_version: None,
            architecture: "amd64".into(),
            variant: None,
        }
    }

    /// A form for tags and file names: `linux-amd64`, `linux-arm-v7`.
    pub fn slug(&self) -> String {
        self.to_string().replace(['/', '(', ')'], "-")
    }
}

impl FromStr for Platform {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let fault = || {
            NameError::new(format!(
                "`{text}` is not a platform: expected `os/architecture[/variant]` in lower case, such as `linux/arm64`"
            ))
        };
        let mut parts = text.split('/');
        let os = parts.next().unwrap_or_default();
        let (os, os_version) = match os.strip_suffix(')').and_then(|os| os.split_once('(')) {
            Some((os, version)) => (os, Some(version)),
            None => (os, None),
        };
        let architecture = parts.next().ok_or_else(fault)?;
        let variant = parts.next();
        let word = |w: &str| {
            !w.is_empty()
                && w.bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
        let version =
            |w: &str| !w.is_empty() && w.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.');
        let valid = word(os)
            && word(architecture)
            && variant.is_none_or(word)
            && os_version.is_none_or(version)
            && parts.next().is_none();
        if !valid {
            return Err(fault());
        }
        Ok(Self {
            os: os.into(),
            os_version: os_version.map(Into::into),
            architecture: architecture.into(),
            variant: variant.map(Into::into),
        })
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.os)?;
        if let Some(version) = &self.os_version {
            write!(f, "({version})")?;
        }
        write!(f, "/{}", self.architecture)?;
        self.variant.as_ref().map_or(Ok(()), |v| write!(f, "/{v}"))
    }
}

impl fmt::Debug for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for Platform {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
