//! Which outside images are meant, to the digest.

use super::IN_FLIGHT;
use crate::engine::Engine;
use crate::graph::{Graph, Target};
use crate::name::Reference;
use crate::plan::{Action, Lock, LockSource, Plan};
use crate::registry::Registry;
use crate::request::{FaultKind, Patience, WorldError};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use std::collections::{BTreeMap, BTreeSet};

/// Locks every outside image that the plan's builds name to one digest: from its registry, else from the engine.
pub async fn locks(
    plan: &Plan,
    graph: &Graph,
    registry: &dyn Registry,
    engine: &dyn Engine,
) -> Result<BTreeMap<Reference, Lock>, WorldError> {
    let builds = plan
        .steps
        .iter()
        .filter(|s| s.action == Action::Build)
        .map(|s| s.variant);
    let bases: BTreeSet<Reference> = builds
        .flat_map(|v| graph.targets(v))
        .filter_map(outside)
        .collect();
    stream::iter(bases)
        .map(|reference| lock(reference, registry, engine))
        .buffer_unordered(IN_FLIGHT)
        .try_collect()
        .await
}

fn outside(target: &Target) -> Option<Reference> {
    match target {
        Target::Base(reference) => Some(reference.clone()),
        Target::Variant(_) => None,
    }
}

async fn lock(
    reference: Reference,
    registry: &dyn Registry,
    engine: &dyn Engine,
) -> Result<(Reference, Lock), WorldError> {
    if let Some(digest) = reference.digest {
        return Ok((
            reference,
            Lock {
                digest,
                source: LockSource::Registry,
            },
        ));
    }
    let asked = registry.head(&reference, Patience::READ).await;
    if let Ok(Some(digest)) = asked {
        return Ok((
            reference,
            Lock {
                digest,
                source: LockSource::Registry,
            },
        ));
    }
    if let Some(image) = engine.inspect(&reference.familiar()).await? {
        return Ok((
            reference,
            Lock {
                digest: image.id,
                source: LockSource::Engine,
            },
        ));
    }
    Err(asked.err().unwrap_or_else(|| WorldError::fault(
        FaultKind::NotFound,
        format!("base {}", reference.familiar()),
        "neither its registry nor the engine has it; check the name, or pull or import it first",
    )))
}
