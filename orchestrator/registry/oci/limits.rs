//! The limits of one client.

use std::time::Duration;

/// Limits that hold for every call; [`crate::request::Patience`] limits each single one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connect timeout.
    pub connect: Duration,
    /// Before the second try; each further delay is twice as long, ± 50 %.
    pub delay: Duration,
    /// The longest of these delays.
    pub longest_delay: Duration,
    /// The longest `Retry-After` that is obeyed; a longer one is an error.
    pub longest_wait: Duration,
    /// Concurrent requests to one registry.
    pub requests: usize,
    /// Concurrent blob transfers, over all registries.
    pub transfers: usize,
    /// How long the transfer of a blob may stall.
    pub stall: Duration,
    /// How long after a write a registry may still respond with the old state.
    pub settle: Duration,
    /// The largest manifest, and the largest blob that is kept in memory, in bytes.
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
