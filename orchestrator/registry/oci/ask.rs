//! One request to a registry.

use super::scope::Scopes;
use crate::http::Try;
use bytes::Bytes;
use http::{HeaderMap, Method};
use parking_lot::Mutex;
use reqwest::Url;

/// One request.
pub(super) struct Ask {
    pub(super) method: Method,
    pub(super) place: Place,
    pub(super) scopes: Scopes,
    pub(super) headers: HeaderMap,
    pub(super) payload: Payload,
    /// Its subject, for errors: a reference or a repository.
    pub(super) what: String,
    pub(super) now: Try,
}

/// The target of a request.
#[derive(Clone)]
pub(super) enum Place {
    /// Below the registry's `/v2/`.
    Api(String),
    /// A URL from the registry.
    At(Url),
}

/// The body of a request.
pub(super) enum Payload {
    Bytes(Bytes),
    /// Can be sent once.
    Stream(Mutex<Option<reqwest::Body>>),
}

impl Ask {
    /// A request without body.
    pub(super) fn new(
        method: Method,
        place: Place,
        scopes: Scopes,
        what: impl ToString,
        now: Try,
    ) -> Self {
        Self {
            method,
            place,
            scopes,
            headers: HeaderMap::new(),
            payload: Payload::Bytes(Bytes::new()),
            what: what.to_string(),
            now,
        }
    }

    /// Adds a header; a value that is not valid is left out.
    #[must_use]
    pub(super) fn header(mut self, name: http::HeaderName, value: &str) -> Self {
        if let Ok(value) = value.parse() {
            self.headers.insert(name, value);
        }
        self
    }

    /// Sets its body.
    #[must_use]
    pub(super) fn payload(mut self, payload: Payload) -> Self {
        self.payload = payload;
        self
    }
}
