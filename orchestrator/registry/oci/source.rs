//! Large blobs: read as a stream that resumes after an interruption.

use super::OciRegistry;
use crate::http::{Fault, Try};
use crate::name::{Digest, Repository};
use bytes::Bytes;
use http::StatusCode;
use parking_lot::Mutex;
use sha2::Digest as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How often an interrupted stream is resumed.
const RESUMES: usize = 5;

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
        self.fault.lock().clone()
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
                    *source.progress.fault.lock() = Some(fault.clone());
                    Err(fault.error)
                }
            }
        });
        reqwest::Body::wrap_stream(pieces)
    }

    async fn piece(&mut self) -> Result<Option<Bytes>, Fault> {
        if self.progress.sent() == self.size {
            return match self.size {
                0 => self.verified().map(|()| None),
                _ => Ok(None),
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
        if self.resumes == RESUMES {
            let why = format!("its stream was interrupted {RESUMES} times");
            return Err(Fault::unreachable(self.what(), why));
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
            let why = format!(
                "the blob is longer than the {} bytes in its manifest",
                self.size
            );
            return Err(Fault::refused(self.what(), why));
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
        match got == self.digest {
            true => Ok(()),
            false => Err(Fault::refused(
                self.what(),
                format!("the registry sent {got} instead"),
            )),
        }
    }

    fn what(&self) -> String {
        format!("{}@{}", self.repository, self.digest)
    }
}
