//! Whether outside images are made for the platforms that builds take them for.
//!
//! What an index says of an image and what the image's own configuration says must both fit: builders believe the first,
//! and what is published is what the second describes.

use super::IN_FLIGHT;
use crate::engine::Engine;
use crate::graph::{Graph, Target};
use crate::matrix::Fleet;
use crate::name::{Digest, Platform, Reference};
use crate::plan::{Action, Lock, LockSource, Plan};
use crate::registry::Registry;
use crate::render::{Recipe, RunsOn};
use crate::request::{Patience, Stored, WorldError};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde_json::Value;
use std::collections::BTreeMap;

/// What a plan's builds are based on, and who can be asked about it.
pub struct Bases<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The fleet.
    pub fleet: &'a Fleet,
    /// The recipes of all variants.
    pub recipes: &'a [Recipe],
    /// The edges between the variants.
    pub graph: &'a Graph,
    /// What each outside image is locked to; one that is not in it is asked for as it is named.
    pub locks: &'a BTreeMap<Reference, Lock>,
    /// The registry.
    pub registry: &'a dyn Registry,
    /// The engine with its own platform; without one, what stages on the build platform take is not looked at.
    pub engine: Option<(&'a dyn Engine, &'a Platform)>,
    /// How long to wait for registries.
    pub patience: Patience,
}

/// An outside image that is not made for a platform.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` ({place}) is not made for {wanted}; {found}", reference.familiar())]
pub struct Unmade {
    /// The image.
    pub reference: Reference,
    /// Where a Dockerfile names it.
    pub place: String,
    /// The platform that it is needed for.
    pub wanted: Platform,
    /// What it is made for: `it has linux/amd64`.
    pub found: String,
}

/// By image and by platform that it is needed for, the first place that needs it.
type Wanted = BTreeMap<Reference, BTreeMap<Platform, String>>;

