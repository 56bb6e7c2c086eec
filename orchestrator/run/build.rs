//! Building one variant on one platform.

mod request;
mod tries;

use crate::memory::Inputs;
use crate::plan::{Build, PlannedRecipe, Reason, StepId};
use crate::request::{FaultKind, ImageInfo, WorldError};
use crate::run::fetch::check_platform;
use crate::run::images::{Built, Image};
use crate::run::local::Present;
use crate::run::{Done, Failure, RunContext, failing, sources, staged};
use crate::survey;
use request::request;
use std::sync::Arc;
use std::time::Instant;
use tries::repeated;

/// How often an image is built again because another run's image took the place of a parent.
pub(super) const ROUNDS: usize = 4;

/// Makes the image of a build: keeps the current one if its parents came out the same, takes one that is staged under
/// today's build id, or builds it.
pub(super) async fn build(
    ctx: &Arc<RunContext>,
    step: StepId,
    build: &Build,
) -> Result<Done, Failure> {
    let built = rounds(ctx, step, build).await;
    built.map_err(|failure| Failure {
        place: failure
            .place
            .or_else(|| Some(sources::unknown_place(ctx, build)?.into())),
        unread: sources::is_unread(ctx, build, &failure.error),
        ..failure
    })
}

async fn rounds(ctx: &Arc<RunContext>, step: StepId, build: &Build) -> Result<Done, Failure> {
    for _ in 0..ROUNDS {
        let inputs = sources::inputs(ctx, build);
        if let Some(done) = existing(ctx, build, &inputs).await? {
            return Ok(done);
        }
        let inputs = match ctx.plan.push {
            true => Some(inputs?),
            false => inputs.ok(),
        };
        if let Some(done) = make(ctx, step, build, inputs).await? {
            return Ok(done);
        }
        ctx.note(
            step,
            "another run's image took the place of a parent: built again on that one",
        );
    }
    Err(restless(build).into())
}

/// Other runs replace the parents of a build all the time.
pub(super) fn restless(build: &Build) -> WorldError {
    let why = "other runs stage its parents all the time; run again when they have ended";
    WorldError::fault(FaultKind::ChangedMeanwhile, build.variant.as_str(), why)
}

/// The image that makes a build unnecessary.
pub(super) async fn existing(
    ctx: &RunContext,
    build: &Build,
    inputs: &Result<Inputs, WorldError>,
) -> Result<Option<Done>, Failure> {
    let (Ok(inputs), true) = (inputs, ctx.plan.reads()) else {
        return Ok(None);
    };
    let planned = sources::planned(ctx, build)?;
    if let (Some(compared), Some(current)) = (planned.unless, &planned.current)
        && current.made.differences(inputs, compared).is_empty()
    {
        let digest = current.digest;
        let kept = Image::kept((**current).clone(), inputs.clone());
        ctx.images.replace(build, kept);
        return Ok(Some(Done::Same { digest }));
    }
    let tag = staged::content_tag(ctx, &build.variant, inputs)?;
    let Some(part) = survey::staged(&*ctx.registry, &ctx.plan.fleet, &tag).await? else {
        return failing::look(ctx, build, inputs).await;
    };
    if let Some(withdrawal) = part.withdrawal() {
        let why = Reason::Withdrawn(withdrawal.clone()).words();
        return failing::fall_back(ctx, build, why).map(Some);
    }
    let digest = part.digest;
    ctx.images
        .replace(build, Image::found(part, inputs.clone()));
    Ok(Some(Done::Taken { digest }))
}

