//! Public names: tags that are moved in registries, or created on the engine.

use crate::matrix::{TagKind, VariantName};
use crate::memory::{Part, Record, Versions};
use crate::name::{Digest, Reference, Repository};
use crate::plan::{Build, DeferredMove, Held, Move, MoveState, Owner, StepId};
use crate::request::{FaultKind, Patience, Stored, WorldError};
use crate::run::{Done, Failure, RunContext, TagState, fetch, probe, record, whole};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A tag that is due.
#[derive(Debug, Clone)]
pub(super) struct Due {
    pub reference: Reference,
    pub kind: TagKind,
    /// What it named when the plan was made.
    pub was: Option<Digest>,
    pub versions: Versions,
    /// The move that it comes from, if it is a counted one.
    pub counted: Option<Move>,
}

/// What tags are moved to.
struct Target<'a> {
    v: &'a VariantName,
    stored: &'a Stored,
}

/// What became of the tags of one step.
#[derive(Debug, Default)]
struct Written {
    written: Vec<Reference>,
    held: Vec<(Reference, Held)>,
}

/// Writes a variant's public tags in the order of the plan, and its pointer first.
pub(super) async fn publish(
    ctx: &Arc<RunContext>,
    step: StepId,
    v: &VariantName,
    moves: &[Move],
    deferred: &[DeferredMove],
) -> Result<Done, Failure> {
    let variant = ctx.plan.variant(v);
    let mut due = due(moves);
    if let (true, true, Some(digest)) = (due.is_empty(), deferred.is_empty(), variant.kept) {
        return Ok(Done::Moved {
            digest,
            written: Vec::new(),
            held: Vec::new(),
        });
    }
    let digest = whole::confirmed(ctx, step, v).await?;
    // Every tag that was read from the image must have this variant as its only owner before the first tag moves.
    let mut all = probe::due(ctx, v, deferred)?;
    all.append(&mut due);
    let (from, stored) = fetch::stored(ctx, v, digest).await?;
    if let (Some(pointer), false) = (&variant.pointer, is_same(ctx, v)) {
        let tag = Reference::tagged(ctx.staging_of(v)?.clone(), pointer.clone());
        copy(ctx, &from, digest, [&tag.repository]).await?;
        record::overwrite(ctx, &tag, &stored, true).await?;
    }
    let repositories = all.iter().map(|tag| &tag.reference.repository);
    copy(ctx, &from, digest, repositories).await?;
    let parts = whole::parts(ctx, v)?;
    let image = Target {
        v,
        stored: &stored,
    };
    let written = write_all(ctx, &image, parts, all).await?;
    Ok(Done::Moved {
        digest,
        written: written.written,
        held: written.held,
    })
}

/// Copies an image to where its tags are, once for each repository, so that moving them sends nothing.
async fn copy<'a>(
    ctx: &RunContext,
    from: &Repository,
    image: Digest,
    to: impl IntoIterator<Item = &'a Repository>,
) -> Result<(), WorldError> {
    let to: BTreeSet<&Repository> = to.into_iter().collect();
    for repository in to.into_iter().filter(|to| *to != from) {
        ctx.registry.copy(from, image, repository).await?;
    }
    Ok(())
}

/// Whether the run has made nothing new of a variant: what it planned to build came out the same.
fn is_same(ctx: &RunContext, v: &VariantName) -> bool {
    let platforms = ctx.plan.variant(v).platforms.iter();
    let build = |platform: &crate::name::Platform| Build {
        variant: v.clone(),
        platform: platform.clone(),
    };
    platforms
        .map(|platform| ctx.images.known(&build(platform)))
        .all(|image| image.is_some_and(|image| image.kept))
}

fn due(moves: &[Move]) -> Vec<Due> {
    let due = moves.iter().filter(|m| m.state == MoveState::Write);
    due.map(|m| Due {
        reference: m.reference.clone(),
        kind: m.kind,
        was: m.was,
        versions: m.versions.clone(),
        counted: m.counted.as_ref().map(|_| m.clone()),
    })
    .collect()
}

/// Combines the images of several variants in one index and writes the tags that they share.
pub(super) async fn share(
    ctx: &RunContext,
    owners: &[Owner],
    moves: &[Move],
) -> Result<Done, Failure> {
    let due = due(moves);
    if due.is_empty() {
        return Ok(Done::Shared {
            digest: None,
            written: Vec::new(),
            held: Vec::new(),
        });
    }
    let mut parts: Vec<Part> = Vec::new();
    for owner in owners {
        let own = whole::parts(ctx, &owner.variant)?;
        for tag in &due {
            for part in &own {
                whole::beside(ctx, &owner.variant, part.digest, &tag.reference.repository).await?;
            }
        }
        parts.extend(own);
    }
    let stored = Stored::index(parts.iter().map(Part::descriptor));
    let image = Target {
        v: &owners[0].variant,
        stored: &stored,
    };
    let written = write_all(ctx, &image, parts, due).await?;
    Ok(Done::Shared {
        digest: Some(stored.digest),
        written: written.written,
        held: written.held,
    })
}

