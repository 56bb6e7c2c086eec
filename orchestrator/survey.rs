//! The only reader of the world outside: what is out there now.

use crate::engine::Engine;
use crate::graph::{Graph, Target};
use crate::matrix::{Fleet, LateTag, Share, Variant, VariantId};
use crate::name::{Digest, Domain, Platform, Reference, Repository, Tag};
use crate::plan::{Action, Facts, Ids, Lock, LockSource, Plan, counter, green_tag, probed_tag};
use crate::registry::Registry;
use crate::request::{Credentials, EngineInfo, Patience, PullRequest, Stored, WorldError};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Questions in flight at once over all registries; each registry has its own, smaller bound.
const IN_FLIGHT: usize = 32;
/// A pull of a cache that brings less than this a second costs more than it saves.
const SLOWEST_PULL: u64 = 1 << 20;

/// Asks what is staged and what the public tags point to: one HEAD a reference, all in flight.
pub async fn published(
    fleet: &Fleet,
    graph: &Graph,
    ids: &Ids,
    selected: &BTreeSet<VariantId>,
    registry: &dyn Registry,
) -> Result<Facts, WorldError> {
    let wanted = graph.with_ancestors(selected);
    let mut shares = fleet.shares();
    shares.retain(|share| share.owners.iter().any(|v| wanted.contains(v)));
    // A tag of several variants needs all of them, whatever was selected.
    let owners: BTreeSet<VariantId> = shares.iter().flat_map(|share| &share.owners).chain(&wanted).copied().collect();
    let staged = stream::iter(owners).map(|v| staged(fleet, ids, v, registry)).buffer_unordered(IN_FLIGHT);
    let staged = staged.try_filter_map(|found| async move { Ok(found) }).try_collect().await?;
    let staged: BTreeMap<VariantId, Digest> = staged;
    let green = stream::iter(staged.iter().map(|(v, d)| (*v, *d))).map(|(v, d)| green(fleet, v, d, registry)).buffer_unordered(IN_FLIGHT);
    let green = green.try_filter_map(|found| async move { Ok(found) }).try_collect().await?;
    let shared = shared(fleet, shares, &staged, registry).await?;
    let probed = stream::iter(staged.iter().map(|(v, d)| (*v, *d))).map(|(v, d)| probed(fleet, v, d, registry)).buffer_unordered(IN_FLIGHT);
    let probed = probed.try_filter_map(|found| async move { Ok(found) }).try_collect().await?;
    let revisions = revisions(fleet, &wanted, registry).await?;
    let references: Vec<Reference> = wanted.iter().flat_map(|v| fleet.variant(*v).references().map(|(r, _)| r)).collect();
    let public = stream::iter(references).map(|r| public(r, registry)).buffer_unordered(IN_FLIGHT);
    let public = public.try_filter_map(|found| async move { Ok(found) }).try_collect().await?;
    Ok(Facts { online: true, staged, green, shared, probed, revisions, public, ..Facts::default() })
}

/// The indexes that shared tags should name, where all their owners are staged: one GET an owner, since an index holds sizes.
async fn shared(
    fleet: &Fleet,
    shares: Vec<Share>,
    staged: &BTreeMap<VariantId, Digest>,
    registry: &dyn Registry,
) -> Result<BTreeMap<Vec<VariantId>, Digest>, WorldError> {
    let complete: Vec<Share> = shares.into_iter().filter(|share| share.owners.iter().all(|v| staged.contains_key(v))).collect();
    let owners: BTreeSet<VariantId> = complete.iter().flat_map(|share| &share.owners).copied().collect();
    let parts = stream::iter(owners).map(|v| async move {
        let reference = Reference::pinned(fleet.variant(v).stage.clone(), staged[&v]);
        Ok(registry.manifest(&reference, Patience::READ).await?.map(|stored| (v, stored)))
    });
    let parts: BTreeMap<VariantId, Stored> =
        parts.buffer_unordered(IN_FLIGHT).try_filter_map(|found| async move { Ok::<_, WorldError>(found) }).try_collect().await?;
    let index = |share: Share| {
        let parts: Option<Vec<_>> = share.owners.iter().map(|v| Some((fleet.variant(*v).platforms.first()?, parts.get(v)?))).collect();
        Some((share.owners, Stored::index(&parts?).ok()?.digest))
    };
    Ok(complete.into_iter().filter_map(index).collect())
}

