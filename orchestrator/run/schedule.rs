//! Which step may start, and on which engine: a state machine without a clock, tasks or I/O.
//!
//! ```text
//!                 last `after` done           slot free            ok
//!   Waiting(n) ----------------------> Ready ----------> Running -----> Done
//!       |      <------------------------ | <------------- | -------------'
//!       |            its engine, or that of an image that only that engine had, is gone
//!       | a step it waits for failed     | stopped          | error
//!       v                                v                  v
//!    Blocked(by)                      Dropped             Failed
//! ```

mod capacity;
mod cost;
mod fleet;
mod loss;
mod places;
mod queues;
mod state;

pub use capacity::{Capacity, EngineId, Kind, Limits};
pub use loss::Lost;
pub use state::{End, Policy, Started, State};

use crate::plan::{Plan, StepId};
use cost::{CLASSES, class, weights};
use fleet::Fleet;
use places::{Demand, Places};
use queues::{Entry, Queue};
use std::cmp::Reverse;
use typed_index_collections::{TiVec, ti_vec};

/// The states of all steps of one plan.
#[derive(Debug)]
pub struct Schedule {
    states: TiVec<StepId, State>,
    dependents: TiVec<StepId, Vec<StepId>>,
    /// The longest path from here to the end.
    weight: TiVec<StepId, u64>,
    /// Which entry of a step in the queues counts.
    stamps: TiVec<StepId, u32>,
    /// Where each running step runs, or the last one ran.
    engines: TiVec<StepId, Option<EngineId>>,
    /// The kind of each step that runs on an engine.
    kinds: TiVec<StepId, Option<usize>>,
    /// The steps that are running on each engine, and those on none.
    running: Vec<std::collections::BTreeSet<StepId>>,
    places: Places,
    fleet: Fleet,
    /// By class: builds, checks, transfers, moves with hooks.
    queues: [Queue; CLASSES],
    /// The number of steps that are ready.
    ready: usize,
    policy: Policy,
    stopped: bool,
}

impl Schedule {
    /// All steps are waiting, those without `after` ready. Linear in steps and edges.
    pub fn new(plan: &Plan, capacity: &Capacity, policy: Policy) -> Self {
        let mut dependents: TiVec<StepId, Vec<StepId>> = ti_vec![Vec::new(); plan.steps.len()];
        for (id, step) in plan.iter() {
            step.after.iter().for_each(|a| dependents[*a].push(id));
        }
        let fleet = Fleet::new(capacity);
        let states = plan.steps.iter();
        let mut schedule = Self {
            states: states.map(|s| State::Waiting(s.after.len())).collect(),
            weight: weights(plan, &dependents),
            dependents,
            stamps: ti_vec![0; plan.steps.len()],
            engines: ti_vec![None; plan.steps.len()],
            kinds: capacity.of.clone(),
            running: vec![Default::default(); capacity.engines.len()],
            places: Places::new(plan),
            queues: queues(capacity, &fleet),
            fleet,
            ready: 0,
            policy,
            stopped: false,
        };
        for (id, _) in plan.iter().filter(|(_, step)| step.after.is_empty()) {
            schedule.make_ready(plan, id);
        }
        schedule
    }

    /// Returns the steps that start now; the caller runs them and reports each with [`Self::finish`].
    pub fn start(&mut self, plan: &Plan) -> Vec<Started> {
        let mut started = Vec::new();
        for class in 0..CLASSES {
            while !self.stopped {
                let (states, stamps) = (&self.states, &self.stamps);
                let holds = |entry: &Entry| {
                    let step = entry.step.0;
                    states[step] == State::Ready && stamps[step] == entry.stamp
                };
                let Some((id, engine)) = self.queues[class].next(&self.fleet, &holds) else {
                    break;
                };
                self.begin(plan, id, engine);
                started.push((id, engine));
            }
        }
        started
    }

    fn begin(&mut self, plan: &Plan, id: StepId, engine: Option<EngineId>) {
        self.states[id] = State::Running;
        self.engines[id] = engine;
        self.ready -= 1;
        if let Some(engine) = engine {
            self.running[engine.0].insert(id);
            let moved = self.places.start(id, engine);
            self.place_again(plan, moved);
        }
    }

    /// A running step ended. Returns the steps that will not run because of it.
    pub fn finish(&mut self, plan: &Plan, id: StepId, end: End) -> Vec<StepId> {
        self.leave(plan, id);
        if end == End::Failed {
            self.states[id] = State::Failed;
            let blocked = self.block_dependents(plan, id, id);
            self.failed();
            return blocked;
        }
        self.states[id] = State::Done;
        if let Some(engine) = self.engines[id] {
            let moved = self.places.finish(id, engine, end == End::Made);
            self.place_again(plan, moved);
        }
        let mut blocked = Vec::new();
        for dependent in self.dependents[id].clone() {
            if let State::Waiting(n) = self.states[dependent] {
                self.states[dependent] = State::Waiting(n - 1);
                if n == 1 && !self.stopped {
                    blocked.extend(self.make_ready(plan, dependent));
                }
            }
        }
        blocked
    }

