//! Runs a plan: starts what the schedule allows, reports what ends, cleans up.

use crate::matrix::VariantName;
use crate::plan::{Action, Plan, Step, StepId};
use crate::request::{FaultKind, WorldError};
use crate::run::{
    Done, EventKind, Failure, Limits, Policy, RunContext, Schedule, TagEnd, attest, build, check,
    failing, failure, fetch, find, probe, publish, share, sources, stage, staged, whole,
};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::{JoinError, JoinSet};
use typed_index_collections::{TiSlice, TiVec, ti_vec};

/// How long cancelled builds and tags that are being written may take to end.
const GRACE: Duration = Duration::from_secs(5);
/// How long removing the run's names may take.
const CLEANING: Duration = Duration::from_secs(60);
/// How long the engine may take to remove containers.
const REMOVING: Duration = Duration::from_secs(5);
/// How long taking the lease, and removing what earlier runs left, may take.
const REAPING: Duration = Duration::from_secs(10);
/// How long removing names may take after Ctrl-C, when a person waits.
const CLEANING_STOPPED: Duration = Duration::from_secs(3);

/// The outcome of one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepOutcome {
    /// It succeeded.
    Done {
        /// Its result.
        done: Done,
        /// How long it took.
        took: Duration,
    },
    /// It failed.
    Failed {
        /// Why.
        failure: Failure,
        /// How long it took.
        took: Duration,
    },
    /// It did not run because another step failed.
    Blocked {
        /// The step that failed.
        by: StepId,
    },
    /// The run ended before it started.
    NotReached,
}

/// The outcome of a run, step by step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// In the order of the plan.
    pub steps: TiVec<StepId, StepOutcome>,
    /// How long the run took.
    pub took: Duration,
    /// Whether the user stopped it before its last step was done.
    pub stopped: bool,
    /// Every public tag that it was to move.
    pub tags: Vec<TagEnd>,
}

impl Outcome {
    /// Whether every step succeeded.
    pub fn is_success(&self) -> bool {
        !self.stopped
            && self
                .steps
                .iter()
                .all(|s| matches!(s, StepOutcome::Done { .. }))
    }

    /// Whether every failure is an engine or a registry that is out of reach or refuses the credential, and no variant ended
    /// well: what the run needs is closed to it, not what one image needs.
    pub fn is_closed(&self, plan: &Plan) -> bool {
        let mut failures = self.steps.iter().filter_map(|s| match s {
            StepOutcome::Failed { failure, .. } => Some(failure.error.kind().is_closed()),
            _ => None,
        });
        let first = failures.next();
        first == Some(true) && failures.all(|closed| closed) && !self.any_is_well(plan)
    }

    /// Whether every failure is that something else has changed what the plan has seen: a new plan may be carried out.
    pub fn is_outrun(&self) -> bool {
        let mut failures = self.steps.iter().filter_map(|step| match step {
            StepOutcome::Failed { failure, .. } => Some(failure.error.kind()),
            _ => None,
        });
        let first = failures.next();
        first == Some(FaultKind::ChangedMeanwhile)
            && failures.all(|kind| kind == FaultKind::ChangedMeanwhile)
    }

    /// Whether all steps of a variant succeeded, if there are any.
    fn any_is_well(&self, plan: &Plan) -> bool {
        let steps = plan.steps.iter().zip(&self.steps);
        let unwell = steps.filter(|(_, end)| !matches!(end, StepOutcome::Done { .. }));
        let unwell: BTreeSet<&VariantName> = unwell.map(|(step, _)| &step.variant).collect();
        plan.variants.keys().any(|name| !unwell.contains(name))
    }
}

type Ended = (StepId, Result<Done, Failure>, Duration);

/// Runs a plan to its end.
pub async fn run(ctx: Arc<RunContext>, limits: Limits, policy: Policy) -> Outcome {
    let began = Instant::now();
    let plan = &ctx.plan;
    let mut schedule = Schedule::new(plan, limits, policy);
    let mut outcomes: TiVec<StepId, _> = ti_vec![StepOutcome::NotReached; plan.steps.len()];
    let mut tasks = Tasks::default();
    let mut stopped = false;
    begin(&ctx).await;
    if let Err(error) = sources::name_bases(&ctx).await {
        fail_all(&ctx, &mut outcomes, &error);
        schedule.stop();
    }
    loop {
        if !stopped && ctx.stop.soon.is_cancelled() {
            stopped = true;
            ctx.say(EventKind::Stopping);
            schedule.stop();
        }
        for id in schedule.start() {
            ctx.say(EventKind::StepStarted { step: id });
            tasks.start(&ctx, id);
        }
        if tasks.set.is_empty() {
            break;
        }
        tokio::select! {
            ended = tasks.next() => {
                if let Some((id, result, took)) = ended {
                    finish(&ctx, &mut schedule, &mut outcomes, id, result, took);
                }
            }
            () = ctx.stop.soon.cancelled(), if !stopped => {}
            () = ctx.stop.now.cancelled(), if !tasks.is_aborted => tasks.abort(),
        }
    }
    tokio::select! {
        () = clean(&ctx, if stopped { CLEANING_STOPPED } else { CLEANING }) => {}
        () = ctx.stop.now.cancelled() => {}
    }
    Outcome {
        tags: ctx.tags.ends(plan, &outcomes),
        // Stopped after the last step, a run is complete.
        stopped: stopped
            && outcomes
                .iter()
                .any(|step| !matches!(step, StepOutcome::Done { .. })),
        steps: outcomes,
        took: began.elapsed(),
    }
}

