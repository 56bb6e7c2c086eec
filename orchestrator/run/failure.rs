//! Remembering that inputs failed by their own fault, so that later runs need not find it out again.

use crate::host;
use crate::memory::{Failure as Memory, Inputs, Record, failure_tag};
use crate::name::Reference;
use crate::plan::{Action, Build, Step};
use crate::request::{FaultKind, Patience, WorldError};
use crate::run::{Failure, RunContext, record, sources};

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
        let _ = write(ctx, &build, &inputs, &failure.error.to_string()).await;
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

async fn write(
    ctx: &RunContext,
    build: &Build,
    inputs: &Inputs,
    why: &str,
) -> Result<(), WorldError> {
    let staging = ctx.staging_of(&build.variant)?;
    let tag = Reference::tagged(staging.clone(), failure_tag(inputs.build_id()));
    let known = ctx.registry.manifest(&tag, Patience::READ).await?;
    let known = known.as_ref().and_then(Memory::read);
    let exists = known.is_some();
    let memory = known
        .unwrap_or_default()
        .again(host::now().as_second(), why);
    ctx.registry.put_blob(staging, Record::empty_blob()).await?;
    record::overwrite(ctx, &tag, &memory.stored(), exists).await
}
