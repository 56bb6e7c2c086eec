//! An engine in memory, with a registry in memory: for tests of modules that use engines.
//!
//! Its builds are real as far as a run can tell: an image has the layers of the image that the last FROM of its
//! Dockerfile names, plus one layer per RUN line. A line with `nobody can` in it fails, and one with `a bug` panics.

use crate::engine::Engine;
use crate::name::{Digest, Platform, Reference};
use crate::registry::{Registry as _, fake::Fake as Registry};
use crate::request::{
    BuildAnswer, BuildFailure, BuildProgress, BuildRequest, Builder, Credential, EngineInfo,
    FaultKind, ImageInfo, Patience, PullRequest, PushRequest, Store, Stored, WorldError,
};
use async_trait::async_trait;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;

/// An engine that holds images by name. Clones share them.
#[derive(Clone)]
pub struct Fake {
    registry: Registry,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    images: BTreeMap<String, Image>,
}

#[derive(Clone)]
struct Image {
    id: Digest,
    layers: Vec<Digest>,
    config: Arc<[u8]>,
}

impl Fake {
    /// An engine without images that pushes to and pulls from this registry.
    pub fn beside(registry: &Registry) -> Self {
        Self {
            registry: registry.clone(),
            state: Arc::default(),
        }
    }

    /// A base of one layer as a registry stores it.
    pub fn base(name: &str) -> Stored {
        Image::of(vec![Digest::of(name)], name).stored()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A local image, or one that the registry has under `repository@digest`.
    async fn find(&self, name: &str) -> Result<Image, WorldError> {
        if let Some(image) = self.state().images.get(name) {
            return Ok(image.clone());
        }
        let missing = || WorldError::fault(FaultKind::NotFound, name, "no such image");
        let reference: Reference = name.parse().map_err(|_| missing())?;
        let stored = self
            .registry
            .manifest(&reference, Patience::READ)
            .await?
            .ok_or_else(missing)?;
        Image::read(&stored).ok_or_else(missing)
    }
}

impl Image {
    fn of(layers: Vec<Digest>, text: &str) -> Self {
        let config: Arc<[u8]> =
            json!({ "layers": layers, "text": text, "moby.buildkit.cache.v0": "" })
                .to_string()
                .into_bytes()
                .into();
        Self {
            id: Digest::of(&config),
            layers,
            config,
        }
    }

    /// The manifest that this engine pushes. It lists the layers, so that a pull knows them.
    fn stored(&self) -> Stored {
        let layers: Vec<Value> = self
            .layers
            .iter()
            .map(|d| json!({ "digest": d, "size": 1 }))
            .collect();
        let media_type = "application/vnd.oci.image.manifest.v1+json";
        let manifest = json!({ "schemaVersion": 2, "mediaType": media_type, "config": { "digest": self.id, "size": self.config.len() }, "layers": layers });
        let bytes = manifest.to_string().into_bytes();
        Stored {
            digest: Digest::of(&bytes),
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
        Some(Self {
            id: manifest["config"]["digest"].as_str()?.parse().ok()?,
            layers,
            config: Arc::from([]),
        })
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
        let from = request
            .dockerfile
            .lines()
            .rev()
            .find_map(|l| l.strip_prefix("FROM "))
            .unwrap_or("scratch")
            .trim();
        let mut layers = self.find(from).await?.layers;
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
            if line.contains("nobody can") {
                let (message, step, line) =
                    ("exit code: 1".into(), Some(line.to_owned()), Some(at + 1));
                return Err(BuildFailure {
                    kind: FaultKind::Failed,
                    message,
                    step,
                    line,
                    output: vec!["it failed".into()],
                    exit_code: Some(1),
                }
                .into());
            }
            layers.push(Digest::of(format!("{line} on {:?}", layers.last())));
        }
        let image = Image::of(layers.clone(), "");
        self.state().images.insert(request.name, image.clone());
        Ok(BuildAnswer {
            image: image.id,
            cached: 0,
            ran: layers.len(),
        })
    }

    async fn pull(&self, request: PullRequest) -> Result<(), WorldError> {
        let image = self.find(&request.reference.to_string()).await?;
        self.state()
            .images
            .insert(request.reference.to_string(), image);
        Ok(())
    }

    async fn push(&self, request: PushRequest) -> Result<(), WorldError> {
        let image = self.find(&request.image).await?;
        self.registry
            .seed_blob(&request.reference.repository, &image.config);
        // Through the registry's interface, so that its faults apply.
        self.registry.put(&request.reference, &image.stored()).await
    }

    async fn inspect(&self, image: &str) -> Result<Option<ImageInfo>, WorldError> {
        let found = self.state().images.get(image).cloned();
        let (os, architecture) = ("linux".to_owned(), "amd64".to_owned());
        Ok(found.map(|i| ImageInfo {
            id: i.id,
            os,
            architecture,
            variant: None,
            layers: i.layers,
            repo_digests: Vec::new(),
            size: 1,
            config: Default::default(),
        }))
    }

    async fn tag(&self, image: &str, name: &Reference) -> Result<(), WorldError> {
        let image = self.find(image).await?;
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
}
