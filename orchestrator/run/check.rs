//! Checks as steps of a run: no part of an image leaves the engine before its checks have passed.

use crate::matrix::VariantName;
use crate::memory::Record;
use crate::name::Platform;
use crate::plan::{Build, StepId};
use crate::request::WorldError;
use crate::run::checks::{Subject, failure, run_checks};
use crate::run::{CheckResult, Done, EventKind, Failure, RunContext, fetch, record, staged};

/// Runs the checks of an image, unless its record says that it has passed them. An image that is not on the engine is
/// fetched.
pub(super) async fn check(ctx: &RunContext, step: StepId, build: &Build) -> Result<Done, Failure> {
    let checks = &ctx.plan.variant(&build.variant).checks;
    let part = ctx.images.known(build).and_then(|image| image.part);
    if part.is_some_and(|part| part.is_green(checks)) {
        return Ok(Done::CheckedBefore);
    }
    let present = fetch::ensure(ctx, build).await?;
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
            result: Box::new(ctx.mask.check(result.clone())),
        })
    };
    let results = run_checks(&subject, checks, &heard).await?;
    match failure(&results) {
        Some(failure) => Err(WorldError::from(failure).into()),
        None => Ok(Done::Checked {
            passed: results.len(),
        }),
    }
}

/// Records that images which were not built have passed their checks: those of one platform, or of all.
pub(super) async fn mark(
    ctx: &RunContext,
    v: &VariantName,
    platform: Option<&Platform>,
) -> Result<Done, Failure> {
    let variant = ctx.plan.variant(v);
    for build in ctx.plan.builds_of(v) {
        if platform.is_none_or(|one| *one == build.platform) {
            staged::mark(ctx, &build).await?;
        }
    }
    // The record of an index repeats what those of its parts say.
    if let (None, Some(index), true) = (platform, variant.kept(), variant.platforms.len() > 1) {
        let own = Record::of(&ctx.plan.fleet, ctx.staged_parts(v)?);
        record::add(ctx, v, index, own).await?;
    }
    Ok(Done::MarkedChecked)
}
