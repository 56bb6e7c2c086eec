//! Tags that several variants share: one index over what each of them has published.

use crate::memory::Part;
use crate::name::{Reference, Repository};
use crate::plan::{Move, Owner, StepId};
use crate::request::{FaultKind, HookPhase, Patience, Stored, WorldError};
use crate::run::due::{Due, Target};
use crate::run::hooks::{Subject, after_move, before_move};
use crate::run::publish::{Written, due, failed, renew, write_all};
use crate::run::rivals::Rivals;
use crate::run::{Done, Failure, RunContext, attest, expected, meanwhile, whole};
use std::collections::BTreeSet;

/// How often the index is combined anew because another run publishes a part of it at the same time.
const TRIES: usize = 4;

/// Combines the images of several variants in one index and writes the tags that they share.
pub(super) async fn share(
    ctx: &RunContext,
    step: StepId,
    owners: &[Owner],
    moves: &[Move],
) -> Result<Done, Failure> {
    let due = due(moves);
    if due.is_empty() {
        renew(ctx, &owners[0].variant, moves).await?;
        return Ok(Done::Shared {
            digest: None,
            written: Vec::new(),
            held: Vec::new(),
            there: Vec::new(),
        });
    }
    let mut last = Vec::new();
    changed(ctx, owners).await?;
    for _ in 0..TRIES {
        let (stored, parts) = combined(ctx, owners, &due).await?;
        let image = Target {
            v: &owners[0].variant,
            stored: &stored,
            combined: true,
        };
        let subject = Subject {
            step,
            owners: owners.iter().map(|owner| &owner.variant).collect(),
            digest: stored.digest,
        };
        expected::all(ctx, stored.digest, &due).await?;
        if subject.has(ctx, HookPhase::BeforeMove) {
            let staging = staged(ctx, owners, &stored, &parts).await?;
            let asked = before_move(ctx, &subject, (&image, staging), moves, &due).await?;
            if asked && changed(ctx, owners).await? {
                continue;
            }
        }
        let rivals = Rivals::of(ctx, image.v, moves, false).await?;
        let all = after_move(
            ctx,
            &subject,
            write_all(ctx, &image, parts, moves, due.clone(), rivals).await,
        )
        .await?;
        all.note(ctx, step);
        let Written {
            written,
            held,
            there,
            ..
        } = all;
        if !changed(ctx, owners).await? {
            return Ok(Done::Shared {
                digest: Some(stored.digest),
                written,
                held,
                there,
            });
        }
        last = written;
    }
    let why = "other runs publish parts of it all the time; run again when they have ended";
    let what = owners[0].variant.as_str();
    Err(failed(
        WorldError::fault(FaultKind::ChangedMeanwhile, what, why),
        last,
    ))
}

/// The index over what the owners of shared tags have published by now, and its parts, copied to where the tags are.
async fn combined(
    ctx: &RunContext,
    owners: &[Owner],
    due: &[Due],
) -> Result<(Stored, Vec<Part>), WorldError> {
    let repositories = due.iter().map(|tag| &tag.reference.repository);
    let repositories: BTreeSet<&Repository> = repositories.collect();
    let mut parts: Vec<Part> = Vec::new();
    for owner in owners {
        let own = ctx.staged_parts(&owner.variant)?;
        for repository in &repositories {
            for part in &own {
                whole::beside(ctx, &owner.variant, part.digest, repository).await?;
            }
            let staging = ctx.staging_of(&owner.variant)?;
            attest::follow(ctx, &own, staging, repository).await?;
        }
        parts.extend(own);
    }
    let stored = Stored::index(parts.iter().map(Part::descriptor));
    Ok((stored, parts))
}

/// Puts the index into the staging repository, where hooks find it by its digest.
async fn staged<'c>(
    ctx: &'c RunContext,
    owners: &[Owner],
    index: &Stored,
    parts: &[Part],
) -> Result<&'c Repository, WorldError> {
    let first = &owners[0].variant;
    let staging = ctx.staging_of(first)?;
    let reference = Reference::pinned(staging.clone(), index.digest);
    if ctx
        .registry
        .head(&reference, Patience::READ)
        .await?
        .is_none()
    {
        for part in parts {
            let own = owners
                .iter()
                .find(|one| part.variants.contains(&one.variant));
            let v = own.map_or(first, |own| &own.variant);
            whole::beside(ctx, v, part.digest, staging).await?;
        }
        ctx.registry.put(&reference, index).await?;
    }
    Ok(staging)
}

/// Whether other runs have published other images of the owners.
async fn changed(ctx: &RunContext, owners: &[Owner]) -> Result<bool, WorldError> {
    let mut changed = false;
    for owner in owners {
        changed |= meanwhile::look(ctx, &owner.variant).await?;
    }
    Ok(changed)
}
