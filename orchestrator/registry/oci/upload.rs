//! Uploads a blob, as a stream or from memory.

use super::answer::Answer;
use super::ask::{Ask, Payload, Place};
use super::scope::Scopes;
use super::service::Service;
use super::source::{Progress, Source};
use crate::http::{Fault, Try};
use crate::name::{Digest, Repository};
use bytes::Bytes;
use http::{Method, StatusCode, header};
use parking_lot::Mutex;
use reqwest::Url;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

/// How often [`super::Limits::stall`] may pass while the registry processes a blob that it has received.
const COMMIT: usize = 5;

/// What is uploaded.
pub(super) struct Content {
    pub(super) digest: Digest,
    pub(super) size: u64,
    pub(super) progress: Progress,
    pub(super) payload: Payload,
}

impl From<Source> for Content {
    fn from(source: Source) -> Self {
        Self {
            digest: source.digest,
            size: source.size,
            progress: source.progress.clone(),
            payload: Payload::Stream(Mutex::new(Some(source.body()))),
        }
    }
}

impl Content {
    /// Bytes in memory. They count as sent from the start: the time limit of a small request applies, not that of a
    /// stream that stalls.
    pub(super) fn in_memory(digest: Digest, bytes: Bytes) -> Self {
        let size = bytes.len() as u64;
        Self {
            digest,
            size,
            progress: Progress::complete(size),
            payload: Payload::Bytes(bytes),
        }
    }
}

/// One try to upload a blob to a repository.
pub(super) struct Upload<'a> {
    pub(super) service: Arc<Service>,
    pub(super) to: &'a Repository,
    pub(super) now: Try,
}

impl Upload<'_> {
    /// Begins an upload; returns the URL of its session.
    pub(super) async fn start(&self) -> Result<Url, Fault> {
        let to = self.to;
        let place = Place::Api(format!("{}/blobs/uploads/", to.path()));
        let answer = self
            .service
            .send(&self.ask(Method::POST, place, to))
            .await?;
        if answer.status != StatusCode::ACCEPTED {
            let missing = answer.status == StatusCode::NOT_FOUND;
            let (fault, said) = self.service.said(answer).await;
            return Err(match missing {
                true => said.no_repository(to.to_string()),
                false => fault,
            });
        }
        let location = answer.location();
        location
            .ok_or_else(|| Fault::refused(to.to_string(), "the registry sent no upload location"))
    }

    /// Sends the content, and cancels the upload if that fails.
    pub(super) async fn send(&self, session: Url, content: Content) -> Result<(), Fault> {
        let end = self.put(session.clone(), content).await;
        if end.is_err() {
            self.cancel(session).await;
        }
        end
    }

    /// Cancels an upload, which uses storage until the registry removes it; errors are ignored.
    pub(super) async fn cancel(&self, session: Url) {
        let ask = self.ask(Method::DELETE, Place::At(session), self.to);
        let _ = tokio::time::timeout(Duration::from_secs(5), self.service.send(&ask)).await;
    }

    /// A single PUT, which every registry supports.
    async fn put(&self, mut session: Url, content: Content) -> Result<(), Fault> {
        let Content {
            digest,
            size,
            progress,
            payload,
        } = content;
        session
            .query_pairs_mut()
            .append_pair("digest", &digest.to_string());
        let what = format!("{}@{digest}", self.to);
        let ask = self
            .ask(Method::PUT, Place::At(session), what)
            .header(header::CONTENT_TYPE, "application/octet-stream")
            .header(header::CONTENT_LENGTH, &size.to_string())
            .payload(payload);
        let answer = self
            .watched(&ask, &progress, size)
            .await
            .map_err(|fault| progress.fault().unwrap_or(fault))?;
        match answer.status.is_success() {
            true => answer.confirms(digest),
            false => Err(self.service.fault(answer).await),
        }
    }

    /// Sends the request, and fails if it makes no progress.
    async fn watched(&self, ask: &Ask, progress: &Progress, size: u64) -> Result<Answer, Fault> {
        let stall = self.service.limits.stall;
        let mut send = pin!(self.service.send(ask));
        let (mut seen, mut quiet) = (0, 0);
        loop {
            if let Ok(answer) = tokio::time::timeout(stall, &mut send).await {
                return answer;
            }
            quiet = match progress.sent() == seen {
                true => quiet + 1,
                false => 0,
            };
            seen = progress.sent();
            if quiet >= if seen == size { COMMIT } else { 1 } {
                let why = format!("the upload stalled for {} s", stall.as_secs_f32());
                return Err(Fault::unreachable(&ask.what, why));
            }
        }
    }

    fn ask(&self, method: Method, place: Place, what: impl ToString) -> Ask {
        Ask::new(method, place, Scopes::push(self.to), what, self.now)
    }
}
