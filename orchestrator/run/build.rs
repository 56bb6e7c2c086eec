//! Building one variant on one platform, and bringing a kept one to the engine.

use crate::graph::Target;
use crate::matrix::VariantId;
use crate::name::{Digest, Platform, Reference};
use crate::plan::{Lock, LockSource, StepId, build_id};
use crate::render::Recipe;
use crate::request::{
    BuildAnswer, BuildProgress, BuildRequest, Builder, EngineInfo, FaultKind, ImageInfo,
    PullRequest, Store, WorldError,
};
use crate::run::images::Present;
use crate::run::{CacheUse, Done, EventKind, Failure, RunContext};
use crate::survey;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::mpsc::unbounded_channel;

/// Builds a variant with its previous image as cache, from exactly the parents of this run.
pub(super) async fn build(
    ctx: &Arc<RunContext>,
    step: StepId,
    v: VariantId,
    platform: &Platform,
) -> Result<Done, Failure> {
    let (engine, info) = ctx.engine()?;
    let (variant, recipe) = (ctx.fleet.variant(v), &ctx.recipes[v.0 as usize]);
    let dockerfile = sent_dockerfile(ctx, recipe, platform, info)?;
    let (cache_from, cache) = previous_image(ctx, step, v, platform).await;
    let request = BuildRequest {
        dockerfile,
        context: recipe.context.clone(),
        args: variant
            .args
            .iter()
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect::<BTreeMap<_, _>>(),
        platform: platform.clone(),
        name: ctx.local_name(v, platform),
        cache_from,
        no_cache: false,
        builder: ctx.builder(),
        credentials: ctx.credentials.clone(),
    };
    let name = request.name.clone();
    ctx.images.remember_name(&name);
    let answer = match watched(ctx, step, engine, request.clone()).await {
        Err(error) if error.kind() == FaultKind::CacheLost => {
            ctx.note(step, "the engine's cache of this image is damaged, as an interrupted build can leave it: built again without it");
            let request = BuildRequest {
                cache_from: Vec::new(),
                no_cache: true,
                ..request
            };
            watched(ctx, step, engine, request).await
        }
        answer => answer,
    };
    let answer = answer.map_err(|error| placed(error, recipe))?;
    let image = engine
        .inspect(&name)
        .await?
        .ok_or_else(|| refused(&name, "the engine built it and then did not have it"))?;
    check_platform(&name, &image, platform)?;
    check_parent(ctx, recipe, platform, &image)?;
    let identity = identity(ctx, v, platform).to_string();
    ctx.images.arrive(
        v,
        platform,
        Present {
            name,
            id: answer.image,
            layers: image.layers,
            identity,
        },
    );
    Ok(Done::Built {
        image: answer.image,
        cached: answer.cached,
        ran: answer.ran,
        cache,
    })
}

/// Runs the build and passes on what it says.
async fn watched(
    ctx: &Arc<RunContext>,
    step: StepId,
    engine: &dyn crate::engine::Engine,
    request: BuildRequest,
) -> Result<BuildAnswer, WorldError> {
    let (sender, mut heard) = unbounded_channel();
    let listener = ctx.clone();
    let listening = tokio::spawn(async move {
        while let Some(progress) = heard.recv().await {
            listener.say(match progress {
                BuildProgress::Step { name, cached } => EventKind::Progress {
                    step,
                    text: name,
                    cached,
                },
                BuildProgress::Output(line) => EventKind::Output { step, line },
            });
        }
    });
    let answer = engine.build(request, sender).await;
    // All that the build said comes before what it came to; the channel closed with the build.
    let _ = listening.await;
    answer
}

/// The Dockerfile that is sent: every outside image locked, every parent this run's own.
fn sent_dockerfile(
    ctx: &RunContext,
    recipe: &Recipe,
    platform: &Platform,
    info: &EngineInfo,
) -> Result<String, WorldError> {
    let mut changes = Vec::new();
    let at = place_of(ctx, recipe.variant, platform);
    for (image_ref, target) in recipe
        .image_refs
        .iter()
        .zip(ctx.graph.targets(recipe.variant))
    {
        let taken = image_ref.taken_for(at, platform, &info.platform);
        let name = match target {
            Target::Variant(parent) => parent_name(ctx, *parent, taken.unwrap_or(platform), info)?,
            Target::Base(reference) => base_name(ctx, reference, info)?,
        };
        changes.push((image_ref.bytes.clone(), name));
    }
    Ok(crate::render::dockerfile::rewrite(
        &recipe.dockerfile,
        &changes,
    ))
}

