//! Outside images in `kiln.lock`: what their names resolve to today, and whether registries still have what is locked.

use super::IN_FLIGHT;
use super::bases::NamedBases;
use super::platforms::{Unfit, has};
use super::unlocked::{Missing, Named, missing, not_resolved};
use crate::dockerfile::{ImageRef, ImageRefKind};
use crate::engine::Engine;
use crate::graph::Target;
use crate::lockfile::BaseKey;
use crate::matrix::VariantId;
use crate::name::{Digest, Platform, Reference};
use crate::plan::{Decisions, Facts, Locked, Materials, State, part_for};
use crate::registry::Registry;
use crate::request::{Configuration, FaultKind, Patience, Stored, WorldError};
use futures_util::stream::{self, StreamExt};
use std::collections::{BTreeMap, BTreeSet};

/// Outside images by name and platform, with the first variant and place that needs each.
type Needed<'a> = BTreeMap<BaseKey, (VariantId, &'a ImageRef)>;

/// Why a name is not locked.
#[derive(Debug, Clone, PartialEq)]
pub enum Unresolved {
    /// It could not be looked up, or does not exist.
    World(WorldError),
    /// It has no image for the platform.
    Unfit(Box<Unfit>),
}

/// Looks up what names resolve to today. Each name is looked up once, so all its platforms are of one index.
pub async fn resolve(
    materials: &Materials<'_>,
    needed: &Needed<'_>,
    registry: &dyn Registry,
) -> Vec<(BaseKey, Result<Digest, Unresolved>)> {
    let mut names: BTreeMap<&Reference, Vec<(&BaseKey, Named<'_>)>> = BTreeMap::new();
    for (key, (v, image_ref)) in needed {
        let named = Named::by(materials, *v, image_ref);
        let all = names.entry(&key.reference).or_default();
        all.push((key, named));
    }
    let answers = stream::iter(names).map(|(reference, keys)| async move {
        let served = served(reference, registry).await;
        let digest = |(key, named): (&BaseKey, Named<'_>)| {
            let found = match &served {
                Ok(Some(served)) => digest(served, key, &named).map_err(Unresolved::Unfit),
                Ok(None) => Err(Unresolved::World(absent(reference, &named))),
                Err(why) => Err(Unresolved::World(not_resolved(
                    reference,
                    &named,
                    why.clone(),
                ))),
            };
            (key.clone(), found)
        };
        keys.into_iter().map(digest).collect::<Vec<_>>()
    });
    let all: Vec<Vec<_>> = answers.buffered(IN_FLIGHT).collect().await;
    all.into_iter().flatten().collect()
}

/// What a name resolves to.
struct Served {
    digest: Digest,
    /// Its images by platform; `None` for a single image that does not say its platform.
    parts: Option<Vec<(Platform, Digest)>>,
}

async fn served(
    reference: &Reference,
    registry: &dyn Registry,
) -> Result<Option<Served>, WorldError> {
    let Some(stored) = registry.manifest(reference, Patience::READ).await? else {
        return Ok(None);
    };
    let parts = match stored.is_index() {
        true => {
            let parts = stored.images().into_iter();
            Some(parts.filter_map(|(on, part)| Some((on?, part))).collect())
        }
        false => {
            let own = own_platform(reference, &stored, registry).await?;
            own.map(|platform| vec![(platform, stored.digest)])
        }
    };
    Ok(Some(Served {
        digest: stored.digest,
        parts,
    }))
}

/// The platform in the configuration of a single image.
async fn own_platform(
    reference: &Reference,
    stored: &Stored,
    registry: &dyn Registry,
) -> Result<Option<Platform>, WorldError> {
    let Some(config) = stored.config() else {
        return Ok(None);
    };
    let repository = &reference.repository;
    let config = registry.blob(repository, config, Patience::READ).await?;
    let config = Configuration::read(&config).ok();
    Ok(config.and_then(|config| config.platform.read()))
}

/// The digest that a name resolves to for a platform.
fn digest(served: &Served, key: &BaseKey, named: &Named<'_>) -> Result<Digest, Box<Unfit>> {
    let (Some(platform), Some(parts)) = (&key.platform, &served.parts) else {
        return Ok(served.digest);
    };
    part_for(parts, platform).ok_or_else(|| {
        Box::new(Unfit {
            reference: key.reference.clone(),
            place: named.recipe.origin(named.image_ref.line),
            why: format!("does not support {platform}; {}", has(parts)),
            way_out: None,
        })
    })
}

fn absent(reference: &Reference, named: &Named<'_>) -> WorldError {
    let why = format!(
        "its registry does not have it{}\n  check the name, or push it to its registry",
        named.place()
    );
    WorldError::fault(FaultKind::NotFound, named.what(reference), why)
}

/// The locked images, and those named by digest, that the builds of these decisions need and that their registries do not have
/// any more, or do not answer for, by digest. With an engine, what it has is not one of them: a digest names the same image
/// everywhere.
pub async fn gone(
    materials: &Materials<'_>,
    facts: &Facts,
    decisions: &Decisions,
    wanted: &BTreeSet<VariantId>,
    registry: &dyn Registry,
    engine: Option<&dyn Engine>,
) -> BTreeMap<Reference, WorldError> {
    let needed = fixed(materials, facts, decisions, wanted);
    let asked = stream::iter(needed).map(|(pinned, fixed)| async move {
        let why = match registry.head(&pinned, Patience::READ).await {
            Ok(Some(_)) => return None,
            Ok(None) => fixed.deleted(&pinned, engine.is_some()),
            Err(why) => not_resolved(fixed.name(&pinned), &fixed.named, why),
        };
        if let Some(engine) = engine
            && let Ok(Some(_)) = engine.inspect(&pinned.familiar()).await
        {
            return None;
        }
        Some((pinned, why))
    });
    let found = asked.buffer_unordered(IN_FLIGHT);
    found.filter_map(|one| async move { one }).collect().await
}

/// A digest that a build needs.
struct Fixed<'a> {
    /// The line of `kiln.lock` that names it; `None` if a Dockerfile does.
    locked: Option<(Locked, BaseKey)>,
    named: Named<'a>,
}

