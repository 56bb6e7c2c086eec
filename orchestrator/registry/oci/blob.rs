//! Blobs: small ones in memory, large ones as a stream that resumes after an interruption.

use super::OciRegistry;
use super::answer::Answer;
use super::ask::{Ask, Place};
use super::retry::retry;
use super::scope::Scopes;
use crate::http::{Fault, Try};
use crate::name::{Digest, Repository};
use crate::request::{FaultKind, Patience, WorldError};
use bytes::Bytes;
use http::{Method, StatusCode, header};
use sha2::Digest as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// How often an interrupted stream is resumed.
const RESUMES: usize = 5;

impl OciRegistry {
    pub(super) async fn blob_of(
        &self,
        repository: &Repository,
        digest: Digest,
        patience: Patience,
    ) -> Result<Arc<[u8]>, WorldError> {
        let what = format!("{repository}@{digest}");
        let fetch = |now| {
            let what = what.clone();
            async move {
                let bytes = self
                    .open_blob(repository, digest, 0, now)
                    .await?
                    .bytes(&what, self.0.limits.body)
                    .await?;
                let got = Digest::of(&bytes);
                if got != digest {
                    return Err(Fault::refused(
                        what,
                        format!("the registry sent {got} instead"),
                    ));
                }
                Ok(bytes.into())
            }
        };
        retry(&self.0.limits, patience, &what, fetch).await
    }

    /// Whether a repository has a blob.
    pub(super) async fn has_blob(
        &self,
        repository: &Repository,
        digest: Digest,
        now: Try,
    ) -> Result<bool, Fault> {
        let service = self.service(repository.domain());
        let answer = service
            .send(&ask(
                Method::HEAD,
                repository,
                digest,
                Scopes::push(repository),
                now,
            ))
            .await?;
        match answer.status {
            StatusCode::OK => Ok(true),
            StatusCode::NOT_FOUND => Ok(false),
            _ => Err(service
                .fault(answer, &format!("{repository}@{digest}"))
                .await),
        }
    }

    /// A blob from this byte on, or from its start if the registry does not support ranges.
    async fn open_blob(
        &self,
        repository: &Repository,
        digest: Digest,
        from: u64,
        now: Try,
    ) -> Result<Answer, Fault> {
        let what = format!("{repository}@{digest}");
        let service = self.service(repository.domain());
        let mut ask = ask(
            Method::GET,
            repository,
            digest,
            Scopes::pull(repository),
            now,
        );
        if from > 0 {
            ask = ask.header(header::RANGE, &format!("bytes={from}-"));
        }
        let answer = service.send(&ask).await?;
        match answer.status {
            StatusCode::OK | StatusCode::PARTIAL_CONTENT => Ok(answer),
            StatusCode::NOT_FOUND => Err(Fault::new(
                FaultKind::NotFound,
                what,
                "the registry does not have this blob",
            )),
            _ => Err(service.fault(answer, &what).await),
        }
    }
}

fn ask(method: Method, repository: &Repository, digest: Digest, scopes: Scopes, now: Try) -> Ask {
    let place = Place::Api(format!("{}/blobs/{digest}", repository.path()));
    Ask::new(method, place, scopes, format!("{repository}@{digest}"), now)
}

/// The part of a stream's state that another task reads.
#[derive(Clone, Default)]
pub(super) struct Progress {
    sent: Arc<AtomicU64>,
    fault: Arc<Mutex<Option<Fault>>>,
}

impl Progress {
    /// That of a blob that is sent in one piece.
    pub(super) fn complete(size: u64) -> Self {
        Self {
            sent: Arc::new(AtomicU64::new(size)),
            fault: Arc::default(),
        }
    }