impl Bases<'_> {
    /// The outside images that are not made for a platform that they are needed for; each is asked once, all in flight.
    /// One that does not exist is not among them.
    ///
    /// # Errors
    /// A registry or the engine that does not answer.
    pub async fn unmade(&self) -> Result<Vec<Unmade>, WorldError> {
        let asked = stream::iter(self.wanted())
            .map(|(reference, platforms)| self.of(reference, platforms))
            .buffered(IN_FLIGHT);
        let all: Vec<Vec<Unmade>> = asked.try_collect().await?;
        Ok(all.into_iter().flatten().collect())
    }

    fn wanted(&self) -> Wanted {
        let mut wanted = Wanted::new();
        let builds = self
            .plan
            .steps
            .iter()
            .filter(|step| step.action == Action::Build);
        for (v, platform) in builds.filter_map(|step| Some((step.variant, step.platform.as_ref()?)))
        {
            let recipe = &self.recipes[v.0 as usize];
            let platforms = &self.fleet.variant(v).platforms;
            let Some(at) = platforms.iter().position(|one| one == platform) else {
                continue;
            };
            for (image_ref, target) in recipe.image_refs.iter().zip(self.graph.targets(v)) {
                let need = image_ref.needs.get(at).and_then(Option::as_ref);
                if let (Target::Base(reference), Some(on)) =
                    (target, need.and_then(|on| self.on(on, platform)))
                {
                    let places = wanted.entry(reference.clone()).or_default();
                    places
                        .entry(on.clone())
                        .or_insert_with(|| recipe.place(image_ref.line));
                }
            }
        }
        wanted
    }

    fn on<'b>(&'b self, on: &'b RunsOn, target: &'b Platform) -> Option<&'b Platform> {
        match on {
            RunsOn::Target => Some(target),
            RunsOn::Platform(pinned) => Some(pinned),
            RunsOn::Build => self.engine.map(|(_, platform)| platform),
        }
    }

    async fn of(
        &self,
        reference: Reference,
        wanted: BTreeMap<Platform, String>,
    ) -> Result<Vec<Unmade>, WorldError> {
        let image = match self.locks.get(&reference) {
            Some(lock) if lock.source == LockSource::Engine => self.on_engine(&reference).await?,
            Some(lock) => {
                let pinned = Reference::pinned(reference.repository.clone(), lock.digest);
                self.served(pinned).await?
            }
            None => self.served(reference.clone()).await?,
        };
        let Some(image) = image else {
            return Ok(Vec::new());
        };
        let mut unmade = Vec::new();
        for (wanted, place) in wanted {
            if let Some(found) = self.lacks(&image, &wanted).await? {
                let reference = reference.clone();
                unmade.push(Unmade {
                    reference,
                    place,
                    wanted,
                    found,
                });
            }
        }
        Ok(unmade)
    }

    async fn on_engine(&self, reference: &Reference) -> Result<Option<Image>, WorldError> {
        let Some((engine, _)) = self.engine else {
            return Ok(None);
        };
        let found = engine.inspect(&reference.familiar()).await?;
        Ok(found.map(|image| Image::One(image.platform())))
    }

    async fn served(&self, reference: Reference) -> Result<Option<Image>, WorldError> {
        let Some(stored) = self.registry.manifest(&reference, self.patience).await? else {
            return Ok(None);
        };
        if !stored.is_index() {
            return Ok(self.configured(&reference, &stored).await?.map(Image::One));
        }
        let mut parts = Vec::new();
        for (said, digest) in parts_of(&stored) {
            // An entry that says no platform is what its configuration says.
            let platform = match said {
                Some(said) => Some(said),
                None => self.part(&reference, digest).await?,
            };
            parts.extend(platform.map(|platform| (platform, digest)));
        }
        Ok(Some(Image::Index(reference, parts)))
    }

    /// What an image is made for instead of a platform; `None` if it is made for that.
    async fn lacks(&self, image: &Image, wanted: &Platform) -> Result<Option<String>, WorldError> {
        match image {
            Image::One(platform) if wanted.runs(platform) => Ok(None),
            Image::One(platform) => Ok(Some(format!("it is made for {platform}"))),
            Image::Index(reference, parts) => {
                let fitting = parts.iter().filter(|(platform, _)| wanted.runs(platform));
                let Some((_, digest)) = fitting.max_by_key(|(platform, _)| platform.rank()) else {
                    return Ok(Some(has(parts)));
                };
                let own = self.part(reference, *digest).await?;
                Ok(own.filter(|own| !wanted.runs(own)).map(|own| {
                    format!("the configuration of the image that it has for it says {own}")
                }))
            }
        }
    }

    /// What the configuration of one image of an index says.
    async fn part(
        &self,
        reference: &Reference,
        digest: Digest,
    ) -> Result<Option<Platform>, WorldError> {
        let pinned = Reference::pinned(reference.repository.clone(), digest);
        match self.registry.manifest(&pinned, self.patience).await? {
            Some(stored) => self.configured(&pinned, &stored).await,
            None => Ok(None),
        }
    }

    /// What an image's configuration says; `None` where it says nothing, as those of other things than images.
    async fn configured(
        &self,
        reference: &Reference,
        stored: &Stored,
    ) -> Result<Option<Platform>, WorldError> {
        let manifest: Value = serde_json::from_slice(&stored.bytes).unwrap_or_default();
        let Some(digest) = manifest["config"]["digest"]
            .as_str()
            .and_then(|d| d.parse().ok())
        else {
            return Ok(None);
        };
        let config = self
            .registry
            .blob(&reference.repository, digest, self.patience)
            .await?;
        Ok(serde_json::from_slice(&config)
            .ok()
            .as_ref()
            .and_then(platform_of))
    }
}

/// An outside image, as far as it is known what it is made for.
enum Image {
    One(Platform),
    /// Where it is served, and its parts.
    Index(Reference, Vec<(Platform, Digest)>),
}

/// The images of an index with the platform that it gives them; attestations are no images.
fn parts_of(index: &Stored) -> Vec<(Option<Platform>, Digest)> {
    let index: Value = serde_json::from_slice(&index.bytes).unwrap_or_default();
    let entries = index["manifests"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let part = |entry: &Value| {
        let digest = entry["digest"].as_str()?.parse().ok()?;
        let said = &entry["platform"];
        match said["os"] == "unknown" || said["architecture"] == "unknown" {
            true => None,
            false => Some((platform_of(said), digest)),
        }
    };
    entries.iter().filter_map(part).collect()
}

/// `os`, `architecture`, `variant` and `os.version`, as indexes and configurations have them.
fn platform_of(said: &Value) -> Option<Platform> {
    let word = |name: &str| said[name].as_str().filter(|word| !word.is_empty());
    Some(Platform {
        os_version: word("os.version").map(str::to_owned),
        ..Platform::reported(word("os")?, word("architecture")?, word("variant"))
    })
}

fn has(parts: &[(Platform, Digest)]) -> String {
    let mut all: Vec<String> = parts
        .iter()
        .map(|(platform, _)| platform.to_string())
        .collect();
    all.sort();
    all.dedup();
    match all.is_empty() {
        true => "it has no platform at all".into(),
        false => format!("it has {}", all.join(", ")),
    }
}

#[cfg(test)]
#[path = "platforms_tests.rs"]
mod tests;
