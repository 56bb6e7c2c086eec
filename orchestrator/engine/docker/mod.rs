//! A Docker Engine: bollard for small calls, our own requests where it is not enough, one connector for all.
//!
//! Read in this order: where the engine is ([`endpoint`], `context`, `tls`, `ssh`), how requests reach it (`connect`,
//! `api`, `client`, `stream`, `login`), its properties (`info`, `workers`, `condition`), its operations (`image`, `probe`, `transfer`, `build`
//! with `archive`, `session`, `sync`, `secrets`, `agent`), what a run leaves there (`container`, `lease`), and reading the output of a build
//! (`trace`, `classic`, `output`, `steps`, `failure`).

mod agent;
mod api;
mod archive;
mod build;
mod classic;
mod client;
mod condition;
mod connect;
mod container;
mod context;
pub mod endpoint;
mod endpoint_error;
mod failure;
mod image;
mod info;
mod kind;
mod lease;
mod login;
mod output;
mod probe;
mod query;
mod quoted;
mod secrets;
mod session;
mod ssh;
mod steps;
mod stream;
mod sync;
mod tls;
mod trace;
mod transfer;
mod workers;

use super::Engine;
use crate::host::Environment;
use crate::name::{Digest, Platform, Reference};
use crate::request::{
    BuildAnswer, BuildProgress, BuildRequest, Builder, ContainerAnswer, ContainerRequest,
    Credential, EngineInfo, ImageInfo, PullRequest, PushRequest, WorldError,
};
use async_trait::async_trait;
use client::Client;
pub use condition::Condition;
use container::Removals;
pub use container::{LEASE, RUN};
use endpoint::Endpoint;
use lease::Leases;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;

/// How long an engine may take to start: a service container of a CI job starts together with the job.
pub const STARTING: Duration = Duration::from_secs(30);

/// One Docker Engine. Cheap to clone; clones share its properties once they are known.
#[derive(Clone)]
pub struct DockerEngine {
    client: Client,
    wait: Duration,
    /// Whether the user names it to kiln, so that it is not the engine of the environment.
    is_named: bool,
    removals: Removals,
    leases: Leases,
    /// Whether it may push: not in a run whose workspace is not trusted.
    pushes: bool,
}

impl DockerEngine {
    /// The engine's name in messages: `the engine at unix:///var/run/docker.sock`.
    pub fn name(&self) -> String {
        self.client.name()
    }

    /// The address that requests go to.
    pub fn endpoint(&self) -> &Endpoint {
        self.client.endpoint()
    }

    /// What `kiln doctor` looks at. Call [`Engine::info`] before: it waits for an engine that is starting.
    pub async fn condition(&self) -> Result<Condition, WorldError> {
        condition::condition(&self.client).await
    }
}

/// A client of the engine that the environment names (`DOCKER_HOST`, a Docker context, or the standard socket).
/// Sends nothing yet: [`Engine::info`] is the first call, and waits up to `wait` ([`STARTING`]) for an engine that is
/// starting.
pub fn connect(env: &Environment, wait: Duration) -> Result<DockerEngine, WorldError> {
    client(Endpoint::of(env)?, env, wait, false)
}

/// The same for an engine with a name: a Docker context, or an address as in `DOCKER_HOST`.
pub fn connect_to(
    env: &Environment,
    name: &str,
    wait: Duration,
) -> Result<DockerEngine, WorldError> {
    client(Endpoint::named(env, name)?, env, wait, true)
}

fn client(
    endpoint: Endpoint,
    env: &Environment,
    wait: Duration,
    is_named: bool,
) -> Result<DockerEngine, WorldError> {
    Ok(DockerEngine {
        client: Client::new(endpoint)?,
        wait,
        is_named,
        removals: Removals::default(),
        leases: Leases::default(),
        pushes: !env.is_untrusted(),
    })
}

#[async_trait]
impl Engine for DockerEngine {
    async fn info(&self) -> Result<EngineInfo, WorldError> {
        info::info(&self.client, self.wait, self.is_named).await
    }

    async fn ping(&self, builder: Builder) -> Result<(), WorldError> {
        self.client.ping().await?;
        match builder {
            Builder::BuildKit => session::alive(&self.client).await,
            Builder::Classic => Ok(()),
        }
    }

    async fn platforms(&self) -> Result<Option<Vec<Platform>>, WorldError> {
        workers::platforms(&self.client).await
    }

    async fn build(
        &self,
        request: BuildRequest,
        progress: UnboundedSender<BuildProgress>,
    ) -> Result<BuildAnswer, WorldError> {
        build::build(&self.client, request, progress).await
    }

    async fn pull(&self, request: PullRequest) -> Result<(), WorldError> {
        transfer::pull(&self.client, self.leases.current().as_deref(), &request).await
    }

    async fn push(&self, request: PushRequest) -> Result<(), WorldError> {
        if !self.pushes {
            let why = "a run with --untrusted pushes nothing";
            return Err(WorldError::refused(request.reference.to_string(), why));
        }
        let lender = transfer::Lender {
            client: &self.client,
            removals: &self.removals,
            lease: self.leases.current(),
        };
        transfer::push(lender, &request).await
    }

    async fn inspect(&self, image: &str) -> Result<Option<ImageInfo>, WorldError> {
        image::inspect(&self.client, image).await
    }

    async fn tag(&self, image: &str, name: &Reference) -> Result<(), WorldError> {
        image::tag(&self.client, image, name).await
    }

    async fn untag(&self, name: &str) -> Result<(), WorldError> {
        image::untag(&self.client, name).await?;
        if let Some(lease) = self.leases.current() {
            lease.unmark(name).await;
        }
        Ok(())
    }

    async fn probe(
        &self,
        reference: &Reference,
        credential: Option<&Credential>,
    ) -> Result<Option<Digest>, WorldError> {
        probe::probe(&self.client, reference, credential).await
    }

    async fn examine(&self, request: ContainerRequest) -> Result<ContainerAnswer, WorldError> {
        container::examine(&self.client, &self.removals, request).await
    }

    async fn settle(&self) {
        self.removals.settle().await;
    }

    async fn clear(&self, run: &str) -> Result<(), WorldError> {
        let all = container::marked(&self.client).await?;
        container::remove_all(&self.client, &all, |one| one.run == run).await;
        Ok(())
    }

    async fn hold(&self, run: &str) -> Result<(), WorldError> {
        self.leases.hold(&self.client, run).await
    }

    async fn release(&self) {
        self.leases.release().await;
    }

    async fn reap(&self, now: i64) -> Result<usize, WorldError> {
        lease::reap(&self.client, self.leases.current().as_deref(), now).await
    }
}
