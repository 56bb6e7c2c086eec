//! Releases of Docker Engine.

/// A release of Docker Engine: `23.0`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct EngineVersion(pub u32, pub u32);

impl EngineVersion {
    /// Reads the first two numbers of `28.5.2`, `23.0` or `25`; `None` if the text is not a version.
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = text.split(['.', '-', '+']);
        let major = parts.next()?.parse().ok()?;
        Some(Self(
            major,
            parts.next().map_or(Some(0), |minor| minor.parse().ok())?,
        ))
    }
}

impl Default for EngineVersion {
    fn default() -> Self {
        Self(20, 10)
    }
}

impl std::fmt::Display for EngineVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}
