//! The schedule when steps fail and engines die: no step is forgotten, and each one that is blocked is reported once.

use super::simulation::plan;
use crate::plan::{Action, Fit, Plan, StepId};
use crate::run::{Capacity, End, EngineId, Limits, Policy, Schedule, State};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::collections::{BTreeMap, BTreeSet};

/// One run: the steps that are running, and what was reported as blocked.
struct Story<'a> {
    plan: &'a Plan,
    schedule: Schedule,
    running: BTreeMap<StepId, Option<EngineId>>,
    blocked: BTreeSet<StepId>,
    random: StdRng,
}

impl Story<'_> {
    fn report(&mut self, blocked: Vec<StepId>) {
        for id in blocked {
            let is_blocked = matches!(self.schedule.state(id), State::Blocked(_));
            assert!(is_blocked, "{id:?} is reported as blocked, and is not");
            assert!(self.blocked.insert(id), "{id:?} is reported twice");
        }
    }

    /// One of the running steps ends.
    fn end(&mut self) {
        let at = self.random.random_range(0..self.running.len());
        let id = self.running.keys().nth(at).copied().expect("a step");
        let engine = self.running.remove(&id).flatten();
        let blocked = match (self.random.random_range(0..20), &self.plan.step(id).action) {
            (0, _) => self.schedule.finish(self.plan, id, End::Failed),
            (1, _) if engine.is_some() => self.schedule.again(self.plan, id),
            (_, Action::Build) => self.schedule.finish(self.plan, id, End::Made),
            _ => self.schedule.finish(self.plan, id, End::Done),
        };
        self.report(blocked);
    }

    fn lose(&mut self, engine: EngineId) {
        let lost = self.schedule.lose(self.plan, engine);
        for id in &lost.interrupted {
            self.running.remove(id);
        }
        let left = self.running.values().flatten();
        assert_eq!(left.filter(|one| **one == engine).count(), 0);
        self.report(lost.blocked);
    }
}

fn story(seed: u64, push: bool) {
    let mut random = StdRng::seed_from_u64(seed);
    let plan = plan(random.random_range(1..60), push, &mut random);
    let engines = random.random_range(2..5);
    let limits = Limits {
        builds: random.random_range(1..3),
        transfers: 2,
    };
    // Images that cross are the interesting ones: some engines only emulate.
    let classes: Vec<(Limits, usize)> = (0..engines).map(|at| (limits, at % 2)).collect();
    let fits = |_: &crate::plan::Step, class: usize| [Fit::Native, Fit::Emulated][class];
    let capacity = match random.random_bool(0.5) {
        true => Capacity::new(&plan, &classes, 2, fits),
        false => Capacity::new(&plan, &classes, 2, |_, _| Fit::Native),
    };
    let mut story = Story {
        schedule: Schedule::new(&plan, &capacity, Policy::KeepGoing),
        plan: &plan,
        running: BTreeMap::new(),
        blocked: BTreeSet::new(),
        random,
    };
    loop {
        let started = story.schedule.start(&plan);
        story.running.extend(started);
        let engine = EngineId(story.random.random_range(0..engines));
        match story.random.random_range(0..12) {
            0 => story.lose(engine),
            1 => story.schedule.found(engine),
            _ if !story.running.is_empty() => story.end(),
            _ if story.schedule.is_over() => break,
            _ => (0..engines).for_each(|at| story.schedule.found(EngineId(at))),
        }
    }
    for (id, step) in plan.iter() {
        let state = story.schedule.state(id);
        match state {
            State::Done | State::Failed => assert!(!story.blocked.contains(&id), "{step:?}"),
            State::Blocked(by) => {
                assert!(story.blocked.contains(&id), "{step:?} was not reported");
                assert_eq!(story.schedule.state(by), State::Failed, "{step:?}");
            }
            _ => panic!("seed {seed}: {step:?} is forgotten as {state:?}"),
        }
    }
}

#[test]
fn no_step_is_forgotten() {
    for seed in 0..600 {
        story(seed, seed % 3 != 0);
    }
}
