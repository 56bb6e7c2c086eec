//! Checks as steps of a run: nothing of an image leaves the engine before it is proven.

use crate::matrix::VariantId;
use crate::name::{Digest, NameError, Platform, Reference, Tag};
use crate::plan::{StepId, green_tag};
use crate::request::{Patience, Stored, WorldError};
use crate::run::build::refused;
use crate::run::prove::{Subject, failure, prove};
use crate::run::{Done, EventKind, Failure, Work};

/// Proves the image of a variant that is on the engine, built or fetched.
pub(super) async fn check(
    work: &Work,
    step: StepId,
    v: VariantId,
    platform: &Platform,
) -> Result<Done, Failure> {
    let variant = work.fleet.variant(v);
    let present = work
        .images
        .present(v, platform)
        .ok_or_else(|| refused(&variant.label(), "it is not on the engine"))?;
    let (engine, _) = work.engine()?;
    let subject = Subject {
        engine,
        image: &present.name,
        platform,
        run: &work.run,
    };
    let heard = |proof: &crate::run::Proof| {
        work.say(EventKind::Checked {
            step,
            proof: Box::new(proof.clone()),
        })
    };
    let proofs = prove(&subject, &variant.checks, &heard).await?;
    match failure(&proofs) {
        Some(failure) => Err(WorldError::from(failure).into()),
        None => Ok(Done::Checked {
            passed: proofs.len(),
        }),
    }
}

/// Another run's image of this build was proven by what that run asked; where ours asks for something
/// else, it is asked again.
pub(super) async fn adopted(
    work: &Work,
    step: StepId,
    v: VariantId,
    platform: &Platform,
    image: Digest,
) -> Result<(), Failure> {
    let variant = work.fleet.variant(v);
    let Some(tag) = green(work, v, image)? else {
        return Ok(());
    };
    if work.registry.head(&tag, Patience::READ).await? == Some(image)
        || !variant.checks.iter().any(|check| check.is_for(platform))
    {
        return Ok(());
    }
    check(work, step, v, platform).await.map(drop)
}

/// Says in the registry that a kept image passed its checks.
pub(super) async fn note(work: &Work, v: VariantId, digest: Digest) -> Result<Done, Failure> {
    let reference = Reference::pinned(work.stage_of(v)?.clone(), digest);
    let stored = work.registry.manifest(&reference, Patience::READ).await?;
    let stored = stored.ok_or_else(|| {
        refused(
            &reference.to_string(),
            "the staged image is gone from the registry; build with --force",
        )
    })?;
    mark(work, v, &stored).await?;
    Ok(Done::Green { digest })
}

/// Writes the tag that the next run looks for.
pub(super) async fn mark(work: &Work, v: VariantId, stored: &Stored) -> Result<(), WorldError> {
    match green(work, v, stored.digest)? {
        Some(tag) => work.registry.put(&tag, stored).await,
        None => Ok(()),
    }
}

fn green(work: &Work, v: VariantId, image: Digest) -> Result<Option<Reference>, WorldError> {
    let variant = work.fleet.variant(v);
    let Some(tag) = green_tag(image, &variant.checks) else {
        return Ok(None);
    };
    let tag: Tag = tag
        .parse()
        .map_err(|why: NameError| refused(&tag, &why.to_string()))?;
    Ok(Some(Reference::tagged(work.stage_of(v)?.clone(), tag)))
}
