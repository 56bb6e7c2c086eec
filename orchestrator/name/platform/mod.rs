//! Platforms: operating system, its version, architecture, variant.

mod words;

use super::NameError;
use crate::text::{Shown, suggest};
use std::fmt;
use std::ops::Deref;
use std::str::FromStr;
use std::sync::Arc;

/// `os/architecture[/variant]`, with Go's names as the image specification requires; Windows images add an OS
/// version: `windows(10.0.20348.1)/amd64`. Each platform has one spelling, so that values can be compared:
/// `linux/arm64/v8` is read as `linux/arm64`, and `linux/arm` as `linux/arm/v7`. It is cheap to clone: a plan has it in every
/// step.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Platform(Arc<PlatformParts>);

/// The parts of a platform.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PlatformParts {
    /// The operating system: `linux`.
    pub os: String,
    /// The version of the operating system, for Windows.
    pub os_version: Option<String>,
    /// The architecture: `amd64`, `arm64`.
    pub architecture: String,
    /// The variant of the architecture: `v7`.
    pub variant: Option<String>,
}

impl Platform {
    /// The default of a manifest: every engine can build it.
    pub fn linux_amd64() -> Self {
        Self::from(PlatformParts {
            os: "linux".into(),
            os_version: None,
            architecture: "amd64".into(),
            variant: None,
        })
    }

    /// A platform as a registry or an engine reports it, in kiln's spelling. The names are not checked. Many images
    /// omit the variant; they count as the oldest variant of their architecture.
    pub fn reported(os: &str, architecture: &str, variant: Option<&str>) -> Self {
        let variant = variant.filter(|variant| !variant.is_empty());
        Self::from(PlatformParts {
            os: os.to_lowercase(),
            os_version: None,
            architecture: architecture.to_lowercase(),
            variant: variant
                .and_then(|variant| words::canonical_variant(architecture, Some(variant))),
        })
    }

    /// The same platform with a version of its operating system.
    #[must_use]
    pub fn with_os_version(&self, os_version: Option<String>) -> Self {
        Self::from(PlatformParts {
            os_version,
            ..PlatformParts::clone(self)
        })
    }

    /// Reads a platform as Docker does in `FROM --platform=`, including `x86_64`, `aarch64`, upper case and an
    /// architecture without an operating system.
    ///
    /// # Errors
    /// A platform that Docker does not know either.
    pub fn as_docker_reads(text: &str) -> Result<Self, NameError> {
        let has_gap = text.split('/').any(str::is_empty);
        let read = words::as_docker_reads(text).parse();
        read.ok().filter(|_| !has_gap).ok_or_else(|| fault(text))
    }

    /// The platform as part of a tag or a file name: `linux-amd64`, `linux-arm-v7`.
    pub fn slug(&self) -> String {
        self.to_string().replace(['/', '(', ')'], "-")
    }

    /// Whether a machine of this platform can run images for `other`: the same operating system and architecture, and
    /// no newer variant (`linux/arm/v7` runs `linux/arm/v6`). An image without a Windows version runs on all.
    pub fn runs(&self, other: &Self) -> bool {
        let version = |platform: &Self| {
            let version = platform.os_version.as_deref()?;
            Some(
                version
                    .split('.')
                    .take(3)
                    .map(str::to_owned)
                    .collect::<Vec<_>>(),
            )
        };
        let same_version = match (version(self), version(other)) {
            (Some(own), Some(other)) => own == other,
            _ => true,
        };
        self.os == other.os
            && self.architecture == other.architecture
            && same_version
            && other.rank() <= self.rank()
    }

    /// Orders the variants of one architecture by age; a newer one also runs the images for older ones.
    pub fn rank(&self) -> (u32, u32) {
        let oldest = match self.architecture.as_str() {
            "arm64" | "ppc64" | "ppc64le" => 8,
            "riscv64" => 20,
            _ => 1,
        };
        let mut numbers = self
            .variant
            .iter()
            .flat_map(|variant| variant.split(|c: char| !c.is_ascii_digit()))
            .filter_map(|digits| digits.parse().ok());
        (
            numbers.next().unwrap_or(oldest),
            numbers.next().unwrap_or(0),
        )
    }
}

impl From<PlatformParts> for Platform {
    fn from(parts: PlatformParts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for Platform {
    type Target = PlatformParts;
    fn deref(&self) -> &PlatformParts {
        &self.0
    }
}

impl FromStr for Platform {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        read(text).ok_or_else(|| fault(text))
    }
}

/// Reads a platform with the names of the image specification.
fn read(text: &str) -> Option<Platform> {
    let mut parts = text.split('/');
    let os = parts.next().unwrap_or_default();
    let (os, os_version) = match os.strip_suffix(')').and_then(|os| os.split_once('(')) {
        Some((os, version)) => (os, Some(version)),
        None => (os, None),
    };
    let architecture = parts.next()?;
    let variant = parts.next();
    let version =
        |w: &str| !w.is_empty() && w.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.');
    let valid = words::is_known(os, architecture)
        && variant.is_none_or(|variant| words::has_variant(architecture, variant))
        && os_version.is_none_or(version)
        && parts.next().is_none();
    valid.then(|| {
        Platform::from(PlatformParts {
            os: os.into(),
            os_version: os_version.map(Into::into),
            architecture: architecture.into(),
            variant: words::canonical_variant(architecture, variant),
        })
    })
}

/// The platform that is probably meant by a text that is none.
pub fn near_platform(text: &str) -> Option<String> {
    let normal = words::as_docker_reads(text);
    if let Some(platform) = read(&normal) {
        return Some(platform.to_string());
    }
    let all: Vec<String> = words::all().collect();
    // What is common to all of them, such as `linux/`, makes no word a near one.
    let is_near = |known: &&str| {
        let mut parts = normal.split('/').zip(known.split('/'));
        parts.all(|(own, known)| suggest(own, [known]).is_some())
    };
    let all = all.iter().map(String::as_str).filter(is_near);
    suggest(&normal, all).map(str::to_owned)
}

fn fault(text: &str) -> NameError {
    let shown = text.shown();
    NameError::new(match near_platform(text) {
        Some(near) => format!("`{shown}` is not a platform; did you mean `{near}`?"),
        None => format!(
            "`{shown}` is not a platform: expected `os/architecture[/variant]` with Go's names, such as `linux/arm64`"
        ),
    })
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

impl<'de> serde::Deserialize<'de> for Platform {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        crate::name::parsed(d)
    }
}
