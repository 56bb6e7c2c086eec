//! Remembering that inputs failed by their own fault, so that later runs need not find it out again.

use crate::memory::{Failure as Memory, Inputs, Record, failure_tag};
use crate::name::{Digest, Reference};
use crate::plan::{Action, Build, Step};
use crate::request::{FaultKind, WorldError};
use crate::run::{Failure, RunContext, record, sources};
use crate::survey;
use std::collections::BTreeSet;

/// Remembers a failed step of a run that publishes, if a build step or a check failed: the inputs are not
/// to blame for an engine or a registry. If it cannot be written, a later run tries once more.
pub(super) async fn remember(ctx: &RunContext, step: &Step, failure: &Failure) {
    let own = failure.error.kind() == FaultKind::Failed;
    let (true, true, Some(build)) = (own, ctx.plan.push, step.build()) else {
        return;
    };
    if !matches!(step.action, Action::Build | Action::Check | Action::Stage) {
        return;
    }
    if let Some(inputs) = inputs(ctx, &build) {
        let checks = match &failure.error {
            WorldError::Check(check) => check.failed.iter().map(|one| one.id.clone()).collect(),
            _ => BTreeSet::new(),
        };
        let now = ctx.plan.origin.now;
        let why = failure.error.to_string();
        let again =
            |known: Option<Memory>| known.unwrap_or_default().again(now, &why, checks.clone());
        let _ = failed_again(ctx, &build, &inputs, again).await;
    }
}

/// Remembers a failure of these inputs, and how long those have been failing that differ in freshness only: a new period of
/// `refresh` makes new inputs, which are tried at once, but it does not mend an image.
async fn failed_again(
    ctx: &RunContext,
    build: &Build,
    inputs: &Inputs,
    again: impl Fn(Option<Memory>) -> Memory,
) -> Result<(), WorldError> {
    let mut age = None;
    if let Some(id) = inputs.age_id() {
        let remembered = |known: Option<Memory>| {
            age = Some(again(known));
            age.clone()
        };
        change(ctx, build, id, remembered).await?;
    }
    let remembered = |known: Option<Memory>| Some(again(known).as_old_as(age.as_ref()));
    change(ctx, build, inputs.build_id(), remembered).await
}

/// Forgets that inputs failed, once they have led to an image: if that is deleted, they are tried again. If it cannot be
/// written, a later run waits once more.
pub(super) async fn mended(ctx: &RunContext, build: &Build, inputs: &Inputs) {
    let forgotten = |known: Option<Memory>| {
        known
            .filter(|known| known.times > 0)
            .map(|_| Memory::default())
    };
    for id in inputs.age_id().into_iter().chain([inputs.build_id()]) {
        let _ = change(ctx, build, id, forgotten).await;
    }
}

/// What was built or checked: today's inputs, or those of an image that was not built.
fn inputs(ctx: &RunContext, build: &Build) -> Option<Inputs> {
    sources::inputs(ctx, build).ok().or_else(|| {
        let image = ctx.images.known(build)?;
        let recorded = || image.part.as_ref()?.made.inputs.last().cloned();
        image.inputs.clone().or_else(recorded)
    })
}

/// Reads what is remembered under the id of inputs, and writes what it becomes, if that is something.
async fn change(
    ctx: &RunContext,
    build: &Build,
    id: Digest,
    becomes: impl FnOnce(Option<Memory>) -> Option<Memory>,
) -> Result<(), WorldError> {
    let staging = ctx.staging_of(&build.variant)?;
    let tag = Reference::tagged(staging.clone(), failure_tag(id));
    let known = survey::failed(&*ctx.registry, &tag).await?;
    let exists = known.is_some();
    let Some(memory) = becomes(known) else {
        return Ok(());
    };
    ctx.registry.put_blob(staging, Record::empty_blob()).await?;
    record::overwrite(ctx, &tag, &memory.stored(), exists).await
}
