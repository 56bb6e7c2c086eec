//! An address of an engine that is not valid.

use crate::request::WorldError;

/// Why an engine's address is not valid: where it was read, the reason, the way out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {reason}; {way_out}")]
pub struct EndpointError {
    /// `DOCKER_HOST`, or the file.
    pub place: String,
    /// Why it is not valid.
    pub reason: String,
    /// How to fix it.
    pub way_out: String,
}

impl EndpointError {
    pub(super) fn new(
        place: impl Into<String>,
        reason: impl Into<String>,
        way_out: impl Into<String>,
    ) -> Self {
        Self {
            place: place.into(),
            reason: reason.into(),
            way_out: way_out.into(),
        }
    }
}

impl From<EndpointError> for WorldError {
    fn from(error: EndpointError) -> Self {
        // Nothing was looked for there, so it is not out of reach.
        WorldError::refused(error.place, format!("{}; {}", error.reason, error.way_out))
    }
}