fn parent_name(
    ctx: &RunContext,
    parent: VariantId,
    platform: &Platform,
    info: &EngineInfo,
) -> Result<String, WorldError> {
    let label = || ctx.fleet.variant(parent).label();
    let present = parent_image(ctx, parent, platform)
        .ok_or_else(|| refused(&label(), "the parent is not on the engine"))?;
    Ok(local(&present.name, present.id, info))
}

/// The place of a platform among those of a variant.
fn place_of(ctx: &RunContext, v: VariantId, platform: &Platform) -> usize {
    let platforms = &ctx.fleet.variant(v).platforms;
    platforms.iter().position(|p| p == platform).unwrap_or(0)
}

/// A parent's image for a platform. One that exists on other platforms only is used as it is: files are copied from it.
fn parent_image(ctx: &RunContext, parent: VariantId, platform: &Platform) -> Option<Present> {
    ctx.images.present(parent, platform).or_else(|| {
        let platforms = &ctx.fleet.variant(parent).platforms;
        platforms.iter().find_map(|p| ctx.images.present(parent, p))
    })
}

/// How a Dockerfile names a local image so that no registry is asked. Graph drivers resolve the name
/// locally and know no digest form; the containerd store asks a registry unless the id is there.
/// Measured on 20.10.24, 28.5.2 and 28.5.2 with the containerd store.
fn local(name: &str, id: Digest, info: &EngineInfo) -> String {
    match info.store {
        Store::GraphDriver => name.to_owned(),
        Store::Containerd => format!("{name}@{id}"),
    }
}

fn base_name(
    ctx: &RunContext,
    reference: &Reference,
    info: &EngineInfo,
) -> Result<String, WorldError> {
    let lock = ctx
        .facts
        .locks
        .get(reference)
        .ok_or_else(|| refused(&reference.to_string(), "the base was not locked"))?;
    Ok(match lock.source {
        LockSource::Registry => {
            Reference::pinned(reference.repository.clone(), lock.digest).familiar()
        }
        LockSource::Engine => local(&base_alias(ctx, lock), lock.digest, info),
    })
}

/// The run's own name of a base that only the engine has.
pub(super) fn base_alias(ctx: &RunContext, lock: &Lock) -> String {
    format!("localhost/kiln/base:{}-{}", ctx.run, lock.digest.short())
}

/// Gives bases that only the engine has their names of this run.
pub(super) async fn name_bases(ctx: &RunContext) -> Result<(), WorldError> {
    for (reference, lock) in ctx
        .facts
        .locks
        .iter()
        .filter(|(_, lock)| lock.source == LockSource::Engine)
    {
        let alias = base_alias(ctx, lock);
        let (engine, _) = ctx.engine()?;
        let name = alias
            .parse()
            .map_err(|why: crate::name::NameError| refused(&alias, &why.to_string()))?;
        engine.tag(&reference.familiar(), &name).await?;
        ctx.images.remember_name(alias);
    }
    Ok(())
}

/// Looks for the previous image and makes it usable as cache; trouble is a note, never a failure.
async fn previous_image(
    ctx: &RunContext,
    step: StepId,
    v: VariantId,
    platform: &Platform,
) -> (Vec<String>, CacheUse) {
    if !ctx.cache {
        return (Vec::new(), CacheUse::None("--no-cache-from".into()));
    }
    let Ok((engine, info)) = ctx.engine() else {
        return (Vec::new(), CacheUse::None("no engine".into()));
    };
    if info.builder == Builder::Classic && info.store == Store::Containerd {
        // It finds nothing in an image of another engine, and fails at the first step of one that has no layer (28.5.2).
        return (
            Vec::new(),
            CacheUse::None(
                "the classic builder of the containerd store cannot use a previous image".into(),
            ),
        );
    }
    let search = survey::Search {
        registry: &*ctx.registry,
        engine,
        info,
        credentials: &ctx.credentials,
        silent: &ctx.silent,
    };
    match search
        .previous(ctx.fleet.variant(v), &ctx.ids.recipe_tag(v), platform)
        .await
    {
        Ok(found) => {
            found
                .pulled
                .iter()
                .for_each(|name| ctx.images.remember_name(name));
            (vec![found.name], CacheUse::From(found.reference))
        }
        Err(nothing) => {
            if nothing.trouble {
                ctx.note(step, format!("no cache: {}", nothing.why));
            }
            (Vec::new(), CacheUse::None(nothing.why))
        }
    }
}

