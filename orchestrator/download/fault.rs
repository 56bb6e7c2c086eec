//! The ways a download fails, and whether to retry.

use crate::request::{FaultKind, WorldError};
use crate::transport;
use http::{HeaderMap, StatusCode};
use std::time::Duration;

/// One failed attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    kind: FaultKind,
    why: String,
    pub(super) again: Again,
}

/// Whether a retry makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// The result would be the same.
    Never,
    /// After our own delay.
    Soon,
    /// After the delay that the server sent in `Retry-After`.
    After(Duration),
}

impl Fault {
    /// Of any kind: another try makes sense where the next answer may be a different one.
    fn new(kind: FaultKind, why: impl Into<String>) -> Self {
        Self {
            kind,
            why: why.into(),
            again: if kind.is_unreachable() {
                Again::Soon
            } else {
                Again::Never
            },
        }
    }

    pub(super) fn unreachable(why: impl Into<String>) -> Self {
        Self::new(FaultKind::NotReachable, why)
    }

    pub(super) fn refused(why: impl Into<String>) -> Self {
        Self::new(FaultKind::Refused, why)
    }

    pub(super) fn transport(error: reqwest::Error) -> Self {
        let silence = transport::silence(error);
        if silence.untrusted {
            let why = format!(
                "its certificate is not trusted: add its certificate authority with SSL_CERT_FILE ({})",
                silence.why
            );
            return Self {
                again: Again::Never,
                ..Self::unreachable(why)
            };
        }
        Self::unreachable(silence.why)
    }

    /// A response that is not a file.
    pub(super) fn status(status: StatusCode, headers: &HeaderMap) -> Self {
        let kind = match status.as_u16() {
            401 | 403 => FaultKind::NotAllowed,
            404 | 410 => FaultKind::NotFound,
            429 => FaultKind::Throttled,
            408 | 425 | 500 | 502..=504 | 507..=599 => FaultKind::Unavailable,
            _ => FaultKind::Refused,
        };
        let asked = transport::retry_after(headers);
        match asked.filter(|_| kind.is_unreachable()) {
            None => Self::new(kind, status.to_string()),
            Some(delay) => {
                let why = format!("{status}, retry after {} s", delay.as_secs());
                Self {
                    again: Again::After(delay),
                    ..Self::new(kind, why)
                }
            }
        }
    }

    pub(super) fn error(self, url: &str, tries: usize) -> WorldError {
        let why = if tries > 1 {
            format!("{} ({tries} tries)", self.why)
        } else {
            self.why
        };
        WorldError::fault(self.kind, url, why)
    }
}
