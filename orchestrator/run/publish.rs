//! Public names: tags that are moved in registries, or created on the engine.

use crate::matrix::VariantName;
use crate::memory::{Part, Record};
use crate::name::{Digest, Platform, Reference, Repository};
use crate::plan::{Build, DeferredMove, Held, Move, MoveState, StepId};
use crate::request::{FaultKind, Patience, WorldError};
use crate::run::counted::Numbers;
use crate::run::due::{Due, Target};
use crate::run::hooks::{Subject, after_move, before_move};
use crate::run::put::{self, Wrote};
use crate::run::rivals::Rivals;
use crate::run::write;
use crate::run::{
    Done, EngineId, Failure, RunContext, attest, build, counted, expected, failing, fetch,
    meanwhile, probe, record, whole,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What became of the tags of one step.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub written: Vec<Reference>,
    pub held: Vec<(Reference, Held)>,
    /// Tags that another run moved to the image meanwhile.
    pub found: Vec<Reference>,
    /// Tags that named the image already, with those.
    pub there: Vec<Reference>,
}

impl Written {
    /// What a row says about the tags that another run has moved. The same saved plan may have been carried out before.
    pub fn note(&self, ctx: &RunContext, step: StepId) {
        let tags = self.found.iter().filter_map(|one| one.tag.as_ref());
        let tags: Vec<&str> = tags.map(|tag| tag.as_str()).collect();
        if !tags.is_empty() {
            let how = match ctx.plan.is_saved() {
                true => "already as planned",
                false => "moved meanwhile by another run",
            };
            ctx.note(step, format!("{how}: {}", tags.join(", ")));
        }
    }
}

/// Writes a variant's public tags in the order of the plan, and its pointer first. Hooks run before that.
pub(super) async fn publish(
    ctx: &Arc<RunContext>,
    step: StepId,
    v: &VariantName,
    moves: &[Move],
    deferred: &[DeferredMove],
) -> Result<Done, Failure> {
    let due = due(moves);
    let nothing_new = due.is_empty() && deferred.is_empty() && !has_learned(ctx, v);
    if let (true, Some(digest)) = (nothing_new, ctx.plan.variant(v).kept()) {
        renew(ctx, v, moves).await?;
        return Ok(Done::Moved {
            digest,
            written: Vec::new(),
            held: Vec::new(),
            there: Vec::new(),
        });
    }
    for _ in 0..build::ROUNDS {
        let is_due = !due.is_empty() || !deferred.is_empty();
        let digest = whole::confirmed(ctx, step, v, is_due).await?;
        if let Some(done) = failing::skipped(ctx, ctx.plan.step(step)) {
            return Ok(done);
        }
        probe::complete(ctx, step, v, deferred).await?;
        // Another run's image may have taken the place of this run's since its proofs were attached.
        attest::complete(ctx, v).await?;
        // Every tag that was read from the image must have this variant as its only owner before the first tag moves.
        let mut all = probe::due(ctx, v, deferred)?;
        all.extend(due.iter().cloned());
        expected::all(ctx, digest, &all).await?;
        let (from, stored) = fetch::stored(ctx, v, digest).await?;
        let image = Target {
            v,
            stored: &stored,
            combined: false,
        };
        let subject = Subject {
            step,
            owners: vec![v],
            digest,
        };
        // Another run may have staged another image while hooks ran: then that one is what moves.
        if !before_move(ctx, &subject, (&image, &from), moves, &all).await? {
            return moved(ctx, &subject, (&image, &from), moves, all).await;
        }
    }
    let why = "other runs stage it all the time; run again when they have ended";
    Err(WorldError::fault(FaultKind::ChangedMeanwhile, v.as_str(), why).into())
}

/// Moves the pointer, and then the tags.
async fn moved(
    ctx: &RunContext,
    subject: &Subject<'_>,
    (image, from): (&Target<'_>, &Repository),
    moves: &[Move],
    due: Vec<Due>,
) -> Result<Done, Failure> {
    let (v, digest) = (image.v, subject.digest);
    if let (Some(pointer), false) = (&ctx.plan.variant(v).pointer, is_same(ctx, v)) {
        let tag = Reference::tagged(ctx.staging_of(v)?.clone(), pointer.clone());
        copy(ctx, v, from, digest, [&tag.repository]).await?;
        if ctx.registry.head(&tag, Patience::READ).await? != Some(digest) {
            record::overwrite(ctx, &tag, image.stored, true).await?;
        }
    }
    let repositories = due.iter().map(|tag| &tag.reference.repository);
    copy(ctx, v, from, digest, repositories).await?;
    let parts = ctx.staged_parts(v)?;
    let rivals = Rivals::of(ctx, v, moves, due.is_empty()).await?;
    let written = write_all(ctx, image, parts, moves, due, rivals).await;
    let written = after_move(ctx, subject, written).await?;
    written.note(ctx, subject.step);
    let Written {
        written,
        held,
        there,
        ..
    } = written;
    Ok(Done::Moved {
        digest,
        written,
        held,
        there,
    })
}

/// Copies an image to where its tags are, with its proofs, once for each repository, so that moving them sends nothing.
async fn copy<'a>(
    ctx: &RunContext,
    v: &VariantName,
    from: &Repository,
    image: Digest,
    to: impl IntoIterator<Item = &'a Repository>,
) -> Result<(), WorldError> {
    let to: BTreeSet<&Repository> = to.into_iter().collect();
    for repository in to.into_iter().filter(|to| *to != from) {
        ctx.registry.copy(from, image, repository).await?;
        attest::follow(ctx, &ctx.staged_parts(v)?, from, repository).await?;
    }
    Ok(())
}

