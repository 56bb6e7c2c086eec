//! Writing one public tag. No registry can compare and swap, so the tag is read right before and right after it is written,
//! and what another run has made of it meanwhile is compared with what this one wants.

use crate::matrix::TagKind;
use crate::memory::{Hold, Record};
use crate::name::{Digest, Reference};
use crate::plan::Held;
use crate::request::{FaultKind, Patience, WorldError};
use crate::run::due::{Due, Target};
use crate::run::put::{Back, Wrote, put};
use crate::run::rivals::Rivals;
use crate::run::{RunContext, TagState, counted, record};

/// How often a tag is written that another run writes over at the same time.
const TRIES: usize = 4;

/// Writes one tag, unless what it names now forbids that.
pub(super) async fn write(
    ctx: &RunContext,
    image: &Target<'_>,
    tag: Due,
    rivals: &mut Rivals,
) -> Result<Wrote, WorldError> {
    let (reference, own) = (&tag.reference, image.stored.digest);
    for left in (0..TRIES).rev() {
        // Before the tag is read: nothing comes between that and the write.
        let record = record::of(ctx, image.v, own).await?;
        if let Some(withdrawal) = record.as_ref().and_then(Record::withdrawn) {
            let held = Held::Withdrawn(withdrawal.tag.clone());
            return Ok(Wrote::Held(reference.clone(), held));
        }
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
    let own = tag.line(ctx, image.stored.digest);
    let mut hold = rivals.holds(ctx, &own);
    // What the plan saw was compared then.
    if let (None, Some(now)) = (&hold, now.filter(|_| now != tag.was)) {
        hold = rivals.add(ctx, image.v, now, &own).await?;
    }
    let hold = hold.filter(|hold| !(image.combined && *hold == Hold::Survey));
    Ok(hold.map(Held::Backwards))
}

/// Something else writes the same tag all the time.
pub(super) fn written_over(reference: &Reference, own: Digest, other: Digest) -> WorldError {
    let (own, other) = (own.short(), other.short());
    let why = format!("written as {own}, read back as {other}: something else writes this tag");
    WorldError::fault(FaultKind::ChangedMeanwhile, reference.to_string(), why)
}