impl Fixed<'_> {
    fn name<'r>(&'r self, pinned: &'r Reference) -> &'r Reference {
        let locked = self.locked.as_ref();
        locked.map_or(pinned, |(_, key)| &key.reference)
    }

    fn deleted(&self, pinned: &Reference, is_local: bool) -> WorldError {
        match &self.locked {
            Some((locked, key)) => deleted(key, locked, &self.named),
            None if is_local => missing(pinned, &self.named, Missing::Everywhere),
            None => missing(pinned, &self.named, Missing::Registry),
        }
    }
}

/// What the builds of these decisions need by digest, without what was looked up before.
fn fixed<'a>(
    materials: &Materials<'a>,
    facts: &Facts,
    decisions: &Decisions,
    wanted: &BTreeSet<VariantId>,
) -> BTreeMap<Reference, Fixed<'a>> {
    let mut needed: BTreeMap<Reference, Fixed<'a>> = BTreeMap::new();
    for v in wanted {
        let built = decisions.of(*v).iter();
        let mut built = built
            .filter(|one| one.state == State::Built)
            .map(|one| &one.inputs)
            .peekable();
        if built.peek().is_none() {
            continue;
        }
        let taken: BTreeSet<Digest> = built.flat_map(|one| one.locked_digests()).collect();
        let mut found = by_name(materials, *v);
        if !taken.is_empty() {
            found.extend(by_lock(materials, *v, &taken));
        }
        for (pinned, one) in found {
            if facts.gone.contains_key(&pinned) {
                continue;
            }
            needed
                .entry(pinned)
                .and_modify(|first| {
                    first.named.others += usize::from(*first.named.variant != materials.names[*v])
                })
                .or_insert(one);
        }
    }
    needed
}

/// The outside images that a variant's Dockerfile names by digest. Frontends are looked up with those that have tags.
fn by_name<'a>(materials: &Materials<'a>, v: VariantId) -> Vec<(Reference, Fixed<'a>)> {
    let refs = materials.recipes[v].image_refs.iter();
    let named = refs.zip(materials.graph.targets(v));
    let pinned = named.filter_map(|(image_ref, target)| {
        let Target::Base(reference) = target else {
            return None;
        };
        let is_input = image_ref.kind != ImageRefKind::Syntax && image_ref.is_needed();
        let digest = reference.digest().filter(|_| is_input)?;
        let one = Fixed {
            locked: None,
            named: Named::by(materials, v, image_ref),
        };
        Some((Reference::pinned(reference.repository.clone(), digest), one))
    });
    pinned.collect()
}

/// The outside images of a variant that `kiln.lock` gives one of these digests.
fn by_lock<'a>(
    materials: &Materials<'a>,
    v: VariantId,
    taken: &BTreeSet<Digest>,
) -> Vec<(Reference, Fixed<'a>)> {
    let mut all = Vec::new();
    for (key, (v, image_ref)) in materials.lockable([v]) {
        let locked = materials.locked(&key.reference, &[key.platform.clone()].into());
        for one in locked.into_iter().filter(|one| taken.contains(&one.digest)) {
            let pinned = Reference::pinned(key.reference.repository.clone(), one.digest);
            let fixed = Fixed {
                locked: Some((one, key.clone())),
                named: Named::by(materials, v, image_ref),
            };
            all.push((pinned, fixed));
        }
    }
    all
}

fn deleted(key: &BaseKey, locked: &Locked, named: &Named<'_>) -> WorldError {
    let name = key.reference.familiar();
    let why = format!(
        "{} locks it to {} {}, which its registry does not have any more{}\n  `kiln lock --update {name}` locks what the name resolves to today",
        locked.place,
        locked.digest,
        key.purpose(),
        named.place()
    );
    WorldError::fault(FaultKind::NotFound, named.what(&key.reference), why)
}

/// What `kiln.lock` says about each name, and whether it says everything that is needed.
pub(super) fn locks<'a>(
    named: &NamedBases<'a>,
    materials: &Materials<'_>,
    wanted: &BTreeSet<VariantId>,
) -> BTreeMap<&'a Reference, (Vec<Locked>, bool)> {
    if !materials.lock.has_bases() {
        return BTreeMap::new();
    }
    let mut platforms: BTreeMap<Reference, BTreeSet<Option<Platform>>> = BTreeMap::new();
    for key in materials.lockable(wanted.iter().copied()).into_keys() {
        let all = platforms.entry(key.reference).or_default();
        all.insert(key.platform);
    }
    let locked = |reference: &&'a Reference| {
        let needed = platforms.get(&BaseKey::of(reference, None).reference)?;
        let locked = materials.locked(reference, needed);
        let is_complete = locked.len() == needed.len();
        Some((*reference, (locked, is_complete)))
    };
    named.keys().filter_map(locked).collect()
}
