//! Staging repositories that are read through: what the one of pull requests does not have, the one of other runs may have.
//!
//! Tags and blobs are read through, so a pull request finds records and staged images where they are. Digests are not: an engine
//! pulls them by name, so callers name the repository that has them. Nothing is ever written to the repository below.

use crate::memory::{Record, StagingTag};
use crate::name::{Digest, Reference, Repository};
use crate::registry::Registry;
use crate::request::{FaultKind, Patience, Referrer, Stored, WorldError};
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Registries of which some repositories are read through to another one.
pub struct ReadThrough {
    registry: Arc<dyn Registry>,
    /// By repository: the one below it.
    below: BTreeMap<Repository, Repository>,
}

/// These registries, with each repository read through to the one below it.
pub fn read_through(
    registry: Arc<dyn Registry>,
    below: BTreeMap<Repository, Repository>,
) -> Arc<dyn Registry> {
    match below.is_empty() {
        true => registry,
        false => Arc::new(ReadThrough { registry, below }),
    }
}

impl ReadThrough {
    /// The same tag in the repository below.
    fn lower(&self, reference: &Reference) -> Option<Reference> {
        let below = self.below.get(&reference.repository)?;
        let tag = reference.tag.clone()?;
        let is_tag = reference.digest.is_none();
        is_tag.then(|| Reference::tagged(below.clone(), tag))
    }

    /// Refuses a write to a repository that is only read.
    fn check_writable(&self, repository: &Repository) -> Result<(), WorldError> {
        let is_below = self.below.values().any(|below| below == repository);
        match is_below && !self.below.contains_key(repository) {
            true => {
                let why = "a pull request does not write to the staging repository of other runs";
                let what = repository.to_string();
                Err(WorldError::fault(FaultKind::Ours, what, why))
            }
            false => Ok(()),
        }
    }

    /// Copies what a manifest refers to from the repository below: an image of the same digest, the images of an index, and the
    /// record that this one continues.
    async fn provide(&self, reference: &Reference, stored: &Stored) -> Result<(), WorldError> {
        let Some(below) = self.below.get(&reference.repository) else {
            return Ok(());
        };
        let images = stored.images().into_iter().map(|(_, digest)| digest);
        let mut needed: Vec<Digest> = images.chain([stored.digest]).collect();
        if let Some(lower) = self.lower(reference) {
            needed.extend(permitted(self.registry.head(&lower, Patience::READ).await)?);
        }
        for digest in needed {
            let here = Reference::pinned(reference.repository.clone(), digest);
            let there = Reference::pinned(below.clone(), digest);
            if self.registry.head(&here, Patience::READ).await?.is_none()
                && permitted(self.registry.head(&there, Patience::READ).await)?.is_some()
            {
                let to = &reference.repository;
                self.registry.copy(below, digest, to).await?;
            }
        }
        Ok(())
    }
}

/// A pull request may lack the right to read what other runs have staged: then it has nothing of theirs.
fn permitted<T>(found: Result<Option<T>, WorldError>) -> Result<Option<T>, WorldError> {
    match found {
        Err(error) if error.kind() == FaultKind::NotAllowed => Ok(None),
        found => found,
    }
}

/// What both repositories know, if both have a record: an image may have been withdrawn after the pull request has read it.
fn both(own: Stored, other: Stored) -> Stored {
    match (Record::read(&own), Record::read(&other)) {
        (Some(own), Some(other)) => own.merged(&other).stored(),
        _ => own,
    }
}

#[async_trait]
impl Registry for ReadThrough {
    async fn head(
        &self,
        reference: &Reference,
        patience: Patience,
    ) -> Result<Option<Digest>, WorldError> {
        let found = self.registry.head(reference, patience).await?;
        match (found, self.lower(reference)) {
            (None, Some(lower)) => permitted(self.registry.head(&lower, patience).await),
            (found, _) => Ok(found),
        }
    }

    async fn manifest(
        &self,
        reference: &Reference,
        patience: Patience,
    ) -> Result<Option<Stored>, WorldError> {
        let own = self.registry.manifest(reference, patience).await?;
        let Some(lower) = self.lower(reference) else {
            return Ok(own);
        };
        let kind = lower.tag.as_ref().and_then(StagingTag::read);
        let is_record = matches!(kind, Some(StagingTag::Record(_)));
        if own.is_some() && !is_record {
            return Ok(own);
        }
        let other = permitted(self.registry.manifest(&lower, patience).await)?;
        Ok(match (own, other) {
            (Some(own), Some(other)) => Some(both(own, other)),
            (own, other) => own.or(other),
        })
    }

    async fn blob(
        &self,
        repository: &Repository,
        digest: Digest,
        patience: Patience,
    ) -> Result<Arc<[u8]>, WorldError> {
        let own = self.registry.blob(repository, digest, patience).await;
        match (own, self.below.get(repository)) {
            (Err(error), Some(below)) if !error.kind().is_unreachable() => {
                let other = self.registry.blob(below, digest, patience).await;
                other.map_err(|_| error)
            }
            (own, _) => own,
        }
    }

    async fn put(&self, reference: &Reference, stored: &Stored) -> Result<(), WorldError> {
        self.check_writable(&reference.repository)?;
        self.provide(reference, stored).await?;
        self.registry.put(reference, stored).await
    }

    async fn put_blob(
        &self,
        repository: &Repository,
        bytes: Arc<[u8]>,
    ) -> Result<Digest, WorldError> {
        self.check_writable(repository)?;
        self.registry.put_blob(repository, bytes).await
    }

    async fn copy(
        &self,
        from: &Repository,
        digest: Digest,
        to: &Repository,
    ) -> Result<(), WorldError> {
        self.check_writable(to)?;
        self.registry.copy(from, digest, to).await
    }

    async fn referrers(
        &self,
        repository: &Repository,
        subject: Digest,
        artifact_type: Option<&str>,
        patience: Patience,
    ) -> Result<Vec<Referrer>, WorldError> {
        let registry = &self.registry;
        let all = registry.referrers(repository, subject, artifact_type, patience);
        all.await
    }

    async fn attach(&self, repository: &Repository, stored: &Stored) -> Result<(), WorldError> {
        self.check_writable(repository)?;
        self.registry.attach(repository, stored).await
    }

    async fn copy_referrers(
        &self,
        from: &Repository,
        subject: Digest,
        to: &Repository,
    ) -> Result<(), WorldError> {
        self.check_writable(to)?;
        self.registry.copy_referrers(from, subject, to).await
    }

    async fn tags(
        &self,
        repository: &Repository,
        patience: Patience,
    ) -> Result<Vec<String>, WorldError> {
        self.registry.tags(repository, patience).await
    }

    async fn delete(&self, reference: &Reference) -> Result<(), WorldError> {
        self.check_writable(&reference.repository)?;
        self.registry.delete(reference).await
    }
}

#[cfg(test)]
mod tests;
