//! Fetching a staged image to the engine.

use crate::name::{Digest, NameError, Reference};
use crate::plan::Build;
use crate::request::{PullRequest, WorldError};
use crate::run::build::check_platform;
use crate::run::images::Present;
use crate::run::{Done, Failure, RunContext};

/// Fetches a kept image to the engine, under the run's own name.
pub(super) async fn fetch(
    ctx: &RunContext,
    build: &Build,
    digest: Digest,
) -> Result<Done, Failure> {
    let image = pull(ctx, build, digest).await?;
    ctx.images.arrive(build, image);
    Ok(Done::Fetched)
}

/// Pulls an image by digest from the staging repository and names it for this run.
pub(super) async fn pull(
    ctx: &RunContext,
    build: &Build,
    digest: Digest,
) -> Result<Present, WorldError> {
    let (engine, _) = ctx.engine()?;
    let reference = Reference::pinned(ctx.staging_of(&build.variant)?.clone(), digest);
    let pulled = reference.to_string();
    engine
        .pull(PullRequest {
            credential: ctx.credential(reference.repository.domain()),
            reference,
            platform: build.platform.clone(),
        })
        .await?;
    ctx.images.remember_name(&pulled);
    let lost = "the engine pulled the image and then did not have it";
    let image = engine.inspect(&pulled).await?;
    let image = image.ok_or_else(|| WorldError::refused(&pulled, lost))?;
    check_platform(&pulled, &image, &build.platform)?;
    let name = ctx.local_name(build);
    let local = name
        .parse()
        .map_err(|why: NameError| WorldError::refused(&name, why.to_string()))?;
    engine.tag(&pulled, &local).await?;
    ctx.images.remember_name(&name);
    Ok(Present {
        name,
        id: image.id,
        layers: image.layers,
        identity: digest.to_string(),
    })
}
