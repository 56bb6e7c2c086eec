//! Engines that go out of reach during a run, and come back.

use super::places::Image;
use super::{EngineId, Schedule, State};
use crate::plan::{Action, Plan, StepId};
use std::collections::BTreeSet;

/// What a run loses with an engine.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Lost {
    /// The steps that were running there: they are not running any more.
    pub interrupted: Vec<StepId>,
    /// All steps that start again: these, and those that made what only it had.
    pub again: Vec<StepId>,
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
        self.put_back(plan, &again);
        self.place_again(plan, homeless);
        Lost {
            interrupted,
            again: again.into_iter().collect(),
        }
    }

    /// An engine is in reach again. It has nothing that this run has made.
    pub fn found(&mut self, engine: EngineId) {
        if !self.is_alive(engine) {
            self.reach(engine, true);
        }
    }

    /// Whether an engine is in reach.
    pub fn is_alive(&self, engine: EngineId) -> bool {
        self.fleet.alive[engine.0]
    }

    /// A running step has failed only because an engine is gone: it starts again.
    pub fn again(&mut self, plan: &Plan, id: StepId) {
        if self.states[id] == State::Running {
            self.leave(plan, id);
            self.put_back(plan, &BTreeSet::from([id]));
        }
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
        let blocked = self.block_dependents(plan, id);
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

    /// Steps wait again, as do those that depend on them and have not started.
    fn put_back(&mut self, plan: &Plan, again: &BTreeSet<StepId>) {
        for id in again {
            self.states[*id] = State::Waiting(0);
        }
        let dependents = again.iter().flat_map(|id| &self.dependents[*id]);
        let waiting = |id: &&StepId| matches!(self.states[**id], State::Waiting(_) | State::Ready);
        let affected = again.iter().chain(dependents.filter(waiting));
        let affected: BTreeSet<StepId> = affected.copied().collect();
        for id in affected {
            if self.states[id] == State::Ready {
                self.ready -= 1;
            }
            if self.stopped {
                self.states[id] = State::Dropped;
                continue;
            }
            let after = plan.step(id).after.iter();
            match after.filter(|a| self.states[**a] != State::Done).count() {
                0 => drop(self.make_ready(plan, id)),
                left => self.states[id] = State::Waiting(left),
            }
        }
    }
}
