//! Staging: one push of a content tag, verified by reading it back, and the record of the image.
//!
//! No registry can compare and swap, so two runs may stage one build at the same time. What the content tag names in the end
//! is what counts: a run adopts it, and builds again what it has built on another parent.

use crate::host;
use crate::memory::{Inputs, Made, Part};
use crate::name::{Digest, Reference};
use crate::plan::{Applied, Build, StepId};
use crate::request::{FaultKind, Patience, Stored, WorldError};
use crate::run::images::{Built, Image};
use crate::run::push::{is_image, push};
use crate::run::staged::{content_tag, known, recorded, staged_part};
use crate::run::{
    Done, Failure, RunContext, attest, build, check, failure, fetch, packages, sources,
};
use crate::survey;
use std::sync::Arc;

/// Stages a variant on one platform.
pub(super) async fn stage(
    ctx: &Arc<RunContext>,
    step: StepId,
    build: &Build,
) -> Result<Done, Failure> {
    let (part, how) = settled(ctx, step, build).await?;
    let digest = part.digest;
    Ok(match how {
        How::Kept => Done::Same { digest },
        How::Found => Done::Taken { digest },
        How::Adopted => Done::Staged {
            digest,
            adopted: true,
        },
        How::Pushed => Done::Staged {
            digest,
            adopted: false,
        },
    })
}

/// How an image was staged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// It was there: the current image, or one that has the same content.
    Kept,
    /// It was staged before this run could build it.
    Found,
    /// This run built it, and another run had staged it first.
    Adopted,
    /// This run pushed it.
    Pushed,
}

/// The staged image of a build, on the parents that count now.
async fn settled(
    ctx: &Arc<RunContext>,
    step: StepId,
    build: &Build,
) -> Result<(Part, How), Failure> {
    let mut built = false;
    for _ in 0..build::ROUNDS {
        let known = known(ctx, build)?;
        built |= known.built.is_some();
        let Some(made_from) = known.inputs.clone() else {
            // It existed before the run.
            return Ok((staged_part(build, known)?, How::Kept));
        };
        let today = sources::inputs(ctx, build)?;
        if made_from.build_id() == today.build_id() {
            let is_new = known.part.is_none();
            let secured = secured(ctx, step, build, known, today.clone()).await?;
            if is_new {
                failure::mended(ctx, build, &today).await;
            }
            let (part, how) = secured;
            let is_adopted = built && how == How::Found;
            return Ok((part, if is_adopted { How::Adopted } else { how }));
        }
        if ctx.plan.applied == Some(Applied::Publish) {
            return Err(outrun(build).into());
        }
        let note = "another run staged a parent meanwhile: built again on that one";
        ctx.note(step, note);
        ctx.images.forget_probed(&build.variant);
        build::build(ctx, step, build).await?;
        check::check(ctx, step, build).await?;
    }
    Err(build::restless(build).into())
}

/// Another run has staged a parent at the same time, and this one builds nothing.
fn outrun(build: &Build) -> WorldError {
    let why = "another run staged a parent meanwhile, and it is based on the former one; apply the plan to it again, and then publish";
    WorldError::fault(FaultKind::ChangedMeanwhile, build.variant.as_str(), why)
}

/// Puts an image of today's inputs into the registry, with its record.
async fn secured(
    ctx: &Arc<RunContext>,
    step: StepId,
    build: &Build,
    known: Image,
    inputs: Inputs,
) -> Result<(Part, How), Failure> {
    if let Some(part) = known.part.clone() {
        let new = (!known.kept).then_some(&inputs);
        let part = recorded(ctx, build, part, new, true).await?;
        let how = if known.kept { How::Kept } else { How::Found };
        return Ok((part, how));
    }
    let tag = content_tag(ctx, &build.variant, &inputs)?;
    packages::list(ctx, step, build).await;
    if let Some(part) = same_as_current(ctx, build, &known, &tag).await? {
        let part = recorded(ctx, build, part, Some(&inputs), true).await?;
        ctx.images.know(build, Image::found(part.clone(), inputs));
        return Ok((part, How::Kept));
    }
    let present = ctx.present(build)?;
    let (stored, how) = match ctx.registry.manifest(&tag, Patience::READ).await? {
        Some(stored) if is_image(ctx, &stored, &present) => {
            ctx.note(step, "the same image was staged meanwhile");
            (stored, How::Pushed)
        }
        Some(stored) => {
            let part = adopted(ctx, step, build, &tag, stored.digest, inputs).await?;
            return Ok((part, How::Adopted));
        }
        None => (push(ctx, step, &present, &tag).await?, How::Pushed),
    };
    if !is_image(ctx, &stored, &present) {
        let part = adopted(ctx, step, build, &tag, stored.digest, inputs).await?;
        return Ok((part, How::Adopted));
    }
    let part = fresh(ctx, build, &known, &stored, known.built);
    let part = recorded(ctx, build, part, Some(&inputs), true).await?;
    ctx.images.know(
        build,
        Image {
            part: Some(part.clone()),
            inputs: Some(inputs),
            ..known
        },
    );
    Ok((part, how))
}

