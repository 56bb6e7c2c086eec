//! Hooks: commands of the host that run before and after public tags move.
//!
//! ```text
//! barrier -> before-move -> barrier again, if a hook took its time -> pointer and tags -> after-move
//! ```
//!
//! A hook runs once per digest in a run, and one of `after-move` once per repository. What a hook has said is kept for this
//! run and never remembered: every run asks again.

mod call;

pub use call::HookResult;
pub(super) use call::HookRuns;

use self::call::Call;
use crate::matrix::{Hook, VariantName};
use crate::name::{Digest, Reference, Repository};
use crate::plan::{Move, StepId};
use crate::request::{HookFailure, HookPhase, WorldError};
use crate::run::due::{Due, Target};
use crate::run::publish::{Written, failed};
use crate::run::{Failure, RunContext, write};
use indexmap::IndexSet;
use std::collections::BTreeSet;

/// An image whose tags move: its step, and the variants that it consists of, at least one.
pub(super) struct Subject<'a> {
    pub step: StepId,
    pub owners: Vec<&'a VariantName>,
    pub digest: Digest,
}

/// Asks the hooks that come before a move, if a tag is to be written to the image; one after another, until one fails. Whether
/// that took time, so that the registry has to be read again.
///
/// # Errors
/// A hook failed, or the run was stopped.
pub(super) async fn before_move(
    ctx: &RunContext,
    subject: &Subject<'_>,
    (image, from): (&Target<'_>, &Repository),
    moves: &[Move],
    due: &[Due],
) -> Result<bool, Failure> {
    let phase = HookPhase::BeforeMove;
    let hooks = subject.hooks(ctx, phase);
    if hooks.is_empty() || due.is_empty() {
        return Ok(false);
    }
    let tags = write::wanted(ctx, image, moves, due.to_vec()).await?;
    if tags.is_empty() {
        return Ok(false);
    }
    let reference = Reference::pinned(from.clone(), subject.digest);
    let mut took_time = false;
    for hook in hooks {
        let call = Call::new(ctx, subject, hook, &reference, &tags);
        let (result, waited) = call.result(ctx).await?;
        took_time |= waited;
        if let Some(failed) = result.failed() {
            let failed = vec![failed];
            return Err(WorldError::from(HookFailure { phase, failed }).into());
        }
    }
    Ok(took_time)
}

/// Runs the hooks that come after a move, in each repository in which a tag was written. All of them run, also if one
/// fails or if not every tag was written: what has moved does not move again in the next run.
///
/// # Errors
/// The tags could not be written, a hook failed, or the run was stopped.
pub(super) async fn after_move(
    ctx: &RunContext,
    subject: &Subject<'_>,
    moved: Result<Written, Failure>,
) -> Result<Written, Failure> {
    let written = match &moved {
        Ok(moved) => &moved.written,
        Err(failure) => &failure.written,
    };
    let ended = followed(ctx, subject, written).await;
    match (moved, ended) {
        (Ok(moved), Err(error)) => Err(failed(error, moved.written)),
        // The commands to run by hand are said at the end, which a step that was only stopped is not.
        (Err(failure), Err(error)) if failure.error == WorldError::Stopped => {
            Err(failed(error, failure.written))
        }
        (moved, _) => moved,
    }
}

async fn followed(
    ctx: &RunContext,
    subject: &Subject<'_>,
    written: &[Reference],
) -> Result<(), WorldError> {
    let phase = HookPhase::AfterMove;
    let hooks = subject.hooks(ctx, phase);
    let repositories = written.iter().map(|tag| &tag.repository);
    let mut failed = Vec::new();
    for repository in repositories.collect::<BTreeSet<_>>() {
        let reference = Reference::pinned(repository.clone(), subject.digest);
        let tags = written.iter().filter(|tag| tag.repository == *repository);
        let tags: Vec<Reference> = tags.cloned().collect();
        for hook in &hooks {
            let call = Call::new(ctx, subject, hook, &reference, &tags);
            match call.result(ctx).await {
                Ok((result, _)) => failed.extend(result.failed()),
                Err(WorldError::Stopped) => failed.push(call.not_begun()),
                Err(error) => return Err(error),
            }
        }
    }
    match failed.is_empty() {
        true => Ok(()),
        false => Err(HookFailure { phase, failed }.into()),
    }
}

impl<'a> Subject<'a> {
    /// Whether there are hooks of a phase.
    pub fn has(&self, ctx: &RunContext, phase: HookPhase) -> bool {
        !self.hooks(ctx, phase).is_empty()
    }

    fn hooks<'c>(&self, ctx: &'c RunContext, phase: HookPhase) -> Vec<&'c Hook> {
        let all = ctx.plan.hooks_of(ctx.plan.step(self.step));
        all.into_iter().filter(|hook| hook.phase == phase).collect()
    }

    /// What the environment of hooks says about the image; `docs/hooks.md` describes it.
    fn environment(&self, ctx: &RunContext) -> Vec<(String, String)> {
        let variants = || self.owners.iter().map(|owner| ctx.plan.variant(owner));
        let images = variants().map(|variant| variant.image.clone());
        let platforms = variants().flat_map(|variant| variant.platforms.iter());
        let revision = ctx.plan.origin.revision.clone();
        let all = [
            ("KILN_DIGEST", self.digest.to_string()),
            ("KILN_WORKSPACE", ctx.plan.fleet.clone()),
            ("KILN_IMAGE", list(images)),
            ("KILN_VARIANT", list(&self.owners)),
            ("KILN_PLATFORMS", list(platforms)),
            ("KILN_REVISION", revision.unwrap_or_default()),
        ];
        all.into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }
}

/// Words in order and without duplicates, separated by spaces: names, platforms and references contain none.
fn list(words: impl IntoIterator<Item = impl ToString>) -> String {
    let words = words.into_iter().map(|word| word.to_string());
    let words: IndexSet<String> = words.collect();
    words.into_iter().collect::<Vec<_>>().join(" ")
}
