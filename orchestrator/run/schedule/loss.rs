//! Engines that go out of reach during a run, and come back.

use super::cost::class;
use super::fleet::Fleet;
use super::places::Image;
use super::{Capacity, EngineId, Schedule, State, queues};
use crate::plan::{Action, Plan, StepId};
use std::collections::BTreeSet;

/// What a run loses with an engine.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Lost {
    /// The steps that were running there: they are not running any more.
    pub interrupted: Vec<StepId>,
    /// All steps that start again: these, and those that made what only it had.
    pub again: Vec<StepId>,
    /// The steps that will not run: what they need can meet on no engine any more.
    pub blocked: Vec<StepId>,
}

impl Schedule {
    /// An engine is gone. What ran there, and what only it had and is still needed, is made again on others.
    pub fn lose(&mut self, plan: &Plan, engine: EngineId) -> Lost {
        if !self.is_alive(engine) {
            return Lost::default();
        }
        let interrupted: Vec<StepId> = self.running[engine.0].iter().copied().collect();
        interrupted.iter().for_each(|id| self.leave(plan, *id));
        self.reach(engine, false);
        let mut again: BTreeSet<StepId> = interrupted.iter().copied().collect();
        let homeless = self.places.leave_home(engine);
        // Children come after their parents: what has to be made again needs its parent, too.
        for image in self.places.lose(engine).into_iter().rev() {
            let image = &self.places.images[image];
            if self.is_needed(image, &again) {
                // Without staging, what follows gives the image its names.
                let named = image.own.iter().flat_map(|id| &self.dependents[*id]);
                let named =
                    named.filter(|id| matches!(plan.step(**id).action, Action::Name { .. }));
                let done = image.own.iter().chain(named);
                again.extend(done.filter(|id| self.states[**id] == State::Done));
            }
        }
        let blocked = self.put_back(plan, &again);
        self.place_again(plan, homeless);
        again.retain(|id| !blocked.contains(id));
        Lost {
            interrupted,
            again: again.into_iter().collect(),
            blocked,
        }
    }

    /// An engine is in reach again. It has nothing that this run has made.
    pub fn found(&mut self, engine: EngineId) {
        if !self.is_alive(engine) {
            self.reach(engine, true);
        }
    }

    /// The engines can carry out other steps than before, since the properties of another one are known. What runs goes on where it is.
    pub fn refit(&mut self, plan: &Plan, capacity: &Capacity) {
        let mut fleet = Fleet::new(capacity);
        for engine in (0..capacity.engines.len()).map(EngineId) {
            fleet.set(engine, self.is_alive(engine));
        }
        let mut queues = queues(capacity, &fleet);
        for (id, _) in self
            .states
            .iter_enumerated()
            .filter(|(_, s)| **s == State::Running)
        {
            queues[class(plan, plan.step(id))].begin(&fleet, self.engines[id]);
        }
        self.kinds.clone_from(&capacity.of);
        (self.fleet, self.queues) = (fleet, queues);
        let all = self.states.keys().collect();
        self.place_again(plan, all);
    }

    /// Whether an engine is in reach.
    pub fn is_alive(&self, engine: EngineId) -> bool {
        self.fleet.alive[engine.0]
    }

    /// A running step has failed only because an engine is gone: it starts again. Returns the steps that will not run.
    pub fn again(&mut self, plan: &Plan, id: StepId) -> Vec<StepId> {
        if self.states[id] != State::Running {
            return Vec::new();
        }
        self.leave(plan, id);
        self.put_back(plan, &BTreeSet::from([id]))
    }

    /// The steps that are ready and that no engine in reach can run, if nothing else is going on.
    pub fn waiting_for_engines(&self) -> Vec<StepId> {
        if self.queues.iter().any(|queue| queue.running() > 0) {
            return Vec::new();
        }
        let ready = self.states.iter_enumerated();
        let ready = ready.filter(|(_, state)| **state == State::Ready);
        ready.map(|(id, _)| id).collect()
    }

    /// Gives up a step that waits for an engine. Returns the steps that will not run because of it.
    pub fn give_up(&mut self, plan: &Plan, id: StepId) -> Vec<StepId> {
        if self.states[id] != State::Ready {
            return Vec::new();
        }
        self.ready -= 1;
        self.states[id] = State::Failed;
        let blocked = self.block_dependents(plan, id, id);
        self.failed();
        blocked
    }

    fn reach(&mut self, engine: EngineId, alive: bool) {
        self.fleet.set(engine, alive);
        let fleet = &self.fleet;
        self.queues
            .iter_mut()
            .for_each(|queue| queue.make_room(fleet, engine));
    }

    /// Whether an image that is nowhere any more has to be made again. Without staging, an image whose name was given is
    /// needed only by what is still to be built on it.
    fn is_needed(&self, image: &Image, again: &BTreeSet<StepId>) -> bool {
        let is_open = |id: &StepId| {
            let state = self.states[*id];
            matches!(state, State::Waiting(_) | State::Ready | State::Running) || again.contains(id)
        };
        match image.staged_by {
            Some(staging) => is_open(&staging) || image.children.iter().any(is_open),
            None => {
                let after = image.own.iter().flat_map(|id| &self.dependents[*id]);
                let mut all = image.own.iter().chain(&image.children).chain(after);
                all.any(is_open)
            }
        }
    }

    /// Steps wait again, as do those that depend on them and have not started. Returns the steps that will not run.
    fn put_back(&mut self, plan: &Plan, again: &BTreeSet<StepId>) -> Vec<StepId> {
        for id in again {
            self.states[*id] = State::Waiting(0);
        }
        let dependents = again.iter().flat_map(|id| &self.dependents[*id]);
        let waiting = |id: &&StepId| matches!(self.states[**id], State::Waiting(_) | State::Ready);
        let affected = again.iter().chain(dependents.filter(waiting));
        let affected: BTreeSet<StepId> = affected.copied().collect();
        // All of them wait before the first is ready: a step that never can be ready blocks what waits for it.
        for id in &affected {
            if self.states[*id] == State::Ready {
                self.ready -= 1;
            }
            self.states[*id] = match self.stopped {
                true => State::Dropped,
                false => State::Waiting(self.open_before(plan, *id)),
            };
        }
        let mut blocked = Vec::new();
        for id in affected {
            match (self.states[id], self.hindrance(plan, id)) {
                (State::Waiting(0), _) => blocked.extend(self.make_ready(plan, id)),
                (State::Waiting(_), Some(by)) => {
                    self.states[id] = State::Blocked(by);
                    blocked.push(id);
                    blocked.extend(self.block_dependents(plan, id, by));
                }
                _ => {}
            }
        }
        blocked
    }

    /// The failure of a step that this one waits for: it was done before, and has failed when it was made again.
    fn hindrance(&self, plan: &Plan, id: StepId) -> Option<StepId> {
        let mut after = plan.step(id).after.iter();
        after.find_map(|a| match self.states[*a] {
            State::Failed => Some(*a),
            State::Blocked(by) => Some(by),
            _ => None,
        })
    }

    /// How many steps have to be done before this one.
    fn open_before(&self, plan: &Plan, id: StepId) -> usize {
        let after = plan.step(id).after.iter();
        after.filter(|a| self.states[**a] != State::Done).count()
    }
}
