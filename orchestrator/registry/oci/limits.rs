//! What one client allows itself.

use std::time::Duration;

/// Bounds that hold for every call; [`crate::request::Patience`] bounds each single one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// To connect.
    pub connect: Duration,
    /// Before the second try; each further delay is twice as long, ± 50 %.
    pub delay: Duration,
    /// The longest of these delays.
    pub longest_delay: Duration,
    /// The longest `Retry-After` that is obeyed; a registry that asks for more is given up.
    pub longest_wait: Duration,
    /// Requests in flight to one registry.
    pub requests: usize,
    /// Blobs under way at once, in all.
    pub transfers: usize,
    /// How long a blob may stand still on its way.
    pub stall: Duration,
    /// How long after a write a registry may still answer with what was there before.
    pub settle: Duration,
    /// The largest manifest, and the largest blob that is held in memory, in bytes.
    pub body: usize,
    /// The most tags of one repository.
    pub tags: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            delay: Duration::from_secs(1),
            longest_delay: Duration::from_secs(30),
            longest_wait: Duration::from_secs(120),
            requests: 8,
            transfers: 4,
            stall: Duration::from_secs(60),
            settle: Duration::from_secs(60),
            body: 8 << 20,
            tags: 500_000,
        }
    }
}
