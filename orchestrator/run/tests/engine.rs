//! An engine in memory, with a registry in memory: for tests of modules that use engines.
//!
//! Its builds are real as far as a run can tell: an image has the layers of the image that the last FROM of its
//! Dockerfile names, plus one layer per RUN line. A line `make X` makes the layer `X`; one with `X~` makes another layer
//! each time that the engine's cache is not used; an ARG above it with another value is another line. A line with `nobody can` fails, one with `a bug` panics, and [`Broken`]
//! says what else fails; a line with `no such file` has no exit code then.

use crate::engine::Engine;
use crate::memory::content_id;
use crate::name::{Digest, Domain, Platform, Reference};
use crate::registry::{Registry as _, fake::Fake as Registry};
use crate::request::{
    BuildAnswer, BuildFailure, BuildProgress, BuildRequest, Builder, ContainerAnswer,
    ContainerRequest, ContainerTask, Credential, Ended, EngineInfo, FaultKind, ImageInfo, Output,
    Patience, Product, PullRequest, PushRequest, Ran, ReadFile, Store, Stored, WorldError,
};
use crate::survey::Questions;
use async_trait::async_trait;
use parking_lot::{Mutex, MutexGuard};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;

/// An engine that holds images by name. Clones share them.
#[derive(Clone)]
pub struct Fake {
    registry: Registry,
    id: u64,
    state: Arc<Mutex<State>>,
    broken: Broken,
    newest: Newest,
}

/// The versions of packages that the sources of every image have.
pub type Newest = Arc<Mutex<BTreeMap<String, String>>>;

/// What fails, and how: build steps, checks and commands whose line, followed by ` on PLATFORM`, contains a text.
pub type Broken = Arc<Mutex<BTreeMap<String, FaultKind>>>;

#[derive(Default)]
struct State {
    images: BTreeMap<String, Image>,
    /// The layers of lines that differ each time, by the layer below and the line.
    cache: HashMap<String, String>,
    builds: usize,
    /// The Dockerfiles of all builds.
    sent: Vec<String>,
    /// The registries whose credentials came with each build.
    given: Vec<String>,
}

#[derive(Clone)]
struct Image {
    id: Digest,
    layers: Vec<Digest>,
    config: Arc<[u8]>,
    platform: Platform,
}

/// What each layer is, for tests that say what an image consists of.
static LAYERS: LazyLock<Mutex<HashMap<Digest, String>>> = LazyLock::new(Mutex::default);
/// What each stored image consists of.
static STORED: LazyLock<Mutex<HashMap<Digest, String>>> = LazyLock::new(Mutex::default);
/// Counts what is different each time.
static TIMES: AtomicU64 = AtomicU64::new(0);

fn layer(below: Option<&Digest>, text: &str) -> Digest {
    let digest = Digest::of(format!("{text} on {below:?}"));
    LAYERS.lock().insert(digest, text.to_owned());
    digest
}

impl Fake {
    /// An engine without images that pushes to and pulls from this registry.
    pub fn beside(registry: &Registry) -> Self {
        Self {
            registry: registry.clone(),
            id: TIMES.fetch_add(1, Ordering::Relaxed),
            state: Arc::default(),
            broken: Broken::default(),
            newest: Newest::default(),
        }
    }

    /// The same engine, whose images see these versions of packages.
    pub fn seeing(self, newest: &Newest) -> Self {
        Self {
            newest: newest.clone(),
            ..self
        }
    }

    /// The same engine, which fails where this says.
    pub fn failing(self, broken: &Broken) -> Self {
        Self {
            broken: broken.clone(),
            ..self
        }
    }

    /// How a line fails, if it does.
    fn failure(&self, line: &str, platform: &Platform) -> Option<FaultKind> {
        let line = format!("{line} on {platform}");
        let never = line.contains("nobody can") && !line.contains("nobody can on");
        let broken = self.broken.lock();
        let mut broken = broken.iter().filter(|(text, _)| line.contains(*text));
        let kind = broken.next().map(|(_, kind)| *kind);
        kind.or_else(|| never.then_some(FaultKind::Failed))
    }

    /// The base or image with this digest, as [`Self::layers`] describes it.
    pub fn described(digest: &Digest) -> Option<String> {
        STORED.lock().get(digest).cloned()
    }

    /// A base of one layer as a registry stores it.
    pub fn base(name: &str) -> Stored {
        Self::base_for(name, &Platform::linux_amd64())
    }

    /// The same for a platform.
    pub fn base_for(name: &str, platform: &Platform) -> Stored {
        // `D1=` has the layers of `D1` and another digest.
        let other = name.ends_with('=').then_some(name);
        let layers = vec![layer(None, name.trim_end_matches('='))];
        Image::of(layers, platform).stored_with(other)
    }

