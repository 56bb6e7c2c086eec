//! Uploads a missing blob: mounted from another repository if possible, else streamed.

use super::OciRegistry;
use super::answer::Answer;
use super::ask::{Ask, Payload, Place};
use super::blob::{Progress, Source};
use super::retry::retry;
use super::scope::Scopes;
use super::service::Service;
use crate::http::{Fault, Try};
use crate::name::{Digest, Repository};
use crate::request::{Patience, WorldError};
use http::{Method, StatusCode, header};
use reqwest::Url;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Uploading a large blob may take hours, as long as it makes progress.
const TRANSFER: Patience = Patience {
    tries: 6,
    each: Duration::from_secs(60),
    total: Duration::from_secs(3 * 3600),
};

/// How often [`super::Limits::stall`] may pass while the registry processes a blob that it has received.
const COMMIT: usize = 5;

/// A blob as a manifest names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Blob {
    pub(super) digest: Digest,
    pub(super) size: u64,
}

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
    /// Makes sure that a repository has a blob of another repository.
    pub(super) async fn provide(
        &self,
        from: &Repository,
        blob: Blob,
        to: &Repository,
    ) -> Result<(), WorldError> {
        let attempt = |now| self.provide_once(from, blob, to, now);
        self.once_per_blob(to, blob.digest, TRANSFER, attempt).await
    }

    /// Concurrent calls for the same blob upload it once, and later ones send no request.
    pub(super) async fn once_per_blob<F, Fut>(
        &self,
        to: &Repository,
        digest: Digest,
        patience: Patience,
        attempt: F,
    ) -> Result<(), WorldError>
    where
        F: FnMut(Try) -> Fut,
        Fut: Future<Output = Result<(), Fault>>,
    {
        let cell = self.0.provided.cell((to.clone(), digest));
        let mut provided = cell.lock().await;
        if provided.is_none() {
            let what = format!("{to}@{digest}");
            retry(&self.0.limits, patience, &what, attempt).await?;
            *provided = Some(());
            let mut homes = self.0.homes.lock().unwrap_or_else(PoisonError::into_inner);
            homes
                .entry((to.domain().clone(), digest))
                .or_insert_with(|| to.clone());
        }
        Ok(())
    }

    async fn provide_once(
        &self,
        from: &Repository,
        blob: Blob,
        to: &Repository,
        now: Try,
    ) -> Result<(), Fault> {
        if self.has_blob(to, blob.digest, now).await? {
            return Ok(());
        }
        let session = match self.neighbour(from, blob.digest, to) {
            Some(neighbour) => match self.mount(&neighbour, blob.digest, to, now).await? {
                Mount::Done => return Ok(()),
                Mount::Session(url) => Some(url),
                Mount::Refused => None,
            },
            None => None,
        };
        let closed = |_| Fault::unreachable(to.to_string(), "closed");
        let _transfer = self.0.transfers.acquire().await.map_err(closed)?;
        let mut source = Source::new(self, from, blob.digest, blob.size, now);
        let service = self.service(to.domain());
        if let Err(fault) = source.open().await {
            self.cancel(&service, to, session, now).await;
            return Err(fault);
        }
        let session = match session {
            Some(session) => session,
            None => self.start(&service, to, now).await?,
        };
        self.send_or_cancel(&service, to, session, source.into(), now)
            .await
    }

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

    /// A repository of the same registry that has the blob.
    fn neighbour(&self, from: &Repository, digest: Digest, to: &Repository) -> Option<Repository> {
        if from.domain() == to.domain() {
            return Some(from.clone()).filter(|from| from != to);
        }
        let homes = self.0.homes.lock().unwrap_or_else(PoisonError::into_inner);
        homes
            .get(&(to.domain().clone(), digest))
            .filter(|home| *home != to)
            .cloned()
    }

    /// A registry may respond to a mount with an upload instead, or may not support mounts.
    async fn mount(
        &self,
        from: &Repository,
        digest: Digest,
        to: &Repository,
        now: Try,
    ) -> Result<Mount, Fault> {
        let service = self.service(to.domain());
        let place = Place::Api(format!(
            "{}/blobs/uploads/?mount={digest}&from={}",
            to.path(),
            from.path()
        ));
        let scopes = Scopes::push(to).and(Scopes::pull(from));
        let answer = service
            .send(&Ask::new(
                Method::POST,
                place,
                scopes,
                format!("{to}@{digest}"),
                now,
            ))
            .await?;
        match answer.status {
            StatusCode::CREATED => Ok(Mount::Done),
            StatusCode::ACCEPTED => Ok(answer.location().map_or(Mount::Refused, Mount::Session)),
            status if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS => {
                Ok(Mount::Refused)
            }
            _ => Err(service.fault(answer, &format!("{to}@{digest}")).await),
        }
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
            let (fault, said) = service.said(answer, &to.to_string()).await;
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
            return Err(service.fault(answer, &what).await);
        }
        match answer.digest().filter(|got| *got != digest) {
            Some(other) => Err(Fault::refused(
                what,
                format!("{digest} was sent, but the registry stored {other}"),
            )),
            None => Ok(()),
        }
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
    async fn cancel(&self, service: &Service, to: &Repository, session: Option<Url>, now: Try) {
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

enum Mount {
    Done,
    Session(Url),
    Refused,
}
