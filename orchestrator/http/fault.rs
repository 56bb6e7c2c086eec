//! The ways a request fails, and whether to retry.

use super::retry_after::retry_after;
use crate::request::{FaultKind, WorldError};
use http::{HeaderMap, StatusCode};
use std::time::Duration;

/// One failed try.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub error: WorldError,
    pub again: Again,
}

/// Whether another try makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// The result would be the same.
    Never,
    /// After our own delay.
    Soon,
    /// After the delay that the server sent in `Retry-After`.
    After(Duration),
}

impl Again {
    /// When to retry a request that failed for now: the server may have said it.
    pub fn in_time(headers: &HeaderMap) -> Self {
        retry_after(headers).map_or(Self::Soon, Self::After)
    }
}

impl Fault {
    /// A failure of any kind; it is retried if the next response may differ.
    pub fn new(kind: FaultKind, what: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            error: WorldError::fault(kind, what, why),
            again: if kind.is_unreachable() {
                Again::Soon
            } else {
                Again::Never
            },
        }
    }

    /// The server responded, and would respond the same again.
    pub fn refused(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::new(FaultKind::Refused, what, why)
    }

    /// There was no response, or only an invalid one.
    pub fn unreachable(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::new(FaultKind::NotReachable, what, why)
    }

    /// There was no response in time.
    pub fn late(what: impl Into<String>, within: Duration) -> Self {
        Self::unreachable(
            what,
            format!("no response within {} s", within.as_secs_f32()),
        )
    }

    /// A transport error; `trust` is what to do about a certificate that is not trusted. The URL is left out: a
    /// redirect's URL may be signed, and that signature is a secret.
    pub fn transport(what: impl Into<String>, error: reqwest::Error, trust: &str) -> Self {
        if error.is_timeout() {
            return Self::unreachable(
                what,
                match error.is_connect() {
                    true => "the connection timed out",
                    false => "timed out waiting for a response",
                },
            );
        }
        let chain = chain(&error.without_url());
        let why = chain.last().cloned().unwrap_or_default();
        match chain.iter().any(|text| text.contains("certificate")) {
            true => Self::unreachable(
                what,
                format!("its certificate is not trusted: {trust} ({why})"),
            )
            .again(Again::Never),
            false => Self::unreachable(what, why),
        }
    }

    /// The same failure with a different retry rule.
    #[must_use]
    pub fn again(mut self, again: Again) -> Self {
        self.again = again;
        self
    }
}

/// The kind of failure that a status is from any server.
pub(crate) fn kind(status: StatusCode) -> FaultKind {
    match status.as_u16() {
        401 | 403 => FaultKind::NotAllowed,
        404 | 410 => FaultKind::NotFound,
        429 => FaultKind::Throttled,
        _ if is_passing(status) => FaultKind::Unavailable,
        _ => FaultKind::Refused,
    }
}

/// Whether the same request may succeed in a moment.
pub(crate) fn is_passing(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 425 | 429 | 499 | 500 | 502..=504 | 507..=599)
}

/// The message of each error in a chain of causes, the root cause last.
pub(super) fn chain(error: &dyn std::error::Error) -> Vec<String> {
    std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect()
}