/// Builds a variant with its previous image as cache, from exactly the parents of this run. `None` if one of these was
/// replaced meanwhile: it is not known which one the engine took.
async fn make(
    ctx: &Arc<RunContext>,
    step: StepId,
    build: &Build,
    inputs: Option<Inputs>,
) -> Result<Option<Done>, Failure> {
    let (engine, _) = ctx.engine()?;
    let recipe = ctx.recipe(build)?;
    let began = Instant::now();
    let (request, cache) = request(ctx, step, build, recipe).await?;
    let name = request.name.clone();
    ctx.local().remember_name(&name);
    let retries = ctx.retries.unwrap_or(recipe.retries);
    let answer = repeated(ctx, step, engine, request, retries)
        .await
        .map_err(|error| placed(withheld(ctx, error, recipe), recipe))?;
    let lost = "the engine built the image and then did not have it";
    let image = engine.inspect(&name).await?;
    let image = image.ok_or_else(|| WorldError::refused(&name, lost))?;
    check_platform(&name, &image, &build.platform)?;
    let inputs = match (inputs, sources::inputs(ctx, build).ok()) {
        // By now a parent may have a digest, too.
        (Some(before), Some(now)) if before.build_id() == now.build_id() => Some(now),
        (Some(_), _) => {
            ctx.local().remember_name(image.id.to_string());
            return Ok(None);
        }
        (None, _) => None,
    };
    check_parent(ctx, build, recipe, &image)?;
    if let Some(done) = failing::skipped(ctx, ctx.plan.step(step)) {
        ctx.local().remember_name(image.id.to_string());
        return Ok(Some(done));
    }
    let built = Built {
        seconds: began.elapsed().as_secs(),
        cached: answer.cached,
        ran: answer.ran,
        size: image.size,
    };
    ctx.images.know(
        build,
        Image {
            content: image.content,
            inputs,
            part: None,
            built: Some(built),
            kept: false,
        },
    );
    let present = Present {
        name,
        id: answer.image,
        layers: image.layers,
    };
    ctx.local().arrive(build, present);
    Ok(Some(Done::Built {
        image: answer.image,
        cached: answer.cached,
        ran: answer.ran,
        cache,
    }))
}

/// The image must begin with exactly the layers of the parent that it is based on.
fn check_parent(
    ctx: &RunContext,
    build: &Build,
    recipe: &PlannedRecipe,
    image: &ImageInfo,
) -> Result<(), WorldError> {
    let Some((parent, present)) = parent_image(ctx, build, recipe) else {
        return Ok(());
    };
    if image.layers.starts_with(&present.layers) {
        return Ok(());
    }
    let parent = &parent.variant;
    let why = format!(
        "it is not based on this run's {parent}: its first layers are not those of that image"
    );
    Err(WorldError::refused(build.variant.as_str(), why))
}

/// The image of the parent in the fleet that the last stage is based on.
pub(super) fn parent_image(
    ctx: &RunContext,
    build: &Build,
    recipe: &PlannedRecipe,
) -> Option<(Build, Present)> {
    let parent = Build::of(recipe.parent()?, &build.platform);
    let present = ctx.local().present(&parent)?;
    Some((parent, present))
}

/// Adds that a build with mounts got nothing, if this run gives no build anything: its step may have failed for that reason.
fn withheld(ctx: &RunContext, mut error: WorldError, recipe: &PlannedRecipe) -> WorldError {
    if let WorldError::Build(failure) = &mut error
        && ctx.secrets.withheld
        && !recipe.secrets.is_empty()
    {
        failure.message += " (--untrusted: no build gets a secret or an ssh agent)";
    }
    error
}

/// Adds the line of the author's Dockerfile that failed.
fn placed(mut error: WorldError, recipe: &PlannedRecipe) -> Failure {
    if let WorldError::Build(failure) = &mut error
        && failure.kind == FaultKind::ChecksumMismatch
        && let Some(fetched) = failure.line.and_then(|line| recipe.compared(line))
    {
        failure.message = fetched.mismatch();
    }
    let place = match &error {
        WorldError::Build(failure) => failure.line.map(|line| recipe.place(line).into()),
        _ => None,
    };
    Failure {
        place,
        ..Failure::from(error)
    }
}
