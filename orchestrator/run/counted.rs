//! Tags with a `{revision}`: the number is taken when the tag is written, and an image that has one keeps it.

use crate::matrix::DeferredTag;
use crate::name::Reference;
use crate::plan::numbered;
use crate::request::{Patience, WorldError};
use crate::run::publish::{Due, Target};
use crate::run::write::{Back, Wrote, line, put};
use crate::run::{RunContext, record};

/// The tags without the counted ones that the image needs no more: it has a number.
pub(super) async fn without_number(
    ctx: &RunContext,
    image: &Target<'_>,
    due: Vec<Due>,
) -> Result<Vec<Due>, WorldError> {
    let mut left = Vec::with_capacity(due.len());
    for tag in due {
        let has = match &tag.counted {
            Some(pattern) => has_number(ctx, image, &tag.reference, pattern).await?,
            None => false,
        };
        if !has {
            left.push(tag);
        }
    }
    Ok(left)
}

async fn has_number(
    ctx: &RunContext,
    image: &Target<'_>,
    reference: &Reference,
    pattern: &DeferredTag,
) -> Result<bool, WorldError> {
    let own = image.stored.digest;
    let Some(record) = record::of(ctx, image.v, own).await? else {
        return Ok(false);
    };
    for (_, name) in numbered(&record, &reference.repository, pattern) {
        if ctx.registry.head(&name, Patience::READ).await? == Some(own) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Another run took the number of a counted tag: the next free one is written, unless the image has that one.
pub(super) async fn next(
    ctx: &RunContext,
    image: &Target<'_>,
    tag: Due,
) -> Result<Wrote, WorldError> {
    let number = |pattern: &DeferredTag| pattern.revision_of(tag.reference.tag.as_ref()?.as_str());
    let Some(pattern) = &tag.counted else {
        return Ok(Wrote::Nothing);
    };
    let mut number = number(pattern).unwrap_or_default();
    loop {
        number = number.saturating_add(1);
        let filled = pattern.fill(|_| number.to_string());
        let filled =
            filled.map_err(|why| WorldError::refused(pattern.written(), why.to_string()))?;
        let reference = Reference::tagged(tag.reference.repository.clone(), filled);
        match ctx.registry.head(&reference, Patience::READ).await? {
            Some(digest) if digest == image.stored.digest => return Ok(Wrote::Nothing),
            Some(_) => continue,
            None => {}
        }
        let due = Due {
            reference,
            ..tag.clone()
        };
        // The image keeps the number, so its record must know it.
        line(ctx, image, &due).await?;
        match put(ctx, image, &due.reference).await? {
            Back::Own => return Ok(Wrote::Written(due.reference)),
            Back::Other(_) => {}
        }
    }
}
