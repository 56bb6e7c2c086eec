//! What other runs have published since the survey. Public tags say which image of a variant counts: children are based on
//! that one, and shared tags consist of it.

use crate::matrix::VariantName;
use crate::memory::Part;
use crate::name::Digest;
use crate::plan::Build;
use crate::request::{Patience, WorldError};
use crate::run::images::Image;
use crate::run::{RunContext, expected, record};

/// Looks at what a variant's own tag names now. If another run has moved it since the survey to another image of the variant,
/// that one replaces the image of this run. Returns whether it did. What the tag named before is what the plan has compared
/// with: a tag that is held there replaces nothing.
pub(super) async fn look(ctx: &RunContext, v: &VariantName) -> Result<bool, WorldError> {
    let planned = ctx.plan.variant(v);
    let Some(tag) = &planned.named else {
        return Ok(false);
    };
    if ctx.images.has_fallen_back(v) {
        return Ok(false);
    }
    let now = ctx.registry.head(&tag.reference, Patience::READ).await?;
    let Some(now) = now.filter(|_| now != tag.was) else {
        return Ok(false);
    };
    if ctx
        .staged_parts(v)
        .is_ok_and(|parts| Part::whole(&parts) == now)
    {
        return Ok(false);
    }
    let Some(parts) = published(ctx, v, now).await? else {
        return Ok(false);
    };
    let mut replaced = false;
    for (build, part) in ctx.plan.builds_of(v).zip(parts) {
        let known = ctx.images.known(&build);
        if known.is_none_or(|known| known.content != part.made.content) {
            if ctx.plan.is_saved() {
                return Err(expected::changed(&tag.reference, now, tag.was));
            }
            ctx.images.replace(&build, Image::of(part));
            replaced = true;
        }
    }
    Ok(replaced)
}

/// The images of a variant under a digest, if its record says that they were made for it and have passed its checks.
async fn published(
    ctx: &RunContext,
    v: &VariantName,
    image: Digest,
) -> Result<Option<Vec<Part>>, WorldError> {
    let Some(record) = record::of(ctx, v, image).await? else {
        return Ok(None);
    };
    let checks = &ctx.plan.variant(v).checks;
    let green = |build: Build| {
        let part = record.part(v, &build.platform)?;
        part.is_green(checks).then(|| part.clone())
    };
    let own = record.is_of(&ctx.plan.fleet);
    Ok(ctx
        .plan
        .builds_of(v)
        .map(green)
        .collect::<Option<_>>()
        .filter(|_| own))
}
