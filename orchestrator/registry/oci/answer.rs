//! The response of a registry.

use super::ask::Ask;
use super::clients::TRUST;
use super::message::Message;
use crate::http::Fault;
use crate::name::Digest;
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
    /// The subject of the request, for errors.
    pub(super) what: String,
    body: Body,
    /// Texts that no error may contain.
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
        secrets: Vec<String>,
        ask: &Ask,
    ) -> Self {
        let headers = std::mem::take(response.headers_mut());
        Self {
            status: response.status(),
            headers,
            url,
            home,
            what: ask.what.clone(),
            body: Body::Unread(response),
            secrets,
            each: ask.now.each,
        }
    }

    /// The body, at most `limit` bytes of it, within the time of one try.
    pub(super) async fn bytes(self, limit: usize) -> Result<Vec<u8>, Fault> {
        match self.body {
            Body::Read(bytes) => Ok(bytes),
            Body::Unread(response) => {
                let late = |_| {
                    let within = self.each.as_secs_f32();
                    let why = format!("its answer did not end within {within} s");
                    Fault::unreachable(&self.what, why)
                };
                tokio::time::timeout(self.each, limited(response, &self.what, limit))
                    .await
                    .map_err(late)?
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
            let read =
                tokio::time::timeout(self.each, limited(response, &self.what, LONGEST)).await;
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

    /// Checks that what was written is stored with this digest.
    pub(super) fn confirms(&self, sent: Digest) -> Result<(), Fault> {
        match self.digest().filter(|got| *got != sent) {
            Some(other) => Err(Fault::refused(
                &self.what,
                format!("{sent} was sent, but the registry stored {other}"),
            )),
            None => Ok(()),
        }
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

    /// The registry's message about a failure.
    pub(super) async fn message(self) -> Message {
        let (status, secrets) = (self.status, self.secrets.clone());
        let body = self.bytes(LONGEST).await.unwrap_or_default();
        Message::read(status, &body, &secrets)
    }
}

/// Reads a whole body of at most `limit` bytes.
pub(super) async fn limited(
    mut response: Response,
    what: &str,
    limit: usize,
) -> Result<Vec<u8>, Fault> {
    let mut body = Vec::new();
    let cut = |error| Fault::transport(what, error, TRUST);
    while let Some(piece) = response.chunk().await.map_err(cut)? {
        if body.len() + piece.len() > limit {
            let why = format!("its response is longer than {limit} bytes");
            return Err(Fault::refused(what, why));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}
