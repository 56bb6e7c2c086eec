//! Hooks: commands of the host that run before and after public tags move.
//!
//! ```text
//! barrier -> before-move -> barrier again, if a hook took its time -> pointer and tags -> after-move
//! ```
//!
//! A hook runs once per digest in a run, and one of `after-move` once per repository. What a hook has said is kept for this
//! run and never remembered: every run asks again.

use crate::matrix::{Hook, HookValue, VariantName};
use crate::name::{Digest, Reference, Repository};
use crate::plan::{Move, StepId};
use crate::request::{FailedHook, HookEnd, HookFailure, HookPhase, HookRequest, WorldError};
use crate::run::due::{Due, Target};
use crate::run::publish::{Written, failed};
use crate::run::{EventKind, Failure, RunContext, write};
use indexmap::IndexSet;
use parking_lot::Mutex;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// The number of hooks at once: scanners read whole images, and share a database.
const AT_ONCE: usize = 4;

/// A hook with its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookResult {
    /// When it ran.
    pub phase: HookPhase,
    /// Its name, or its command in short.
    pub title: String,
    /// Where it is declared: `kiln.kdl:12:5`.
    pub place: String,
    /// The command as it ran.
    pub command: String,
    /// The image by digest.
    pub reference: Reference,
    /// Why it failed: one sentence without a full stop. `None` if it passed.
    pub why: Option<String>,
    /// The last lines of its output.
    pub output: Vec<String>,
    /// How long it took.
    pub took: Duration,
}

/// What makes two hooks one: phase, command, image, and after a move the repository.
type Key = (HookPhase, String, Digest, Option<Repository>);

/// The result of a hook, once there is one. One step at a time runs it.
type Slot = Arc<tokio::sync::Mutex<Option<HookResult>>>;

/// The hooks of a run.
pub(super) struct HookRuns {
    known: Mutex<HashMap<Key, Slot>>,
    at_once: Semaphore,
}

impl Default for HookRuns {
    fn default() -> Self {
        Self {
            known: Mutex::default(),
            at_once: Semaphore::new(AT_ONCE),
        }
    }
}

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
        let platforms = variants().flat_map(|variant| &variant.platforms);
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

/// One hook for one image.
struct Call<'a> {
    step: StepId,
    hook: &'a Hook,
    reference: Reference,
    key: Key,
    request: HookRequest,
}

impl<'a> Call<'a> {
    fn new(
        ctx: &RunContext,
        subject: &Subject<'_>,
        hook: &'a Hook,
        reference: &Reference,
        tags: &[Reference],
    ) -> Self {
        let command = hook.command(|value| match value {
            HookValue::Reference => reference.to_string(),
            HookValue::Digest => subject.digest.to_string(),
            HookValue::Repository => reference.repository.to_string(),
        });
        let own = [
            ("KILN_HOOK", hook.phase.word().to_owned()),
            ("KILN_REFERENCE", reference.to_string()),
            ("KILN_REPOSITORY", reference.repository.to_string()),
            ("KILN_TAGS", list(tags)),
        ];
        let own = own.map(|(name, value)| (name.to_owned(), value));
        let after = hook.phase == HookPhase::AfterMove;
        let repository = after.then(|| reference.repository.clone());
        Self {
            step: subject.step,
            hook,
            reference: reference.clone(),
            key: (hook.phase, hook.written(), subject.digest, repository),
            request: HookRequest {
                command,
                env: subject.environment(ctx).into_iter().chain(own).collect(),
                within: hook.within,
            },
        }
    }

    /// The result that this run has already, or a new one; and whether that took time. A failure is an event for each step.
    async fn result(&self, ctx: &RunContext) -> Result<(HookResult, bool), WorldError> {
        let slot = ctx.hook_runs.slot(&self.key);
        let is_free = slot.try_lock().is_ok();
        let mut known = slot.lock().await;
        if let Some(result) = &*known {
            if result.why.is_some() {
                self.say(ctx, result);
            }
            return Ok((result.clone(), !is_free));
        }
        let result = self.run(ctx).await?;
        self.say(ctx, &result);
        *known = Some(result.clone());
        Ok((result, true))
    }

    /// It did not begin before the run was stopped.
    fn not_begun(&self) -> FailedHook {
        FailedHook {
            title: self.hook.title.clone(),
            place: self.hook.place.clone(),
            command: self.request.command.clone(),
            why: "it did not begin: the run was stopped".into(),
            output: Vec::new(),
        }
    }

    fn say(&self, ctx: &RunContext, result: &HookResult) {
        ctx.say(EventKind::Hooked {
            step: self.step,
            result: Box::new(result.clone()),
        });
    }

    async fn run(&self, ctx: &RunContext) -> Result<HookResult, WorldError> {
        let _permit = tokio::select! {
            permit = ctx.hook_runs.at_once.acquire() => permit,
            () = ctx.stop.soon.cancelled() => return Err(WorldError::Stopped),
        };
        if ctx.stop.soon.is_cancelled() {
            return Err(WorldError::Stopped);
        }
        ctx.say(EventKind::HookStarted {
            step: self.step,
            phase: self.hook.phase,
            title: self.hook.title.clone(),
        });
        let began = Instant::now();
        let hooked = ctx.hooks()?.run(&self.request, &ctx.stop.soon).await;
        // After a move, it is a result: its command has to be run by hand.
        if hooked.end == HookEnd::Stopped && self.hook.phase == HookPhase::BeforeMove {
            return Err(WorldError::Stopped);
        }
        // It has kiln's environment, and so what secrets of builds are read from.
        let output = hooked.output.iter().cloned();
        Ok(HookResult {
            phase: self.hook.phase,
            title: self.hook.title.clone(),
            place: self.hook.place.clone(),
            command: self.request.command.clone(),
            reference: self.reference.clone(),
            why: hooked.why(self.request.within),
            output: output.map(|line| ctx.mask.text(line)).collect(),
            took: began.elapsed(),
        })
    }
}

impl HookRuns {
    fn slot(&self, key: &Key) -> Slot {
        self.known.lock().entry(key.clone()).or_default().clone()
    }
}

impl HookResult {
    fn failed(&self) -> Option<FailedHook> {
        Some(FailedHook {
            why: self.why.clone()?,
            title: self.title.clone(),
            place: self.place.clone(),
            command: self.command.clone(),
            output: self.output.clone(),
        })
    }
}
