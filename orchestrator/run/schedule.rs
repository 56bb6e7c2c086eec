//! Which step may start: a state machine without a clock, tasks or I/O.
//!
//! ```text
//!                 last `after` done           slot free            ok
//!   Waiting(n) ----------------------> Ready ----------> Running -----> Done
//!       |                                |                  |
//!       | a step it waits for failed     | stopped          | error
//!       v                                v                  v
//!    Blocked(by)                      Dropped             Failed
//! ```

use crate::plan::{Action, Plan, Step, StepId};
use std::collections::BinaryHeap;
use typed_index_collections::{TiVec, ti_vec};

/// The state of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// This many of its `after` steps are not done.
    Waiting(usize),
    /// It may start.
    Ready,
    /// It is running.
    Running,
    /// It succeeded.
    Done,
    /// It failed.
    Failed,
    /// It will not run because this step failed.
    Blocked(StepId),
    /// It will not run because the run was stopped.
    Dropped,
}

/// What happens to the rest when a step fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Policy {
    /// Everything that does not depend on it continues.
    #[default]
    KeepGoing,
    /// Running steps finish; nothing new starts.
    FailFast,
}

/// How many steps run at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Builds: the engine has no limit of its own. The same number of images is checked in parallel.
    pub builds: usize,
    /// Everything else: pulls, pushes, moves.
    pub transfers: usize,
}

/// The states of all steps of one plan.
#[derive(Debug)]
pub struct Schedule {
    states: TiVec<StepId, State>,
    dependents: TiVec<StepId, Vec<StepId>>,
    /// The longest path from here to the end.
    weight: TiVec<StepId, u64>,
    /// By class: builds, checks, transfers, moves with hooks. The greatest weight first, then the earliest in the plan.
    ready: [BinaryHeap<(u64, std::cmp::Reverse<StepId>)>; CLASSES],
    running: [usize; CLASSES],
    limits: [usize; CLASSES],
    policy: Policy,
    stopped: bool,
}

impl Schedule {
    /// All steps are waiting, those without `after` ready. Linear in steps and edges.
    pub fn new(plan: &Plan, limits: Limits, policy: Policy) -> Self {
        let mut dependents: TiVec<StepId, Vec<StepId>> = ti_vec![Vec::new(); plan.steps.len()];
        for (id, step) in plan.iter() {
            step.after.iter().for_each(|a| dependents[*a].push(id));
        }
        // The steps are in a valid order, so one pass from the back yields the longest paths.
        let mut weight = ti_vec![0; plan.steps.len()];
        for (id, step) in plan.steps.iter_enumerated().rev() {
            let below = dependents[id].iter().map(|d| weight[*d]).max().unwrap_or(0);
            weight[id] = below + cost(&step.action);
        }
        let states = plan
            .steps
            .iter()
            .map(|s| State::Waiting(s.after.len()))
            .collect();
        let limits = [
            limits.builds.max(1),
            limits.builds.max(1),
            limits.transfers.max(1),
            limits.transfers.max(1),
        ];
        let mut schedule = Self {
            states,
            dependents,
            weight,
            ready: Default::default(),
            running: [0; CLASSES],
            limits,
            policy,
            stopped: false,
        };
        for (id, step) in plan.iter().filter(|(_, step)| step.after.is_empty()) {
            schedule.make_ready(id, class(plan, step));
        }
        schedule
    }

    /// Returns the steps that start now; the caller runs them and reports each with [`Self::finish`].
    pub fn start(&mut self) -> Vec<StepId> {
        let mut started = Vec::new();
        for class in 0..CLASSES {
            while !self.stopped && self.running[class] < self.limits[class] {
                let Some((_, std::cmp::Reverse(id))) = self.ready[class].pop() else {
                    break;
                };
                self.states[id] = State::Running;
                self.running[class] += 1;
                started.push(id);
            }
        }
        started
    }

    /// A running step ended. Returns the steps that will not run because of it.
    pub fn finish(&mut self, plan: &Plan, id: StepId, ok: bool) -> Vec<StepId> {
        self.running[class(plan, plan.step(id))] -= 1;
        self.states[id] = if ok { State::Done } else { State::Failed };
        if !ok {
            let blocked = self.block_dependents(id);
            self.failed();
            return blocked;
        }
        for dependent in self.dependents[id].clone() {
            if let State::Waiting(n) = self.states[dependent] {
                self.states[dependent] = State::Waiting(n - 1);
                if n == 1 && !self.stopped {
                    self.make_ready(dependent, class(plan, plan.step(dependent)));
                }
            }
        }
        Vec::new()
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
        for state in &mut self.states {
            if matches!(state, State::Waiting(_) | State::Ready) {
                *state = State::Dropped;
            }
        }
    }

    /// Whether no step is running and none can start.
    pub fn is_over(&self) -> bool {
        self.running == [0; CLASSES]
            && (self.stopped || self.ready.iter().all(BinaryHeap::is_empty))
    }

    /// The state of a step.
    pub fn state(&self, id: StepId) -> State {
        self.states[id]
    }

    fn make_ready(&mut self, id: StepId, class: usize) {
        self.states[id] = State::Ready;
        self.ready[class].push((self.weight[id], std::cmp::Reverse(id)));
    }

    fn block_dependents(&mut self, by: StepId) -> Vec<StepId> {
        let mut blocked = Vec::new();
        let mut open = self.dependents[by].clone();
        while let Some(id) = open.pop() {
            if matches!(self.states[id], State::Waiting(_)) {
                self.states[id] = State::Blocked(by);
                blocked.push(id);
                open.extend(&self.dependents[id]);
            }
        }
        blocked.sort_unstable();
        blocked
    }
}

/// The number of classes of work, each with its own limit.
const CLASSES: usize = 4;

fn class(plan: &Plan, step: &Step) -> usize {
    match &step.action {
        Action::Build => 0,
        Action::Check | Action::Probe => 1,
        // A hook may take minutes: it keeps no other step from pulling or pushing.
        Action::Move { .. } | Action::Share { .. } if !plan.hooks_of(step).is_empty() => 3,
        _ => 2,
    }
}

/// Rough durations in seconds: only their proportions matter.
fn cost(action: &Action) -> u64 {
    match action {
        Action::Build => 60,
        Action::Check => 10,
        Action::Probe => 2,
        Action::Use { .. } | Action::Stage => 8,
        Action::Index
        | Action::Attest
        | Action::MarkChecked
        | Action::Move { .. }
        | Action::Share { .. }
        | Action::Name { .. } => 1,
        Action::Keep { .. } | Action::Skip { .. } | Action::Take { .. } | Action::Find => 0,
    }
}
