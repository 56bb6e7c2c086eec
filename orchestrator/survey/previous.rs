//! Finds the previous image of a variant that an engine can use as a cache.

use crate::engine::Engine;
use crate::name::{Domain, Platform, Reference};
use crate::registry::Registry;
use crate::registry::credentials::Credentials;
use crate::request::{
    Configuration, Credential, EngineInfo, FaultKind, Manifest, Patience, PullRequest, Stored,
    WorldError,
};
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::time::Duration;

/// In bytes per second: pulling a cache more slowly costs more time than it saves.
const SLOWEST_PULL: u64 = 1 << 20;

/// Before a second try, ± 50 %.
const PAUSE: Duration = Duration::from_secs(1);

/// What the searches of a run have found out about registries.
#[derive(Debug, Default)]
pub struct Known {
    /// They did not answer; no search waits for them again.
    silent: Mutex<BTreeSet<Domain>>,
    /// They denied access, and a note has said so.
    denied: Mutex<BTreeSet<Domain>>,
}

/// Looks for the image that a build may use as a cache.
pub struct Search<'a> {
    /// The registry.
    pub registry: &'a dyn Registry,
    /// The engine that builds.
    pub engine: &'a dyn Engine,
    /// What the engine reports about itself.
    pub info: &'a EngineInfo,
    /// The credentials of registries.
    pub credentials: &'a Credentials,
    /// What is known of registries since earlier searches of this run.
    pub known: &'a Known,
}

/// A previous image that the engine can use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The name for `cache_from`.
    pub name: String,
    /// Tag and digest, for reports.
    pub reference: Reference,
}

/// Why there is no cache. `trouble` means that the reason is worth a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nothing {
    /// The reason.
    pub why: String,
    /// Whether it is worth a note.
    pub trouble: bool,
    /// Whether a registry denied access.
    denied: bool,
}

impl Nothing {
    fn quiet(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            trouble: false,
            denied: false,
        }
    }

    fn trouble(why: impl ToString) -> Self {
        Self {
            trouble: true,
            ..Self::quiet(why.to_string())
        }
    }
}

