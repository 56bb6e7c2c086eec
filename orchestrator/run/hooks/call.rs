//! One hook for one image: run once, and its result kept for the run.

use super::{Subject, list};
use crate::matrix::{Hook, HookValue};
use crate::name::{Digest, Reference, Repository};
use crate::plan::StepId;
use crate::request::{FailedHook, HookEnd, HookPhase, HookRequest, WorldError};
use crate::run::{EventKind, RunContext};
use parking_lot::Mutex;
use std::collections::HashMap;
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
    /// What runs it by hand.
    pub by_hand: String,
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
pub(in crate::run) struct HookRuns {
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

/// One hook for one image.
pub(super) struct Call<'a> {
    step: StepId,
    hook: &'a Hook,
    reference: Reference,
    key: Key,
    request: HookRequest,
}

impl<'a> Call<'a> {
    pub fn new(
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
    pub async fn result(&self, ctx: &RunContext) -> Result<(HookResult, bool), WorldError> {
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
    pub fn not_begun(&self) -> FailedHook {
        FailedHook {
            title: self.hook.title.clone(),
            place: self.hook.place.clone(),
            command: self.request.command.clone(),
            by_hand: self.request.by_hand(),
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
            by_hand: self.request.by_hand(),
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
    pub(super) fn failed(&self) -> Option<FailedHook> {
        Some(FailedHook {
            why: self.why.clone()?,
            title: self.title.clone(),
            place: self.place.clone(),
            command: self.command.clone(),
            by_hand: self.by_hand.clone(),
            output: self.output.clone(),
        })
    }
}
