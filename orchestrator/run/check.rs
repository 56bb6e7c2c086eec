//! Checks as steps of a run: nothing of an image leaves the engine before it is proven.

use crate::matrix::VariantId;
use crate::name::{Digest, NameError, Platform, Reference, Tag};
use crate::plan::{StepId, green_tag};
use crate::request::{Patience, Stored, WorldError};
use crate::run::build::refused;
use crate::run::checks::{Subject, failure, run_checks};
use crate::run::stage::kept;
use crate::run::{Done, EventKind, Failure, RunContext};

/// Proves the image of a variant that is on the engine, built or fetched.
pub(super) async fn check(
    ctx: &RunContext,
    step: StepId,
    v: VariantId,
    platform: &Platform,
) -> Result<Done, Failure> {
    let variant = ctx.fleet.variant(v);
    let present = ctx
        .images
        .present(v, platform)
        .ok_or_else(|| refused(&variant.label(), "it is not on the engine"))?;
    let (engine, _) = ctx.engine()?;
    let subject = Subject {
        engine,
        image: &present.name,
        platform,
        run: &ctx.run,
    };
    let heard = |proof: &crate::run::CheckResult| {
        ctx.say(EventKind::Checked {
            step,
            proof: Box::new(proof.clone()),
        })
    };
    let proofs = run_checks(&subject, &variant.checks, &heard).await?;
    match failure(&proofs) {
        Some(failure) => Err(WorldError::from(failure).into()),
        None => Ok(Done::Checked {
            passed: proofs.len(),
        }),
    }
}

/// Another run's image of this build was proven by what that run asked; where ours asks for something
/// else, it is asked again.
pub(super) async fn adopted(
    ctx: &RunContext,
    step: StepId,
    v: VariantId,
    platform: &Platform,
    image: Digest,
) -> Result<(), Failure> {
    let variant = ctx.fleet.variant(v);
    let Some(tag) = green(ctx, v, image)? else {
        return Ok(());
    };
    if ctx.registry.head(&tag, Patience::READ).await? == Some(image)
        || !variant.checks.iter().any(|check| check.is_for(platform))
    {
        return Ok(());
    }
    check(ctx, step, v, platform).await.map(drop)
}

/// Says in the registry that a kept image passed its checks.
pub(super) async fn note(ctx: &RunContext, v: VariantId, digest: Digest) -> Result<Done, Failure> {
    let stored = kept(ctx, v, digest).await?;
    mark(ctx, v, &stored).await?;
    Ok(Done::MarkedChecked { digest })
}

/// Writes the tag that the next run looks for.
pub(super) async fn mark(
    ctx: &RunContext,
    v: VariantId,
    stored: &Stored,
) -> Result<(), WorldError> {
    match green(ctx, v, stored.digest)? {
        Some(tag) => ctx.registry.put(&tag, stored).await,
        None => Ok(()),
    }
}

fn green(ctx: &RunContext, v: VariantId, image: Digest) -> Result<Option<Reference>, WorldError> {
    let variant = ctx.fleet.variant(v);
    let Some(tag) = green_tag(image, &variant.checks) else {
        return Ok(None);
    };
    let tag: Tag = tag
        .parse()
        .map_err(|why: NameError| refused(&tag, &why.to_string()))?;
    Ok(Some(Reference::tagged(variant.staging.clone(), tag)))
}