impl Search<'_> {
    /// The first of the candidates that exists. An engine receives only references that a registry has just served: a
    /// registry that accepts a connection and never answers would stop all builds of that engine.
    pub async fn previous(
        &self,
        candidates: &[Reference],
        platform: &Platform,
    ) -> Result<Found, Nothing> {
        let mut denied = None;
        for reference in candidates {
            let domain = reference.repository.domain();
            if self.known.silent.lock().contains(domain) {
                return Err(Nothing::quiet(format!("{domain} does not answer")));
            }
            let look = || self.registry.manifest(reference, Patience::CACHE);
            match self.look_up(domain, look).await {
                Err(nothing) if nothing.denied => denied = denied.or(Some(nothing)),
                Err(nothing) => return Err(nothing),
                Ok(None) => {}
                Ok(Some(stored)) => {
                    return self.usable(reference.clone(), stored, platform).await;
                }
            }
        }
        Err(denied.unwrap_or_else(|| Nothing::quiet("no previous image")))
    }

    /// Why there is no cache. Access may be denied on purpose, as to a pull request that looks for what other runs have staged. So
    /// there is one note per registry, without advice; a build that needs access fails and has it.
    fn nothing(&self, domain: &Domain, error: &WorldError) -> Nothing {
        match error.kind() {
            FaultKind::NotAllowed => Nothing {
                trouble: self.known.denied.lock().insert(domain.clone()),
                denied: true,
                ..Nothing::quiet(format!("{domain} denies access"))
            },
            _ => Nothing::trouble(error),
        }
    }

    /// Asks a registry. One that does not answer is silent for the rest of the run; one that answers with an error is
    /// not, since what it cannot serve for one image it may serve for the next.
    async fn look_up<T, Fut>(&self, domain: &Domain, look: impl Fn() -> Fut) -> Result<T, Nothing>
    where
        Fut: Future<Output = Result<T, WorldError>>,
    {
        let found = twice(look).await;
        if let Err(error) = &found
            && error.kind() == FaultKind::NotReachable
        {
            self.known.silent.lock().insert(domain.clone());
        }
        found.map_err(|error| self.nothing(domain, &error))
    }

    async fn usable(
        &self,
        reference: Reference,
        stored: Stored,
        platform: &Platform,
    ) -> Result<Found, Nothing> {
        let stored = self.of_platform(&reference, stored, platform).await?;
        let manifest = stored.manifest().map_err(Nothing::trouble)?;
        let config = manifest.config.as_ref().and_then(|config| config.digest);
        let config =
            config.ok_or_else(|| Nothing::trouble("the previous image has no configuration"))?;
        if self.info.builder == crate::request::Builder::BuildKit {
            let repository = &reference.repository;
            let look = || self.registry.blob(repository, config, Patience::CACHE);
            let config = self.look_up(repository.domain(), look).await?;
            let config = Configuration::read(&config).map_err(Nothing::trouble)?;
            if !config.has_cache() {
                return Err(Nothing::trouble(format!(
                    "no cache in {}",
                    reference.familiar()
                )));
            }
        }
        let pinned = reference.with_digest(stored.digest);
        match self.info.pulls_cache(self.info.builder) {
            true => {
                self.pull(&reference, pinned, size(&manifest), platform)
                    .await
            }
            false => self.probe(pinned).await,
        }
    }

    /// The manifest for one platform, if the previous image is an index.
    async fn of_platform(
        &self,
        reference: &Reference,
        stored: Stored,
        platform: &Platform,
    ) -> Result<Stored, Nothing> {
        if !stored.is_index() {
            return Ok(stored);
        }
        let index = stored.manifest().map_err(Nothing::trouble)?;
        let fits = |listed: &Platform| {
            (&listed.os, &listed.architecture, &listed.variant)
                == (&platform.os, &platform.architecture, &platform.variant)
        };
        let mut images = index.images().into_iter();
        let child = images.find(|(listed, _)| listed.as_ref().is_some_and(fits));
        let (_, child) =
            child.ok_or_else(|| Nothing::quiet(format!("the previous image has no {platform}")))?;
        let pinned = Reference::pinned(reference.repository.clone(), child);
        let look = || self.registry.manifest(&pinned, Patience::CACHE);
        let stored = self.look_up(reference.repository.domain(), look).await?;
        stored.ok_or_else(|| Nothing::trouble(format!("{pinned} no longer exists")))
    }

    async fn credential(&self, reference: &Reference) -> Result<Option<Credential>, Nothing> {
        let found = self.credentials.get(reference.repository.domain()).await;
        let found = found.map_err(Nothing::trouble)?;
        Ok(found.map(|found| found.credential))
    }

    /// Pulls the image, since an engine reads the cache of a local image without any request.
    async fn pull(
        &self,
        reference: &Reference,
        pinned: Reference,
        size: u64,
        platform: &Platform,
    ) -> Result<Found, Nothing> {
        let exact = Reference {
            tag: None,
            ..pinned.clone()
        };
        let credential = self.credential(reference).await?;
        let request = PullRequest {
            reference: exact.clone(),
            platform: platform.clone(),
            credential,
        };
        let pull = || self.engine.pull(request.clone());
        let patience = Duration::from_secs(30 + size / SLOWEST_PULL);
        match tokio::time::timeout(patience, twice(pull)).await {
            Ok(Ok(())) => Ok(Found {
                name: exact.to_string(),
                reference: pinned,
            }),
            Ok(Err(error)) => Err(Nothing::trouble(error)),
            Err(_) => Err(Nothing::trouble(format!(
                "pulling {} took longer than {} s",
                reference.familiar(),
                patience.as_secs()
            ))),
        }
    }

    /// The engine will request the image from the registry itself, so this first checks that the engine can reach it.
    async fn probe(&self, pinned: Reference) -> Result<Found, Nothing> {
        let credential = self.credential(&pinned).await?;
        let credential = credential.as_ref();
        let exact = Reference {
            tag: None,
            ..pinned.clone()
        };
        match twice(|| self.engine.probe(&exact, credential)).await {
            Ok(Some(_)) => Ok(Found {
                name: exact.to_string(),
                reference: pinned,
            }),
            Ok(None) => Err(Nothing::trouble(format!(
                "the engine cannot find {}",
                exact.familiar()
            ))),
            Err(error) => Err(Nothing::trouble(error)),
        }
    }
}

/// Asks, and asks a second time if the answer was an error that may pass: one throttled request should not cost an
/// image its cache. Where the registry said when, its client waits for that.
async fn twice<T, Fut>(ask: impl Fn() -> Fut) -> Result<T, WorldError>
where
    Fut: Future<Output = Result<T, WorldError>>,
{
    match ask().await {
        Err(error) if error.kind().is_passing() => {
            tokio::time::sleep(PAUSE.mul_f64(rand::random_range(0.5..1.5))).await;
            ask().await
        }
        answer => answer,
    }
}

/// The size of all compressed layers, in bytes.
fn size(manifest: &Manifest) -> u64 {
    manifest.layers.iter().filter_map(|layer| layer.size).sum()
}
