//! Public names: tags that are moved in registries, or created on the engine.

use crate::matrix::TagKind;
use crate::name::{Digest, Reference};
use crate::plan::{Build, DeferredMove, Move, MoveState, Owner, VariantName};
use crate::request::{FaultKind, Patience, Stored, WorldError};
use crate::run::stage::{self, beside_public};
use crate::run::{Done, Failure, RunContext, TagState, probe};

/// Writes a variant's public tags in the order of the plan.
pub(super) async fn publish(
    ctx: &RunContext,
    v: &VariantName,
    moves: &[Move],
    deferred: &[DeferredMove],
    kept: Option<Digest>,
) -> Result<Done, Failure> {
    let due: Vec<&Move> = moves
        .iter()
        .filter(|m| m.state == MoveState::Write)
        .collect();
    if let (true, Some(digest)) = (due.is_empty() && deferred.is_empty(), kept) {
        return Ok(Done::Moved {
            digest,
            written: Vec::new(),
        });
    }
    // Every tag that was read from the image must have this variant as its only owner before the first tag moves.
    let probed = probe::references(ctx, v, deferred)?;
    let stored = bytes(ctx, v, kept).await?;
    let mut all = Vec::with_capacity(probed.len() + due.len());
    for (reference, kind) in &probed {
        match (ctx.registry.head(reference, Patience::READ).await?, kind) {
            (Some(digest), _) if digest == stored.digest => {}
            (Some(_), TagKind::Fixed) => {}
            (_, kind) => all.push((reference, *kind == TagKind::Fixed)),
        }
    }
    all.extend(
        due.iter()
            .filter(|m| m.unless != Some(stored.digest))
            .map(|m| (&m.reference, m.is_first())),
    );
    ctx.tags.due(v, all.iter().map(|(reference, _)| *reference));
    let done = write_all(ctx, &stored, all).await?;
    if !probed.is_empty() {
        probe::mark(ctx, v, &stored).await?;
    }
    Ok(done)
}

/// Combines the images of several variants in one index and writes the tags that they share.
pub(super) async fn share(
    ctx: &RunContext,
    owners: &[Owner],
    moves: &[Move],
) -> Result<Done, Failure> {
    let due: Vec<&Move> = moves
        .iter()
        .filter(|m| m.state == MoveState::Write)
        .collect();
    if due.is_empty() {
        return Ok(Done::Shared {
            digest: None,
            written: Vec::new(),
        });
    }
    let mut parts = Vec::with_capacity(owners.len());
    for owner in owners {
        let platforms = &ctx.plan.variant(&owner.variant).platforms;
        let none = || WorldError::refused(owner.variant.as_str(), "it has no platform");
        let platform = platforms.first().ok_or_else(none)?;
        parts.push((platform, bytes(ctx, &owner.variant, owner.kept).await?));
    }
    let parts: Vec<_> = parts
        .iter()
        .map(|(platform, stored)| (*platform, stored))
        .collect();
    let label = owners[0].variant.as_str();
    let stored = Stored::index(&parts).map_err(|why| WorldError::refused(label, why))?;
    let due = due.iter().map(|m| (&m.reference, m.is_first())).collect();
    match write_all(ctx, &stored, due).await? {
        Done::Moved { digest, written } => Ok(Done::Shared {
            digest: Some(digest),
            written,
        }),
        other => Ok(other),
    }
}

/// Writes tags one after another and reads each back; a failure reports which were written. Fixed tags are written
/// only if nothing else has written them since the plan was made.
async fn write_all(
    ctx: &RunContext,
    stored: &Stored,
    due: Vec<(&Reference, bool)>,
) -> Result<Done, Failure> {
    let mut written = Vec::new();
    for (reference, once) in due {
        if ctx.stop.soon.is_cancelled() {
            return Err(Failure {
                error: WorldError::Stopped,
                place: None,
                written,
            });
        }
        if let Err(error) = write(ctx, reference, stored, once).await {
            return Err(Failure {
                error,
                place: None,
                written,
            });
        }
        written.push(reference.clone());
    }
    Ok(Done::Moved {
        digest: stored.digest,
        written,
    })
}

/// What the tags will name: staged in this run, or kept from an earlier one.
async fn bytes(
    ctx: &RunContext,
    v: &VariantName,
    kept: Option<Digest>,
) -> Result<Stored, WorldError> {
    let Some(digest) = kept else {
        let staged = ctx.images.staged(v, None);
        return staged.ok_or_else(|| WorldError::refused(v.as_str(), "it is not staged"));
    };
    let stored = stage::kept(ctx, v, digest).await?;
    beside_public(ctx, v, digest).await?;
    Ok(stored)
}

async fn write(
    ctx: &RunContext,
    reference: &Reference,
    stored: &Stored,
    once: bool,
) -> Result<(), WorldError> {
    if once
        && let Some(other) = ctx
            .registry
            .head(reference, Patience::READ)
            .await?
            .filter(|digest| *digest != stored.digest)
    {
        let why = format!(
            "it is a fixed tag, and something else has written it since this run was planned: {}",
            other.short()
        );
        return Err(changed(reference, why));
    }
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
    let present = ctx.present(&build)?;
    for reference in references {
        engine.tag(&present.name, reference).await?;
    }
    Ok(Done::Named {
        names: references.to_vec(),
    })
}
