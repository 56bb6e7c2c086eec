//! A plan that was saved may be old when it is carried out: a tag moves only if it names what the plan has seen, or what the
//! plan wants.

use crate::name::{Digest, Reference};
use crate::request::{FaultKind, Patience, WorldError};
use crate::run::RunContext;
use crate::run::due::Due;

/// Looks at all tags of a step before the first one is written.
///
/// # Errors
/// One of them names something else, or cannot be read.
pub(super) async fn all(ctx: &RunContext, own: Digest, due: &[Due]) -> Result<(), WorldError> {
    if !ctx.plan.is_saved() {
        return Ok(());
    }
    for tag in due.iter().filter(|tag| is_compared(tag)) {
        let now = ctx.registry.head(&tag.reference, Patience::READ).await?;
        if now != Some(own) {
            check(ctx, tag, now)?;
        }
    }
    Ok(())
}

/// Refuses to write a tag of a saved plan that names another image than the plan has seen.
///
/// # Errors
/// It does.
pub(super) fn check(ctx: &RunContext, tag: &Due, now: Option<Digest>) -> Result<(), WorldError> {
    match ctx.plan.is_saved() && is_compared(tag) && now != tag.was {
        true => Err(changed_to(&tag.reference, now, tag.was)),
        false => Ok(()),
    }
}

/// A counted tag takes the next number, and what a tag that is read from an image names is not in the plan.
pub(super) fn is_compared(tag: &Due) -> bool {
    tag.seen && tag.counted.is_none()
}

/// A tag names another image than the plan has seen.
pub(super) fn changed(tag: &Reference, now: Digest, was: Option<Digest>) -> WorldError {
    changed_to(tag, Some(now), was)
}

pub(super) fn changed_to(tag: &Reference, now: Option<Digest>, was: Option<Digest>) -> WorldError {
    let seen = match was {
        Some(was) => format!("it named {}", was.short()),
        None => "it did not exist".into(),
    };
    let now = match now {
        Some(now) => format!("it names {}", now.short()),
        None => "it does not exist".into(),
    };
    let why = format!("{seen} when the plan was made, and now {now}; make a new plan");
    WorldError::fault(FaultKind::ChangedMeanwhile, tag.familiar(), why)
}
