//! What builds images: a Docker Engine API behind one trait.

pub mod docker;

use crate::name::{Digest, Platform, Reference};
use crate::request::{
    BuildAnswer, BuildProgress, BuildRequest, Builder, ContainerAnswer, ContainerRequest,
    EngineInfo, ImageInfo, PullRequest, PushRequest, WorldError,
};
use async_trait::async_trait;
use tokio::sync::mpsc::UnboundedSender;

/// An engine. Dropping a call's future cancels the call; a dropped build is cancelled on the engine.
#[async_trait]
pub trait Engine: Send + Sync {
    /// The engine's properties. Waits for an engine that is starting, up to a limit of the implementation.
    async fn info(&self) -> Result<EngineInfo, WorldError>;

    /// Whether the engine and this builder of it answer now. Does not wait for one that is starting.
    async fn ping(&self, _builder: Builder) -> Result<(), WorldError> {
        self.info().await.map(drop)
    }

    /// The platforms whose programs the engine runs, natively or emulated; `None` if it does not report them.
    async fn platforms(&self) -> Result<Option<Vec<Platform>>, WorldError> {
        Ok(None)
    }

    /// Builds one image. Events are sent to `progress`; if its receiver is dropped, the build goes on without it.
    async fn build(
        &self,
        request: BuildRequest,
        progress: UnboundedSender<BuildProgress>,
    ) -> Result<BuildAnswer, WorldError>;

    /// Pulls an image.
    async fn pull(&self, request: PullRequest) -> Result<(), WorldError>;

    /// Pushes a local image under one tag. The response is not proof: callers read the registry afterwards.
    async fn push(&self, request: PushRequest) -> Result<(), WorldError>;

    /// Information on a local image (a name, an id, `repository@digest`); `None` if it does not exist.
    async fn inspect(&self, image: &str) -> Result<Option<ImageInfo>, WorldError>;

    /// Adds a tag to a local image.
    async fn tag(&self, image: &str, name: &Reference) -> Result<(), WorldError>;

    /// Removes a tag; the image is deleted with its last tag. It is not an error if the tag does not exist.
    async fn untag(&self, name: &str) -> Result<(), WorldError>;

    /// Lets the engine query a registry for the digest of a reference, briefly, to check that it can reach the
    /// registry.
    async fn probe(
        &self,
        reference: &Reference,
        credential: Option<&crate::request::Credential>,
    ) -> Result<Option<Digest>, WorldError>;

    /// Runs a request in containers of a local image. They are all removed when the future completes; if it is dropped,
    /// they are removed in the background ([`Engine::settle`] waits for that).
    async fn examine(&self, request: ContainerRequest) -> Result<ContainerAnswer, WorldError> {
        let why = "this engine does not run containers";
        Err(WorldError::refused(request.image, why))
    }

    /// Waits for work in the background: the removal of containers of dropped requests.
    async fn settle(&self) {}

    /// Removes all containers of a run that has none of its steps on this engine any more: the engine was out of reach when they
    /// were dropped.
    async fn clear(&self, _run: &str) -> Result<(), WorldError> {
        Ok(())
    }

    /// Begins the lease of a run, which says to other runs on this engine that it is alive. It is renewed until
    /// [`Engine::release`], or until the process ends. What the run pulls by digest from then on belongs to it.
    async fn hold(&self, _run: &str) -> Result<(), WorldError> {
        Ok(())
    }

    /// Ends the lease of the run, and removes what it pulled by digest.
    async fn release(&self) {}

    /// Removes what earlier runs left behind: containers with our labels whose lease ended before `now` (seconds since
    /// 1970), and, while this run holds a lease, containers and names of runs that hold none. Returns their number.
    async fn reap(&self, _now: i64) -> Result<usize, WorldError> {
        Ok(0)
    }
}
