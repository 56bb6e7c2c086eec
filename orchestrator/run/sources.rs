//! What a build is made from: the Dockerfile that is sent, with every image pinned, and the build id.

use crate::dockerfile::{ImageRefKind, UnneededStage, taken_for};
use crate::matrix::VariantName;
use crate::memory::{Inputs, token};
use crate::name::{Digest, NameError, Platform, Reference};
use crate::plan::{
    Build, ImageSource, Lock, LockSource, PlannedBuild, PlannedImage, PlannedRecipe, StepId,
    locked_for,
};
use crate::request::{Builder, EngineInfo, FaultKind, Store, WorldError};
use crate::run::folders::{self, Folder};
use crate::run::{RunContext, fetch};
use crate::survey;
use std::collections::BTreeMap;
use std::ops::Range;

/// The Dockerfile with every outside image locked to a digest and every parent replaced by this run's own image, which is
/// fetched if the engine does not have it. Names of folders are replaced by images of their files.
pub(super) async fn sent_dockerfile(
    ctx: &RunContext,
    step: StepId,
    build: &Build,
    recipe: &PlannedRecipe,
) -> Result<String, WorldError> {
    let (_, info) = ctx.engine()?;
    let text = &recipe.dockerfile;
    // These come first: names in what is left out stay as they are.
    let mut changes = match ctx.builder() {
        Builder::Classic => without_unneeded(recipe),
        _ => Vec::new(),
    };
    let at = place_of(ctx, build);
    for image in recipe.images.iter() {
        let taken = taken_for(&image.at.needs, at, &build.platform, &info.platform);
        let name = match &image.source {
            ImageSource::Parent { variant, platforms } => match taken {
                Some(platform) => parent_name(ctx, variant, platforms, platform, info).await?,
                // A stage that this build does not need.
                None => continue,
            },
            ImageSource::Base(reference) if taken.is_none() && !is_frontend(image) => {
                match ctx.plan.bases.get(reference) {
                    Some(lock) => base_name(ctx, reference, (lock, lock.digest), info),
                    None => continue,
                }
            }
            ImageSource::Base(reference) => {
                let lock = lock(ctx, reference)?;
                let on = image.at.needs.get(at).and_then(Option::as_ref);
                let platform = on.map(|on| locked_for(on, &build.platform));
                let mut digest = platform.map_or(lock.digest, |platform| lock.digest_for(platform));
                if let (Builder::Classic, Some(platform)) = (ctx.builder(), taken) {
                    digest = single(ctx, reference, (lock, digest), platform).await?;
                }
                base_name(ctx, reference, (lock, digest), info)
            }
        };
        changes.push((image.at.bytes.clone(), name));
    }
    changes.extend(folder_names(ctx, step, build, recipe).await?);
    changes.extend(
        recipe
            .replaced
            .iter()
            .map(|range| (range.clone(), lines(text, range))),
    );
    Ok(crate::dockerfile::rewrite(text, &changes))
}

/// Empties the stages that the build does not need: the classic builder would fetch their images and run them.
fn without_unneeded(recipe: &PlannedRecipe) -> Vec<(Range<usize>, String)> {
    let empty = |stage: &UnneededStage| stage.empty(lines(&recipe.dockerfile, &stage.instructions));
    recipe.unneeded.iter().flat_map(empty).collect()
}

/// The line breaks of instructions that are left out: the lines below keep their numbers.
fn lines(text: &str, range: &Range<usize>) -> String {
    let lines = text.get(range.clone()).unwrap_or_default().matches('\n');
    lines.collect()
}

/// The names of the images that stand for folders, with the places that they replace.
async fn folder_names(
    ctx: &RunContext,
    step: StepId,
    build: &Build,
    recipe: &PlannedRecipe,
) -> Result<Vec<(Range<usize>, String)>, WorldError> {
    let (_, info) = ctx.engine()?;
    let (mut names, at) = (Vec::new(), place_of(ctx, build));
    for one in &recipe.folders {
        // A stage that this build does not need keeps the name.
        let Some(platform) = taken_for(&one.needs, at, &build.platform, &info.platform) else {
            continue;
        };
        let planned = planned(ctx, build)?;
        let files = planned.folders.get(&*one.context).ok_or_else(|| {
            let why = "the plan has no files of this named context";
            WorldError::fault(FaultKind::Ours, one.context.to_string(), why)
        })?;
        let folder = Folder {
            name: &one.context,
            place: recipe.place(one.line),
            files: *files,
            platform,
        };
        let (name, id) = folders::image(ctx, step, &folder).await?;
        names.push((one.bytes.clone(), local(&name, id, info)));
    }
    Ok(names)
}

/// The index of a build's platform among those of its variant.
pub(super) fn place_of(ctx: &RunContext, build: &Build) -> usize {
    let platforms = &ctx.plan.variant(&build.variant).platforms;
    let place = platforms.iter().position(|p| *p == build.platform);
    place.unwrap_or(0)
}

fn is_frontend(image: &PlannedImage) -> bool {
    image.at.kind == ImageRefKind::Syntax
}

async fn parent_name(
    ctx: &RunContext,
    parent: &VariantName,
    platforms: &[Platform],
    platform: &Platform,
    info: &EngineInfo,
) -> Result<String, WorldError> {
    // A parent that exists on other platforms only is used as it is: files are copied from it.
    let own = platforms.iter().find(|own| *own == platform);
    let build = Build::of(parent, own.or(platforms.first()).unwrap_or(platform));
    let present = fetch::ensure(ctx, &build).await?;
    Ok(local(&present.name, present.id, info))
}

