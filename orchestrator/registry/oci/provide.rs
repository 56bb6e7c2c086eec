//! Makes sure that a repository has a blob: mounted from another repository if possible, else uploaded.

use super::OciRegistry;
use super::ask::{Ask, Place};
use super::scope::Scopes;
use super::source::Source;
use super::upload::Upload;
use crate::http::{Fault, Try};
use crate::name::{Digest, Repository};
use crate::request::{Patience, WorldError};
use http::{Method, StatusCode};
use reqwest::Url;
use std::time::Duration;

/// Uploading a large blob may take hours, as long as it makes progress.
const TRANSFER: Patience = Patience {
    tries: 6,
    each: Duration::from_secs(60),
    total: Duration::from_secs(3 * 3600),
};

/// A blob as a manifest names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Blob {
    pub(super) digest: Digest,
    pub(super) size: u64,
}

enum Mount {
    Done,
    Session(Url),
    Refused,
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
            self.retry(patience, &what, attempt).await?;
            *provided = Some(());
            let mut homes = self.0.homes.lock();
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
        let upload = self.upload(to, now);
        if let Err(fault) = source.open().await {
            if let Some(session) = session {
                upload.cancel(session).await;
            }
            return Err(fault);
        }
        let session = match session {
            Some(session) => session,
            None => upload.start().await?,
        };
        upload.send(session, source.into()).await
    }

    /// A try to upload to this repository.
    pub(super) fn upload<'a>(&self, to: &'a Repository, now: Try) -> Upload<'a> {
        Upload {
            service: self.service(to.domain()),
            to,
            now,
        }
    }

    /// A repository of the same registry that has the blob.
    fn neighbour(&self, from: &Repository, digest: Digest, to: &Repository) -> Option<Repository> {
        if from.domain() == to.domain() {
            return Some(from.clone()).filter(|from| from != to);
        }
        let homes = self.0.homes.lock();
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
        let what = format!("{to}@{digest}");
        let ask = Ask::new(Method::POST, place, scopes, what, now);
        let answer = service.send(&ask).await?;
        match answer.status {
            StatusCode::CREATED => Ok(Mount::Done),
            StatusCode::ACCEPTED => Ok(answer.location().map_or(Mount::Refused, Mount::Session)),
            status if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS => {
                Ok(Mount::Refused)
            }
            _ => Err(service.fault(answer).await),
        }
    }
}
