//! Requests to engines and registries, and their responses. Plain values: which engine and which
//! registry handle them is decided elsewhere.

mod container;
mod fault;
mod hook;
mod index;
mod manifest;
mod secret;
mod referrer;

pub use container::{
    Command, ContainerAnswer, ContainerRequest, ContainerTask, Ended, FileKind, Found, ImageConfig,
    Look, Mark, Output, OutputReader, Ran, ReadFile, Served, Service,
};
pub use fault::{BuildFailure, CheckFailure, FailedCheck, FaultKind, WorldError};
pub use hook::{FailedHook, HookEnd, HookFailure, HookPhase, HookRequest, Hooked};
pub use index::IndexEntry;
pub use manifest::{Configuration, Descriptor, Manifest, PlatformFields};
pub use referrer::{Referrer, referrers_index};
pub use secret::{
    AgentRef, BuildSecrets, SecretRef, SecretRefs, SecretSource, SecretValue, SecretValues,
};

use crate::name::{Digest, Domain, Platform, Reference};
use crate::tree::Tree;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Credentials for one registry. Its `Debug` output shows no secret.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// User name and password (or access token in its place).
    Basic {
        /// The user name.
        username: String,
        /// The password.
        password: String,
    },
    /// An OAuth2 refresh token (`identitytoken` in Docker's configuration).
    Identity(String),
    /// A bearer token that is sent to the registry unchanged (`registrytoken`).
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

/// Which of the engine's builders to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Builder {
    /// BuildKit.
    BuildKit,
    /// The classic builder.
    Classic,
}

/// How the engine stores images: this decides how a local parent and a cache image are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// overlay2, fuse-overlayfs, vfs, …: an image id is the digest of its configuration.
    GraphDriver,
    /// containerd snapshotter: an image id is the digest of its manifest or index.
    Containerd,
}

/// Which software an engine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// Docker Engine.
    Docker,
    /// Podman, which supports a part of Docker's API and has no BuildKit.
    Podman,
}

/// What an engine reports about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineInfo {
    /// What the engine calls itself: two addresses with one id are one engine. Empty if it has none.
    pub id: String,
    /// The software.
    pub product: Product,
    /// `28.5.2`
    pub version: String,
    /// The API version in use: the lower of kiln's and the engine's.
    pub api: String,
    /// Where the engine keeps images.
    pub store: Store,
    /// `overlay2`, `vfs`, `overlayfs`.
    pub driver: String,
    /// The builder that it uses by default.
    pub builder: Builder,
    /// The platform that the engine builds for natively.
    pub platform: Platform,
    /// The number of processors of the engine's host.
    pub cpus: usize,
}

impl EngineInfo {
    /// Its name in messages: `Docker Engine 28.5.2`, `Podman 4.3.1`.
    pub fn title(&self) -> String {
        match self.product {
            Product::Docker => format!("Docker Engine {}", self.version),
            Product::Podman => format!("Podman {}", self.version),
        }
    }

    /// Whether a previous image must be pulled before `cache_from` names it. Otherwise `cache_from` names its
    /// registry reference, after a probe, and the engine should not have an image of that name. The classic
    /// builder only knows local images.
    ///
    /// With BuildKit, both ways have the same cache hits in the first build. They differ in whether the new image
    /// carries the cache records of the steps it reused, so that the *next* engine with a cold cache finds them.
    /// Measured with a third engine, where the last of four steps had changed: with a pulled image, 20.10.24 kept
    /// the records, and 26.1.5 and 28.5.2 lost all of them; with a registry reference, 20.10.24 and 26.1.5 lost
    /// them, and 28.5.2 kept all of them, with both image stores.
    pub fn pulls_cache(&self, builder: Builder) -> bool {
        let minor: Option<u32> = self
            .api
            .split_once('.')
            .and_then(|(_, minor)| minor.parse().ok());
        builder == Builder::Classic
            || (self.store == Store::GraphDriver && minor.is_none_or(|minor| minor < 48))
    }
}

/// What a build takes besides its Dockerfile, context and arguments.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BuildOptions {
    /// The stage that is built, if it is not the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The network of RUN steps, if it is not the builder's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// The size of `/dev/shm` in RUN steps, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shm_size: Option<u64>,
    /// Names with addresses for RUN steps: `mirror:10.0.0.1`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra_hosts: Vec<String>,
    /// Limits of RUN steps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ulimits: Vec<Ulimit>,
}