/// How a Dockerfile names a local image so that no registry is queried. Graph drivers resolve the name
/// locally and know no digest form; the containerd store queries a registry unless the id is there.
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
    (lock, digest): (&Lock, Digest),
    info: &EngineInfo,
) -> String {
    match lock.source {
        LockSource::Registry | LockSource::Lockfile => {
            Reference::pinned(reference.repository.clone(), digest).familiar()
        }
        LockSource::Engine => local(&base_alias(ctx, lock), digest, info),
    }
}

/// The digest that the classic builder gets: that of the image for one platform. With graph drivers, an engine that has the
/// image of an index for one platform refuses the one for another under the same digest (`cannot overwrite digest`, 20.10.24
/// and 28.5.2); with the containerd store, the image may be for either (28.5.2).
async fn single(
    ctx: &RunContext,
    reference: &Reference,
    (lock, digest): (&Lock, Digest),
    platform: &Platform,
) -> Result<Digest, WorldError> {
    if lock.source == LockSource::Engine {
        return Ok(digest);
    }
    let pinned = Reference::pinned(reference.repository.clone(), digest);
    survey::image_for(&pinned, platform, &*ctx.registry).await
}

fn lock<'a>(ctx: &'a RunContext, reference: &Reference) -> Result<&'a Lock, WorldError> {
    let missing = || unknown(ctx, reference);
    ctx.plan.bases.get(reference).ok_or_else(missing)
}

/// The run's own name of a base that only the engine has.
fn base_alias(ctx: &RunContext, lock: &Lock) -> String {
    format!("localhost/kiln/base:{}-{}", ctx.run, lock.digest.short())
}

/// Gives bases that only the engine has their names for this run.
pub(super) async fn name_bases(ctx: &RunContext) -> Result<(), WorldError> {
    let own = |lock: &Lock| lock.source == LockSource::Engine;
    for (reference, lock) in ctx.plan.bases.iter().filter(|(_, lock)| own(lock)) {
        let alias = base_alias(ctx, lock);
        let (engine, _) = ctx.engine()?;
        let name = alias
            .parse()
            .map_err(|why: NameError| WorldError::refused(&alias, why.to_string()))?;
        engine.tag(&reference.familiar(), &name).await?;
        ctx.local().remember_name(alias);
    }
    Ok(())
}

/// Today's inputs of a build: known as soon as its parents are.
///
/// # Errors
/// An outside image that could not be looked up.
pub(super) fn inputs(ctx: &RunContext, build: &Build) -> Result<Inputs, WorldError> {
    let planned = planned(ctx, build)?;
    let filled = planned.inputs.fill(|parent| ctx.images.contents(parent));
    let mut missing = planned.inputs.unknown.iter().chain(&planned.inputs.gone);
    filled.ok_or_else(|| match missing.next() {
        Some(base) => unknown(ctx, base),
        None => {
            let why = "one of its parents is not known";
            WorldError::fault(FaultKind::Ours, build.variant.as_str(), why)
        }
    })
}

/// The build arguments: those of the manifest, and the tokens of tool sets that are refreshed.
pub(super) fn args(
    ctx: &RunContext,
    build: &Build,
    recipe: &PlannedRecipe,
) -> Result<BTreeMap<String, String>, WorldError> {
    let tokens = &planned(ctx, build)?.inputs.inputs.tokens;
    let fresh = recipe.refreshed.iter().filter_map(|one| {
        let token = tokens.get(&token::fresh(&one.toolset))?;
        Some((one.argument.clone(), token.clone()))
    });
    let own = recipe.args.iter();
    let own = own.map(|(name, value)| (name.clone(), value.clone()));
    Ok(own.chain(fresh).collect())
}

/// What the plan says about a build.
pub(super) fn planned<'a>(
    ctx: &'a RunContext,
    build: &Build,
) -> Result<&'a PlannedBuild, WorldError> {
    let planned = ctx.recipe(build)?.build(place_of(ctx, build));
    planned.ok_or_else(|| {
        let why = "the plan does not build it on this platform";
        WorldError::fault(FaultKind::Ours, build.variant.as_str(), why)
    })
}

/// Where a build names an outside image that could not be looked up, if it does.
pub(super) fn unknown_place(ctx: &RunContext, build: &Build) -> Option<String> {
    let recipe = ctx.recipe(build).ok()?;
    let gone = &recipe.build(place_of(ctx, build))?.inputs.gone;
    let is_gone = |base: &Reference| gone.iter().any(|one| one.repository == base.repository);
    let mut images = recipe.images.iter().filter(|image| image.at.is_needed());
    let image = images.find(|image| match &image.source {
        ImageSource::Base(base) => ctx.plan.unknown.contains_key(base) || is_gone(base),
        ImageSource::Parent { .. } => false,
    })?;
    Some(recipe.origin(image.at.line))
}

/// Whether a build failed with this because a public repository of its variant could not be read.
pub(super) fn is_unread(ctx: &RunContext, build: &Build, error: &WorldError) -> bool {
    let Ok(planned) = planned(ctx, build) else {
        return false;
    };
    let mut unknown = planned.inputs.unknown.iter();
    unknown.any(|base| {
        let why = ctx.plan.unknown.get(base);
        why.is_some_and(|why| why.published.is_some() && WorldError::from(why) == *error)
    })
}

/// Why an outside image has no digest.
fn unknown(ctx: &RunContext, base: &Reference) -> WorldError {
    match ctx.plan.unknown.get(base) {
        Some(unknown) => unknown.into(),
        None => {
            let why = "the plan has no digest for this base";
            WorldError::fault(FaultKind::Ours, base.to_string(), why)
        }
    }
}
