//! Outside images in `kiln.lock`: what their names resolve to today, and whether registries still have what is locked.

use super::IN_FLIGHT;
use super::bases::NamedBases;
use super::platforms::{Unfit, has};
use super::unlocked::{Named, not_resolved};
use crate::dockerfile::ImageRef;
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

/// The locked images that the builds of these decisions need and that their registries do not have any more, or do not
/// answer for, by digest.
pub async fn gone(
    materials: &Materials<'_>,
    facts: &Facts,
    decisions: &Decisions,
    wanted: &BTreeSet<VariantId>,
    registry: &dyn Registry,
) -> BTreeMap<Reference, WorldError> {
    let mut needed: BTreeMap<Reference, (Locked, BaseKey, Named<'_>)> = BTreeMap::new();
    for v in wanted {
        let built = decisions.of(*v).iter();
        let built = built.filter(|one| one.state == State::Built);
        let taken: BTreeSet<Digest> = built.flat_map(|one| one.inputs.locked_digests()).collect();
        if taken.is_empty() {
            continue;
        }
        for (key, (v, image_ref)) in materials.lockable([*v]) {
            let locked = materials.locked(&key.reference, &[key.platform.clone()].into());
            for one in locked.into_iter().filter(|one| taken.contains(&one.digest)) {
                let pinned = Reference::pinned(key.reference.repository.clone(), one.digest);
                if facts.gone.contains_key(&pinned) {
                    continue;
                }
                let named = Named::by(materials, v, image_ref);
                needed
                    .entry(pinned)
                    .and_modify(|(.., named)| {
                        named.others += usize::from(*named.variant != materials.names[v])
                    })
                    .or_insert_with(|| (one, key.clone(), named));
            }
        }
    }
    let asked = stream::iter(needed).map(|(pinned, (locked, key, named))| async move {
        let why = match registry.head(&pinned, Patience::READ).await {
            Ok(Some(_)) => return None,
            Ok(None) => deleted(&key, &locked, &named),
            Err(why) => not_resolved(&key.reference, &named, why),
        };
        Some((pinned, why))
    });
    let found = asked.buffer_unordered(IN_FLIGHT);
    found.filter_map(|one| async move { one }).collect().await
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
