//! Checks as steps of a run: no part of an image leaves the engine before its checks have passed.

use crate::name::{Digest, Reference};
use crate::matrix::VariantName;
use crate::plan::{Build, StepId, green_tag};
use crate::request::{Patience, Stored, WorldError};
use crate::run::checks::{Subject, failure, run_checks};
use crate::run::stage::kept;
use crate::run::{CheckResult, Done, EventKind, Failure, RunContext};

/// Runs the checks of an image on the engine, built or fetched.
pub(super) async fn check(ctx: &RunContext, step: StepId, build: &Build) -> Result<Done, Failure> {
    let present = ctx.present(build)?;
    let (engine, _) = ctx.engine()?;
    let subject = Subject {
        engine,
        image: &present.name,
        platform: &build.platform,
        run: &ctx.run,
    };
    let heard = |result: &CheckResult| {
        ctx.say(EventKind::Checked {
            step,
            result: Box::new(result.clone()),
        })
    };
    let checks = &ctx.plan.variant(&build.variant).checks;
    let results = run_checks(&subject, checks, &heard).await?;
    match failure(&results) {
        Some(failure) => Err(WorldError::from(failure).into()),
        None => Ok(Done::Checked {
            passed: results.len(),
        }),
    }
}

/// Another run's image of this build passed the checks of that run. If this run has other checks, they run here.
pub(super) async fn adopted(
    ctx: &RunContext,
    step: StepId,
    build: &Build,
    image: Digest,
) -> Result<(), Failure> {
    let Some(tag) = green(ctx, &build.variant, image)? else {
        return Ok(());
    };
    let checks = &ctx.plan.variant(&build.variant).checks;
    let passed = ctx.registry.head(&tag, Patience::READ).await? == Some(image);
    if passed || !checks.iter().any(|check| check.is_for(&build.platform)) {
        return Ok(());
    }
    check(ctx, step, build).await.map(drop)
}

/// Records in the registry that a kept image passed its checks.
pub(super) async fn mark_kept(
    ctx: &RunContext,
    v: &VariantName,
    digest: Digest,
) -> Result<Done, Failure> {
    let stored = kept(ctx, v, digest).await?;
    mark(ctx, v, &stored).await?;
    Ok(Done::MarkedChecked { digest })
}

/// Writes the tag that the next run looks for.
pub(super) async fn mark(
    ctx: &RunContext,
    v: &VariantName,
    stored: &Stored,
) -> Result<(), WorldError> {
    match green(ctx, v, stored.digest)? {
        Some(tag) => ctx.registry.put(&tag, stored).await,
        None => Ok(()),
    }
}

fn green(
    ctx: &RunContext,
    v: &VariantName,
    image: Digest,
) -> Result<Option<Reference>, WorldError> {
    let Some(tag) = green_tag(image, &ctx.plan.variant(v).checks) else {
        return Ok(None);
    };
    Ok(Some(Reference::tagged(ctx.staging_of(v)?.clone(), tag)))
}
