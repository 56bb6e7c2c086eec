//! Blobs: looked up and fetched.

use super::OciRegistry;
use super::answer::Answer;
use super::ask::{Ask, Place};
use super::scope::Scopes;
use crate::http::{Fault, Try};
use crate::name::{Digest, Repository};
use crate::request::{FaultKind, Patience, WorldError};
use http::{Method, StatusCode, header};
use std::sync::Arc;

impl OciRegistry {
    pub(super) async fn blob_of(
        &self,
        repository: &Repository,
        digest: Digest,
        patience: Patience,
    ) -> Result<Arc<[u8]>, WorldError> {
        let what = &format!("{repository}@{digest}");
        let fetch = |now| async move {
            let answer = self.open_blob(repository, digest, 0, now).await?;
            let bytes = answer.bytes(self.0.limits.body).await?;
            match Digest::of(&bytes) {
                got if got == digest => Ok(bytes.into()),
                got => Err(Fault::refused(
                    what,
                    format!("the registry sent {got} instead"),
                )),
            }
        };
        self.retry(patience, what, fetch).await
    }

    /// Whether a repository has a blob.
    pub(super) async fn has_blob(
        &self,
        repository: &Repository,
        digest: Digest,
        now: Try,
    ) -> Result<bool, Fault> {
        let service = self.service(repository.domain());
        let scopes = Scopes::push(repository);
        let ask = ask(Method::HEAD, repository, digest, scopes, now);
        let answer = service.send(&ask).await?;
        match answer.status {
            StatusCode::OK => Ok(true),
            StatusCode::NOT_FOUND => Ok(false),
            _ => Err(service.fault(answer).await),
        }
    }

    /// A blob from this byte on, or from its start if the registry does not support ranges.
    pub(super) async fn open_blob(
        &self,
        repository: &Repository,
        digest: Digest,
        from: u64,
        now: Try,
    ) -> Result<Answer, Fault> {
        let service = self.service(repository.domain());
        let scopes = Scopes::pull(repository);
        let mut ask = ask(Method::GET, repository, digest, scopes, now);
        if from > 0 {
            ask = ask.header(header::RANGE, &format!("bytes={from}-"));
        }
        let answer = service.send(&ask).await?;
        match answer.status {
            StatusCode::OK | StatusCode::PARTIAL_CONTENT => Ok(answer),
            StatusCode::NOT_FOUND => Err(Fault::new(
                FaultKind::NotFound,
                answer.what,
                "the registry does not have this blob",
            )),
            _ => Err(service.fault(answer).await),
        }
    }
}

fn ask(method: Method, repository: &Repository, digest: Digest, scopes: Scopes, now: Try) -> Ask {
    let place = Place::Api(format!("{}/blobs/{digest}", repository.path()));
    Ask::new(method, place, scopes, format!("{repository}@{digest}"), now)
}