async fn staged(fleet: &Fleet, ids: &Ids, v: VariantId, registry: &dyn Registry) -> Result<Option<(VariantId, Digest)>, WorldError> {
    let Ok(tag) = ids.recipe_tag(v).parse::<Tag>() else { return Ok(None) };
    let reference = Reference::tagged(fleet.variant(v).stage.clone(), tag);
    Ok(registry.head(&reference, Patience::READ).await?.map(|digest| (v, digest)))
}

/// Whether an image was seen to pass the checks that its variant has today.
async fn green(fleet: &Fleet, v: VariantId, image: Digest, registry: &dyn Registry) -> Result<Option<VariantId>, WorldError> {
    let variant = fleet.variant(v);
    let Some(tag) = green_tag(image, &variant.checks).and_then(|tag| tag.parse::<Tag>().ok()) else { return Ok(Some(v)) };
    let reference = Reference::tagged(variant.stage.clone(), tag);
    Ok(registry.head(&reference, Patience::READ).await?.filter(|digest| *digest == image).map(|_| v))
}

/// Whether what an image's tags wait for was read from it, and these tags written.
async fn probed(fleet: &Fleet, v: VariantId, image: Digest, registry: &dyn Registry) -> Result<Option<VariantId>, WorldError> {
    let variant = fleet.variant(v);
    let Some(tag) = probed_tag(image, &variant.late).and_then(|tag| tag.parse::<Tag>().ok()) else { return Ok(None) };
    let reference = Reference::tagged(variant.stage.clone(), tag);
    Ok(registry.head(&reference, Patience::READ).await?.filter(|digest| *digest == image).map(|_| v))
}

/// The newest revision of each counted tag: one list of tags a repository, and one HEAD a tag.
async fn revisions(
    fleet: &Fleet,
    wanted: &BTreeSet<VariantId>,
    registry: &dyn Registry,
) -> Result<BTreeMap<String, (u64, Digest)>, WorldError> {
    let late = wanted.iter().flat_map(|v| fleet.variant(*v).late_moves());
    let counters: Vec<(&Repository, &LateTag)> =
        late.filter(|(_, tag, _)| tag.probes().next().is_none()).map(|(r, tag, _)| (r, tag)).collect();
    let repositories: BTreeSet<&Repository> = counters.iter().map(|(repository, _)| *repository).collect();
    let lists = stream::iter(repositories)
        .map(|repository| async move { Ok::<_, WorldError>((repository, registry.tags(repository, Patience::READ).await?)) });
    let lists: BTreeMap<&Repository, Vec<String>> = lists.buffer_unordered(IN_FLIGHT).try_collect::<BTreeMap<_, _>>().await?;
    let newest = |(repository, tag): (&Repository, &LateTag)| {
        let published = lists.get(repository).into_iter().flatten();
        let number = published.filter_map(|published| tag.revision_of(published)).max()?;
        let filled = tag.fill(|_| number.to_string()).ok()?;
        Some((counter(repository, tag), number, Reference::tagged(repository.clone(), filled)))
    };
    let newest: Vec<_> = counters.into_iter().filter_map(newest).collect();
    let asked = stream::iter(newest).map(|(key, number, reference)| async move {
        Ok::<_, WorldError>(registry.head(&reference, Patience::READ).await?.map(|image| (key, (number, image))))
    });
    asked.buffer_unordered(IN_FLIGHT).try_filter_map(|found| async move { Ok(found) }).try_collect().await
}

async fn public(reference: Reference, registry: &dyn Registry) -> Result<Option<(Reference, Digest)>, WorldError> {
    let digest = registry.head(&reference, Patience::READ).await?;
    Ok(digest.map(|digest| (reference, digest)))
}

