//! Uploads a blob, as a stream or from memory.

use super::OciRegistry;
use super::answer::Answer;
use super::ask::{Ask, Payload, Place};
use super::scope::Scopes;
use super::service::Service;
use super::source::{Progress, Source};
use crate::http::{Fault, Try};
use crate::name::{Digest, Repository};
use http::{Method, StatusCode, header};
use reqwest::Url;
use std::pin::pin;
use std::sync::Mutex;
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

impl OciRegistry {
    pub(super) async fn send_or_cancel(
        &self,
        service: &Service,
        to: &Repository,
        session: Url,
        content: Content,
        now: Try,
    ) -> Result<(), Fault> {
        let end = self
            .upload(service, to, session.clone(), content, now)
            .await;
        if end.is_err() {
            self.cancel(service, to, Some(session), now).await;
        }
        end
    }

    pub(super) async fn start(
        &self,
        service: &Service,
        to: &Repository,
        now: Try,
    ) -> Result<Url, Fault> {
        let place = Place::Api(format!("{}/blobs/uploads/", to.path()));
        let answer = service
            .send(&Ask::new(Method::POST, place, Scopes::push(to), to, now))
            .await?;
        if answer.status != StatusCode::ACCEPTED {
            let missing = answer.status == StatusCode::NOT_FOUND;
            let (fault, said) = service.said(answer).await;
            return Err(match missing {
                true => said.no_repository(to.to_string()),
                false => fault,
            });
        }
        answer
            .location()
            .ok_or_else(|| Fault::refused(to.to_string(), "the registry sent no upload location"))
    }

    /// A single PUT, which every registry supports.
    async fn upload(
        &self,
        service: &Service,
        to: &Repository,
        mut session: Url,
        content: Content,
        now: Try,
    ) -> Result<(), Fault> {
        let Content {
            digest,
            size,
            progress,
            payload,
        } = content;
        let what = format!("{to}@{digest}");
        session
            .query_pairs_mut()
            .append_pair("digest", &digest.to_string());
        let ask = Ask::new(
            Method::PUT,
            Place::At(session),
            Scopes::push(to),
            &what,
            now,
        )
        .header(header::CONTENT_TYPE, "application/octet-stream")
        .header(header::CONTENT_LENGTH, &size.to_string())
        .payload(payload);
        let answer = self
            .watched(service, &ask, &progress, size)
            .await
            .map_err(|fault| progress.fault().unwrap_or(fault))?;
        if !answer.status.is_success() {
            return Err(service.fault(answer).await);
        }
        answer.confirms(digest)
    }

    /// Sends the request, and fails if it makes no progress.
    async fn watched(
        &self,
        service: &Service,
        ask: &Ask,
        progress: &Progress,
        size: u64,
    ) -> Result<Answer, Fault> {
        let stall = self.0.limits.stall;
        let mut send = pin!(service.send(ask));
        let (mut seen, mut quiet) = (0, 0);
        loop {
            if let Ok(answer) = tokio::time::timeout(stall, &mut send).await {
                return answer;
            }
            quiet = if progress.sent() == seen {
                quiet + 1
            } else {
                0
            };
            seen = progress.sent();
            if quiet >= if seen == size { COMMIT } else { 1 } {
                return Err(Fault::unreachable(
                    &ask.what,
                    format!("the upload stalled for {} s", stall.as_secs_f32()),
                ));
            }
        }
    }

    /// Cancels an upload, which uses storage until the registry removes it; errors are ignored.
    pub(super) async fn cancel(
        &self,
        service: &Service,
        to: &Repository,
        session: Option<Url>,
        now: Try,
    ) {
        if let Some(session) = session {
            let ask = Ask::new(
                Method::DELETE,
                Place::At(session),
                Scopes::push(to),
                to,
                now,
            );
            let _ = tokio::time::timeout(Duration::from_secs(5), service.send(&ask)).await;
        }
    }
}