    /// The layers of a stored image, the lowest first: `D1/root-1`.
    pub fn layers(stored: &Stored) -> String {
        let image = Image::read(stored);
        image.map(|image| image.named()).unwrap_or_default()
    }

    /// The Dockerfiles of all builds so far, in their order.
    pub fn sent(&self) -> Vec<String> {
        self.state().sent.clone()
    }

    /// The registries whose credentials came with each build, sorted.
    pub fn given(&self) -> Vec<String> {
        let mut all = self.state().given.clone();
        all.sort();
        all
    }

    /// The names of all images.
    pub fn names(&self) -> Vec<String> {
        self.state().images.keys().cloned().collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// A local image, or one that the registry has under `repository@digest`.
    async fn find(&self, name: &str, platform: &Platform) -> Result<Image, WorldError> {
        if let Some(image) = self.state().images.get(name) {
            return Ok(image.clone());
        }
        let missing = || WorldError::fault(FaultKind::NotFound, name, "no such image");
        let reference: Reference = name.parse().map_err(|_| missing())?;
        let mut stored = self
            .registry
            .manifest(&reference, Patience::READ)
            .await?
            .ok_or_else(missing)?;
        if stored.is_index() {
            let index: Value = serde_json::from_slice(&stored.bytes).unwrap_or_default();
            let parts = index["manifests"].as_array().cloned().unwrap_or_default();
            let own = parts.iter().find(|part| {
                part["platform"]["architecture"].as_str() == Some(&platform.architecture)
            });
            let digest = own.and_then(|part| part["digest"].as_str()?.parse().ok());
            let part = Reference::pinned(reference.repository, digest.ok_or_else(missing)?);
            let found = self.registry.manifest(&part, Patience::READ).await?;
            stored = found.ok_or_else(missing)?;
        }
        Image::read(&stored).ok_or_else(missing)
    }

    /// The layer that a RUN line makes.
    fn run(&self, line: &str, args: &str, below: Option<&Digest>, no_cache: bool) -> Digest {
        let installed = self.installed(line);
        let text = match line.split_once("make ") {
            Some((_, rest)) => rest.split([' ', ';', '&', '"']).next().unwrap_or_default(),
            None => line,
        };
        if !text.ends_with('~') && installed.is_none() {
            return layer(below, text);
        }
        let key = format!("{line} with {args} on {below:?}");
        let known = self.state().cache.get(&key).filter(|_| !no_cache).cloned();
        let made = known.unwrap_or_else(|| {
            installed.unwrap_or_else(|| {
                let time = TIMES.fetch_add(1, Ordering::Relaxed);
                format!("{text}{time}")
            })
        });
        self.state().cache.insert(key, made.clone());
        layer(below, &made)
    }
}

#[async_trait]
impl Questions for Fake {
    async fn engine(&self) -> Result<Arc<dyn Engine>, WorldError> {
        if let Some(kind) = self.failure("docker", &Platform::linux_amd64()) {
            return Err(WorldError::fault(kind, "the engine", "it does not answer"));
        }
        Ok(Arc::new(self.clone()))
    }

    async fn credential(&self, _: &Domain) -> Result<Option<Credential>, WorldError> {
        Ok(None)
    }

    fn run(&self) -> &str {
        "asks"
    }
}

impl Fake {
    /// An image has the packages that its layers name: `git=1.0,curl=2.0`. One on the base `bare` has no package manager.
    fn read(&self, image: &str) -> ContainerAnswer {
        let image = self.state().images.get(image).cloned();
        let layers = image.map(|image| image.named()).unwrap_or_default();
        if layers.split('/').any(|layer| layer == "bare") {
            return ContainerAnswer::Read(Vec::new());
        }
        let packages = layers
            .split(['/', ','])
            .filter_map(|one| one.split_once('='));
        let mut status = String::new();
        for (name, version) in packages.filter(|(_, version)| !version.is_empty()) {
            status.push_str(&format!(
                "Package: {name}\nStatus: install ok installed\nVersion: {version}\nArchitecture: amd64\n\n"
            ));
        }
        let files = [
            ("/var/lib/dpkg/status", status),
            ("/etc/apt/sources.list", "deb".into()),
        ];
        let file = |(path, text): (&str, String)| ReadFile {
            path: path.into(),
            bytes: text.into_bytes(),
        };
        ContainerAnswer::Read(files.into_iter().map(file).collect())
    }

