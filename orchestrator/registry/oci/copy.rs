//! Copying an image: children before the index, blobs before the manifest.

use super::OciRegistry;
use super::provide::Blob;
use crate::http::Fault;
use crate::name::{Digest, Reference, Repository};
use crate::request::{Descriptor, FaultKind, Patience, Stored, WorldError};
use futures_util::future::{BoxFuture, try_join_all};
use std::collections::HashSet;

/// The most levels of indexes: an index may contain an index.
const DEEPEST: usize = 4;

/// The children or blobs of a manifest or index.
#[derive(Debug, Default, PartialEq, Eq)]
struct Parts {
    children: Vec<Digest>,
    blobs: Vec<Blob>,
}

impl OciRegistry {
    pub(super) async fn copy_all(
        &self,
        from: &Repository,
        digest: Digest,
        to: &Repository,
    ) -> Result<(), WorldError> {
        self.copy_below(from, digest, to, 0).await
    }

    /// Puts the children and the blobs of a manifest into another repository.
    pub(super) async fn provide_parts(
        &self,
        from: &Repository,
        stored: &Stored,
        to: &Repository,
    ) -> Result<(), WorldError> {
        let parts = Parts::read(stored);
        let what = || Reference::pinned(from.clone(), stored.digest).to_string();
        let parts = parts.map_err(|why| Fault::refused(what(), why).error)?;
        let children = parts.children.iter();
        try_join_all(children.map(|child| self.copy_below(from, *child, to, 1))).await?;
        try_join_all(parts.blobs.iter().map(|blob| self.provide(from, *blob, to))).await?;
        Ok(())
    }

    fn copy_below<'a>(
        &'a self,
        from: &'a Repository,
        digest: Digest,
        to: &'a Repository,
        depth: usize,
    ) -> BoxFuture<'a, Result<(), WorldError>> {
        Box::pin(async move {
            let (source, target) = (
                Reference::pinned(from.clone(), digest),
                Reference::pinned(to.clone(), digest),
            );
            let missing = || {
                WorldError::fault(
                    FaultKind::NotFound,
                    source.to_string(),
                    "the image to copy does not exist",
                )
            };
            let stored = self
                .manifest_of(&source, Patience::READ)
                .await?
                .ok_or_else(missing)?;
            let parts = Parts::read(&stored)
                .map_err(|why| Fault::refused(source.to_string(), why).error)?;
            if depth > DEEPEST {
                return Err(Fault::refused(
                    source.to_string(),
                    "its indexes are nested too deeply",
                )
                .error);
            }
            // A registry may accept an index whose children are missing, so the children are checked in any case.
            try_join_all(
                parts
                    .children
                    .iter()
                    .map(|child| self.copy_below(from, *child, to, depth + 1)),
            )
            .await?;
            if self.head_of(&target, Patience::READ).await?.is_some() {
                return Ok(());
            }
            try_join_all(parts.blobs.iter().map(|blob| self.provide(from, *blob, to))).await?;
            self.put_as(&target, &stored).await
        })
    }
}

impl Parts {
    fn read(stored: &Stored) -> Result<Self, String> {
        let manifest = stored
            .manifest()
            .map_err(|e| format!("the manifest cannot be read: {e}"))?;
        // Non-distributable layers are stored at URLs of their own.
        let ours = |d: &&Descriptor| {
            !(d.media_type.contains("foreign") || d.media_type.contains("nondistributable"))
        };
        let children = blobs(manifest.manifests.iter())?;
        Ok(Self {
            children: children.into_iter().map(|child| child.digest).collect(),
            blobs: blobs(manifest.config.iter().chain(&manifest.layers).filter(ours))?,
        })
    }
}

/// Each of them once.
fn blobs<'a>(named: impl Iterator<Item = &'a Descriptor>) -> Result<Vec<Blob>, String> {
    let mut seen = HashSet::new();
    let blob = |named: &Descriptor| match (named.digest, named.size) {
        (Some(digest), Some(size)) => Ok(Blob { digest, size }),
        _ => Err("the manifest names a part without a sha256 digest or a size".to_owned()),
    };
    let named = named.map(blob);
    named
        .filter(|blob| blob.as_ref().map_or(true, |blob| seen.insert(blob.digest)))
        .collect()
}

#[cfg(test)]
mod tests;