/// Locks every outside image that the plan's builds name to one digest: from its registry, else from the engine.
pub async fn locks(
    plan: &Plan,
    graph: &Graph,
    registry: &dyn Registry,
    engine: &dyn Engine,
) -> Result<BTreeMap<Reference, Lock>, WorldError> {
    let builds = plan.steps.iter().filter(|s| s.action == Action::Build).map(|s| s.variant);
    let bases: BTreeSet<Reference> = builds.flat_map(|v| graph.targets(v)).filter_map(outside).collect();
    stream::iter(bases).map(|reference| lock(reference, registry, engine)).buffer_unordered(IN_FLIGHT).try_collect().await
}

fn outside(target: &Target) -> Option<Reference> {
    match target {
        Target::Base(reference) => Some(reference.clone()),
        Target::Variant(_) => None,
    }
}

async fn lock(reference: Reference, registry: &dyn Registry, engine: &dyn Engine) -> Result<(Reference, Lock), WorldError> {
    if let Some(digest) = reference.digest {
        return Ok((reference, Lock { digest, source: LockSource::Registry }));
    }
    let asked = registry.head(&reference, Patience::READ).await;
    if let Ok(Some(digest)) = asked {
        return Ok((reference, Lock { digest, source: LockSource::Registry }));
    }
    if let Some(image) = engine.inspect(&reference.familiar()).await? {
        return Ok((reference, Lock { digest: image.id, source: LockSource::Engine }));
    }
    Err(asked.err().unwrap_or_else(|| WorldError::Refused {
        what: format!("base {}", reference.familiar()),
        why: "neither its registry nor the engine has it; check the name, or pull or import it first".into(),
    }))
}

/// Looks for the image that a build may take steps from.
pub struct Search<'a> {
    pub registry: &'a dyn Registry,
    pub engine: &'a dyn Engine,
    pub info: &'a EngineInfo,
    pub credentials: &'a Credentials,
    /// Registries that did not answer in this run: nobody waits for them twice.
    pub silent: &'a Mutex<BTreeSet<Domain>>,
}

/// A previous image that the engine can use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What cache-from names.
    pub name: String,
    /// Tag and digest, for people.
    pub reference: Reference,
    /// What was pulled for it, to be untagged afterwards.
    pub pulled: Option<String>,
}

/// No cache, and why; `trouble` if that is worth a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nothing {
    pub why: String,
    pub trouble: bool,
}

impl Nothing {
    fn quiet(why: impl Into<String>) -> Self {
        Self { why: why.into(), trouble: false }
    }

    fn trouble(why: impl ToString) -> Self {
        Self { why: why.to_string(), trouble: true }
    }
}

