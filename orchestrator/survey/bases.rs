//! Resolves outside images to digests.

use super::locked::locks;
use super::unlocked::{Missing, Named, missing, not_resolved};
use super::{IN_FLIGHT, all as look_up};
use crate::dockerfile::ImageRefKind;
use crate::engine::Engine;
use crate::graph::Target;
use crate::matrix::VariantId;
use crate::name::{Digest, Platform, Reference};
use crate::plan::{Base, BaseFact, Facts, Lock, LockSource, Locked, Materials, part_for};
use crate::registry::Registry;
use crate::request::{Patience, WorldError};
use futures_util::stream::{self, StreamExt};
use std::collections::{BTreeMap, BTreeSet};

/// Which outside images are looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// Those that a build is made from.
    Inputs,
    /// Those that `# syntax` names.
    Frontends,
    Both,
}

pub(super) type NamedBases<'a> = BTreeMap<&'a Reference, Named<'a>>;

/// The outside images of all builds, for runs that read nothing else. The engine's own copy is used only without `--push`,
/// and only if the registry answered that it does not have the image: a registry that cannot be reached may have a newer
/// one.
pub async fn bases(
    materials: &Materials<'_>,
    wanted: &BTreeSet<VariantId>,
    registry: &dyn Registry,
    engine: Option<&dyn Engine>,
) -> BTreeMap<Reference, BaseFact> {
    let named = named(materials, wanted, Of::Both);
    let locks = locks(&named, materials, wanted);
    all(named, locks, false, registry, engine).await
}

/// The outside images whose digests are known without a registry: from `kiln.lock`, or since their names have one.
pub fn locked_bases(
    materials: &Materials<'_>,
    wanted: &BTreeSet<VariantId>,
) -> BTreeMap<Reference, BaseFact> {
    let named = named(materials, wanted, Of::Inputs);
    let mut locks = locks(&named, materials, wanted);
    let known = named.into_keys().filter_map(|reference| {
        let (locked, is_complete) = locks.remove(reference).unwrap_or_default();
        let first = locked.first().filter(|_| is_complete);
        let lock = match (reference.digest(), first) {
            (Some(digest), _) => from(LockSource::Registry, digest),
            (None, first) => from(LockSource::Lockfile, first?.digest),
        };
        let base = Base {
            lock: Lock { locked, ..lock },
            parts: None,
        };
        Some((reference.clone(), BaseFact::Known(base)))
    });
    known.collect()
}

/// All outside images that these variants name and need, with their places.
pub(super) fn named<'a>(
    materials: &Materials<'a>,
    wanted: &BTreeSet<VariantId>,
    of: Of,
) -> NamedBases<'a> {
    let mut all: NamedBases = BTreeMap::new();
    for v in wanted {
        let recipe = &materials.recipes[*v];
        let mut seen = BTreeSet::new();
        let refs = recipe.image_refs.iter();
        for (image_ref, target) in refs.zip(materials.graph.targets(*v)) {
            let frontend = image_ref.kind == ImageRefKind::Syntax;
            let Target::Base(reference) = target else {
                continue;
            };
            let asked = of == Of::Both || frontend == (of == Of::Frontends);
            if !asked || !image_ref.is_needed() || !seen.insert(reference) {
                continue;
            }
            let first = || Named {
                variant: &materials.names[*v],
                recipe,
                image_ref,
                others: 0,
            };
            all.entry(reference)
                .and_modify(|named| named.others += 1)
                .or_insert_with(first);
        }
    }
    all
}

