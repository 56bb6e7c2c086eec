//! Where images are stored: registries, behind one trait.

pub mod credentials;
#[cfg(test)]
pub mod fake;
mod keyed;
pub mod oci;
mod read_through;
mod removal;

pub use read_through::{ReadThrough, read_through};
pub use removal::remove_referrers;

use crate::host::Environment;
use crate::name::{Digest, Reference, Repository};
use crate::request::{Patience, Referrer, Stored, WorldError};
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

    /// What refers to an image in a repository, such as its SBOM: all of it, or what has this artifact type. Empty if the
    /// image does not exist.
    async fn referrers(
        &self,
        repository: &Repository,
        subject: Digest,
        artifact_type: Option<&str>,
        patience: Patience,
    ) -> Result<Vec<Referrer>, WorldError>;

    /// Stores a manifest that refers to an image, and returns once the registry lists it. Its blobs come first. Where the
    /// registry keeps no list, the list is a tag. Doing it again changes nothing.
    async fn attach(&self, repository: &Repository, stored: &Stored) -> Result<(), WorldError>;

    /// Copies what refers to an image from one repository to another. What the target has is not sent again.
    async fn copy_referrers(
        &self,
        from: &Repository,
        subject: Digest,
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
