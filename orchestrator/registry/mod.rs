//! Where images are stored: registries, behind one trait.

pub mod credentials;
#[cfg(test)]
pub mod fake;
mod keyed;
pub mod oci;
mod read_through;

pub use read_through::{ReadThrough, read_through};

use crate::host::Environment;
use crate::name::{Digest, Reference, Repository};
use crate::request::{Patience, Stored, WorldError};
use async_trait::async_trait;
use std::sync::Arc;

/// Registries, by reference: one client for all domains.
#[async_trait]
pub trait Registry: Send + Sync {
    /// The digest of a reference; `None` if it does not exist. One HEAD request where the registry supports it.
    async fn head(
        &self,
        reference: &Reference,
        patience: Patience,
    ) -> Result<Option<Digest>, WorldError>;

    /// The manifest or index as it is stored, its digest verified; `None` if it does not exist.
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

    /// Writes exactly these bytes under a tag (or by digest) and returns once the registry has confirmed it. Before a
    /// retry the state is read, so that a lost response is not an error.
    async fn put(&self, reference: &Reference, stored: &Stored) -> Result<(), WorldError>;

    /// Stores a small blob, such as the layer of a record, and returns its digest; nothing is sent if the repository
    /// has it.
    async fn put_blob(
        &self,
        repository: &Repository,
        bytes: Arc<[u8]>,
    ) -> Result<Digest, WorldError>;

    /// Copies a manifest or index with all its blobs from one repository to another, by digest: mounted within a
    /// registry, streamed between two. What the target already has is not sent again.
    async fn copy(
        &self,
        from: &Repository,
        digest: Digest,
        to: &Repository,
    ) -> Result<(), WorldError>;

    /// All tags of a repository; empty if it does not exist.
    async fn tags(
        &self,
        repository: &Repository,
        patience: Patience,
    ) -> Result<Vec<String>, WorldError>;

    /// Deletes a tag, if the registry supports it.
    async fn delete(&self, reference: &Reference) -> Result<(), WorldError>;
}

/// The client for all registries, with the credentials, proxies and certificates of this environment.
/// Reads and connects to nothing before the first call. Cheap to clone: clones share connections, tokens and limits.
pub fn client(env: &Environment) -> oci::OciRegistry {
    oci::OciRegistry::new(
        env,
        credentials::Credentials::from(env),
        oci::Limits::default(),
    )
}