/// Looks up each image, all concurrently. What is locked completely is not asked for.
pub(super) async fn all<'a>(
    named: NamedBases<'a>,
    mut locks: BTreeMap<&'a Reference, (Vec<Locked>, bool)>,
    push: bool,
    registry: &dyn Registry,
    engine: Option<&dyn Engine>,
) -> BTreeMap<Reference, BaseFact> {
    let named = named.into_iter().map(|(reference, named)| {
        let (locked, is_complete) = locks.remove(reference).unwrap_or_default();
        (reference, named, locked, is_complete)
    });
    let answers = stream::iter(named).map(|(reference, named, locked, is_complete)| async move {
        let lock = match locked.first() {
            Some(first) if is_complete => Ok(from(LockSource::Lockfile, first.digest)),
            _ => lock(reference, &named, push, registry, engine).await,
        };
        let lock = lock.map(|lock| Lock { locked, ..lock });
        let fact = match lock {
            Ok(lock) => BaseFact::Known(Base {
                // An engine's own image is what it is.
                parts: (lock.source == LockSource::Engine).then(Vec::new),
                lock,
            }),
            Err(why) => BaseFact::Unknown(why),
        };
        (reference.clone(), fact)
    });
    answers.buffer_unordered(IN_FLIGHT).collect().await
}

async fn lock(
    reference: &Reference,
    named: &Named<'_>,
    push: bool,
    registry: &dyn Registry,
    engine: Option<&dyn Engine>,
) -> Result<Lock, WorldError> {
    // Only what a build needs by digest is looked for in its registry (`gone`).
    let is_frontend = named.image_ref.kind == ImageRefKind::Syntax;
    if let Some(digest) = reference.digest().filter(|_| !is_frontend) {
        return Ok(from(LockSource::Registry, digest));
    }
    let served = registry.head(reference, Patience::READ).await;
    if let Some(digest) = served.map_err(|why| not_resolved(reference, named, why))? {
        return Ok(from(LockSource::Registry, digest));
    }
    let Some(engine) = engine.filter(|_| !push) else {
        return Err(missing(reference, named, Missing::Registry));
    };
    match engine.inspect(&reference.familiar()).await? {
        Some(image) => Ok(from(LockSource::Engine, image.id)),
        None => Err(missing(reference, named, Missing::Everywhere)),
    }
}

fn from(source: LockSource, digest: Digest) -> Lock {
    Lock {
        digest,
        source,
        locked: Vec::new(),
    }
}

/// Reads the indexes of images whose digest for a platform must be known.
pub(super) async fn parts(
    references: BTreeSet<Reference>,
    facts: &Facts,
    registry: &dyn Registry,
) -> Vec<(Reference, BaseFact)> {
    let read = |reference: Reference| async move {
        let Some(BaseFact::Known(base)) = facts.bases.get(&reference) else {
            return Ok(None);
        };
        let lock = base.lock.clone();
        let fact = match index(&reference, lock.digest, registry).await {
            Ok(parts) => BaseFact::Known(Base {
                lock,
                parts: Some(parts),
            }),
            Err(why) => BaseFact::Unknown(why),
        };
        Ok(Some((reference, fact)))
    };
    // No look-up fails: what is not known is a fact.
    let references = references.into_iter().collect();
    look_up(references, read).await.unwrap_or_default()
}

/// The digest of the image for a platform, if this is the digest of an index; else this one.
///
/// # Errors
/// A registry that does not answer.
pub async fn image_for(
    pinned: &Reference,
    platform: &Platform,
    registry: &dyn Registry,
) -> Result<Digest, WorldError> {
    let parts = images(pinned, registry).await?;
    let own = part_for(&parts, platform).or(pinned.digest());
    own.ok_or_else(|| WorldError::refused(pinned.to_string(), "it is not a digest"))
}

async fn index(
    reference: &Reference,
    digest: Digest,
    registry: &dyn Registry,
) -> Result<Vec<(Platform, Digest)>, WorldError> {
    images(
        &Reference::pinned(reference.repository.clone(), digest),
        registry,
    )
    .await
}

/// The images of an index with their platforms; none for a single image.
async fn images(
    pinned: &Reference,
    registry: &dyn Registry,
) -> Result<Vec<(Platform, Digest)>, WorldError> {
    let stored = registry.manifest(pinned, Patience::READ).await?;
    let Some(stored) = stored.filter(|stored| stored.is_index()) else {
        return Ok(Vec::new());
    };
    let parts = stored.images().into_iter();
    Ok(parts
        .filter_map(|(platform, digest)| Some((platform?, digest)))
        .collect())
}
