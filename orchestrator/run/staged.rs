//! Images that are staged: their content tags, and what their records get to know.

use crate::host;
use crate::matrix::VariantName;
use crate::memory::{Inputs, Part, Record, build_tag};
use crate::name::Reference;
use crate::plan::Build;
use crate::request::WorldError;
use crate::run::images::Image;
use crate::run::{Done, Failure, RunContext, record};

/// The tag of the image of these inputs.
pub(super) fn content_tag(
    ctx: &RunContext,
    v: &VariantName,
    inputs: &Inputs,
) -> Result<Reference, WorldError> {
    let staging = ctx.staging_of(v)?.clone();
    Ok(Reference::tagged(staging, build_tag(inputs.build_id())))
}

/// What this run knows of the image of a build.
pub(super) fn known(ctx: &RunContext, build: &Build) -> Result<Image, WorldError> {
    let none = || WorldError::refused(build.variant.as_str(), "it was not built");
    ctx.images.known(build).ok_or_else(none)
}

/// The staged image of a build.
pub(super) fn staged_part(build: &Build, known: Image) -> Result<Part, WorldError> {
    let none = || WorldError::refused(build.variant.as_str(), "it is not staged");
    known.part.ok_or_else(none)
}

/// Writes what is known of an image into its record: inputs that lead to it, and with `checked` that it has passed its
/// checks.
pub(super) async fn recorded(
    ctx: &RunContext,
    build: &Build,
    mut part: Part,
    inputs: Option<&Inputs>,
    checked: bool,
) -> Result<Part, WorldError> {
    let checks = &ctx.plan.variant(&build.variant).checks;
    let known = inputs.is_none_or(|inputs| part.made.inputs.contains(inputs));
    if known && part.is_for(&build.variant) && (!checked || part.is_green(checks)) {
        return Ok(part);
    }
    if !part.is_for(&build.variant) {
        part.variants.push(build.variant.clone());
    }
    if let Some(inputs) = inputs {
        part.made.add(inputs);
    }
    if checked {
        part.pass(checks, host::now().as_second());
    }
    let own = Record::of(&ctx.plan.fleet, vec![part.clone()]);
    record::add(ctx, &build.variant, part.digest, own).await?;
    Ok(part)
}

/// An image of today's inputs that is staged already: its record gets to know this variant.
pub(super) async fn take(
    ctx: &RunContext,
    build: &Build,
    inputs: &Inputs,
) -> Result<Done, Failure> {
    let part = staged_part(build, known(ctx, build)?)?;
    let part = match ctx.plan.push {
        true => recorded(ctx, build, part, Some(inputs), false).await?,
        false => part,
    };
    let digest = part.digest;
    ctx.images.know(build, Image::found(part, inputs.clone()));
    Ok(Done::Taken { digest })
}

/// Records that an image which was not built has passed its checks.
pub(super) async fn mark(ctx: &RunContext, build: &Build) -> Result<(), WorldError> {
    let image = known(ctx, build)?;
    let part = staged_part(build, image.clone())?;
    let part = recorded(ctx, build, part, None, true).await?;
    let part = Some(part);
    ctx.images.know(build, Image { part, ..image });
    Ok(())
}