/// Writes tags one after another and reads each back; a failure reports which were written. The record of the image gets a
/// line for each tag before the first one is written.
async fn write_all(
    ctx: &RunContext,
    image: &Target<'_>,
    parts: Vec<Part>,
    due: Vec<Due>,
) -> Result<Written, Failure> {
    let mut all = Written::default();
    if due.is_empty() {
        return Ok(all);
    }
    let (v, digest) = (image.v, image.stored.digest);
    ctx.tags.due(v, due.iter().map(|tag| &tag.reference));
    let line = |tag: &Due| {
        let line = ctx.plan.origin.line(&tag.versions, tag.was);
        (tag.reference.clone(), line)
    };
    let own = Record {
        lines: due.iter().map(line).collect(),
        probed: ctx.images.probed(v),
        ..Record::of(&ctx.plan.fleet, parts)
    };
    record::add(ctx, v, digest, own).await?;
    for tag in due {
        if ctx.stop.soon.is_cancelled() {
            return Err(failed(WorldError::Stopped, all.written));
        }
        match write(ctx, image, tag).await {
            Ok(Wrote::Written(reference)) => all.written.push(reference),
            Ok(Wrote::Held(reference, why)) => all.held.push((reference, why)),
            Ok(Wrote::Nothing) => {}
            Err(error) => return Err(failed(error, all.written)),
        }
    }
    Ok(all)
}

fn failed(error: WorldError, written: Vec<Reference>) -> Failure {
    Failure {
        error,
        place: None,
        written,
    }
}

enum Wrote {
    Written(Reference),
    Held(Reference, Held),
    /// It named the image already.
    Nothing,
}

/// Writes one tag, unless what it names now forbids that.
async fn write(ctx: &RunContext, image: &Target<'_>, tag: Due) -> Result<Wrote, WorldError> {
    let (reference, own) = (&tag.reference, image.stored.digest);
    // A counted image keeps its number.
    if tag.counted.as_ref().is_some_and(|m| m.unless == Some(own)) {
        return Ok(Wrote::Nothing);
    }
    let now = ctx.registry.head(reference, Patience::READ).await?;
    match now {
        Some(digest) if digest == own => return Ok(Wrote::Nothing),
        Some(other) if tag.counted.is_some() => {
            return next_revision(ctx, image, tag, other).await;
        }
        Some(other) if tag.kind == TagKind::Fixed => {
            let why = format!(
                "another run has written this fixed tag as {}",
                other.short()
            );
            return Ok(Wrote::Held(reference.clone(), Held::Rule(why)));
        }
        // What the plan saw was compared then.
        Some(other) if Some(other) != tag.was => {
            if let Some(held) = backwards(ctx, image.v, &tag, other).await? {
                return Ok(Wrote::Held(reference.clone(), held));
            }
        }
        _ => {}
    }
    put(ctx, image, reference).await?;
    Ok(Wrote::Written(reference.clone()))
}

/// Another run took the number of a counted tag: the next one is written, unless the image has this one.
async fn next_revision(
    ctx: &RunContext,
    image: &Target<'_>,
    tag: Due,
    taken_by: Digest,
) -> Result<Wrote, WorldError> {
    let pattern = tag.counted.as_ref().and_then(|m| m.counted.as_ref());
    let (Some(pattern), Some(taken)) = (pattern, tag.reference.tag.as_ref()) else {
        let why = format!("it names {} now", taken_by.short());
        return Err(changed(&tag.reference, why));
    };
    let mut number = pattern.revision_of(taken.as_str()).unwrap_or_default();
    loop {
        number = number.saturating_add(1);
        let filled = pattern.fill(|_| number.to_string());
        let filled =
            filled.map_err(|why| WorldError::refused(pattern.written(), why.to_string()))?;
        let reference = Reference::tagged(tag.reference.repository.clone(), filled);
        match ctx.registry.head(&reference, Patience::READ).await? {
            Some(digest) if digest == image.stored.digest => return Ok(Wrote::Nothing),
            Some(_) => {}
            None => {
                put(ctx, image, &reference).await?;
                return Ok(Wrote::Written(reference));
            }
        }
    }
}

/// Why a tag stays with the image that it names now, which is not what the plan saw.
async fn backwards(
    ctx: &RunContext,
    v: &VariantName,
    tag: &Due,
    now: Digest,
) -> Result<Option<Held>, WorldError> {
    if ctx.allows_older(&tag.reference) {
        return Ok(None);
    }
    let record = record::of(ctx, v, now).await?;
    let line = record
        .as_ref()
        .and_then(|record| record.lines.get(&tag.reference));
    let own = ctx.plan.origin.line(&tag.versions, tag.was);
    let hold = line.and_then(|line| line.holds(&own, &*ctx.history));
    Ok(hold.map(Held::Backwards))
}

async fn put(
    ctx: &RunContext,
    image: &Target<'_>,
    reference: &Reference,
) -> Result<(), WorldError> {
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
            Ok(())
        }
        Some(other) => {
            ctx.tags.enter(reference, TagState::NotMoved);
            let why = format!(
                "written as {}, read back as {}: something else writes this tag",
                stored.digest.short(),
                other.short()
            );
            Err(changed(reference, why))
        }
        None => {
            ctx.tags.enter(reference, TagState::NotMoved);
            let why = "written, but the registry does not have it";
            Err(WorldError::refused(reference.to_string(), why))
        }
    }
}

/// Something else writes the same tag.
fn changed(reference: &Reference, why: String) -> WorldError {
    WorldError::fault(FaultKind::ChangedMeanwhile, reference.to_string(), why)
}

/// Gives an image its public tags on the engine.
pub(super) async fn name(
    ctx: &RunContext,
    v: &VariantName,
    references: &[Reference],
) -> Result<Done, Failure> {
    let (engine, info) = ctx.engine()?;
    let platforms = &ctx.plan.variant(v).platforms;
    let native = platforms.iter().find(|p| **p == info.platform);
    let none = || WorldError::refused(v.as_str(), "it has no platform");
    let build = Build {
        variant: v.clone(),
        platform: native.or(platforms.first()).ok_or_else(none)?.clone(),
    };
    let present = fetch::ensure(ctx, &build).await?;
    for reference in references {
        engine.tag(&present.name, reference).await?;
    }
    Ok(Done::Named {
        names: references.to_vec(),
    })
}
