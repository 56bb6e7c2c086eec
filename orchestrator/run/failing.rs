//! Builds whose inputs are known only in the run, and have failed before.
//!
//! The plan decides about all others. Here, too, a variant is published on all its platforms or on none: as soon as one of its
//! builds is not tried, the image that it had before the run takes the place of all that the run has made of it.

use crate::memory::{Failure as Memory, Inputs, Part, failure_tag};
use crate::name::Reference;
use crate::plan::{Action, Build, Held, Move, MoveState, Reason, Retry, Step};
use crate::request::{FaultKind, WorldError};
use crate::run::{Done, Failure, RunContext, sources};
use crate::survey;

/// Whether these inputs have failed before and are not tried again: then the image that the variant has takes their place.
///
/// # Errors
/// The variant has no image that could take their place, so what is based on it cannot be built.
pub(super) async fn look(
    ctx: &RunContext,
    build: &Build,
    inputs: &Inputs,
) -> Result<Option<Done>, Failure> {
    let retry = sources::planned(ctx, build)?.retry;
    if retry == Retry::Always {
        return Ok(None);
    }
    let variant = ctx.plan.variant(&build.variant);
    let staging = ctx.staging_of(&build.variant)?;
    let tag = Reference::tagged(staging.clone(), failure_tag(inputs.build_id()));
    let now = ctx.plan.origin.now;
    let known = survey::failed(&*ctx.registry, &tag).await?;
    let known = known.filter(|failure| failure.applies(&variant.checks) && !is_own(ctx, failure));
    let Some(failure) = known.filter(|failure| !retry.tries(failure, now)) else {
        return Ok(None);
    };
    let why = Reason::failing(&failure, now, false).words();
    fall_back(ctx, build, why).map(Some)
}

/// Whether inputs failed in a run of the same saved plan: its jobs are run again to try again.
pub(super) fn is_own(ctx: &RunContext, failure: &Memory) -> bool {
    ctx.plan.is_saved() && failure.times > 0 && failure.last >= ctx.plan.origin.now
}

/// The image that the variant has takes the place of one that is not built or not used, and why.
///
/// # Errors
/// There is none.
pub(super) fn fall_back(ctx: &RunContext, build: &Build, why: String) -> Result<Done, Failure> {
    let variant = ctx.plan.variant(&build.variant);
    if variant.fallback.is_empty() {
        let what = build.variant.as_str();
        return Err(WorldError::fault(FaultKind::Failing, what, why).into());
    }
    let builds = ctx.plan.builds_of(&build.variant);
    let images = builds.zip(variant.fallback.iter().cloned());
    ctx.images.fall_back(&build.variant, images);
    let digest = Some(Part::whole(&variant.fallback));
    let why = Some(why);
    Ok(Done::Skipped { digest, why })
}

/// The result of a step of a variant that is not tried any more.
pub(super) fn skipped(ctx: &RunContext, step: &Step) -> Option<Done> {
    if !ctx.images.has_fallen_back(&step.variant) {
        return None;
    }
    let digest = Part::whole(&ctx.plan.variant(&step.variant).fallback);
    Some(match &step.action {
        Action::Move { moves, .. } => Done::Moved {
            digest,
            written: Vec::new(),
            held: held(moves),
            there: Vec::new(),
        },
        // It consists of what its owners have.
        Action::Share { .. } => return None,
        _ => Done::Skipped {
            digest: Some(digest),
            why: None,
        },
    })
}

fn held(moves: &[Move]) -> Vec<(Reference, Held)> {
    let due = moves.iter().filter(|m| m.state == MoveState::Write);
    due.map(|m| (m.reference.clone(), Held::Failing)).collect()
}
