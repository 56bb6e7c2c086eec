//! Which outside images are meant, to the digest.

use super::IN_FLIGHT;
use super::unlocked::{Missing, missing, unasked};
use crate::engine::Engine;
use crate::graph::{Graph, Target};
use crate::matrix::{Fleet, VariantId};
use crate::name::{Digest, Reference};
use crate::plan::{Action, Lock, LockSource, Plan};
use crate::registry::Registry;
use crate::render::{ImageRef, Recipe};
use crate::request::{Patience, WorldError};
use futures_util::stream::{self, StreamExt};
use std::collections::{BTreeMap, BTreeSet};

/// One digest for each outside image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Locked {
    /// The lock of each reference.
    pub locks: BTreeMap<Reference, Lock>,
    /// One sentence for each image that is the engine's own copy.
    pub warnings: Vec<String>,
}

/// Where an outside image is named.
pub(super) struct Named<'a> {
    /// The first variant that names it.
    pub(super) recipe: &'a Recipe,
    pub(super) label: String,
    pub(super) image_ref: &'a ImageRef,
    /// How many other variants name it.
    pub(super) others: usize,
}

/// Locks every outside image that the plan's builds name to the digest that its registry reports.
///
/// The engine's own copy serves only without `--push`, and only where the registry answered that it does not have
/// the image: a registry that cannot be asked may have a newer one.
///
/// # Errors
/// Each image that has no digest, with its place and a way out, in the order of their names.
pub async fn locks(
    plan: &Plan,
    fleet: &Fleet,
    recipes: &[Recipe],
    graph: &Graph,
    registry: &dyn Registry,
    engine: &dyn Engine,
) -> Result<Locked, Vec<WorldError>> {
    let named = named(plan, fleet, recipes, graph);
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

/// Every outside image that a build names, and where.
fn named<'a>(
    plan: &Plan,
    fleet: &Fleet,
    recipes: &'a [Recipe],
    graph: &'a Graph,
) -> BTreeMap<&'a Reference, Named<'a>> {
    let builds = plan.steps.iter().filter(|s| s.action == Action::Build);
    let built: BTreeSet<VariantId> = builds.map(|s| s.variant).collect();
    let mut all: BTreeMap<&Reference, Named> = BTreeMap::new();
    for v in built {
        let recipe = &recipes[v.0 as usize];
        let mut seen = BTreeSet::new();
        for (image_ref, target) in recipe.image_refs.iter().zip(graph.targets(v)) {
            let Target::Base(reference) = target else {
                continue;
            };
            if !seen.insert(reference) {
                continue;
            }
            let first = || Named {
                recipe,
                label: fleet.variant(v).label(),
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
    let asked = registry.head(reference, Patience::READ).await;
    if let Some(digest) = asked.map_err(|why| unasked(reference, named, why))? {
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
