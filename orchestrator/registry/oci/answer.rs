//! The response of a registry.

use super::auth::Key;
use super::fault::{Again, Fault, Message};
use super::service::Service;
use super::token;
use crate::name::Digest;
use crate::request::{FaultKind, WorldError};
use http::{HeaderMap, StatusCode, header};
use reqwest::{Response, Url};
use std::time::Duration;

/// The longest error that is read, in bytes.
const LONGEST: usize = 64 << 10;

/// A response whose body is still to be read.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// Its URL: relative URLs in it are resolved against it.
    pub(super) url: Url,
    /// Whether it came from the registry itself, not from storage that it redirected to.
    pub(super) home: bool,
    body: Body,
    secrets: Vec<String>,
    each: Duration,
}

enum Body {
    Unread(Response),
    Read(Vec<u8>),
}

impl Answer {
    pub(super) fn new(
        mut response: Response,
        url: Url,
        home: bool,
        key: Option<&Key>,
        each: Duration,
    ) -> Self {
        let headers = std::mem::take(response.headers_mut());
        let secrets = key.map(|key| key.secrets.clone()).unwrap_or_default();
        Self {
            status: response.status(),
            headers,
            url,
            home,
            body: Body::Unread(response),
            secrets,
            each,
        }
    }

    /// The body, at most `limit` bytes of it, within the time of one try.
    pub(super) async fn bytes(self, what: &str, limit: usize) -> Result<Vec<u8>, Fault> {
        match self.body {
            Body::Read(bytes) => Ok(bytes),
            Body::Unread(response) => {
                match tokio::time::timeout(self.each, token::limited(response, limit)).await {
                    Ok(read) => read.map_err(|e| e.fault(what)),
                    Err(_) => Err(Fault::unreachable(
                        what,
                        format!(
                            "its answer did not end within {} s",
                            self.each.as_secs_f32()
                        ),
                    )),
                }
            }
        }
    }

    /// The body as a stream.
    pub(super) fn stream(self) -> Option<Response> {
        match self.body {
            Body::Unread(response) => Some(response),
            Body::Read(_) => None,
        }
    }

    /// The same with its short body read, so that the connection can be reused.
    pub(super) async fn rested(mut self) -> Self {
        if let Body::Unread(response) = self.body {
            let read = tokio::time::timeout(self.each, token::limited(response, LONGEST)).await;
            self.body = Body::Read(read.ok().and_then(Result::ok).unwrap_or_default());
        }
        self
    }

    /// `Docker-Content-Digest`; `None` for another algorithm, or if it is missing.
    pub(super) fn digest(&self) -> Option<Digest> {
        self.headers
            .get("docker-content-digest")?
            .to_str()
            .ok()?
            .trim()
            .parse()
            .ok()
    }

    /// `Location`, which may be relative.
    pub(super) fn location(&self) -> Option<Url> {
        self.url
            .join(self.headers.get(header::LOCATION)?.to_str().ok()?)
            .ok()
    }

    /// The media type without its parameters.
    pub(super) fn media_type(&self) -> Option<String> {
        let text = self.headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
        text.split(';')
            .next()
            .map(|t| t.trim().to_ascii_lowercase())
    }

    /// The error from status and body; if access was denied, with the credential that was used.
    pub(super) async fn fault(self, service: &Service, what: &str) -> Fault {
        self.said(service, what).await.0
    }

    /// The same, with the registry's message.
    pub(super) async fn said(self, service: &Service, what: &str) -> (Fault, Message) {
        let (status, headers, secrets) = (self.status, self.headers.clone(), self.secrets.clone());
        let (home, host) = (self.home, self.url.host_str().unwrap_or("?").to_owned());
        let body = self.bytes(what, LONGEST).await.unwrap_or_default();
        let said = Message::read(status, &body, &secrets);
        let (kind, again) = (said.kind(status), said.again(status, &headers));
        service.rest_after(status, again);
        let denied = kind == FaultKind::NotAllowed && again == Again::Never;
        if denied && !home {
            // The signature in such a URL expires; the registry creates a new one.
            return (
                Fault::unreachable(what, format!("the store at {host} answers {}", said.text)),
                said,
            );
        }
        if denied {
            let found = match service.auth.found().await {
                Ok(found) => found,
                Err(fault) => return (fault, said),
            };
            let fault = service.auth.denied(said.text.clone(), found.as_ref());
            let error = match fault.error {
                WorldError::Fault { why, .. } => WorldError::fault(kind, what, why),
                other => other,
            };
            return (Fault { error, again }, said);
        }
        (Fault::new(kind, what, &said.text).again(again), said)
    }
}
