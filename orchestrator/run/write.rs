//! Writing one public tag. No registry can compare and swap, so the tag is read right before and right after it is written,
//! and what another run has made of it meanwhile is compared with what this one wants.

use crate::matrix::TagKind;
use crate::memory::Record;
use crate::name::{Digest, Reference};
use crate::plan::{Held, Move};
use crate::request::{FaultKind, Patience, WorldError};
use crate::run::due::{Due, Target};
use crate::run::put::{Back, Wrote, put};
use crate::run::rivals::Rivals;
use crate::run::{RunContext, TagState, counted, expected, record};

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
        match verdict(ctx, image, &tag, rivals).await? {
            Verdict::Named => return Ok(named(ctx, own, tag)),
            Verdict::Taken => return Box::pin(counted::next(ctx, image, tag)).await,
            Verdict::Held(held) => return Ok(Wrote::Held(reference.clone(), held)),
            Verdict::Write => {}
        }
        match put(ctx, image, reference).await? {
            Back::Own => return Ok(Wrote::Written(reference.clone())),
            Back::Other(_) if left > 0 => {}
            Back::Other(other) => return Err(written_over(reference, own, other)),
        }
    }
    Ok(Wrote::Nothing)
}

/// The tags that would be written now, without writing them.
pub(super) async fn wanted(
    ctx: &RunContext,
    image: &Target<'_>,
    moves: &[Move],
    due: Vec<Due>,
) -> Result<Vec<Reference>, WorldError> {
    let mut rivals = Rivals::of(ctx, image.v, moves, due.is_empty()).await?;
    let mut wanted = Vec::new();
    for tag in counted::with_own_numbers(ctx, image, due).await? {
        let verdict = verdict(ctx, image, &tag, &mut rivals).await?;
        if matches!(verdict, Verdict::Write | Verdict::Taken) {
            wanted.push(tag.reference);
        }
    }
    Ok(wanted)
}

/// What is done with a tag, as it is now.
enum Verdict {
    /// It names the image already.
    Named,
    /// Another run took the number of a counted tag.
    Taken,
    /// It stays where it is.
    Held(Held),
    /// It is written.
    Write,
}

async fn verdict(
    ctx: &RunContext,
    image: &Target<'_>,
    tag: &Due,
    rivals: &mut Rivals,
) -> Result<Verdict, WorldError> {
    let own = image.stored.digest;
    // Before the tag is read: nothing comes between that and the write.
    let record = record::of(ctx, image.v, own).await?;
    if let Some(withdrawal) = record.as_ref().and_then(Record::withdrawn) {
        return Ok(Verdict::Held(Held::Withdrawn(withdrawal.tag.clone())));
    }
    Ok(
        match ctx.registry.head(&tag.reference, Patience::READ).await? {
            Some(digest) if digest == own => Verdict::Named,
            Some(_) if tag.counted.is_some() => Verdict::Taken,
            now => match held(ctx, image, tag, now, rivals).await? {
                Some(held) => Verdict::Held(held),
                None => Verdict::Write,
            },
        },
    )
}

/// The tag names the image: by this run's own write, since the plan was made, or since before.
fn named(ctx: &RunContext, own: Digest, tag: Due) -> Wrote {
    match ctx.tags.state(&tag.reference) {
        Some(_) => {
            ctx.tags.enter(&tag.reference, TagState::Moved);
            Wrote::Written(tag.reference)
        }
        None if tag.seen && tag.was != Some(own) => Wrote::Found(tag.reference),
        None => Wrote::There(tag.reference),
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
    expected::check(ctx, tag, now)?;
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
    let hold = hold.filter(|hold| !(image.combined && hold.is_later_run()));
    Ok(hold.map(Held::Backwards))
}

/// Something else writes the same tag all the time.
pub(super) fn written_over(reference: &Reference, own: Digest, other: Digest) -> WorldError {
    let (own, other) = (own.short(), other.short());
    let why = format!("written as {own}, read back as {other}: something else writes this tag");
    WorldError::fault(FaultKind::ChangedMeanwhile, reference.to_string(), why)
}
