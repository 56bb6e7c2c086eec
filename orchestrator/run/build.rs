//! Building one variant on one platform.

use crate::engine::Engine;
use crate::memory::Inputs;
use crate::name::{Domain, Reference};
use crate::plan::{Build, ImageSource, PlannedRecipe, Reason, StepId};
use crate::request::{
    BuildAnswer, BuildOptions, BuildProgress, BuildRequest, Builder, FaultKind, ImageInfo, Store,
    WorldError,
};
use crate::run::fetch::check_platform;
use crate::run::images::{Built, Image};
use crate::run::local::Present;
use crate::run::sources::sent_dockerfile;
use crate::run::{CacheUse, Done, EventKind, Failure, RunContext, failing, sources, staged};
use crate::survey;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::unbounded_channel;

/// How often an image is built again because another run's image took the place of a parent.
pub(super) const ROUNDS: usize = 4;

/// How long to wait before the first retry of a failed step: twice as long before each further one.
const FIRST_DELAY: Duration = Duration::from_secs(2);

/// The longest time before a retry.
const LONGEST_DELAY: Duration = Duration::from_secs(60);

/// Makes the image of a build: keeps the current one if its parents came out the same, takes one that is staged under
/// today's build id, or builds it.
pub(super) async fn build(
    ctx: &Arc<RunContext>,
    step: StepId,
    build: &Build,
) -> Result<Done, Failure> {
    let built = rounds(ctx, step, build).await;
    built.map_err(|failure| Failure {
        place: failure.place.or_else(|| sources::unknown_place(ctx, build)),
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
        let kept = Image::kept(current.clone(), inputs.clone());
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

async fn request(
    ctx: &RunContext,
    step: StepId,
    build: &Build,
    recipe: &PlannedRecipe,
) -> Result<(BuildRequest, CacheUse), WorldError> {
    let dockerfile = sent_dockerfile(ctx, step, build, recipe).await?;
    let context = &sources::planned(ctx, build)?.context;
    let context = ctx.contexts.get(context).ok_or_else(|| {
        let why = "the build context of the plan is not at hand";
        WorldError::fault(FaultKind::Ours, &recipe.path, why)
    })?;
    let (cache_from, cache) = match recipe.no_cache {
        true => (Vec::new(), CacheUse::None("--no-cache".into())),
        false => previous_image(ctx, step, build).await,
    };
    let domains = read_from(recipe, &cache_from);
    let credentials = Arc::new(ctx.credentials.of(domains).await?);
    let request = BuildRequest {
        dockerfile,
        context: context.clone(),
        args: sources::args(ctx, build, recipe)?,
        platform: build.platform.clone(),
        name: ctx.local_name(build),
        cache_from,
        no_cache: recipe.no_cache,
        options: options(ctx, recipe),
        builder: ctx.builder(),
        credentials,
        secrets: Arc::new(recipe.secrets.resolve(&ctx.secrets)),
    };
    Ok((request, cache))
}

/// A host that no step uses.
const APART: &str = "untrusted.kiln.invalid:127.0.0.1";

/// What else the build takes. BuildKit does not count a secret as an input of a step: on an engine that a trusted run has used,
/// an untrusted one would get what was made with the secret, and a later trusted one what was made without. It counts the names
/// of added hosts, so one more keeps the steps of the two apart.
fn options(ctx: &RunContext, recipe: &PlannedRecipe) -> BuildOptions {
    let mut options = recipe.options.clone();
    if ctx.secrets.withheld && !recipe.secrets.is_empty() {
        options.extra_hosts.push(APART.into());
    }
    options
}

/// The registries that a build reads from: those of its outside images and of its cache. Parents are on the engine. No other
/// credential is given to the build.
fn read_from(recipe: &PlannedRecipe, cache_from: &[String]) -> BTreeSet<Domain> {
    let bases = recipe
        .images
        .iter()
        .filter_map(|image| match &image.source {
            ImageSource::Base(base) => Some(base.repository.domain().clone()),
            ImageSource::Parent { .. } => None,
        });
    let caches = cache_from.iter().filter_map(|name| {
        let cache: Reference = name.parse().ok()?;
        Some(cache.repository.domain().clone())
    });
    bases.chain(caches).collect()
}

/// Runs the build: again while its step fails and retries are left, and once more without the engine's cache if that
/// cache is damaged.
async fn repeated(
    ctx: &Arc<RunContext>,
    step: StepId,
    engine: &dyn Engine,
    mut request: BuildRequest,
    retries: u32,
) -> Result<BuildAnswer, WorldError> {
    let (mut failed, mut delay) = (0, FIRST_DELAY);
    loop {
        let error = match watched(ctx, step, engine, request.clone()).await {
            Err(error) => error,
            answer => return answer,
        };
        if error.kind() == FaultKind::CacheLost && !request.no_cache {
            ctx.note(step, "the engine's cache of this image is damaged, as an interrupted build can leave it: built again without it");
            request.cache_from.clear();
            request.no_cache = true;
        } else if failed < retries && may_pass(&error) {
            failed += 1;
            ctx.note(
                step,
                format!(
                    "retry {failed} of {retries} in {} s: {error}",
                    delay.as_secs()
                ),
            );
            tokio::time::sleep(delay).await;
            delay = (delay * 2).min(LONGEST_DELAY);
        } else {
            return Err(error);
        }
    }
}

/// Whether a build failed at one of its steps in a way that another try may not.
fn may_pass(error: &WorldError) -> bool {
    let has_step = matches!(error, WorldError::Build(_));
    has_step && (error.kind() == FaultKind::Failed || error.kind().is_unreachable())
}

/// Runs the build and passes on its progress.
async fn watched(
    ctx: &Arc<RunContext>,
    step: StepId,
    engine: &dyn Engine,
    request: BuildRequest,
) -> Result<BuildAnswer, WorldError> {
    let (sender, mut heard) = unbounded_channel();
    let listener = ctx.clone();
    let listening = tokio::spawn(async move {
        while let Some(progress) = heard.recv().await {
            listener.say(match listener.mask.progress(progress) {
                BuildProgress::Step { name, cached } => EventKind::Progress {
                    step,
                    text: name,
                    cached,
                },
                BuildProgress::Output(line) => EventKind::Output { step, line },
                BuildProgress::Warning { line, text } => {
                    listener.warn(step, line, &text);
                    continue;
                }
            });
        }
    });
    let answer = engine.build(request, sender).await;
    // The output of the build comes before its result; the channel closed with the build.
    let _ = listening.await;
    answer.map_err(|error| ctx.mask.error(error))
}

/// Finds the previous image and makes it usable as cache. Problems with it are notes, never failures.
async fn previous_image(ctx: &RunContext, step: StepId, build: &Build) -> (Vec<String>, CacheUse) {
    let none = |why: &str| (Vec::new(), CacheUse::None(why.into()));
    if !ctx.cache {
        return none("--no-cache-from");
    }
    let Ok((engine, info)) = ctx.engine() else {
        return none("no engine");
    };
    if info.builder == Builder::Classic && info.store == Store::Containerd {
        // It finds nothing in an image of another engine, and fails at the first step of one that has no layer (28.5.2).
        return none("the classic builder of the containerd store cannot use a previous image");
    }
    let search = survey::Search {
        registry: &*ctx.registry,
        engine,
        info,
        credentials: &ctx.credentials,
        known: &ctx.previous,
    };
    let candidates = &ctx.plan.variant(&build.variant).previous;
    match search.previous(candidates, &build.platform).await {
        Ok(found) => (vec![found.name], CacheUse::From(found.reference)),
        Err(nothing) => {
            if nothing.trouble {
                ctx.note(step, format!("no cache: {}", nothing.why));
            }
            none(&nothing.why)
        }
    }
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
        WorldError::Build(failure) => failure.line.map(|line| recipe.place(line)),
        _ => None,
    };
    Failure {
        place,
        ..Failure::from(error)
    }
}
