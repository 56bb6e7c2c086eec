//! What builds: a Docker Engine API behind one trait.

pub mod docker;

use crate::name::{Digest, Reference};
use crate::request::{
    BuildAnswer, BuildProgress, BuildRequest, ContainerAnswer, ContainerRequest, EngineInfo,
    ImageInfo, PullRequest, PushRequest, WorldError,
};
use async_trait::async_trait;
use tokio::sync::mpsc::UnboundedSender;

/// An engine. Every call ends when its future is dropped: a dropped build is cancelled on the engine.
#[async_trait]
pub trait Engine: Send + Sync {
    /// What it is; waits up to `wait` for one that is starting.
    async fn info(&self) -> Result<EngineInfo, WorldError>;

    /// Builds one image. Progress that nobody listens to is dropped.
    async fn build(
        &self,
        request: BuildRequest,
        progress: UnboundedSender<BuildProgress>,
    ) -> Result<BuildAnswer, WorldError>;

    /// Fetches an image.
    async fn pull(&self, request: PullRequest) -> Result<(), WorldError>;

    /// Pushes a local image under one tag. The answer is advice: what counts is what the registry says afterwards.
    async fn push(&self, request: PushRequest) -> Result<(), WorldError>;

    /// What is known of a local image (a name, an id, `repository@digest`); `None` if there is none.
    async fn inspect(&self, image: &str) -> Result<Option<ImageInfo>, WorldError>;

    /// Gives a local image another name.
    async fn tag(&self, image: &str, name: &Reference) -> Result<(), WorldError>;

    /// Takes a name away; the image goes with its last name. No error if there is none.
    async fn untag(&self, name: &str) -> Result<(), WorldError>;

    /// Asks the engine to ask a registry for the digest of a reference, briefly: whether the engine's own road to it works.
    async fn probe(
        &self,
        reference: &Reference,
        credential: Option<&crate::request::Credential>,
    ) -> Result<Option<Digest>, WorldError>;

    /// Puts one question to containers of a local image. None of them is left when the future is ready; when
    /// it is dropped, they are removed in the background ([`Engine::settle`] waits for that).
    async fn examine(&self, request: ContainerRequest) -> Result<ContainerAnswer, WorldError> {
        let why = "this engine runs no containers";
        Err(WorldError::refused(request.image, why))
    }

    /// Waits for what goes on in the background: the removal of containers nobody waits for.
    async fn settle(&self) {}

    /// Removes what earlier runs left behind: containers with our marks whose lease ended before `now` (seconds
    /// since 1970). Says how many.
    async fn reap(&self, _now: i64) -> Result<usize, WorldError> {
        Ok(0)
    }
}
