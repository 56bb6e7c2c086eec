//! Versions as people write them.

/// A version with an order and a notion of pre-release.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Version(String);

/// A set of versions: `>=3.8`, `1.26.*`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Range(String);
