//! Writing one public tag. No registry can compare and swap, so the tag is read right before and right after it is written,
//! and what another run has made of it meanwhile is compared with what this one wants.

use crate::matrix::{TagKind, VariantName};
use crate::memory::{Hold, Record};
use crate::name::{Digest, Reference};
use crate::plan::Held;
use crate::request::{FaultKind, Patience, WorldError};
use crate::run::publish::{Due, Target};
use crate::run::rivals::Rivals;
use crate::run::{RunContext, TagState, counted, record};

/// How often a tag is written that another run writes over at the same time.
const TRIES: usize = 4;

/// What became of a tag.
pub(super) enum Wrote {
    /// It was written and read back.
    Written(Reference),
    /// It stays where it is.
    Held(Reference, Held),
    /// It named the image already.
    Nothing,
}

/// Writes one tag, unless what it names now forbids that.
pub(super) async fn write(
    ctx: &RunContext,
    image: &Target<'_>,
    tag: Due,
    rivals: &mut Rivals,
) -> Result<Wrote, WorldError> {
    let (reference, own) = (&tag.reference, image.stored.digest);
    for left in (0..TRIES).rev() {
        match ctx.registry.head(reference, Patience::READ).await? {
            Some(digest) if digest == own => return Ok(named(ctx, tag)),
            Some(_) if tag.counted.is_some() => {
                return Box::pin(counted::next(ctx, image, tag)).await;
            }
            now => {
                if let Some(held) = held(ctx, image, &tag, now, rivals).await? {
                    return Ok(Wrote::Held(reference.clone(), held));
                }
            }
        }
        match put(ctx, image, reference).await? {
            Back::Own => return Ok(Wrote::Written(reference.clone())),
            Back::Other(_) if left > 0 => {}
            Back::Other(other) => return Err(written_over(reference, own, other)),
        }
    }
    Ok(Wrote::Nothing)
}

/// The tag names the image: by this run's own write, or by another one's.
fn named(ctx: &RunContext, tag: Due) -> Wrote {
    match ctx.tags.state(&tag.reference) {
        Some(_) => {
            ctx.tags.enter(&tag.reference, TagState::Moved);
            Wrote::Written(tag.reference)
        }
        None => Wrote::Nothing,
    }
}

/// Why a tag stays with the image that it names now.
async fn held(
    ctx: &RunContext,
    image: &Target<'_>,
    tag: &Due,
    now: Option<Digest>,
    rivals: &mut Rivals,
) -> Result<Option<Held>, WorldError> {
    if let (TagKind::Fixed, Some(now)) = (tag.kind, now) {
        let why = format!("another run has written this fixed tag as {}", now.short());
        return Ok(Some(Held::Rule(why)));
    }
    if tag.kind == TagKind::Fixed || ctx.allows_older(&tag.reference) {
        return Ok(None);
    }
    let own = tag.line(ctx);
    let mut hold = rivals.holds(ctx, &own);
    // What the plan saw was compared then.
    if let (None, Some(now)) = (&hold, now.filter(|_| now != tag.was)) {
        hold = rivals.add(ctx, image.v, now, &own).await?;
    }
    let hold = hold.filter(|hold| !(image.combined && *hold == Hold::Survey));
    Ok(hold.map(Held::Backwards))
}

/// Tells the record of an image which tags name it.
pub(super) async fn tell(
    ctx: &RunContext,
    v: &VariantName,
    image: Digest,
    tags: impl IntoIterator<Item = Due>,
) -> Result<(), WorldError> {
    let own = Record {
        lines: tags.into_iter().map(|tag| tag.line(ctx)).collect(),
        ..Record::of(&ctx.plan.fleet, Vec::new())
    };
    record::add(ctx, v, image, own).await
}

/// What a tag names after it was written.
pub(super) enum Back {
    /// What was written.
    Own,
    /// What another writer wrote.
    Other(Digest),
}

/// Writes a tag and reads it back.
pub(super) async fn put(
    ctx: &RunContext,
    image: &Target<'_>,
    reference: &Reference,
) -> Result<Back, WorldError> {
    let stored = image.stored;
    ctx.tags.enter(reference, TagState::Unknown);
    if let Err(error) = ctx.registry.put(reference, stored).await {
        if !error.kind().is_unreachable() {
            ctx.tags.enter(reference, TagState::NotMoved);
        }
        return Err(error);
    }
    match ctx.registry.head(reference, Patience::READ).await? {
        Some(digest) if digest == stored.digest => {
            ctx.tags.enter(reference, TagState::Moved);
            Ok(Back::Own)
        }
        Some(other) => {
            ctx.tags.enter(reference, TagState::NotMoved);
            Ok(Back::Other(other))
        }
        None => {
            ctx.tags.enter(reference, TagState::NotMoved);
            let why = "written, but the registry does not have it";
            Err(WorldError::refused(reference.to_string(), why))
        }
    }
}

/// Something else writes the same tag all the time.
pub(super) fn written_over(reference: &Reference, own: Digest, other: Digest) -> WorldError {
    let (own, other) = (own.short(), other.short());
    let why = format!("written as {own}, read back as {other}: something else writes this tag");
    WorldError::fault(FaultKind::ChangedMeanwhile, reference.to_string(), why)
}
