//! What other runs have published since the survey. Public tags say which image of a variant counts: children are based on
//! that one, and shared tags consist of it.

use crate::matrix::VariantName;
use crate::memory::{Part, Record};
use crate::name::Digest;
use crate::plan::{Build, Held, PlannedRecipe};
use crate::request::{Patience, WorldError};
use crate::run::images::Image;
use crate::run::{RunContext, expected, record};
use std::collections::BTreeSet;

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
    let own = ctx.staged_parts(v).ok().map(|parts| Part::whole(&parts));
    let Some(now) = now.filter(|now| own != Some(*now)) else {
        return Ok(false);
    };
    // At what it named then, it was not moved, unless a rollback has moved it back there.
    if Some(now) == tag.was && !is_withdrawn(ctx, v, own).await? {
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

/// Whether the image that this run has of a variant was withdrawn meanwhile.
async fn is_withdrawn(
    ctx: &RunContext,
    v: &VariantName,
    image: Option<Digest>,
) -> Result<bool, WorldError> {
    let Some(image) = image else {
        return Ok(false);
    };
    let record = record::of(ctx, v, image).await?;
    Ok(record.is_some_and(|record| record.withdrawn().is_some()))
}

/// Why nothing moves to images that this run has made, or put together: a parent was withdrawn meanwhile.
pub(super) async fn withdrawn_parent(
    ctx: &RunContext,
    images: &[Part],
) -> Result<Option<Held>, WorldError> {
    let made_for = images.iter().flat_map(|part| &part.variants);
    let planned = made_for.filter_map(|v| ctx.plan.variants.get(v)?.recipe.as_ref());
    let parents: BTreeSet<&VariantName> = planned.flat_map(PlannedRecipe::parents).collect();
    for parent in parents {
        let Ok(parts) = ctx.staged_parts(parent) else {
            continue;
        };
        let record = record::of(ctx, parent, Part::whole(&parts)).await?;
        if let Some(withdrawal) = record.as_ref().and_then(Record::withdrawn) {
            return Ok(Some(Held::ParentWithdrawn {
                parent: parent.clone(),
                tag: withdrawal.tag.clone(),
            }));
        }
    }
    Ok(None)
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