/// A limit of processes: `nofile=1024:2048`. Its JSON is the engine's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Ulimit {
    /// `nofile`
    pub name: String,
    /// What a process starts with; -1 for no limit.
    pub soft: i64,
    /// What it may raise that to; -1 for no limit.
    pub hard: i64,
}

/// Builds one variant on one platform.
#[derive(Debug, Clone)]
pub struct BuildRequest {
    /// The text that is sent: every outside reference is locked, and every parent is this run's own image.
    pub dockerfile: String,
    /// The build context, without the Dockerfile.
    pub context: Arc<Tree>,
    /// Build arguments by name.
    pub args: BTreeMap<String, String>,
    /// The platform to build for.
    pub platform: Platform,
    /// The local name of the result: `localhost/kiln/go-1.26.5:<run>-linux-amd64`.
    pub name: String,
    /// Names of images whose steps the engine may reuse: only those that were reachable a moment ago.
    pub cache_from: Vec<String>,
    /// Do not use the engine's own cache either.
    pub no_cache: bool,
    /// What else the build takes.
    pub options: BuildOptions,
    /// The builder to use.
    pub builder: Builder,
    /// Credentials for the registries that the build reads from.
    pub credentials: Arc<Credentials>,
    /// What it may mount besides files.
    pub secrets: Arc<BuildSecrets>,
}

/// The result of a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildAnswer {
    /// The engine's id of the image.
    pub image: Digest,
    /// The number of steps that came from a cache.
    pub cached: usize,
    /// The number of steps that ran.
    pub ran: usize,
}

/// A progress message of a running build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildProgress {
    /// A step began or was found in a cache: `[2/5] RUN apt-get update …`.
    Step {
        /// Its number and instruction.
        name: String,
        /// Whether it was found in a cache.
        cached: bool,
    },
    /// A line of a step's output.
    Output(String),
    /// What the builder advises against in the Dockerfile.
    Warning {
        /// The line, from 1, if it is about one.
        line: Option<usize>,
        /// `JSONArgsRecommended: JSON arguments recommended for CMD …`
        text: String,
    },
}

/// Fetches an image into the engine.
#[derive(Debug, Clone)]
pub struct PullRequest {
    /// The image to fetch.
    pub reference: Reference,
    /// The platform to fetch.
    pub platform: Platform,
    /// The credential for its registry.
    pub credential: Option<Credential>,
}

/// Pushes a local image under one tag. The tag is always specified: without one, an engine pushes all tags.
#[derive(Debug, Clone)]
pub struct PushRequest {
    /// An image of the engine: a local name or id.
    pub image: String,
    /// Repository and tag to push it as.
    pub reference: Reference,
    /// The credential for its registry.
    pub credential: Option<Credential>,
}

/// What an engine knows about one of its images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageInfo {
    /// The engine's id of the image.
    pub id: Digest,
    /// The operating system.
    pub os: String,
    /// The architecture.
    pub architecture: String,
    /// The variant of the architecture.
    pub variant: Option<String>,
    /// The digests of the uncompressed layers, the parent's layers first.
    pub layers: Vec<Digest>,
    /// The image's references by digest in registries: `repository@digest`.
    pub repo_digests: Vec<Reference>,
    /// In bytes.
    pub size: u64,
    /// Its content id.
    pub content: Digest,
    /// The configuration that containers of the image start with.
    pub config: ImageConfig,
}

impl ImageInfo {
    /// The platform that it runs on.
    pub fn platform(&self) -> Platform {
        Platform::reported(&self.os, &self.architecture, self.variant.as_deref())
    }
}

/// A manifest or index exactly as a registry serves it, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The digest of the bytes.
    pub digest: Digest,
    /// The media type.
    pub media_type: String,
    /// The bytes.
    pub bytes: Arc<[u8]>,
}

/// How long a call may take and how often it is tried. Every call to an external system has these limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// The number of tries, the first one included.
    pub tries: usize,
    /// The time limit of one try of a small request.
    pub each: Duration,
    /// The time limit of all tries together.
    pub total: Duration,
}

impl Patience {
    /// Six tries in five minutes.
    pub const WRITE: Self = Self {
        tries: 6,
        each: Duration::from_secs(60),
        total: Duration::from_secs(300),
    };
    /// Looking for a cache is worth seconds, not minutes: five for an answer, and thirty where a registry that throttles
    /// says how long to wait.
    pub const CACHE: Self = Self {
        tries: 1,
        each: Duration::from_secs(5),
        total: Duration::from_secs(30),
    };
    /// For reading what a plan depends on.
    pub const READ: Self = Self {
        tries: 4,
        each: Duration::from_secs(15),
        total: Duration::from_secs(60),
    };
}
