//! The services images live in, behind one trait.

pub mod credentials;
pub mod fake;
mod keyed;
pub mod oci;

use crate::host::Environment;
use crate::name::{Digest, Reference, Repository};
use crate::request::{Patience, Stored, WorldError};
use async_trait::async_trait;
use std::sync::Arc;

/// Registries, by reference: one client for all domains.
#[async_trait]
pub trait Registry: Send + Sync {
    /// The digest a reference has now; `None` if there is none. One HEAD where the registry answers it.
    async fn head(
        &self,
        reference: &Reference,
        patience: Patience,
    ) -> Result<Option<Digest>, WorldError>;

    /// The manifest or index as it is stored, its digest verified; `None` if there is none.
    async fn manifest(
        &self,
        reference: &Reference,
        patience: Patience,
    ) -> Result<Option<Stored>, WorldError>;

    /// A small blob (an image's configuration), its digest verified, at most 8 MiB.
    async fn blob(
        &self,
        repository: &Repository,
        digest: Digest,
        patience: Patience,
    ) -> Result<Arc<[u8]>, WorldError>;

    /// Writes these very bytes under a tag (or by digest) and returns once the registry has said so.
    /// Before a retry the state is read, so that a lost answer is not taken for a failure.
    async fn put(&self, reference: &Reference, stored: &Stored) -> Result<(), WorldError>;

    /// Copies a manifest or index with all its blobs from one repository to another, by digest: mounted
    /// within a registry, streamed between two; what is there already is not sent again.
    async fn copy(
        &self,
        from: &Repository,
        digest: Digest,
        to: &Repository,
    ) -> Result<(), WorldError>;

    /// All tags of a repository; empty if there is none.
    async fn tags(
        &self,
        repository: &Repository,
        patience: Patience,
    ) -> Result<Vec<String>, WorldError>;

    /// Deletes a tag, where the registry can.
    async fn delete(&self, reference: &Reference) -> Result<(), WorldError>;
}

/// The client for all registries that this environment speaks of: its credentials, proxies and certificates.
/// Reads and connects to nothing before the first call. Cheap to clone: the clones share connections, tokens and budgets.
pub fn client(env: &Environment) -> oci::OciRegistry {
    oci::OciRegistry::new(
        env,
        credentials::Credentials::from(env),
        oci::Limits::default(),
    )
}
