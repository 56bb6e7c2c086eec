//! Checks that outside images support the platforms that builds use them for.
//!
//! Both the index and the configuration of an image must match: builders select by the index, and the configuration
//! describes what is published.

use super::IN_FLIGHT;
use crate::dockerfile::RunsOn;
use crate::engine::Engine;
use crate::name::{Digest, Platform, Reference};
use crate::plan::{ImageSource, LockSource, Plan};
use crate::registry::Registry;
use crate::request::{Configuration, Patience, Stored, WorldError};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use std::collections::BTreeMap;

/// The outside images of a plan's builds, and the registry and engine to query.
pub struct Bases<'a> {
    /// With its bases, if they are known; any other base is looked up by its name.
    pub plan: &'a Plan,
    /// All registries.
    pub registry: &'a dyn Registry,
    /// The engine and its own platform. Without it, images for stages on the build platform are not checked.
    pub engine: Option<(&'a dyn Engine, &'a Platform)>,
    /// How long to wait for registries.
    pub patience: Patience,
}

/// An outside image that does not support a platform.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` ({place}) does not support {wanted}; {found}", reference.familiar())]
pub struct Unmade {
    /// The image.
    pub reference: Reference,
    /// Where a Dockerfile names it.
    pub place: String,
    /// The platform that it is needed for.
    pub wanted: Platform,
    /// What it supports: `it has linux/amd64`.
    pub found: String,
}

/// For each image and each platform that builds need, the first place that names it.
type Wanted = BTreeMap<Reference, BTreeMap<Platform, String>>;

impl Bases<'_> {
    /// The outside images that lack a platform that a build needs. Each is looked up once, all concurrently.
    /// Images that do not exist are not included.
    ///
    /// # Errors
    /// A registry or the engine that does not answer.
    pub async fn unmade(&self) -> Result<Vec<Unmade>, WorldError> {
        let checked = stream::iter(self.wanted())
            .map(|(reference, platforms)| self.unmade_for(reference, platforms))
            .buffered(IN_FLIGHT);
        let all: Vec<Vec<Unmade>> = checked.try_collect().await?;
        Ok(all.into_iter().flatten().collect())
    }

    fn wanted(&self) -> Wanted {
        let mut wanted = Wanted::new();
        for (build, recipe) in self.plan.recipes() {
            let platforms = &self.plan.variant(&build.variant).platforms;
            let Some(at) = platforms.iter().position(|one| *one == build.platform) else {
                continue;
            };
            for image in &recipe.images {
                let need = image.at.needs.get(at).and_then(Option::as_ref);
                if let (ImageSource::Base(reference), Some(on)) = (
                    &image.source,
                    need.and_then(|on| self.platform(on, &build.platform)),
                ) {
                    // A base that could not be looked up fails the builds that need it.
                    if self.plan.unknown.contains_key(reference) {
                        continue;
                    }
                    let places = wanted.entry(reference.clone()).or_default();
                    places
                        .entry(on.clone())
                        .or_insert_with(|| recipe.place(image.at.line));
                }
            }
        }
        wanted
    }

    fn platform<'b>(&'b self, on: &'b RunsOn, target: &'b Platform) -> Option<&'b Platform> {
        match on {
            RunsOn::Target => Some(target),
            RunsOn::Platform(pinned) => Some(pinned),
            RunsOn::Build => self.engine.map(|(_, platform)| platform),
        }
    }

    async fn unmade_for(
        &self,
        reference: Reference,
        wanted: BTreeMap<Platform, String>,
    ) -> Result<Vec<Unmade>, WorldError> {
        let image = match self.plan.bases.get(&reference) {
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
        for (listed, digest) in stored.images() {
            // For an entry without a platform, the image's configuration has it.
            let platform = match listed {
                Some(listed) => Some(listed),
                None => self.part(&reference, digest).await?,
            };
            parts.extend(platform.map(|platform| (platform, digest)));
        }
        Ok(Some(Image::Index(reference, parts)))
    }

    /// What an image supports instead of the platform; `None` if it supports the platform.
    async fn lacks(&self, image: &Image, wanted: &Platform) -> Result<Option<String>, WorldError> {
        match image {
            Image::One(platform) if wanted.runs(platform) => Ok(None),
            Image::One(platform) => Ok(Some(format!("its platform is {platform}"))),
            Image::Index(reference, parts) => {
                let fitting = parts.iter().filter(|(platform, _)| wanted.runs(platform));
                let Some((_, digest)) = fitting.max_by_key(|(platform, _)| platform.rank()) else {
                    return Ok(Some(has(parts)));
                };
                let own = self.part(reference, *digest).await?;
                Ok(own.filter(|own| !wanted.runs(own)).map(|own| {
                    format!("its index lists an image for it, whose configuration has {own}")
                }))
            }
        }
    }

    /// The platform in the configuration of one image of an index.
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

    /// The platform in an image's configuration; `None` if it has none, like artifacts that are not images.
    async fn configured(
        &self,
        reference: &Reference,
        stored: &Stored,
    ) -> Result<Option<Platform>, WorldError> {
        let Some(digest) = stored.config() else {
            return Ok(None);
        };
        let config = self
            .registry
            .blob(&reference.repository, digest, self.patience)
            .await?;
        Ok(Configuration::read(&config)
            .ok()
            .and_then(|config| config.platform.read()))
    }
}

/// The platforms of an outside image.
enum Image {
    One(Platform),
    /// Where the registry serves it, and the images in it.
    Index(Reference, Vec<(Platform, Digest)>),
}

fn has(parts: &[(Platform, Digest)]) -> String {
    let mut all: Vec<String> = parts
        .iter()
        .map(|(platform, _)| platform.to_string())
        .collect();
    all.sort();
    all.dedup();
    match all.is_empty() {
        true => "it has no platforms".into(),
        false => format!("it has {}", all.join(", ")),
    }
}

#[cfg(test)]
mod tests;
