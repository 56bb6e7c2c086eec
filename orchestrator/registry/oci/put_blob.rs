//! Uploads a small blob from memory.

use super::OciRegistry;
use super::upload::Content;
use crate::http::{Fault, Try};
use crate::name::{Digest, Repository};
use crate::request::{Patience, WorldError};
use bytes::Bytes;
use std::sync::Arc;

impl OciRegistry {
    /// Makes sure that a repository has these bytes as a blob.
    pub(super) async fn put_blob_at(
        &self,
        to: &Repository,
        bytes: Arc<[u8]>,
    ) -> Result<Digest, WorldError> {
        let (digest, bytes) = (Digest::of(&bytes), Bytes::from_owner(bytes));
        let attempt = |now| self.put_blob_once(to, digest, bytes.clone(), now);
        self.once_per_blob(to, digest, Patience::WRITE, attempt)
            .await?;
        Ok(digest)
    }

    async fn put_blob_once(
        &self,
        to: &Repository,
        digest: Digest,
        bytes: Bytes,
        now: Try,
    ) -> Result<(), Fault> {
        if self.has_blob(to, digest, now).await? {
            return Ok(());
        }
        let upload = self.upload(to, now);
        let session = upload.start().await?;
        upload
            .send(session, Content::in_memory(digest, bytes))
            .await
    }
}