impl Search<'_> {
    /// The first that exists of: the variant's own name, its moving tags, the newest build of its recipe.
    /// Only what has just answered is ever named to an engine: one that accepts a connection and stays
    /// silent stops all builds of that engine.
    pub async fn previous(&self, variant: &Variant, recipe_tag: &str, platform: &Platform) -> Result<Found, Nothing> {
        for reference in candidates(variant, recipe_tag) {
            let domain = reference.repository.domain();
            if self.silent.lock().unwrap_or_else(PoisonError::into_inner).contains(domain) {
                return Err(Nothing::quiet(format!("{domain} does not answer")));
            }
            match self.registry.manifest(&reference, Patience::CACHE).await {
                Ok(Some(stored)) => return self.usable(reference, stored, platform).await,
                Ok(None) => {}
                Err(WorldError::Unreachable { what, why }) => {
                    self.silent.lock().unwrap_or_else(PoisonError::into_inner).insert(domain.clone());
                    return Err(Nothing::trouble(format!("{what} is out of reach: {why}")));
                }
                Err(error) => return Err(Nothing::trouble(error)),
            }
        }
        Err(Nothing::quiet("no previous image"))
    }

    async fn usable(&self, reference: Reference, stored: Stored, platform: &Platform) -> Result<Found, Nothing> {
        let stored = self.of_platform(&reference, stored, platform).await?;
        let manifest: Value = serde_json::from_slice(&stored.bytes).map_err(Nothing::trouble)?;
        let config: Digest = manifest["config"]["digest"]
            .as_str()
            .and_then(|d| d.parse().ok())
            .ok_or_else(|| Nothing::trouble("the previous image has no configuration"))?;
        if self.info.builder == crate::request::Builder::BuildKit {
            let config = self.registry.blob(&reference.repository, config, Patience::CACHE).await.map_err(Nothing::trouble)?;
            let config: Value = serde_json::from_slice(&config).map_err(Nothing::trouble)?;
            if config.get("moby.buildkit.cache.v0").is_none() {
                return Err(Nothing::trouble(format!("no cache in {}", reference.familiar())));
            }
        }
        let pinned = Reference { digest: Some(stored.digest), ..reference.clone() };
        match self.info.pulls_cache(self.info.builder) {
            true => self.pull(&reference, pinned, size(&manifest), platform).await,
            false => self.probe(pinned).await,
        }
    }

    /// The manifest of one platform, where the previous image is an index.
    async fn of_platform(&self, reference: &Reference, stored: Stored, platform: &Platform) -> Result<Stored, Nothing> {
        if !stored.is_index() {
            return Ok(stored);
        }
        let index: Value = serde_json::from_slice(&stored.bytes).map_err(Nothing::trouble)?;
        let fits = |m: &&Value| {
            let on = &m["platform"];
            on["architecture"] == platform.architecture.as_str()
                && on["os"] == platform.os.as_str()
                && on["variant"].as_str() == platform.variant.as_deref()
        };
        let child =
            index["manifests"].as_array().and_then(|all| all.iter().find(fits)).and_then(|m| m["digest"].as_str()?.parse::<Digest>().ok());
        let child = child.ok_or_else(|| Nothing::quiet(format!("the previous image has no {platform}")))?;
        let pinned = Reference::pinned(reference.repository.clone(), child);
        let stored = self.registry.manifest(&pinned, Patience::CACHE).await.map_err(Nothing::trouble)?;
        stored.ok_or_else(|| Nothing::trouble(format!("{pinned} is gone")))
    }

    /// What an engine has, it reads the cache of without any request.
    async fn pull(&self, reference: &Reference, pinned: Reference, size: u64, platform: &Platform) -> Result<Found, Nothing> {
        let exact = Reference { tag: None, ..pinned.clone() };
        let credential = self.credentials.get(reference.repository.domain()).cloned();
        let pull = self.engine.pull(PullRequest { reference: exact.clone(), platform: platform.clone(), credential });
        let patience = Duration::from_secs(30 + size / SLOWEST_PULL);
        match tokio::time::timeout(patience, pull).await {
            Ok(Ok(())) => Ok(Found { name: exact.to_string(), reference: pinned, pulled: Some(exact.to_string()) }),
            Ok(Err(error)) => Err(Nothing::trouble(error)),
            Err(_) => Err(Nothing::trouble(format!("pulling {} took longer than {} s", reference.familiar(), patience.as_secs()))),
        }
    }

    /// The engine asks the registry itself, so the image is named only after the engine's own road to it answered.
    async fn probe(&self, pinned: Reference) -> Result<Found, Nothing> {
        let credential = self.credentials.get(pinned.repository.domain());
        let exact = Reference { tag: None, ..pinned.clone() };
        match self.engine.probe(&exact, credential).await {
            Ok(Some(_)) => Ok(Found { name: exact.to_string(), reference: pinned, pulled: None }),
            Ok(None) => Err(Nothing::trouble(format!("the engine does not find {}", exact.familiar()))),
            Err(error) => Err(Nothing::trouble(error)),
        }
    }
}

/// The sum of the compressed layers, in bytes.
fn size(manifest: &Value) -> u64 {
    manifest["layers"].as_array().map_or(0, |layers| layers.iter().filter_map(|l| l["size"].as_u64()).sum())
}

/// Where a previous image may be: public tags of the first repository in order, then the staged newest.
fn candidates(variant: &Variant, recipe_tag: &str) -> Vec<Reference> {
    let first = variant.publish.first();
    let public = variant.references().map(|(r, _)| r).filter(|r| Some(&r.repository) == first);
    let staged = recipe_tag.parse::<Tag>().ok().map(|tag| Reference::tagged(variant.stage.clone(), tag));
    public.chain(staged).collect()
}