    /// The bytes passed on so far.
    pub(super) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Why the stream ended early, if it did.
    pub(super) fn fault(&self) -> Option<Fault> {
        self.fault
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// A blob that is read from a repository: never whole in memory, with size and digest verified before its last bytes
/// are passed on.
pub(super) struct Source {
    pub(super) registry: OciRegistry,
    pub(super) repository: Repository,
    pub(super) digest: Digest,
    pub(super) size: u64,
    pub(super) now: Try,
    pub(super) progress: Progress,
    hash: sha2::Sha256,
    body: Option<reqwest::Response>,
    /// Bytes that are sent again and were passed on before.
    skip: u64,
    resumes: usize,
}

impl Source {
    pub(super) fn new(
        registry: &OciRegistry,
        repository: &Repository,
        digest: Digest,
        size: u64,
        now: Try,
    ) -> Self {
        let (hash, progress) = (sha2::Sha256::new(), Progress::default());
        let (registry, repository) = (registry.clone(), repository.clone());
        Self {
            registry,
            repository,
            digest,
            size,
            now,
            progress,
            hash,
            body: None,
            skip: 0,
            resumes: 0,
        }
    }

    /// Opens it, so that a missing blob is an error before anything is sent.
    pub(super) async fn open(&mut self) -> Result<(), Fault> {
        let sent = self.progress.sent();
        let answer = self
            .registry
            .open_blob(&self.repository, self.digest, sent, self.now)
            .await?;
        self.skip = if answer.status == StatusCode::PARTIAL_CONTENT {
            0
        } else {
            sent
        };
        self.body = answer.stream();
        Ok(())
    }

    /// The stream as the body of a request.
    pub(super) fn body(self) -> reqwest::Body {
        let pieces = futures_util::stream::try_unfold(self, |mut source| async move {
            match source.piece().await {
                Ok(piece) => Ok(piece.map(|piece| (piece, source))),
                Err(fault) => {
                    *source
                        .progress
                        .fault
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner) = Some(fault.clone());
                    Err(fault.error)
                }
            }
        });
        reqwest::Body::wrap_stream(pieces)
    }

    async fn piece(&mut self) -> Result<Option<Bytes>, Fault> {
        if self.progress.sent() == self.size {
            return if self.size == 0 {
                self.verified().map(|()| None)
            } else {
                Ok(None)
            };
        }
        loop {
            let piece = match &mut self.body {
                None => None,
                Some(body) => tokio::time::timeout(self.registry.0.limits.stall, body.chunk())
                    .await
                    .ok()
                    .and_then(Result::ok)
                    .flatten(),
            };
            let Some(mut piece) = piece else {
                self.resume().await?;
                continue;
            };
            let again = self.skip.min(piece.len() as u64);
            self.skip -= again;
            let piece = piece.split_off(
                usize::try_from(again)
                    .unwrap_or(usize::MAX)
                    .min(piece.len()),
            );
            if !piece.is_empty() {
                return self.hand_on(piece).map(Some);
            }
        }
    }

    /// The stream ended early, or stalled.
    async fn resume(&mut self) -> Result<(), Fault> {
        let what = || format!("{}@{}", self.repository, self.digest);
        if self.resumes == RESUMES {
            return Err(Fault::unreachable(
                what(),
                format!("its stream was interrupted {RESUMES} times"),
            ));
        }
        if self.resumes > 0 {
            tokio::time::sleep(self.registry.0.limits.delay).await;
        }
        self.resumes += 1;
        self.open().await
    }

    fn hand_on(&mut self, piece: Bytes) -> Result<Bytes, Fault> {
        let sent = self.progress.sent() + piece.len() as u64;
        if sent > self.size {
            let what = format!("{}@{}", self.repository, self.digest);
            return Err(Fault::refused(
                what,
                format!(
                    "the blob is longer than the {} bytes in its manifest",
                    self.size
                ),
            ));
        }
        self.hash.update(&piece);
        if sent == self.size {
            self.verified()?;
        }
        self.progress.sent.store(sent, Ordering::Relaxed);
        Ok(piece)
    }

    fn verified(&mut self) -> Result<(), Fault> {
        let got = Digest::from_raw(std::mem::take(&mut self.hash).finalize().into());
        let what = || format!("{}@{}", self.repository, self.digest);
        if got == self.digest {
            Ok(())
        } else {
            Err(Fault::refused(
                what(),
                format!("the registry sent {got} instead"),
            ))
        }
    }
}