/// The steps that are running. One whose code panics ends as a failed step, so that the run goes on and is cleaned up after.
#[derive(Default)]
struct Tasks {
    set: JoinSet<Ended>,
    steps: HashMap<tokio::task::Id, (StepId, Instant)>,
    is_aborted: bool,
}

impl Tasks {
    fn start(&mut self, ctx: &Arc<RunContext>, id: StepId) {
        let task = self.set.spawn(one(ctx.clone(), id)).id();
        self.steps.insert(task, (id, Instant::now()));
    }

    /// Ends all steps where they are.
    fn abort(&mut self) {
        self.is_aborted = true;
        self.set.abort_all();
    }

    /// The next step that ends.
    async fn next(&mut self) -> Option<Ended> {
        loop {
            match self.set.join_next_with_id().await? {
                Ok((task, ended)) => {
                    self.steps.remove(&task);
                    return Some(ended);
                }
                Err(error) => {
                    // Every task is known here: it was entered when it was started.
                    if let Some((id, began)) = self.steps.remove(&error.id()) {
                        let error = match error.is_cancelled() {
                            true => WorldError::Stopped,
                            false => panicked(error),
                        };
                        return Some((id, Err(error.into()), began.elapsed()));
                    }
                }
            }
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
        if let Err(failure) = &result {
            failure::remember(&ctx, &step, failure).await;
        }
        result
    };
    let result = tokio::select! {
        biased;
        result = acted => result,
        () = cancelled => Err(Failure {
            written: ctx.tags.written(&step),
            ..Failure::from(WorldError::Stopped)
        }),
    };
    (id, result, began.elapsed())
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

fn finish(
    ctx: &RunContext,
    schedule: &mut Schedule,
    outcomes: &mut TiSlice<StepId, StepOutcome>,
    id: StepId,
    result: Result<Done, Failure>,
    took: Duration,
) {
    // Where only a hook after the move failed, the tags have moved, and what is based on the image may follow.
    let moved = result.is_ok() || result.as_ref().is_err_and(Failure::is_after_move);
    let blocked = schedule.finish(&ctx.plan, id, moved);
    if moved && result.is_err() {
        schedule.failed();
    }
    outcomes[id] = match result {
        Ok(done) => {
            ctx.say(EventKind::StepDone {
                step: id,
                done: done.clone(),
            });
            StepOutcome::Done { done, took }
        }
        Err(failure) => {
            ctx.say(EventKind::StepFailed {
                step: id,
                failure: failure.clone(),
            });
            StepOutcome::Failed { failure, took }
        }
    };
    for step in blocked {
        outcomes[step] = StepOutcome::Blocked { by: id };
        ctx.say(EventKind::Blocked { step, by: id });
    }
}

fn fail_all(ctx: &RunContext, outcomes: &mut TiSlice<StepId, StepOutcome>, error: &WorldError) {
    for (id, _) in ctx
        .plan
        .iter()
        .filter(|(_, s)| s.action == Action::Build && s.after.is_empty())
    {
        let failure = Failure::from(error.clone());
        ctx.say(EventKind::StepFailed {
            step: id,
            failure: failure.clone(),
        });
        outcomes[id] = StepOutcome::Failed {
            failure,
            took: Duration::ZERO,
        };
    }
}

/// Takes the lease, and removes what killed runs left once theirs has expired. Errors are left to another run.
async fn begin(ctx: &RunContext) {
    let Ok((engine, _)) = ctx.engine() else {
        return;
    };
    let begin = async {
        let _ = engine.hold(&ctx.run).await;
        let _ = engine.reap(crate::host::now().as_second()).await;
    };
    tokio::select! {
        _ = tokio::time::timeout(REAPING, begin) => {}
        () = ctx.stop.soon.cancelled() => {}
    }
}

/// Removes the run's own names from the engine, and those of runs that were killed a short time before it. The lease goes
/// last: what is left without it is removed by the next run.
async fn clean(ctx: &RunContext, patience: Duration) {
    let Ok((engine, _)) = ctx.engine() else {
        return;
    };
    // A name cannot be removed while a container uses its image.
    let _ = tokio::time::timeout(patience.max(REMOVING), engine.settle()).await;
    let all = async {
        for name in ctx.images.take_names() {
            // A name that remains does no harm.
            let _ = engine.untag(&name).await;
        }
    };
    let _ = tokio::time::timeout(patience, all).await;
    if !ctx.stop.soon.is_cancelled() {
        let now = crate::host::now().as_second();
        let _ = tokio::time::timeout(REMOVING, engine.reap(now)).await;
    }
    let _ = tokio::time::timeout(patience, engine.release()).await;
}