    /// Something failed: under [`Policy::FailFast`], nothing new starts.
    pub fn failed(&mut self) {
        if self.policy == Policy::FailFast {
            self.stop();
        }
    }

    /// Lets nothing new start.
    pub fn stop(&mut self) {
        self.stopped = true;
        self.ready = 0;
        for state in &mut self.states {
            if matches!(state, State::Waiting(_) | State::Ready) {
                *state = State::Dropped;
            }
        }
    }

    /// Whether no step is running and none is ready.
    pub fn is_over(&self) -> bool {
        self.ready == 0 && self.queues.iter().all(|queue| queue.running() == 0)
    }

    /// The state of a step.
    pub fn state(&self, id: StepId) -> State {
        self.states[id]
    }

    /// The engine that runs a step, or has run it.
    pub fn engine(&self, id: StepId) -> Option<EngineId> {
        self.engines[id]
    }

    /// A step is not running any more.
    fn leave(&mut self, plan: &Plan, id: StepId) {
        let engine = self.engines[id];
        self.queues[class(plan, plan.step(id))].end(&self.fleet, engine);
        if let Some(engine) = engine {
            self.running[engine.0].remove(&id);
        }
    }

    /// A step may start; returns the steps that are blocked since it never can.
    fn make_ready(&mut self, plan: &Plan, id: StepId) -> Vec<StepId> {
        self.states[id] = State::Ready;
        self.ready += 1;
        self.place(plan, id);
        self.stranded(plan, id)
    }

    /// Enters a ready step where it may run; an earlier entry does not count any more.
    fn place(&mut self, plan: &Plan, id: StepId) {
        self.stamps[id] += 1;
        let demand = self.places.demand(id);
        let near = match demand {
            Demand::Anywhere(near) => near,
            _ => None,
        };
        let entry = Entry {
            weight: self.weight[id],
            step: Reverse(id),
            stamp: self.stamps[id],
            near,
        };
        let queue = &mut self.queues[class(plan, plan.step(id))];
        queue.push(&self.fleet, entry, self.kinds[id], demand);
    }

    fn place_again(&mut self, plan: &Plan, moved: Vec<StepId>) {
        for id in moved {
            if self.states[id] == State::Ready {
                self.place(plan, id);
            }
        }
    }

    /// Blocks what waits for a step that will not be done, since `by` has failed.
    fn block_dependents(&mut self, plan: &Plan, of: StepId, by: StepId) -> Vec<StepId> {
        let mut blocked = Vec::new();
        let mut open = self.dependents[of].clone();
        while let Some(id) = open.pop() {
            if matches!(self.states[id], State::Waiting(_)) {
                self.states[id] = State::Blocked(by);
                blocked.push(id);
                open.extend(&self.dependents[id]);
            }
        }
        let unstaged: Vec<StepId> = blocked.iter().copied().chain([of]).collect();
        for id in self.places.apart(&unstaged) {
            blocked.extend(self.stranded(plan, id));
        }
        blocked.sort_unstable();
        blocked
    }

    /// Blocks a ready step that needs images of several engines, if one of them will not be staged, and so never be fetched.
    fn stranded(&mut self, plan: &Plan, id: StepId) -> Vec<StepId> {
        if self.states[id] != State::Ready || self.places.demand(id) != Demand::Apart {
            return Vec::new();
        }
        let never = |staging: StepId| {
            let state = self.states[staging];
            matches!(state, State::Failed | State::Blocked(_) | State::Dropped)
        };
        let Some(staging) = self.places.staging(id, never) else {
            return Vec::new();
        };
        let by = match self.states[staging] {
            State::Blocked(by) => by,
            _ => staging,
        };
        self.ready -= 1;
        self.states[id] = State::Blocked(by);
        let mut blocked = self.block_dependents(plan, id, by);
        blocked.push(id);
        blocked
    }
}

fn queues(capacity: &Capacity, fleet: &Fleet) -> [Queue; CLASSES] {
    let builds = || capacity.engines.iter().map(|limits| limits.builds.max(1));
    let transfers = capacity.engines.iter();
    let transfers: Vec<usize> = transfers.map(|limits| limits.transfers.max(1)).collect();
    let all = capacity.transfers.max(1) * capacity.engines.len().max(1);
    let on_engines = |limits: Vec<usize>| {
        let total = limits.iter().sum::<usize>().max(1);
        Queue::new(fleet, limits, total)
    };
    [
        on_engines(builds().collect()),
        on_engines(builds().collect()),
        Queue::new(fleet, transfers.clone(), all),
        Queue::new(fleet, transfers, all),
    ]
}
