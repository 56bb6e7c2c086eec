//! The steps that are running, one task each.

use crate::plan::{Action, Step, StepId};
use crate::request::{FaultKind, WorldError};
use crate::run::watch::ask;
use crate::run::{
    Done, EngineId, Failure, RunContext, attest, build, check, failing, failure, fetch, find,
    probe, publish, share, stage, staged, whole,
};
use futures_util::future::join_all;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::{AbortHandle, JoinError, JoinSet};

/// How long tags that are being written may take to end when the run is stopped.
const GRACE: Duration = Duration::from_secs(5);

/// A step that has ended.
pub(super) struct Ended {
    pub step: StepId,
    pub result: Result<Done, Failure>,
    pub took: Duration,
    /// The engines that do not answer any more, if it failed.
    pub gone: Vec<(EngineId, WorldError)>,
}

/// The steps that are running. One whose code panics ends as a failed step, so that the run goes on and is cleaned up after.
#[derive(Default)]
pub(super) struct Tasks {
    set: JoinSet<Ended>,
    steps: HashMap<tokio::task::Id, (StepId, Instant)>,
    handles: HashMap<StepId, AbortHandle>,
    pub is_aborted: bool,
}

impl Tasks {
    /// Starts a step, on the engine of its context.
    pub fn start(&mut self, ctx: Arc<RunContext>, id: StepId) {
        let task = self.set.spawn(one(ctx, id));
        self.steps.insert(task.id(), (id, Instant::now()));
        self.handles.insert(id, task);
    }

    /// Whether no step is running.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Ends all steps where they are.
    pub fn abort(&mut self) {
        self.is_aborted = true;
        self.set.abort_all();
    }

    /// Ends a step where it is. It does not end as a failure: it is not one of the running steps any more.
    pub fn drop_step(&mut self, id: StepId) {
        if let Some(task) = self.handles.remove(&id) {
            self.steps.remove(&task.id());
            task.abort();
        }
    }

    /// The next step that ends.
    pub async fn next(&mut self) -> Option<Ended> {
        loop {
            let (task, ended) = match self.set.join_next_with_id().await? {
                Ok((task, ended)) => (task, Ok(ended)),
                Err(error) => (error.id(), Err(error)),
            };
            // A step that was dropped is not known here any more.
            let Some((id, began)) = self.steps.remove(&task) else {
                continue;
            };
            self.handles.remove(&id);
            return Some(ended.unwrap_or_else(|error| {
                let error = match error.is_cancelled() {
                    true => WorldError::Stopped,
                    false => panicked(error),
                };
                Ended {
                    step: id,
                    result: Err(error.into()),
                    took: began.elapsed(),
                    gone: Vec::new(),
                }
            }));
        }
    }
}

fn panicked(error: JoinError) -> WorldError {
    let said = match error.try_into_panic() {
        Ok(panic) => match panic.downcast::<String>() {
            Ok(text) => *text,
            Err(panic) => panic
                .downcast_ref::<&str>()
                .copied()
                .unwrap_or("a panic")
                .into(),
        },
        Err(error) => error.to_string(),
    };
    let why = format!("{said}; please report it");
    WorldError::fault(FaultKind::Ours, "kiln has a bug here", why)
}

/// Runs one step. When the run is stopped, builds and transfers are dropped (which cancels them on the engine), and a
/// tag that is being written is finished.
async fn one(ctx: Arc<RunContext>, id: StepId) -> Ended {
    let began = Instant::now();
    let step = ctx.plan.step(id).clone();
    let grace = match step.action {
        Action::Move { .. } | Action::Share { .. } | Action::Name { .. } => GRACE,
        _ => Duration::ZERO,
    };
    let cancelled = async {
        ctx.stop.soon.cancelled().await;
        tokio::time::sleep(grace).await;
    };
    let acted = async {
        let result = act(&ctx, id, &step).await;
        // What a step says may have come from a build or an image that has a secret.
        let result = result.map_err(|failure| Failure {
            error: ctx.mask.error(failure.error),
            ..failure
        });
        let mut gone = Vec::new();
        if let Err(failure) = &result {
            gone = unanswering(&ctx).await;
            if gone.is_empty() {
                failure::remember(&ctx, &step, failure).await;
            }
        }
        (result, gone)
    };
    let stopped = || Failure {
        written: ctx.tags.written(&step),
        ..Failure::from(WorldError::Stopped)
    };
    let (result, gone) = tokio::select! {
        biased;
        ended = acted => ended,
        () = cancelled => (Err(stopped()), Vec::new()),
    };
    Ended {
        step: id,
        result,
        took: began.elapsed(),
        gone,
    }
}

/// The engines that a failed step may have failed because of: an engine that is gone ends builds and pushes in many ways, so it
/// is queried whatever the failure is. A single engine is not queried: no other one could take over.
async fn unanswering(ctx: &RunContext) -> Vec<(EngineId, WorldError)> {
    if !ctx.engines.is_several() {
        return Vec::new();
    }
    let own = ctx
        .at()
        .map_or_else(|| ctx.engines.alive().collect(), |at| vec![at]);
    let asked = own.into_iter().map(|engine| async move {
        let answer = ask(&ctx.on(Some(engine))).await;
        Some((engine, answer.err()?))
    });
    join_all(asked).await.into_iter().flatten().collect()
}

async fn act(ctx: &Arc<RunContext>, id: StepId, step: &Step) -> Result<Done, Failure> {
    let v = &step.variant;
    if let Some(done) = failing::skipped(ctx, step) {
        return Ok(done);
    }
    match (&step.action, step.build()) {
        (Action::Build, Some(build)) => build::build(ctx, id, &build).await,
        (Action::Use { image, from }, Some(build)) => fetch::take(ctx, &build, image, *from).await,
        (Action::Check, Some(build)) => check::check(ctx, id, &build).await,
        (Action::MarkChecked, _) => check::mark(ctx, v, step.platform.as_ref()).await,
        (Action::Stage, Some(build)) => stage::stage(ctx, id, &build).await,
        (Action::Index, _) => whole::index(ctx, v).await,
        (Action::Attest, _) => attest::attest(ctx, v).await,
        (Action::Probe, Some(build)) => probe::probe(ctx, id, &build).await,
        (Action::Move { moves, deferred }, _) => {
            publish::publish(ctx, id, v, moves, deferred).await
        }
        (Action::Share { owners, moves }, _) => share::share(ctx, id, owners, moves).await,
        (Action::Name { references }, _) => publish::name(ctx, v, references).await,
        (Action::Keep { digest }, _) => Ok(Done::Kept { digest: *digest }),
        (Action::Skip { digest }, _) => Ok(Done::Skipped {
            digest: *digest,
            why: Some(step.reason().words()),
        }),
        (Action::Take { inputs, .. }, Some(build)) => staged::take(ctx, &build, inputs).await,
        (Action::Find, _) => find::find(ctx, v, step.platform.as_ref()).await,
        (_, None) => {
            let why = "the plan names no platform for this step";
            Err(WorldError::fault(FaultKind::Ours, v.as_str(), why).into())
        }
    }
}
