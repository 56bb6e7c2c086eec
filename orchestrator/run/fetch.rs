//! Images that are not built: fetched from where they are staged, or taken by name for their checks.

use crate::matrix::VariantName;
use crate::name::{Digest, NameError, Platform, Reference, Repository};
use crate::plan::{Build, UseFrom};
use crate::request::{FaultKind, ImageInfo, Patience, PullRequest, Stored, WorldError};
use crate::run::local::Present;
use crate::run::{Done, Failure, RunContext};

/// The image of a build on the engine; fetched if this run has not built it. Several children wait for one fetch.
pub(super) async fn ensure(ctx: &RunContext, build: &Build) -> Result<Present, WorldError> {
    let fetching = ctx.local().fetching(build);
    let _one = fetching.lock().await;
    if let Some(present) = ctx.local().present(build) {
        return Ok(present);
    }
    let known = ctx.images.known(build).and_then(|image| image.part);
    let absent = || WorldError::refused(build.variant.as_str(), "it is not on the engine");
    let present = pull(ctx, build, known.ok_or_else(absent)?.digest).await?;
    ctx.local().arrive(build, present.clone());
    Ok(present)
}

/// Pulls an image by digest from where it is, and names it for this run.
async fn pull(ctx: &RunContext, build: &Build, digest: Digest) -> Result<Present, WorldError> {
    let (engine, _) = ctx.engine()?;
    let (repository, _) = stored(ctx, &build.variant, digest).await?;
    let reference = Reference::pinned(repository, digest);
    let pulled = reference.to_string();
    // The engine removes what was pulled by digest when the run ends.
    let image = pulled_image(ctx, build, &reference).await?;
    check_platform(&pulled, &image, &build.platform)?;
    let name = ctx.local_name(build);
    let local = name
        .parse()
        .map_err(|why: NameError| WorldError::refused(&name, why.to_string()))?;
    engine.tag(&pulled, &local).await?;
    ctx.local().remember_name(&name);
    Ok(Present {
        name,
        id: image.id,
        layers: image.layers,
    })
}

/// An image or an index as a registry stores it, and the repository that has it: the staging repository, else a public one.
pub(super) async fn stored(
    ctx: &RunContext,
    v: &VariantName,
    digest: Digest,
) -> Result<(Repository, Stored), WorldError> {
    let variant = ctx.plan.variant(v);
    let trusted = variant.trusted_staging.as_deref();
    for repository in variant
        .staging
        .iter()
        .chain(trusted)
        .chain(variant.publish.iter())
    {
        let reference = Reference::pinned(repository.clone(), digest);
        let found = match ctx.registry.manifest(&reference, Patience::READ).await {
            // A pull request may lack the right to read what other runs have staged.
            Err(why) if trusted == Some(repository) && why.kind() == FaultKind::NotAllowed => None,
            found => found?,
        };
        if let Some(stored) = found {
            return Ok((repository.clone(), stored));
        }
    }
    let why = format!(
        "its image {digest} is gone from the registries; `kiln build --push --force {v}` builds it again"
    );
    Err(WorldError::fault(FaultKind::NotFound, v.as_str(), why))
}

/// Takes an image by its name, for its checks alone.
pub(super) async fn take(
    ctx: &RunContext,
    build: &Build,
    image: &Reference,
    from: UseFrom,
) -> Result<Done, Failure> {
    let (name, shown, info) = match from {
        UseFrom::Registry => served(ctx, build, image).await?,
        UseFrom::Engine | UseFrom::Either => local(ctx, build, image, from).await?,
    };
    let present = Present {
        name,
        id: info.id,
        layers: info.layers,
    };
    ctx.local().arrive(build, present);
    Ok(Done::Used { image: shown })
}

/// The image that the engine has under this name, pulled if that is allowed.
async fn local(
    ctx: &RunContext,
    build: &Build,
    image: &Reference,
    from: UseFrom,
) -> Result<(String, String, ImageInfo), WorldError> {
    let (engine, _) = ctx.engine()?;
    let name = image.familiar();
    let info = match (engine.inspect(&name).await?, from) {
        (Some(info), _) => info,
        (None, UseFrom::Either) => pulled_image(ctx, build, image).await?,
        (None, _) => {
            let why = format!(
                "the engine has no image {name}\n  build it with `kiln build`, or test the published image with --published: `kiln build --push` leaves no tags on the engine"
            );
            let what = build.variant.as_str();
            return Err(WorldError::fault(FaultKind::NotFound, what, why));
        }
    };
    Ok((name.clone(), name, info))
}

/// The image that the registry serves under this name, by digest: what is tested is what it served at that moment.
async fn served(
    ctx: &RunContext,
    build: &Build,
    image: &Reference,
) -> Result<(String, String, ImageInfo), WorldError> {
    let (engine, _) = ctx.engine()?;
    let digest = ctx.registry.head(image, Patience::READ).await?;
    let missing = || {
        let why = "the registry does not have it";
        WorldError::fault(FaultKind::NotFound, image.familiar(), why)
    };
    let digest = digest.ok_or_else(missing)?;
    let pinned = Reference::pinned(image.repository.clone(), digest);
    let name = pinned.to_string();
    let info = match engine.inspect(&name).await? {
        Some(info) => info,
        None => pulled_image(ctx, build, &pinned).await?,
    };
    let shown = format!("{} at {}", image.familiar(), digest.short());
    Ok((name, shown, info))
}

async fn pulled_image(
    ctx: &RunContext,
    build: &Build,
    reference: &Reference,
) -> Result<ImageInfo, WorldError> {
    let (engine, _) = ctx.engine()?;
    let request = PullRequest {
        reference: reference.clone(),
        platform: build.platform.clone(),
        credential: ctx.credential(reference.repository.domain()).await?,
    };
    engine.pull(request).await?;
    // Without a tag and without a digest, an engine pulls `latest`.
    let name = match reference.digest {
        Some(_) => reference.to_string(),
        None => reference.familiar(),
    };
    let lost = "the engine pulled the image and then did not have it";
    let image = engine.inspect(&name).await?;
    image.ok_or_else(|| WorldError::refused(name, lost))
}

/// The containerd store silently builds for another platform on a parent of this one, so the result is compared.
pub(super) fn check_platform(
    name: &str,
    image: &ImageInfo,
    platform: &Platform,
) -> Result<(), WorldError> {
    let made = image.platform();
    if platform.runs(&made) {
        return Ok(());
    }
    let why = format!(
        "the engine made an image for {made} instead of {platform}: a parent or base is made for {made}"
    );
    Err(WorldError::refused(name, why))
}
