//! A variant over all its platforms: one image, or the index that kiln puts together.

use crate::matrix::VariantName;
use crate::memory::{Part, Record};
use crate::name::{Digest, Reference, Repository};
use crate::plan::{PlannedRecipe, StepId};
use crate::request::{Patience, Stored, WorldError};
use crate::run::{Done, Failure, RunContext, fetch, meanwhile, record, stage};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Combines the staged platforms of a variant in one index.
pub(super) async fn index(ctx: &RunContext, v: &VariantName) -> Result<Done, Failure> {
    let digest = digest(ctx, v).await?;
    Ok(Done::Indexed { digest })
}

/// What the tags of a variant name. An index is written to the staging repository by its digest, with a record.
pub(super) async fn digest(ctx: &RunContext, v: &VariantName) -> Result<Digest, WorldError> {
    if let Some(kept) = ctx.plan.variant(v).kept() {
        return Ok(kept);
    }
    let parts = ctx.staged_parts(v)?;
    if let [only] = parts.as_slice() {
        return Ok(only.digest);
    }
    let stored = Stored::index(parts.iter().map(Part::descriptor));
    let staging = ctx.staging_of(v)?;
    let reference = Reference::pinned(staging.clone(), stored.digest);
    let known = ctx.registry.head(&reference, Patience::READ).await?;
    if known.is_none() {
        for part in &parts {
            beside(ctx, v, part.digest, staging).await?;
        }
        ctx.registry.put(&reference, &stored).await?;
    }
    let own = Record::of(&ctx.plan.fleet, parts);
    record::add(ctx, v, stored.digest, own).await?;
    Ok(stored.digest)
}

/// What a variant's tags will name, after one more look at what other runs have made meanwhile: it is based on the parents
/// that are published by now, whatever is staged after that. Where no tag `moves`, its parents stay as they are.
pub(super) async fn confirmed(
    ctx: &Arc<RunContext>,
    step: StepId,
    v: &VariantName,
    moves: bool,
) -> Result<Digest, Failure> {
    let recipe = ctx.plan.variant(v).recipe.as_ref();
    let parents = recipe.into_iter().flat_map(PlannedRecipe::parents);
    for parent in parents.filter(|_| moves).collect::<BTreeSet<_>>() {
        meanwhile::look(ctx, parent).await?;
    }
    for (at, build) in ctx.plan.builds_of(v).enumerate() {
        if recipe.and_then(|recipe| recipe.build(at)).is_some() {
            stage::stage(&Arc::new(ctx.near(&build)), step, &build).await?;
        }
    }
    for build in ctx.plan.builds_of(v) {
        if ctx.images.known(&build).is_some() {
            stage::confirm(&Arc::new(ctx.near(&build)), step, &build).await?;
        }
    }
    Ok(digest(ctx, v).await?)
}

/// Copies an image of a variant into a repository, so that tags there can name it.
pub(super) async fn beside(
    ctx: &RunContext,
    v: &VariantName,
    image: Digest,
    repository: &Repository,
) -> Result<(), WorldError> {
    let reference = Reference::pinned(repository.clone(), image);
    let known = ctx.registry.head(&reference, Patience::READ).await?;
    if known.is_some() {
        return Ok(());
    }
    let (from, _) = fetch::stored(ctx, v, image).await?;
    ctx.registry.copy(&from, image, repository).await
}
