//! Registries according to the distribution specification: our own client over HTTP.
//!
//! ```text
//! OciRegistry -(one per domain)-> Service --> Auth -- challenge, tokens
//!     manifest, blob, copy, tags      |-----> send -- connections, redirects -> Answer
//!     each inside retry               '-----> refusal -> Fault: again or not
//! ```

mod answer;
mod ask;
mod auth;
mod blob;
mod challenge;
mod clients;
mod copy;
mod examine;
mod limits;
mod manifest;
mod message;
mod provide;
mod put_blob;
mod realm;
mod referrers;
mod refusal;
mod retry;
mod scope;
mod send;
mod service;
mod source;
mod tags;
mod token;
mod upload;
mod write;

pub use examine::Greeting;
pub use limits::Limits;

use crate::host::Environment;
use crate::name::{Digest, Domain, Reference, Repository};
use crate::registry::Registry;
use crate::registry::credentials::Credentials;
use crate::registry::keyed::Keyed;
use crate::request::{Patience, Referrer, Stored, WorldError};
use async_trait::async_trait;
use parking_lot::Mutex;
use service::Service;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// Why a write is refused.
const READ_ONLY: &str = "a run with --untrusted writes to no registry";

/// The client for all registries. Cheap to clone; clones share connections, tokens, limits and learned properties.
#[derive(Clone)]
pub struct OciRegistry(Arc<Inner>);

struct Inner {
    env: Environment,
    credentials: Credentials,
    limits: Limits,
    services: Mutex<HashMap<Domain, Arc<Service>>>,
    /// Our writes and their times: a registry may show them late.
    written: Mutex<HashMap<Reference, (Digest, Instant)>>,
    /// Blobs that a repository is known to have.
    provided: Keyed<(Repository, Digest), ()>,
    /// A repository of a registry that has a blob: other repositories of the registry can mount it from there.
    homes: Mutex<HashMap<(Domain, Digest), Repository>>,
    /// Repositories whose registry keeps no list of referrers.
    without_referrers: Mutex<HashSet<Repository>>,
    transfers: Semaphore,
}

impl OciRegistry {
    /// A client with these limits. Connects to nothing yet.
    pub fn new(env: &Environment, credentials: Credentials, limits: Limits) -> Self {
        let transfers = Semaphore::new(limits.transfers.max(1));
        let (services, written, provided, homes, without_referrers) = Default::default();
        Self(Arc::new(Inner {
            env: env.clone(),
            credentials,
            limits,
            services,
            written,
            provided,
            homes,
            without_referrers,
            transfers,
        }))
    }

    /// The credentials that this client uses.
    pub fn credentials(&self) -> &Credentials {
        &self.0.credentials
    }

    /// Refuses writes of a run whose workspace is not trusted. Commands refuse them before; this covers what they forget.
    fn check_writable(&self, what: &impl ToString) -> Result<(), WorldError> {
        match self.0.env.is_untrusted() {
            true => Err(WorldError::refused(what.to_string(), READ_ONLY)),
            false => Ok(()),
        }
    }

    fn service(&self, domain: &Domain) -> Arc<Service> {
        let Inner {
            env,
            credentials,
            limits,
            services,
            ..
        } = &*self.0;
        let mut services = services.lock();
        let open = || {
            Arc::new(Service::new(
                domain.clone(),
                env.clone(),
                credentials.clone(),
                *limits,
            ))
        };
        services.entry(domain.clone()).or_insert_with(open).clone()
    }
}

#[async_trait]
impl Registry for OciRegistry {
    async fn head(
        &self,
        reference: &Reference,
        patience: Patience,
    ) -> Result<Option<Digest>, WorldError> {
        self.head_of(reference, patience).await
    }

    async fn manifest(
        &self,
        reference: &Reference,
        patience: Patience,
    ) -> Result<Option<Stored>, WorldError> {
        self.manifest_of(reference, patience).await
    }

    async fn blob(
        &self,
        repository: &Repository,
        digest: Digest,
        patience: Patience,
    ) -> Result<Arc<[u8]>, WorldError> {
        self.blob_of(repository, digest, patience).await
    }

    async fn put(&self, reference: &Reference, stored: &Stored) -> Result<(), WorldError> {
        self.check_writable(reference)?;
        self.put_as(reference, stored).await
    }

    async fn put_blob(
        &self,
        repository: &Repository,
        bytes: Arc<[u8]>,
    ) -> Result<Digest, WorldError> {
        self.check_writable(repository)?;
        self.put_blob_at(repository, bytes).await
    }

    async fn copy(
        &self,
        from: &Repository,
        digest: Digest,
        to: &Repository,
    ) -> Result<(), WorldError> {
        self.check_writable(to)?;
        self.copy_all(from, digest, to).await
    }

    async fn referrers(
        &self,
        repository: &Repository,
        subject: Digest,
        artifact_type: Option<&str>,
        patience: Patience,
    ) -> Result<Vec<Referrer>, WorldError> {
        let all = self.referrers_of(repository, subject, artifact_type, patience);
        all.await
    }

    async fn attach(&self, repository: &Repository, stored: &Stored) -> Result<(), WorldError> {
        self.attach_to(repository, stored).await
    }

    async fn copy_referrers(
        &self,
        from: &Repository,
        subject: Digest,
        to: &Repository,
    ) -> Result<(), WorldError> {
        self.copy_all_referrers(from, subject, to).await
    }

    async fn tags(
        &self,
        repository: &Repository,
        patience: Patience,
    ) -> Result<Vec<String>, WorldError> {
        self.tags_of(repository, patience).await
    }

    async fn delete(&self, reference: &Reference) -> Result<(), WorldError> {
        self.check_writable(reference)?;
        self.delete_at(reference).await
    }
}

#[cfg(test)]
mod tests;
