//! All that the world can be asked, and what it answers. Plain values: the engine and the registry
//! behind them are chosen elsewhere.

mod container;
mod fault;
mod index;

pub use container::{
    Command, ContainerAnswer, ContainerRequest, ContainerTask, Ended, FileKind, Found, ImageConfig,
    Look, Mark, Output, OutputReader, Ran, Served, Service,
};
pub use fault::{BuildFailure, CheckFailure, FailedCheck, FaultKind, WorldError};

use crate::name::{Digest, Domain, Platform, Reference};
use crate::tree::Tree;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// What opens a registry. Its `Debug` shows no secret.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// User name and password (or access token in its place).
    Basic { username: String, password: String },
    /// An OAuth2 refresh token (`identitytoken` in Docker's configuration).
    Identity(String),
    /// A bearer token that goes to the registry as it is (`registrytoken`).
    Bearer(String),
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Credential::Basic { .. } => "Basic(…)",
            Credential::Identity(_) => "Identity(…)",
            Credential::Bearer(_) => "Bearer(…)",
        })
    }
}

/// The credentials a build may need, by registry.
pub type Credentials = BTreeMap<Domain, Credential>;

/// Which builder of the engine builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Builder {
    BuildKit,
    Classic,
}

/// How the engine keeps images: it decides how a local parent and a cache are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// overlay2, fuse-overlayfs, vfs, …: an image id is the digest of its configuration.
    GraphDriver,
    /// containerd snapshotter: an image id is the digest of its manifest or index.
    Containerd,
}

/// What an engine says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineInfo {
    /// `28.5.2`
    pub version: String,
    /// The API version that is spoken: the smaller of ours and the engine's.
    pub api: String,
    pub store: Store,
    /// `overlay2`, `vfs`, `overlayfs`.
    pub driver: String,
    pub builder: Builder,
    /// Where the engine builds natively.
    pub platform: Platform,
    /// Processors the engine has.
    pub cpus: usize,
}

impl EngineInfo {
    /// Whether a previous image has to be pulled before it is named in `cache_from`; else its registry reference
    /// is named, after a probe, and the engine should not have an image of that name. The classic builder knows
    /// local images only.
    ///
    /// With BuildKit both give the same hits at once. What differs is whether the image that comes out carries the records of
    /// the steps it took over, so that the *next* cold engine finds them in it. One changed last step of four,
    /// measured by a third engine: pulled first, 20.10.24 kept them, and 26.1.5 and 28.5.2 lost all; by registry
    /// reference, 20.10.24 and 26.1.5 lost them, and 28.5.2 kept all, with both stores.
    pub fn pulls_cache(&self, builder: Builder) -> bool {
        let minor: Option<u32> = self
            .api
            .split_once('.')
            .and_then(|(_, minor)| minor.parse().ok());
        builder == Builder::Classic
            || (self.store == Store::GraphDriver && minor.is_none_or(|minor| minor < 48))
    }
}

/// Builds one variant on one platform.
#[derive(Debug, Clone)]
pub struct BuildRequest {
    /// The text that is sent: every outside reference locked, every parent this run's own.
    pub dockerfile: String,
    /// The context beside it, without the Dockerfile.
    pub context: Arc<Tree>,
    pub args: BTreeMap<String, String>,
    pub platform: Platform,
    /// The local name the result gets: `localhost/kiln/go-1.26.5:<run>-linux-amd64`.
    pub name: String,
    /// Names of images that the engine may take steps from: only such as answered a moment ago
    pub cache_from: Vec<String>,
    /// Take no step from the engine's own cache either.
    pub no_cache: bool,
    pub builder: Builder,
    pub credentials: Arc<Credentials>,
}

/// What a build came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildAnswer {
    /// The engine's id of the image.
    pub image: Digest,
    /// Steps that were taken from a cache.
    pub cached: usize,
    /// Steps that ran.
    pub ran: usize,
}

/// What a running build says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildProgress {
    /// A step began or was found in a cache: `[2/5] RUN apt-get update …`.
    Step { name: String, cached: bool },
    /// A line of a step's output.
    Output(String),
}

/// Fetches an image into the engine.
#[derive(Debug, Clone)]
pub struct PullRequest {
    pub reference: Reference,
    pub platform: Platform,
    pub credential: Option<Credential>,
}

/// Sends a local image under one tag; the tag is always named, since without one an engine sends all.
#[derive(Debug, Clone)]
pub struct PushRequest {
    /// An image of the engine: a local name or id.
    pub image: String,
    /// Repository and tag to push it as.
    pub reference: Reference,
    pub credential: Option<Credential>,
}

/// What an engine knows of an image it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageInfo {
    pub id: Digest,
    pub os: String,
    pub architecture: String,
    pub variant: Option<String>,
    /// The uncompressed layers, parent's first.
    pub layers: Vec<Digest>,
    /// The digests the image is known by in registries: `repository@digest`.
    pub repo_digests: Vec<Reference>,
    /// In bytes.
    pub size: u64,
    /// How it is run.
    pub config: ImageConfig,
}

impl ImageInfo {
    /// What it is made for.
    pub fn platform(&self) -> Platform {
        Platform::reported(&self.os, &self.architecture, self.variant.as_deref())
    }
}

/// A manifest or index as a registry serves it: the very bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub digest: Digest,
    pub media_type: String,
    pub bytes: Arc<[u8]>,
}

/// How long a call may take and how often it is tried: every call to the world has such a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Tries in all.
    pub tries: usize,
    /// For one try of a small request.
    pub each: Duration,
    /// For all of them.
    pub total: Duration,
}

impl Patience {
    /// Six tries in five minutes.
    pub const WRITE: Self = Self {
        tries: 6,
        each: Duration::from_secs(60),
        total: Duration::from_secs(300),
    };
    /// Looking for a cache is worth seconds, not minutes.
    pub const CACHE: Self = Self {
        tries: 1,
        each: Duration::from_secs(5),
        total: Duration::from_secs(10),
    };
    /// Reading what the plan depends on.
    pub const READ: Self = Self {
        tries: 4,
        each: Duration::from_secs(15),
        total: Duration::from_secs(60),
    };
}
