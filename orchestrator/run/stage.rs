//! Staging: one push of a content tag, verified by reading it back.

use crate::name::{Digest, Platform, Reference};
use crate::plan::{Build, StepId, VariantName, build_tag};
use crate::request::{FaultKind, Patience, Stored, WorldError};
use crate::run::build::{parent_image, recipe};
use crate::run::check;
use crate::run::fetch::pull;
use crate::run::images::Present;
use crate::run::push::{is_image, push};
use crate::run::sources::identity;
use crate::run::{Done, Failure, RunContext};

/// Stages a variant on one platform.
pub(super) async fn stage(ctx: &RunContext, step: StepId, build: &Build) -> Result<Done, Failure> {
    let present = ctx.present(build)?;
    still_on_its_parent(ctx, build, &present)?;
    let tag = build_tag(identity(ctx, build)?);
    let content = Reference::tagged(ctx.staging_of(&build.variant)?.clone(), tag);
    let found = ctx.registry.manifest(&content, Patience::READ).await?;
    let (stored, adopted) = match found {
        Some(stored) => {
            let adopted = !is_image(ctx, &stored, &present);
            (stored, adopted)
        }
        None => (push(ctx, step, &present, &content).await?, false),
    };
    if adopted {
        adopt(ctx, step, build, &stored, present).await?;
    }
    let digest = stored.digest;
    ctx.images
        .stage(&build.variant, Some(&build.platform), stored.clone());
    if ctx.plan.variant(&build.variant).platforms.len() == 1 {
        settle(ctx, &build.variant, stored).await?;
    }
    Ok(Done::Staged { digest, adopted })
}

/// Replaces this run's image by the one that another run staged first.
async fn adopt(
    ctx: &RunContext,
    step: StepId,
    build: &Build,
    stored: &Stored,
    own: Present,
) -> Result<(), Failure> {
    let short = stored.digest.short();
    ctx.note(
        step,
        format!("another run staged this build first; {short} is used"),
    );
    let image = Present {
        identity: own.identity,
        ..pull(ctx, build, stored.digest).await?
    };
    ctx.images.arrive(build, image);
    check::adopted(ctx, step, build, stored.digest).await
}

/// If a parent was replaced by another run's build of it, this image is based on one that is not staged.
fn still_on_its_parent(
    ctx: &RunContext,
    build: &Build,
    present: &Present,
) -> Result<(), WorldError> {
    match parent_image(ctx, build, recipe(ctx, build)?) {
        Some((parent, image)) if !present.layers.starts_with(&image.layers) => {
            let parent = parent.variant;
            let why = format!(
                "another run staged its parent {parent} meanwhile; run again to build on that one"
            );
            let what = build.variant.as_str();
            Err(WorldError::fault(FaultKind::ChangedMeanwhile, what, why))
        }
        _ => Ok(()),
    }
}

/// Combines the staged platforms of a variant in one index.
pub(super) async fn index(ctx: &RunContext, v: &VariantName) -> Result<Done, Failure> {
    let platforms = &ctx.plan.variant(v).platforms;
    let staged = |platform| {
        let stored = ctx.images.staged(v, Some(platform));
        stored.ok_or_else(|| WorldError::refused(v.as_str(), format!("{platform} is not staged")))
    };
    let parts = platforms
        .iter()
        .map(staged)
        .collect::<Result<Vec<Stored>, _>>()?;
    let parts: Vec<(&Platform, &Stored)> = platforms.iter().zip(&parts).collect();
    let stored = Stored::index(&parts).map_err(|why| WorldError::refused(v.as_str(), why))?;
    let digest = stored.digest;
    settle(ctx, v, stored).await?;
    Ok(Done::Indexed { digest })
}

/// The variant is staged as a whole: its bytes are copied to every public repository, and its recipe's tag follows.
async fn settle(ctx: &RunContext, v: &VariantName, stored: Stored) -> Result<(), WorldError> {
    let recipe_tag = recipe_tag(ctx, v)?;
    // First the checks that it passed: the recipe's tag only names checked images.
    check::mark(ctx, v, &stored).await?;
    ctx.registry.put(&recipe_tag, &stored).await?;
    beside_public(ctx, v, stored.digest).await?;
    ctx.images.stage(v, None, stored);
    Ok(())
}

fn recipe_tag(ctx: &RunContext, v: &VariantName) -> Result<Reference, WorldError> {
    let tag = ctx.plan.variant(v).recipe_tag.clone();
    Ok(Reference::tagged(ctx.staging_of(v)?.clone(), tag))
}

/// A kept image as the staging repository stores it.
pub(super) async fn kept(
    ctx: &RunContext,
    v: &VariantName,
    digest: Digest,
) -> Result<Stored, WorldError> {
    let reference = Reference::pinned(ctx.staging_of(v)?.clone(), digest);
    if let Some(stored) = ctx.registry.manifest(&reference, Patience::READ).await? {
        return Ok(stored);
    }
    let tag = recipe_tag(ctx, v)?.familiar();
    let why = format!(
        "the staged image is gone from the registry; delete its staging tag {tag}, and the next run builds the image again"
    );
    let what = reference.to_string();
    Err(WorldError::fault(FaultKind::NotFound, what, why))
}

/// Copies what a variant's public tags will name into their repositories, so that moving them sends nothing.
pub(super) async fn beside_public(
    ctx: &RunContext,
    v: &VariantName,
    digest: Digest,
) -> Result<(), WorldError> {
    let (variant, staging) = (ctx.plan.variant(v), ctx.staging_of(v)?);
    for repository in variant.publish.iter().filter(|r| *r != staging) {
        ctx.registry.copy(staging, digest, repository).await?;
    }
    Ok(())
}
