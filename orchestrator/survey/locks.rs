//! Resolves outside images to digests.

use super::IN_FLIGHT;
use super::unlocked::{Missing, missing, not_resolved};
use crate::engine::Engine;
use crate::name::{Digest, Reference};
use crate::plan::{ImageSource, Lock, LockSource, Plan, PlannedRecipe};
use crate::registry::Registry;
use crate::render::ImageRef;
use crate::request::{Patience, WorldError};
use futures_util::stream::{self, StreamExt};
use std::collections::{BTreeMap, BTreeSet};

/// The digest of each outside image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Locked {
    /// The lock of each reference.
    pub locks: BTreeMap<Reference, Lock>,
    /// One sentence for each image that only the engine has.
    pub warnings: Vec<String>,
}

/// The places that name an outside image.
pub(super) struct Named<'a> {
    /// The first variant that names it.
    pub(super) recipe: &'a PlannedRecipe,
    pub(super) label: String,
    pub(super) image_ref: &'a ImageRef,
    /// The number of other variants that name it.
    pub(super) others: usize,
}

/// Locks every outside image that the plan's builds name to the digest that its registry reports.
///
/// The engine's own copy is used only without `--push`, and only if the registry answered that it does not have the
/// image: a registry that cannot be reached may have a newer one.
///
/// # Errors
/// Each image without a digest, with its place and a way out, sorted by name.
pub async fn locks(
    plan: &Plan,
    registry: &dyn Registry,
    engine: &dyn Engine,
) -> Result<Locked, Vec<WorldError>> {
    let named = named(plan);
    let mut answers: Vec<_> = stream::iter(&named)
        .map(|(reference, named)| async move {
            let lock = lock(reference, named, plan.push, registry, engine).await;
            (reference, named, lock)
        })
        .buffer_unordered(IN_FLIGHT)
        .collect()
        .await;
    answers.sort_by_key(|(reference, ..)| *reference);
    let (mut locked, mut errors) = (Locked::default(), Vec::new());
    for (reference, named, lock) in answers {
        match lock {
            Ok(lock) => {
                if lock.source == LockSource::Engine {
                    locked.warnings.push(named.warning(reference));
                }
                locked.locks.insert((*reference).clone(), lock);
            }
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() {
        Ok(locked)
    } else {
        Err(errors)
    }
}

/// All outside images that builds name, with their places.
fn named(plan: &Plan) -> BTreeMap<&Reference, Named<'_>> {
    let mut all: BTreeMap<&Reference, Named> = BTreeMap::new();
    for (name, variant) in &plan.variants {
        let Some(recipe) = &variant.recipe else {
            continue;
        };
        let mut seen = BTreeSet::new();
        for image in &recipe.images {
            let ImageSource::Base(reference) = &image.source else {
                continue;
            };
            if !seen.insert(reference) {
                continue;
            }
            let first = || Named {
                recipe,
                label: name.to_string(),
                image_ref: &image.at,
                others: 0,
            };
            all.entry(reference)
                .and_modify(|named| named.others += 1)
                .or_insert_with(first);
        }
    }
    all
}

async fn lock(
    reference: &Reference,
    named: &Named<'_>,
    push: bool,
    registry: &dyn Registry,
    engine: &dyn Engine,
) -> Result<Lock, WorldError> {
    if let Some(digest) = reference.digest {
        return Ok(from(LockSource::Registry, digest));
    }
    let served = registry.head(reference, Patience::READ).await;
    if let Some(digest) = served.map_err(|why| not_resolved(reference, named, why))? {
        return Ok(from(LockSource::Registry, digest));
    }
    match engine.inspect(&reference.familiar()).await? {
        Some(image) if !push => Ok(from(LockSource::Engine, image.id)),
        Some(_) => Err(missing(reference, named, Missing::Registry)),
        None => Err(missing(reference, named, Missing::Everywhere { push })),
    }
}

fn from(source: LockSource, digest: Digest) -> Lock {
    Lock { digest, source }
}