    /// The newest versions of packages.
    fn asked(&self, image: &str, names: &[String]) -> Result<ContainerAnswer, WorldError> {
        if let Some(kind) = self.failure("apt-get update", &Platform::linux_amd64()) {
            return Err(WorldError::fault(kind, image, "the mirror does not answer"));
        }
        let newest = self.newest.lock();
        let known = names
            .iter()
            .filter_map(|name| Some((name, newest.get(name)?)));
        let lines = known.map(|(name, version)| format!("{name}:\n  Candidate: {version}\n"));
        Ok(ContainerAnswer::Ran(Ran {
            ended: Ended::Exit(0),
            stdout: Output::whole(lines.collect::<String>().as_bytes()),
            stderr: Output::whole(b""),
        }))
    }

    /// What `apt-get install` makes of a step: `git=1.0,curl=2.0`, as the package sources have it now.
    fn installed(&self, step: &str) -> Option<String> {
        let (_, names) = step.split_once("--no-install-recommends")?;
        let (names, _) = names.split_once("&&")?;
        let newest = self.newest.lock();
        let version = |name: &str| newest.get(name).cloned().unwrap_or_else(|| "1".into());
        let words = names.split_whitespace().filter(|word| *word != "\\");
        let all = words.map(|name| match name.contains('=') {
            true => name.to_owned(),
            false => format!("{name}={}", version(name)),
        });
        Some(all.collect::<Vec<_>>().join(","))
    }
}

/// The step that begins in a line, with the lines that continue it.
fn step_at(dockerfile: &str, line: usize) -> String {
    let mut step = String::new();
    for text in dockerfile.lines().skip(line) {
        step.push_str(text);
        step.push('\n');
        if !text.ends_with('\\') {
            break;
        }
    }
    step
}

/// The values of the arguments that are declared above a line.
fn args_above(request: &BuildRequest, line: usize) -> String {
    let above = request.dockerfile.lines().take(line);
    let names = above.filter_map(|line| line.strip_prefix("ARG ")?.split('=').next());
    let set = names.filter_map(|name| Some(format!("{name}={}", request.args.get(name)?)));
    set.collect::<Vec<_>>().join(" ")
}

impl Image {
    fn of(layers: Vec<Digest>, platform: &Platform) -> Self {
        let config = json!({
            "os": platform.os, "architecture": platform.architecture, "variant": platform.variant,
            "config": {}, "rootfs": { "type": "layers", "diff_ids": layers }, "moby.buildkit.cache.v0": "",
        });
        let config: Arc<[u8]> = config.to_string().into_bytes().into();
        Self {
            id: Digest::of(&config),
            layers,
            config,
            platform: platform.clone(),
        }
    }

    fn named(&self) -> String {
        let known = LAYERS.lock();
        let names = self.layers.iter().map(|digest| known.get(digest).cloned());
        names
            .map(Option::unwrap_or_default)
            .collect::<Vec<_>>()
            .join("/")
    }

    /// The manifest that this engine pushes. It lists the layers, so that a pull knows them.
    fn stored(&self) -> Stored {
        self.stored_with(None)
    }

    fn stored_with(&self, remark: Option<&str>) -> Stored {
        let layers: Vec<Value> = self
            .layers
            .iter()
            .map(|d| json!({ "digest": d, "size": 1 }))
            .collect();
        let media_type = "application/vnd.oci.image.manifest.v1+json";
        let manifest = json!({
            "schemaVersion": 2, "mediaType": media_type, "config": { "digest": self.id, "size": self.config.len() },
            "layers": layers, "annotations": { "platform": self.platform.to_string(), "remark": remark },
        });
        let bytes = manifest.to_string().into_bytes();
        let digest = Digest::of(&bytes);
        STORED.lock().insert(digest, self.named());
        Stored {
            digest,
            media_type: media_type.into(),
            bytes: bytes.into(),
        }
    }

    fn read(stored: &Stored) -> Option<Self> {
        let manifest: Value = serde_json::from_slice(&stored.bytes).ok()?;
        let layers = manifest["layers"]
            .as_array()?
            .iter()
            .filter_map(|l| l["digest"].as_str()?.parse().ok())
            .collect();
        let platform = manifest["annotations"]["platform"].as_str()?.parse().ok()?;
        Some(Self::of(layers, &platform))
    }
}

#[async_trait]
impl Engine for Fake {
    async fn info(&self) -> Result<EngineInfo, WorldError> {
        let (platform, builder, store) = (
            Platform::linux_amd64(),
            Builder::BuildKit,
            Store::GraphDriver,
        );
        Ok(EngineInfo {
            id: self.id.to_string(),
            product: Product::Docker,
            version: "0.0".into(),
            api: "1.41".into(),
            store,
            driver: "memory".into(),
            builder,
            platform,
            cpus: 4,
        })
    }

