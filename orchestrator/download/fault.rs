//! The ways a download fails, and whether to retry.

use crate::request::WorldError;
use crate::transport;
use http::{HeaderMap, StatusCode, header};
use std::time::Duration;

/// One failed attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// Whether there was no response, or none that says something about the file.
    unreachable: bool,
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
    pub(super) fn unreachable(why: impl Into<String>) -> Self {
        Self {
            unreachable: true,
            why: why.into(),
            again: Again::Soon,
        }
    }

    pub(super) fn refused(why: impl Into<String>) -> Self {
        Self {
            unreachable: false,
            why: why.into(),
            again: Again::Never,
        }
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
        let passing = matches!(status.as_u16(), 408 | 425 | 429 | 500 | 502..=504 | 507..=599);
        // The form with a date is rare, and our clock may differ from the server's.
        let asked = headers
            .get(header::RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.trim().parse().ok());
        match (passing, asked) {
            (false, _) => Self::refused(status.to_string()),
            (true, None) => Self::unreachable(status.to_string()),
            (true, Some(seconds)) => {
                let why = format!("{status}, retry after {seconds} s");
                Self {
                    again: Again::After(Duration::from_secs(seconds)),
                    ..Self::unreachable(why)
                }
            }
        }
    }

    pub(super) fn error(self, url: &str, tries: usize) -> WorldError {
        let (what, why) = (
            url.to_owned(),
            if tries > 1 {
                format!("{} ({tries} tries)", self.why)
            } else {
                self.why
            },
        );
        if self.unreachable {
            WorldError::Unreachable { what, why }
        } else {
            WorldError::Refused { what, why }
        }
    }
}
