//! Runs a plan: starts what the schedule allows, reports what ends, cleans up.

use crate::plan::{Action, StepId};
use crate::request::WorldError;
use crate::run::task::{Ended, Tasks};
use crate::run::watch::{Change, Watch};
use crate::run::{
    Done, End, EngineId, EventKind, Failure, Member, Outcome, Policy, RunContext, Schedule, State,
    StepOutcome, located, sources, tidy,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use typed_index_collections::{TiVec, ti_vec};

/// How often a step may lose its engine: one that ends the engines that it runs on must not end them all.
const LOSSES: usize = 3;
/// How long a run with nothing else to do waits for an engine to come back.
const RETURNING: Duration = Duration::from_secs(30);

/// Runs a plan to its end.
pub async fn run(ctx: Arc<RunContext>, policy: Policy) -> Outcome {
    let began = Instant::now();
    let mut running = Running::new(ctx.clone(), policy);
    tidy::begin(&ctx).await;
    if let Err(error) = sources::name_bases(&ctx).await {
        running.fail_all(&error);
    }
    running.until_the_end().await;
    let stopped = running.stopped;
    tokio::select! {
        () = tidy::clean(&ctx, stopped) => {}
        () = ctx.stop.now.cancelled() => {}
    }
    running.outcome(began.elapsed())
}

/// A run that is going on.
struct Running {
    ctx: Arc<RunContext>,
    schedule: Schedule,
    outcomes: TiVec<StepId, StepOutcome>,
    tasks: Tasks,
    stopped: bool,
    /// Why engines are out of reach.
    gone: BTreeMap<EngineId, WorldError>,
    /// How often a step has lost its engine.
    losses: BTreeMap<StepId, usize>,
}

impl Running {
    fn new(ctx: Arc<RunContext>, policy: Policy) -> Self {
        let capacity = ctx.engines.capacity(&ctx.plan);
        let mut schedule = Schedule::new(&ctx.plan, &capacity, policy);
        for (engine, _) in ctx.engines.late() {
            schedule.lose(&ctx.plan, engine);
        }
        Self {
            schedule,
            outcomes: ti_vec![StepOutcome::NotReached; ctx.plan.steps.len()],
            tasks: Tasks::default(),
            stopped: false,
            gone: BTreeMap::new(),
            losses: BTreeMap::new(),
            ctx,
        }
    }

    async fn until_the_end(&mut self) {
        let ctx = self.ctx.clone();
        let mut watch = Watch::new(&ctx);
        loop {
            if !self.stopped && ctx.stop.soon.is_cancelled() {
                self.stopped = true;
                ctx.say(EventKind::Stopping);
                self.schedule.stop();
            }
            self.start();
            if self.tasks.is_empty() && self.schedule.is_over() {
                return;
            }
            tokio::select! {
                ended = self.tasks.next(), if !self.tasks.is_empty() => {
                    ended.into_iter().for_each(|ended| self.ended(ended));
                }
                change = watch.next() => self.changed(change),
                () = tokio::time::sleep(RETURNING), if self.tasks.is_empty() => self.give_up(),
                () = ctx.stop.soon.cancelled(), if !self.stopped => {}
                () = ctx.stop.now.cancelled(), if !self.tasks.is_aborted => self.tasks.abort(),
            }
        }
    }

    fn start(&mut self) {
        for (id, engine) in self.schedule.start(&self.ctx.plan) {
            let engines = &self.ctx.engines;
            let member = engine.filter(|_| engines.is_several());
            let name = member.and_then(|engine| engines.get(engine));
            self.ctx.say(EventKind::StepStarted {
                step: id,
                engine: name.map(|member| member.name.clone()),
            });
            self.tasks.start(Arc::new(self.ctx.on(engine)), id);
        }
    }

    /// A step has ended, perhaps because its engine is gone: then others go on with it.
    fn ended(&mut self, ended: Ended) {
        let id = ended.step;
        let is_lost = !self.stopped
            && !ended.gone.is_empty()
            && self.losses.get(&id).is_none_or(|losses| *losses < LOSSES);
        if !is_lost {
            return self.finish(id, ended.result, ended.took);
        }
        *self.losses.entry(id).or_default() += 1;
        // With its engine, it is put back with the other steps there.
        for (engine, why) in ended.gone {
            self.lose(engine, why);
        }
        let blocked = self.schedule.again(&self.ctx.plan, id);
        self.blocked(blocked);
    }

    fn finish(&mut self, id: StepId, result: Result<Done, Failure>, took: Duration) {
        let ctx = self.ctx.clone();
        // Where only a hook after the move failed, the tags have moved, and what is based on the image may follow.
        let moved = result.is_ok() || result.as_ref().is_err_and(Failure::is_after_move);
        let end = match &result {
            Ok(Done::Built { .. } | Done::Used { .. }) => End::Made,
            _ if moved => End::Done,
            _ => End::Failed,
        };
        let blocked = self.schedule.finish(&ctx.plan, id, end);
        if moved && result.is_err() {
            self.schedule.failed();
        }
        self.outcomes[id] = match result {
            Ok(done) => {
                ctx.say(EventKind::StepDone {
                    step: id,
                    done: done.clone(),
                });
                StepOutcome::Done { done, took }
            }
            Err(failure) => self.failed(id, failure, took),
        };
        self.blocked(blocked);
    }

    fn failed(&self, id: StepId, failure: Failure, took: Duration) -> StepOutcome {
        let failure = located::on(&self.ctx.engines, self.schedule.engine(id), failure);
        self.ctx.say(EventKind::StepFailed {
            step: id,
            failure: failure.clone(),
        });
        StepOutcome::Failed { failure, took }
    }

    fn blocked(&mut self, blocked: Vec<StepId>) {
        for step in blocked {
            if let State::Blocked(by) = self.schedule.state(step) {
                self.outcomes[step] = StepOutcome::Blocked { by };
                self.ctx.say(EventKind::Blocked { step, by });
            }
        }
    }

    fn changed(&mut self, change: Change) {
        match change {
            Change::Gone(engine, why) => {
                if !self.stopped {
                    self.lose(engine, why);
                }
            }
            Change::Back(engine) if self.gone.remove(&engine).is_some() => {
                self.ctx.engines.set_alive(engine, true);
                self.schedule.found(engine);
                if let Some(member) = self.ctx.engines.get(engine) {
                    let engine = member.name.clone();
                    self.ctx.say(EventKind::EngineBack {
                        engine,
                        is_new: false,
                    });
                }
            }
            Change::Back(_) => {}
            Change::Joins(engine, member) => self.join(engine, *member),
            Change::Refused(engine, why) => self.ctx.say(EventKind::EngineRefused { engine, why }),
        }
    }

    /// An engine that did not answer at the start takes its part of the work.
    fn join(&mut self, engine: EngineId, member: Member) {
        let (ctx, name) = (self.ctx.clone(), member.name.clone());
        ctx.engines.join(engine, member);
        let capacity = ctx.engines.capacity(&ctx.plan);
        self.schedule.refit(&ctx.plan, &capacity);
        self.schedule.found(engine);
        ctx.say(EventKind::EngineBack {
            engine: name,
            is_new: true,
        });
    }

    /// An engine is gone: the others go on with its steps. After the last one, the run waits for one that comes back.
    fn lose(&mut self, engine: EngineId, why: WorldError) {
        if !self.ctx.engines.is_alive(engine) {
            return;
        }
        self.ctx.engines.set_alive(engine, false);
        self.ctx.images.on(engine).lose();
        let lost = self.schedule.lose(&self.ctx.plan, engine);
        for id in &lost.interrupted {
            self.tasks.drop_step(*id);
        }
        self.blocked(lost.blocked);
        let wait = match self.ctx.engines.alive().next() {
            Some(_) => String::new(),
            None => format!(
                "; no other one is left, so kiln waits up to {} s for one to come back",
                RETURNING.as_secs()
            ),
        };
        if let Some(member) = self.ctx.engines.get(engine) {
            self.ctx.say(EventKind::EngineGone {
                engine: member.name.clone(),
                why: format!("{why}{wait}"),
                steps: lost.again,
            });
        }
        self.gone.insert(engine, why);
    }

    /// Nothing is running, and no engine in reach can run what is left.
    fn give_up(&mut self) {
        for id in self.schedule.waiting_for_engines() {
            if self.schedule.state(id) != State::Ready {
                continue;
            }
            let none = || {
                let why = "no engine that has answered can build it";
                WorldError::refused(self.ctx.plan.step(id).variant.as_str(), why)
            };
            let own = self.schedule.engine(id);
            let why = own.and_then(|engine| self.gone.get(&engine));
            let why = why.or_else(|| self.gone.values().next());
            let error = why.cloned().unwrap_or_else(none);
            let blocked = self.schedule.give_up(&self.ctx.plan, id);
            self.outcomes[id] = self.failed(id, error.into(), Duration::ZERO);
            self.blocked(blocked);
        }
    }

    /// Nothing can be built, since outside images have no names on the engine.
    fn fail_all(&mut self, error: &WorldError) {
        let plan = &self.ctx.plan;
        let builds = plan.iter();
        let builds = builds.filter(|(_, s)| s.action == Action::Build && s.after.is_empty());
        let builds: Vec<StepId> = builds.map(|(id, _)| id).collect();
        for id in builds {
            self.outcomes[id] = self.failed(id, error.clone().into(), Duration::ZERO);
        }
        self.schedule.stop();
    }

    fn outcome(self, took: Duration) -> Outcome {
        let is_done = |step: &StepOutcome| matches!(step, StepOutcome::Done { .. });
        let engines = &self.ctx.engines;
        let named = |id: StepId| {
            let engine = self.schedule.engine(id)?;
            engines.get(engine).map(|member| member.name.clone())
        };
        let ids = self.ctx.plan.iter().map(|(id, _)| id);
        Outcome {
            tags: self.ctx.tags.ends(&self.ctx.plan, &self.outcomes),
            // Stopped after the last step, a run is complete.
            stopped: self.stopped && !self.outcomes.iter().all(is_done),
            engines: match engines.is_several() {
                true => ids.map(named).collect(),
                false => TiVec::new(),
            },
            steps: self.outcomes,
            took,
        }
    }
}