/// The containerd store builds for another platform on a parent of this one without a word, so the
/// result is compared.
fn check_platform(name: &str, image: &ImageInfo, platform: &Platform) -> Result<(), WorldError> {
    let made = image.platform();
    if platform.runs(&made) {
        return Ok(());
    }
    Err(refused(
        name,
        &format!(
            "the engine made an image for {made}, and {platform} was asked for: a parent or base is made for {made}"
        ),
    ))
}

/// The image must begin with exactly the layers of the parent it was to stand on.
fn check_parent(
    ctx: &RunContext,
    recipe: &Recipe,
    platform: &Platform,
    image: &ImageInfo,
) -> Result<(), WorldError> {
    let Some((parent, present)) = fleet_parent(ctx, recipe, platform) else {
        return Ok(());
    };
    if image.layers.starts_with(&present.layers) {
        return Ok(());
    }
    let why = format!(
        "it does not stand on this run's {}: its layers differ from that image's",
        ctx.fleet.variant(parent).label()
    );
    Err(refused(&ctx.fleet.variant(recipe.variant).label(), &why))
}

/// The parent that the last stage stands on, if it is of the fleet.
pub(super) fn fleet_parent(
    ctx: &RunContext,
    recipe: &Recipe,
    platform: &Platform,
) -> Option<(VariantId, Present)> {
    match ctx.graph.targets(recipe.variant).get(recipe.final_base?)? {
        Target::Variant(parent) => Some((*parent, ctx.images.present(*parent, platform)?)),
        Target::Base(_) => None,
    }
}

/// The build id: what this build adds to its children's, and what its content tag is made of.
pub(super) fn identity(ctx: &RunContext, v: VariantId, platform: &Platform) -> Digest {
    let targets = ctx.graph.targets(v);
    let locks = targets.iter().filter_map(|t| match t {
        Target::Base(reference) => ctx.facts.locks.get(reference),
        Target::Variant(_) => None,
    });
    let parents = targets.iter().flat_map(|t| match t {
        Target::Variant(parent) => identities(ctx, v, *parent, platform),
        Target::Base(_) => Vec::new(),
    });
    build_id(ctx.ids.build(v, platform), locks, parents)
}

/// What a parent adds to a build id. Where a stage takes it for another platform than the target, it is what the parent is
/// on all its platforms, so that no id depends on which engine builds.
fn identities(
    ctx: &RunContext,
    v: VariantId,
    parent: VariantId,
    platform: &Platform,
) -> Vec<String> {
    if !ctx.graph.crosses(v, parent) {
        let image = parent_image(ctx, parent, platform);
        return image.map(|image| image.identity).into_iter().collect();
    }
    let platforms = &ctx.fleet.variant(parent).platforms;
    platforms
        .iter()
        .filter_map(|p| Some(ctx.images.present(parent, p)?.identity))
        .collect()
}

/// Where in the author's Dockerfile the build failed.
fn placed(mut error: WorldError, recipe: &Recipe) -> Failure {
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
        error,
        place,
        written: Vec::new(),
    }
}

/// Brings an image that is kept to the engine, under the run's own name.
pub(super) async fn fetch(
    ctx: &RunContext,
    v: VariantId,
    platform: &Platform,
    digest: Digest,
) -> Result<Done, Failure> {
    let image = bring(ctx, v, platform, digest).await?;
    ctx.images.arrive(v, platform, image);
    Ok(Done::Fetched)
}

/// Pulls by digest from the staging repository and names the image for this run.
pub(super) async fn bring(
    ctx: &RunContext,
    v: VariantId,
    platform: &Platform,
    digest: Digest,
) -> Result<Present, WorldError> {
    let (engine, _) = ctx.engine()?;
    let reference = Reference::pinned(ctx.stage_of(v)?.clone(), digest);
    let credential = ctx.credential(reference.repository.domain());
    engine
        .pull(PullRequest {
            reference: reference.clone(),
            platform: platform.clone(),
            credential,
        })
        .await?;
    ctx.images.remember_name(reference.to_string());
    let image = engine
        .inspect(&reference.to_string())
        .await?
        .ok_or_else(|| {
            refused(
                &reference.to_string(),
                "the engine pulled it and then did not have it",
            )
        })?;
    check_platform(&reference.to_string(), &image, platform)?;
    let name = ctx.local_name(v, platform);
    let local = name
        .parse()
        .map_err(|why: crate::name::NameError| refused(&name, &why.to_string()))?;
    engine.tag(&reference.to_string(), &local).await?;
    ctx.images.remember_name(&name);
    Ok(Present {
        name,
        id: image.id,
        layers: image.layers,
        identity: digest.to_string(),
    })
}

pub(super) fn refused(what: &str, why: &str) -> WorldError {
    WorldError::refused(what, why)
}