    async fn build(
        &self,
        request: BuildRequest,
        progress: UnboundedSender<BuildProgress>,
    ) -> Result<BuildAnswer, WorldError> {
        self.state().builds += 1;
        let given: Vec<&str> = request.credentials.keys().map(Domain::as_str).collect();
        let given = given.join(" ");
        self.state().given.push(given);
        let from = request
            .dockerfile
            .lines()
            .rev()
            .find_map(|l| l.strip_prefix("FROM "))
            .unwrap_or("scratch")
            .trim();
        let mut layers = match from {
            "scratch" => Vec::new(),
            image => self.find(image, &request.platform).await?.layers,
        };
        if request.dockerfile.contains("\nCOPY . /\n") {
            let files: Vec<&str> = request.context.iter().map(|(path, _)| path).collect();
            layers.push(layer(layers.last(), &files.join("+")));
        }
        self.state().sent.push(request.dockerfile.clone());
        let steps = request
            .dockerfile
            .lines()
            .enumerate()
            .filter(|(_, l)| l.starts_with("RUN "));
        for (at, line) in steps {
            let _ = progress.send(BuildProgress::Step {
                name: line.to_owned(),
                cached: false,
            });
            tokio::time::sleep(Duration::from_millis(1)).await;
            assert!(!line.contains("a bug"), "at {line}");
            if let Some(kind) = self.failure(line, &request.platform) {
                let exit_code = (!line.contains("no such file")).then_some(1);
                let (message, step, line) =
                    ("exit code: 1".into(), Some(line.to_owned()), Some(at + 1));
                return Err(BuildFailure {
                    kind,
                    message,
                    step,
                    line,
                    output: vec!["it failed".into()],
                    exit_code,
                    is_unanswered: false,
                }
                .into());
            }
            let args = args_above(&request, at);
            let step = step_at(&request.dockerfile, at);
            let made = self.run(step.trim_end(), &args, layers.last(), request.no_cache);
            layers.push(made);
        }
        let image = Image::of(layers.clone(), &request.platform);
        self.state().images.insert(request.name, image.clone());
        Ok(BuildAnswer {
            image: image.id,
            cached: 0,
            ran: layers.len(),
        })
    }

    async fn pull(&self, request: PullRequest) -> Result<(), WorldError> {
        let name = request.reference.to_string();
        let image = self.find(&name, &request.platform).await?;
        self.state().images.insert(name, image);
        Ok(())
    }

    async fn push(&self, request: PushRequest) -> Result<(), WorldError> {
        let image = self.find(&request.image, &Platform::linux_amd64()).await?;
        self.registry
            .seed_blob(&request.reference.repository, &image.config);
        // Through the registry's interface, so that its faults apply.
        self.registry.put(&request.reference, &image.stored()).await
    }

    async fn inspect(&self, image: &str) -> Result<Option<ImageInfo>, WorldError> {
        let found = self.state().images.get(image).cloned();
        Ok(found.map(|i| ImageInfo {
            id: i.id,
            os: i.platform.os.clone(),
            architecture: i.platform.architecture.clone(),
            variant: i.platform.variant.clone(),
            content: content_id(&i.platform, &i.layers, &json!({})),
            layers: i.layers,
            repo_digests: Vec::new(),
            size: 1,
            config: Default::default(),
        }))
    }

    async fn tag(&self, image: &str, name: &Reference) -> Result<(), WorldError> {
        let image = self.find(image, &Platform::linux_amd64()).await?;
        self.state().images.insert(name.to_string(), image);
        Ok(())
    }

    async fn untag(&self, name: &str) -> Result<(), WorldError> {
        self.state().images.remove(name);
        Ok(())
    }

    async fn probe(
        &self,
        reference: &Reference,
        _: Option<&Credential>,
    ) -> Result<Option<Digest>, WorldError> {
        Ok(self.registry.tagged(reference))
    }

    /// A check with `false` fails, every other one passes; what it prints is its last word.
    async fn examine(&self, request: ContainerRequest) -> Result<ContainerAnswer, WorldError> {
        let command = match request.task {
            ContainerTask::Run(command) => command,
            ContainerTask::Read(_) => return Ok(self.read(&request.image)),
            _ => return Err(WorldError::refused(request.image, "only commands run here")),
        };
        if command.argv.iter().any(|word| word.contains("apt-cache")) {
            return self.asked(&request.image, &command.argv[4..]);
        }
        let line = command.argv.join(" ");
        let platform = self
            .state()
            .images
            .get(&request.image)
            .map(|i| i.platform.clone());
        let platform = platform.unwrap_or_else(Platform::linux_amd64);
        let fails = line.contains("false") || self.failure(&line, &platform).is_some();
        let code = i64::from(fails);
        let word = line.split(' ').next_back().unwrap_or_default().to_owned();
        Ok(ContainerAnswer::Ran(Ran {
            ended: Ended::Exit(code),
            stdout: Output::whole(word.as_bytes()),
            stderr: Output::whole(b""),
        }))
    }
}
