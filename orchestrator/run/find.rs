//! Images that other jobs of the same saved plan have staged: found by their build ids, and used only if they have passed
//! their checks.

use crate::matrix::VariantName;
use crate::memory::{Inputs, failure_tag};
use crate::name::{Platform, Reference};
use crate::plan::Build;
use crate::request::{FaultKind, WorldError};
use crate::run::images::Image;
use crate::run::staged::{content_tag, known, staged_part};
use crate::run::{Done, Failure, RunContext, build, failing, record, sources};
use crate::survey;

/// Finds the image of a variant on one platform, or on all.
pub(super) async fn find(
    ctx: &RunContext,
    v: &VariantName,
    platform: Option<&Platform>,
) -> Result<Done, Failure> {
    let builds = ctx.plan.builds_of(v);
    let builds = builds.filter(|build| platform.is_none_or(|one| *one == build.platform));
    let mut done = None;
    for build in builds {
        done = Some(one(ctx, &build).await?);
    }
    match (ctx.plan.variant(v).kept(), done) {
        (Some(digest), Some(Done::Kept { .. })) => Ok(Done::Kept { digest }),
        (_, Some(done)) => Ok(done),
        (_, None) => Err(WorldError::refused(v.as_str(), "it has no platform").into()),
    }
}

async fn one(ctx: &RunContext, build: &Build) -> Result<Done, Failure> {
    let done = match sources::planned(ctx, build) {
        Ok(_) => staged(ctx, build).await?,
        // It existed before the plan.
        Err(_) => {
            let digest = staged_part(build, known(ctx, build)?)?.digest;
            Done::Kept { digest }
        }
    };
    if !matches!(done, Done::Skipped { .. }) {
        recorded(ctx, build).await?;
    }
    Ok(done)
}

/// The image of today's inputs, or the current one if that makes a build unnecessary.
async fn staged(ctx: &RunContext, build: &Build) -> Result<Done, Failure> {
    let inputs = sources::inputs(ctx, build)?;
    match build::existing(ctx, build, &Ok(inputs.clone())).await? {
        Some(done) => Ok(done),
        None => Err(unstaged(ctx, build, &inputs).await?.into()),
    }
}

/// Why nothing is staged: what the job reported, if it has failed.
async fn unstaged(
    ctx: &RunContext,
    build: &Build,
    inputs: &Inputs,
) -> Result<WorldError, WorldError> {
    let v = &build.variant;
    let tag = Reference::tagged(ctx.staging_of(v)?.clone(), failure_tag(inputs.build_id()));
    let failure = survey::failed(&*ctx.registry, &tag).await?;
    let failure = failure.filter(|failure| failing::is_own(ctx, failure));
    let staged = content_tag(ctx, v, inputs)?.familiar();
    let only = format!("{} --only {v}", ctx.plan.apply_command());
    let (why, help) = match failure {
        // The same inputs mostly fail again.
        Some(failure) => (
            format!("its job has failed: {}", failure.why),
            format!(
                "mend it and make a new plan; if that was bad luck, `{only}` tries again, and then run this command"
            ),
        ),
        None => (
            "its job has not run, or has failed".into(),
            format!("run `{only}` first, and then this command"),
        ),
    };
    let on = on_platform(ctx, build);
    let why = format!("it is not staged{on}: {why}\n  {staged} does not exist; {help}");
    Ok(WorldError::fault(FaultKind::NotFound, v.as_str(), why))
}

/// Reads the record of an image: it must have passed its checks. What was read from the image is in it, too.
async fn recorded(ctx: &RunContext, build: &Build) -> Result<(), WorldError> {
    let (v, variant) = (&build.variant, ctx.plan.variant(&build.variant));
    let image = known(ctx, build)?;
    let part = staged_part(build, image.clone())?;
    let is_green = part.is_green(&variant.checks);
    if is_green && variant.deferred.is_empty() {
        return Ok(());
    }
    let record = record::of(ctx, v, part.digest).await?;
    let newest = record.iter().flat_map(|record| &record.parts);
    let newest = newest.filter(|one| one.digest == part.digest);
    let green = newest.into_iter().find(|one| one.is_green(&variant.checks));
    match green {
        Some(green) if !is_green => {
            let part = Some(green.clone());
            ctx.images.know(build, Image { part, ..image });
        }
        None if !is_green => return Err(unchecked(ctx, build)),
        _ => {}
    }
    let probed = record.iter().flat_map(|record| &record.probed);
    if variant.platforms.first() == Some(&build.platform) {
        probed.for_each(|(line, value)| ctx.images.learn(v, line, value.clone()));
    }
    Ok(())
}

/// The platform that a message is about, if the variant has several.
fn on_platform(ctx: &RunContext, build: &Build) -> String {
    match ctx.plan.variant(&build.variant).platforms.len() {
        0 | 1 => String::new(),
        _ => format!(" for {}", build.platform),
    }
}

fn unchecked(ctx: &RunContext, build: &Build) -> WorldError {
    let v = &build.variant;
    let on = on_platform(ctx, build);
    let apply = ctx.plan.apply_command();
    let why = format!(
        "it is staged{on}, and has not passed its checks\n  `{apply} --only {v}` checks it, and then run this command; if a check fails, mend it and make a new plan"
    );
    WorldError::fault(FaultKind::NotFound, v.as_str(), why)
}