/// The current image of the variant, if this run's has the same content: then it is this image, and today's build id leads
/// to it.
async fn same_as_current(
    ctx: &RunContext,
    build: &Build,
    known: &Image,
    tag: &Reference,
) -> Result<Option<Part>, WorldError> {
    let planned = sources::planned(ctx, build)?;
    let current = planned.current.as_ref();
    let Some(current) = current.filter(|current| current.made.content == known.content) else {
        return Ok(None);
    };
    let Ok((repository, stored)) = fetch::stored(ctx, &build.variant, current.digest).await else {
        // It is gone: this run's image is pushed in its place.
        return Ok(None);
    };
    if repository != tag.repository {
        let registry = &ctx.registry;
        registry
            .copy(&repository, current.digest, &tag.repository)
            .await?;
        let own = std::slice::from_ref(&**current);
        attest::follow(ctx, own, &repository, &tag.repository).await?;
    }
    ctx.registry.put(tag, &stored).await?;
    Ok(Some((**current).clone()))
}

fn fresh(
    ctx: &RunContext,
    build: &Build,
    known: &Image,
    stored: &Stored,
    built: Option<Built>,
) -> Part {
    let made = Made {
        inputs: Vec::new(),
        content: known.content,
        revision: ctx.plan.origin.revision.clone(),
        built: host::now().as_second(),
        seconds: built.map_or(0, |built| built.seconds),
        cached: built.map_or((0, 0), |built| (built.cached, built.cached + built.ran)),
        size: built.map_or(0, |built| built.size),
    };
    Part {
        variants: vec![build.variant.clone()],
        platform: build.platform.clone(),
        digest: stored.digest,
        manifest: (
            stored.media_type.clone(),
            u64::try_from(stored.bytes.len()).unwrap_or(u64::MAX),
        ),
        made,
        passed: Default::default(),
        proofs: Default::default(),
        withdrawn: None,
    }
}

/// The image that another run staged first, in place of this run's. It has passed its checks when its record says so;
/// otherwise they run here.
async fn adopted(
    ctx: &Arc<RunContext>,
    step: StepId,
    build: &Build,
    tag: &Reference,
    digest: Digest,
    inputs: Inputs,
) -> Result<Part, Failure> {
    let short = digest.short();
    ctx.note(
        step,
        format!("another run staged this build first; {short} is used"),
    );
    let part = survey::described(&*ctx.registry, &ctx.plan.fleet, tag, digest).await?;
    let gone = || WorldError::refused(tag.to_string(), "it was staged, and is gone");
    let part = part.ok_or_else(gone)?;
    let green = part.is_green(&ctx.plan.variant(&build.variant).checks);
    ctx.images
        .replace(build, Image::found(part.clone(), inputs.clone()));
    if !green {
        check::check(ctx, step, build).await?;
    }
    Ok(recorded(ctx, build, part, Some(&inputs), true).await?)
}

/// Reads the content tag of an image that this run has built once more, right before its tags move: what it names then is
/// what counts.
pub(super) async fn confirm(
    ctx: &Arc<RunContext>,
    step: StepId,
    build: &Build,
) -> Result<(), Failure> {
    let known = known(ctx, build)?;
    let is_built = sources::planned(ctx, build).is_ok() && !known.kept;
    let (Some(inputs), Some(part), true) = (known.inputs, known.part, is_built) else {
        return Ok(());
    };
    let tag = content_tag(ctx, &build.variant, &inputs)?;
    match ctx.registry.head(&tag, Patience::READ).await? {
        Some(digest) if digest != part.digest => {
            adopted(ctx, step, build, &tag, digest, inputs).await?;
        }
        _ => {}
    }
    Ok(())
}
