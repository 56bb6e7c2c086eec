//! Moving tags back. First the images that they leave are withdrawn, so that a run beside this one moves no tag to them any
//! more; then each tag moves, unless it names something else by then.

use crate::memory::Record;
use crate::name::{Digest, Reference};
use crate::plan::{Back, Rollback, Withdrawn};
use crate::request::{FaultKind, Patience, WorldError};
use crate::run::due::Target;
use crate::run::put::{Back as ReadBack, put};
use crate::run::{RunContext, record};
use std::collections::BTreeMap;

/// What became of a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moved {
    /// It names the former image.
    Back,
    /// It stays where it is, and why.
    Not(WorldError),
}

/// Carries out a rollback: what became of each tag.
///
/// # Errors
/// An image could not be withdrawn, so no tag was moved.
pub async fn rollback(
    ctx: &RunContext,
    all: &Rollback,
) -> Result<BTreeMap<Reference, Moved>, WorldError> {
    for withdrawn in &all.withdrawn {
        withdraw(ctx, withdrawn).await?;
    }
    let mut ends = BTreeMap::new();
    for back in &all.tags {
        let end = match ctx.stop.soon.is_cancelled() {
            true => Err(WorldError::Stopped),
            false => move_back(ctx, back).await,
        };
        let end = end.map_or_else(Moved::Not, |()| Moved::Back);
        ends.insert(back.reference.clone(), end);
    }
    Ok(ends)
}

/// Writes into each record of an image that it is withdrawn.
async fn withdraw(ctx: &RunContext, image: &Withdrawn) -> Result<(), WorldError> {
    for (digest, parts) in &image.records {
        let own = Record::of(&ctx.plan.fleet, parts.clone());
        record::add(ctx, &image.variant, *digest, own).await?;
    }
    Ok(())
}

async fn move_back(ctx: &RunContext, back: &Back) -> Result<(), WorldError> {
    let (v, reference) = (&back.variant, &back.reference);
    let own = Record {
        lines: [(reference.clone(), back.line.clone())].into(),
        ..Record::of(&ctx.plan.fleet, Vec::new())
    };
    if back.place != reference.repository {
        let registry = &ctx.registry;
        registry
            .copy(&back.place, back.to, &reference.repository)
            .await?;
    }
    let former = Reference::pinned(reference.repository.clone(), back.to);
    let stored = ctx.registry.manifest(&former, Patience::READ).await?;
    let gone = || WorldError::fault(FaultKind::NotFound, former.to_string(), "it is gone");
    let stored = stored.ok_or_else(gone)?;
    record::add(ctx, v, back.to, own).await?;
    let now = ctx.registry.head(reference, Patience::READ).await?;
    if now == Some(back.to) {
        return Ok(());
    }
    if now != Some(back.from) {
        return Err(changed(reference, now));
    }
    let image = Target {
        v,
        stored: &stored,
        combined: false,
    };
    match put(ctx, &image, reference).await? {
        ReadBack::Own => Ok(()),
        ReadBack::Other(other) => Err(changed(reference, Some(other))),
    }
}

/// Another run has moved the tag meanwhile.
fn changed(reference: &Reference, now: Option<Digest>) -> WorldError {
    let now = now.map_or_else(|| "nothing".into(), |now| now.short());
    let why =
        format!("another run has moved it meanwhile: it names {now}; look at it and run again");
    WorldError::fault(FaultKind::ChangedMeanwhile, reference.to_string(), why)
}
