//! The packages of images that this run has built, for their records. An image whose packages cannot be listed is published
//! all the same.

use crate::manifest::{Proof, Refresh};
use crate::memory::Packages;
use crate::memory::packages::Database;
use crate::name::{Platform, Reference};
use crate::plan::{Build, ImageSource, LockSource, PlannedRecipe, StepId};
use crate::request::{PullRequest, WorldError};
use crate::run::{RunContext, build};
use crate::survey::Held;
use std::sync::Arc;

/// Lists the packages of an image that this run has built.
pub(super) async fn list(ctx: &RunContext, step: StepId, build: &Build) {
    match listed(ctx, build).await {
        Ok(packages) => ctx.images.list(build, packages),
        Err(why) => ctx.note(step, format!("its packages were not listed: {why}")),
    }
}

async fn listed(ctx: &RunContext, build: &Build) -> Result<Option<Packages>, WorldError> {
    let recipe = ctx.recipe(build)?;
    let present = ctx.present(build)?;
    let Some(database) = database(ctx, &present.name).await? else {
        return Ok(None);
    };
    let mut refreshed = recipe.refreshed.iter();
    let compares = refreshed.any(|one| one.refresh == Refresh::Upgrades);
    let below = match compares || ctx.plan.attest.contains(&Proof::Sbom) {
        true => below(ctx, build, recipe).await?,
        false => None,
    };
    Ok(Some(database.packages(below.as_deref(), &recipe.refreshed)))
}

/// The packages of the image that this one is based on. An outside image is pulled: builders do not keep it as an image.
async fn below(
    ctx: &RunContext,
    build: &Build,
    recipe: &PlannedRecipe,
) -> Result<Option<Arc<Database>>, WorldError> {
    if let Some((_, parent)) = build::parent_image(ctx, build, recipe) {
        return database(ctx, &parent.name).await;
    }
    let base = recipe.final_base.and_then(|at| recipe.images.get(at));
    match base.map(|image| &image.source) {
        Some(ImageSource::Base(base)) => {
            let name = base_image(ctx, base, &build.platform).await?;
            database(ctx, &name).await
        }
        _ => Ok(None),
    }
}

async fn base_image(
    ctx: &RunContext,
    base: &Reference,
    platform: &Platform,
) -> Result<String, WorldError> {
    let (engine, _) = ctx.engine()?;
    let lock = ctx.plan.bases.get(base);
    let lock = lock.filter(|lock| lock.source != LockSource::Engine);
    let Some(lock) = lock else {
        return Ok(base.familiar());
    };
    let reference = Reference::pinned(base.repository.clone(), lock.digest_for(Some(platform)));
    let name = reference.to_string();
    if engine.inspect(&name).await?.is_none() {
        let credential = ctx.credential(base.repository.domain()).await?;
        let pull = PullRequest {
            reference,
            platform: platform.clone(),
            credential,
        };
        engine.pull(pull).await?;
    }
    Ok(name)
}

/// The database of an image on the engine, read once in a run.
async fn database(ctx: &RunContext, image: &str) -> Result<Option<Arc<Database>>, WorldError> {
    let cell = ctx.local().database(image);
    let mut known = cell.lock().await;
    if let Some(known) = &*known {
        return Ok(known.clone());
    }
    let (engine, _) = ctx.engine()?;
    let held = Held {
        engine,
        image,
        run: &ctx.run,
    };
    let read = held.database().await?.map(Arc::new);
    *known = Some(read.clone());
    Ok(read)
}