/// Whether the run has made nothing new of a variant: what it planned to build came out the same.
fn is_same(ctx: &RunContext, v: &VariantName) -> bool {
    ctx.plan
        .builds_of(v)
        .all(|build| ctx.images.known(&build).is_some_and(|image| image.kept))
}

/// Whether this run has read values from the image of a variant that its record does not have.
fn has_learned(ctx: &RunContext, v: &VariantName) -> bool {
    ctx.images.probed(v) != ctx.plan.variant(v).probed
}

/// Tells the record of an image that this run has found tags at it, so that an older run does not move them back.
pub(super) async fn renew(
    ctx: &RunContext,
    v: &VariantName,
    moves: &[Move],
) -> Result<(), WorldError> {
    match found(moves).find_map(|tag| tag.was) {
        Some(image) => put::tell(ctx, v, image, found(moves)).await,
        None => Ok(()),
    }
}

/// The tags that were found at their image, and whose lines are renewed.
fn found(moves: &[Move]) -> impl Iterator<Item = Due> {
    let found = moves.iter().filter(|m| m.state == MoveState::Renew);
    found.map(Due::of)
}

pub(super) fn due(moves: &[Move]) -> Vec<Due> {
    let due = moves.iter().filter(|m| m.state == MoveState::Write);
    due.map(Due::of).collect()
}

/// Writes tags one after another and reads each back; a failure reports which were written. The record of the image gets a
/// line for each tag before the first one is written, and for those that were found at it.
pub(super) async fn write_all(
    ctx: &RunContext,
    image: &Target<'_>,
    parts: Vec<Part>,
    moves: &[Move],
    due: Vec<Due>,
    mut rivals: Rivals,
) -> Result<Written, Failure> {
    let mut all = Written::default();
    let (v, digest) = (image.v, image.stored.digest);
    let found: Vec<Due> = found(moves).filter(|tag| tag.was == Some(digest)).collect();
    if due.is_empty() && found.is_empty() && !has_learned(ctx, v) {
        return Ok(all);
    }
    if let Some(why) = meanwhile::withdrawn_parent(ctx, &parts).await? {
        let held = due.into_iter().map(|tag| (tag.reference, why.clone()));
        all.held.extend(held);
        return Ok(all);
    }
    let due = counted::with_own_numbers(ctx, image, due).await?;
    ctx.tags.due(v, due.iter().map(|tag| &tag.reference));
    let own = Record {
        lines: (due.iter().chain(&found))
            .map(|tag| tag.line(ctx, digest))
            .collect(),
        probed: ctx.images.probed(v),
        ..Record::of(&ctx.plan.fleet, parts)
    };
    record::add(ctx, v, digest, own).await?;
    let mut numbers = Numbers::default();
    for tag in due {
        let tag = numbers.same(tag)?;
        let pattern = tag.counted.clone();
        if ctx.stop.soon.is_cancelled() {
            return Err(failed(WorldError::Stopped, all.written));
        }
        match write::write(ctx, image, tag, &mut rivals).await {
            Ok(Wrote::Written(reference)) => {
                if let Some(pattern) = pattern {
                    numbers.wrote(&pattern, &reference);
                }
                all.written.push(reference);
            }
            Ok(Wrote::Held(reference, why)) => all.held.push((reference, why)),
            Ok(Wrote::Found(reference)) => {
                all.found.push(reference.clone());
                all.there.push(reference);
            }
            Ok(Wrote::There(reference)) => all.there.push(reference),
            Ok(Wrote::Nothing) => {}
            Err(error) => return Err(failed(error, all.written)),
        }
    }
    Ok(all)
}

pub(super) fn failed(error: WorldError, written: Vec<Reference>) -> Failure {
    Failure {
        written,
        ..Failure::from(error)
    }
}

/// Gives an image its public tags on each engine that has it.
pub(super) async fn name(
    ctx: &RunContext,
    v: &VariantName,
    references: &[Reference],
) -> Result<Done, Failure> {
    let mut holders: BTreeSet<EngineId> = BTreeSet::new();
    for build in ctx.plan.builds_of(v) {
        holders.extend(ctx.images.engines_with(&build));
    }
    match holders.is_empty() {
        true => name_on(ctx, v, references).await?,
        false => {
            for engine in holders {
                name_on(&ctx.on(Some(engine)), v, references).await?;
            }
        }
    }
    Ok(Done::Named {
        names: references.to_vec(),
    })
}

/// Names the image for the engine's own platform, else the first that the engine has, else the first of the variant.
async fn name_on(
    ctx: &RunContext,
    v: &VariantName,
    references: &[Reference],
) -> Result<(), WorldError> {
    let (engine, info) = ctx.engine()?;
    let platforms = &ctx.plan.variant(v).platforms;
    let is_present = |p: &&Platform| ctx.local().present(&Build::of(v, p)).is_some();
    let native = platforms.iter().find(|p| **p == info.platform);
    let native = native.filter(|p| !ctx.engines.is_several() || is_present(p));
    let present = || platforms.iter().find(is_present);
    let one = native.or_else(present).or_else(|| platforms.first());
    let none = || WorldError::refused(v.as_str(), "it has no platform");
    let present = fetch::ensure(ctx, &Build::of(v, one.ok_or_else(none)?)).await?;
    for reference in references {
        engine.tag(&present.name, reference).await?;
    }
    Ok(())
}
