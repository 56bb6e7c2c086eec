//! What a build is made from: the Dockerfile that is sent, with every image pinned, and the build id.

use crate::name::{Digest, NameError, Platform, Reference};
use crate::matrix::VariantName;
use crate::plan::{Build, ImageSource, Lock, LockSource, PlannedRecipe, build_id};
use crate::request::{EngineInfo, FaultKind, Store, WorldError};
use crate::run::RunContext;
use crate::run::build::recipe;
use crate::run::images::Present;

/// The Dockerfile with every outside image locked to a digest and every parent replaced by this run's own image.
pub(super) fn sent_dockerfile(
    ctx: &RunContext,
    build: &Build,
    recipe: &PlannedRecipe,
) -> Result<String, WorldError> {
    let (_, info) = ctx.engine()?;
    let mut changes = Vec::with_capacity(recipe.images.len());
    let at = place_of(ctx, build);
    for image in &recipe.images {
        let taken = image.at.taken_for(at, &build.platform, &info.platform);
        let name = match &image.source {
            ImageSource::Parent {
                variant, platforms, ..
            } => {
                let platform = taken.unwrap_or(&build.platform);
                parent_name(ctx, variant, platforms, platform, info)?
            }
            ImageSource::Base(reference) => base_name(ctx, reference, info)?,
        };
        changes.push((image.at.bytes.clone(), name));
    }
    Ok(crate::render::dockerfile::rewrite(
        &recipe.dockerfile,
        &changes,
    ))
}

/// The index of a build's platform among those of its variant.
fn place_of(ctx: &RunContext, build: &Build) -> usize {
    let platforms = &ctx.plan.variant(&build.variant).platforms;
    let place = platforms.iter().position(|p| *p == build.platform);
    place.unwrap_or(0)
}

fn parent_name(
    ctx: &RunContext,
    parent: &VariantName,
    platforms: &[Platform],
    platform: &Platform,
    info: &EngineInfo,
) -> Result<String, WorldError> {
    let absent = || WorldError::refused(parent.as_str(), "the parent is not on the engine");
    let present = image_of(ctx, parent, platforms, platform).ok_or_else(absent)?;
    Ok(local(&present.name, present.id, info))
}

/// A parent's image for a platform. One that exists on other platforms only is used as it is: files are copied from it.
fn image_of(
    ctx: &RunContext,
    parent: &VariantName,
    platforms: &[Platform],
    platform: &Platform,
) -> Option<Present> {
    let on = |platform: &Platform| {
        let (variant, platform) = (parent.clone(), platform.clone());
        ctx.images.present(&Build { variant, platform })
    };
    on(platform).or_else(|| platforms.iter().find_map(on))
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
    info: &EngineInfo,
) -> Result<String, WorldError> {
    let lock = lock(ctx, reference)?;
    Ok(match lock.source {
        LockSource::Registry => {
            Reference::pinned(reference.repository.clone(), lock.digest).familiar()
        }
        LockSource::Engine => local(&base_alias(ctx, lock), lock.digest, info),
    })
}

fn lock<'a>(ctx: &'a RunContext, reference: &Reference) -> Result<&'a Lock, WorldError> {
    let missing = || {
        let why = "the plan has no digest for this base";
        WorldError::fault(FaultKind::Ours, reference.to_string(), why)
    };
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
        ctx.images.remember_name(alias);
    }
    Ok(())
}

/// The build id: it names the build's content tag and is part of the build ids of its children.
pub(super) fn identity(ctx: &RunContext, build: &Build) -> Result<Digest, WorldError> {
    let recipe = recipe(ctx, build)?;
    let sources = || recipe.images.iter().map(|image| &image.source);
    let locks = sources().filter_map(|source| match source {
        ImageSource::Base(reference) => ctx.plan.bases.get(reference),
        ImageSource::Parent { .. } => None,
    });
    let parents = sources().flat_map(|source| identities(ctx, source, &build.platform));
    let own = recipe.ids.get(place_of(ctx, build)).copied();
    let own = own.ok_or_else(|| {
        let why = "the plan has no recipe id for this platform";
        WorldError::fault(FaultKind::Ours, build.variant.as_str(), why)
    })?;
    Ok(build_id(own, locks, parents))
}

/// What a parent adds to a build id. If a stage takes it for another platform than the target, that is its images on all
/// platforms, so that no id depends on which engine builds.
fn identities(ctx: &RunContext, source: &ImageSource, platform: &Platform) -> Vec<String> {
    let ImageSource::Parent {
        variant,
        platforms,
        crosses,
    } = source
    else {
        return Vec::new();
    };
    if !crosses {
        let image = image_of(ctx, variant, platforms, platform);
        return image.map(|image| image.identity).into_iter().collect();
    }
    let on = |platform: &Platform| {
        let (variant, platform) = (variant.clone(), platform.clone());
        Some(ctx.images.present(&Build { variant, platform })?.identity)
    };
    platforms.iter().filter_map(on).collect()
}
