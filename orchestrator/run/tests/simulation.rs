//! The schedule over fleets and engines that exist in numbers only: engines die and return, and time is a queue of events.

use crate::plan::{Action, Fit, Plan, Reason, Step, StepId};
use crate::run::{Capacity, End, EngineId, Limits, Policy, Schedule, State};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};
use std::time::{Duration, Instant};

/// A fleet and the engines that build it.
pub struct Simulated {
    pub variants: usize,
    pub engines: usize,
    /// Builds at once on each engine.
    pub jobs: usize,
    /// How often an engine dies during the run, for all engines together.
    pub deaths: usize,
    /// Whether images are staged.
    pub push: bool,
    pub seed: u64,
}

/// What came out.
pub struct Result {
    /// The time of the run, in simulated milliseconds.
    pub took: u64,
    /// The time that no schedule could have gone below: the engines' time in reach, or the longest path.
    pub least: u64,
    /// kiln's own time.
    pub own: Duration,
    /// The steps of the plan.
    pub steps: usize,
    /// Builds that were started, besides one for each image.
    pub repeated: usize,
    /// Images that were fetched by an engine that had not built them.
    pub crossed: usize,
}

/// A fleet of families: one root in twenty variants, each other variant is based on an earlier one of its family.
pub fn plan(variants: usize, push: bool, random: &mut StdRng) -> Plan {
    let mut steps: Vec<Step> = Vec::new();
    let mut made: Vec<(u32, u32, u32)> = Vec::new();
    let mut add = |variant: usize, platform: bool, action: Action, after: Vec<u32>| {
        steps.push(Step {
            variant: format!("v:{variant}").as_str().into(),
            platform: platform.then(crate::name::Platform::linux_amd64),
            action,
            reasons: vec![Reason::Follows].into(),
            after: after.into_iter().map(StepId).collect(),
        });
        steps.len() as u32 - 1
    };
    for variant in 0..variants {
        let (family, place) = (variant - variant % 20, variant % 20);
        let mut parents: Vec<(u32, u32, u32)> = Vec::new();
        if place > 0 {
            parents.push(made[family + random.random_range(0..place.min(4))]);
            if random.random_bool(0.05) {
                parents.push(made[random.random_range(0..variant)]);
            }
        }
        let of = |which: fn(&(u32, u32, u32)) -> u32| parents.iter().map(which).collect::<Vec<_>>();
        let build = add(variant, true, Action::Build, of(|parent| parent.0));
        let check = add(variant, true, Action::Check, vec![build]);
        made.push(match push {
            true => {
                let mut after = of(|parent| parent.1);
                after.push(check);
                let stage = add(variant, true, Action::Stage, after);
                let mut after = of(|parent| parent.2);
                after.push(stage);
                let moves = Action::Move {
                    moves: Vec::new(),
                    deferred: Vec::new(),
                };
                (build, stage, add(variant, false, moves, after))
            }
            false => {
                let mut after = of(|parent| parent.2);
                after.push(check);
                let name = Action::Name {
                    references: Vec::new(),
                };
                (build, check, add(variant, false, name, after))
            }
        });
    }
    Plan {
        steps: steps.into(),
        push,
        ..Plan::default()
    }
}

/// A time around `middle` whose logarithm is normally distributed.
fn lognormal(random: &mut StdRng, middle: f64) -> u64 {
    let normal: f64 = (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0;
    (middle * (0.6 * normal).exp()).max(1.0) as u64
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Happens {
    Ends(StepId, u32),
    Dies(EngineId),
    Returns(EngineId),
}

struct Run<'a> {
    plan: &'a Plan,
    took: Vec<u64>,
    now: u64,
    events: BinaryHeap<Reverse<(u64, Happens)>>,
    /// How often each step was started.
    starts: Vec<u32>,
    running: BTreeMap<StepId, Option<EngineId>>,
    alive: Vec<Option<u64>>,
    /// The time in reach of engines that have died.
    lived: u64,
    /// What each image of a variant is on, and whether it is staged.
    on: HashMap<String, BTreeSet<EngineId>>,
    staged: BTreeSet<String>,
    /// How often each step was interrupted, or undone.
    lost: HashMap<StepId, u32>,
    crossed: usize,
}

impl Run<'_> {
    /// A step may run where it starts: what it is based on is there, or staged.
    fn check(&mut self, id: StepId, engine: Option<EngineId>) {
        let step = self.plan.step(id);
        let Some(engine) = engine else {
            return;
        };
        assert!(
            self.alive[engine.0].is_some(),
            "{id:?} starts on an engine that is gone"
        );
        let parents = step.after.iter().map(|id| self.plan.step(*id));
        let needed: BTreeSet<String> = match step.action {
            Action::Build => parents.map(|parent| parent.variant.to_string()).collect(),
            _ => BTreeSet::from([step.variant.to_string()]),
        };
        for image in needed {
            let on = self.on.entry(image.clone()).or_default();
            if on.insert(engine) {
                assert!(
                    self.staged.contains(&image),
                    "{image} is fetched before it is staged"
                );
                self.crossed += 1;
            }
        }
    }

    fn ended(&mut self, id: StepId, engine: Option<EngineId>) {
        let step = self.plan.step(id);
        let image = step.variant.to_string();
        match (&step.action, engine) {
            (Action::Build, Some(engine)) => {
                assert!(
                    !self.staged.contains(&image),
                    "{image} is built after it was staged"
                );
                self.on.insert(image, BTreeSet::from([engine]));
            }
            (Action::Stage, _) => {
                assert!(self.staged.insert(image), "an image is staged twice");
            }
            _ => {}
        }
    }

    fn dies(&mut self, engine: EngineId) {
        if let Some(since) = self.alive[engine.0].take() {
            self.lived += self.now - since;
        }
        self.on.values_mut().for_each(|on| {
            on.remove(&engine);
        });
    }
}

/// Runs a fleet to its end, and checks each start.
pub fn simulate(simulated: &Simulated) -> Result {
    let mut random = StdRng::seed_from_u64(simulated.seed);
    let plan = plan(simulated.variants, simulated.push, &mut random);
    let took = plan.steps.iter().map(|step| match step.action {
        Action::Build => lognormal(&mut random, 60_000.0),
        Action::Check => lognormal(&mut random, 5_000.0),
        Action::Stage => lognormal(&mut random, 4_000.0),
        _ => 200,
    });
    let took: Vec<u64> = took.collect();
    let limits = Limits {
        builds: simulated.jobs,
        transfers: 8,
    };
    let engines = vec![(limits, 0); simulated.engines];
    let began = Instant::now();
    let capacity = Capacity::new(&plan, &engines, 8, |_, _| Fit::Native);
    let mut schedule = Schedule::new(&plan, &capacity, Policy::KeepGoing);
    let mut own = began.elapsed();
    let builds: u64 = plan
        .iter()
        .filter(|(_, step)| step.action == Action::Build)
        .map(|(id, _)| took[usize::from(id)])
        .sum();
    let expected = builds / (simulated.engines * simulated.jobs) as u64;
    let mut run = Run {
        starts: vec![0; plan.steps.len()],
        plan: &plan,
        took,
        now: 0,
        events: BinaryHeap::new(),
        running: BTreeMap::new(),
        alive: vec![Some(0); simulated.engines],
        lived: 0,
        on: HashMap::new(),
        staged: BTreeSet::new(),
        lost: HashMap::new(),
        crossed: 0,
    };
    for _ in 0..simulated.deaths {
        let at = random.random_range(0..expected.max(2));
        let engine = EngineId(random.random_range(0..simulated.engines));
        run.events.push(Reverse((at, Happens::Dies(engine))));
        let back = at + 1 + random.random_range(0..expected.max(2) / 4 + 1);
        run.events.push(Reverse((back, Happens::Returns(engine))));
    }
    let mut wasted = 0;
    loop {
        let began = Instant::now();
        let started = schedule.start(&plan);
        own += began.elapsed();
        for (id, engine) in started {
            run.check(id, engine);
            run.starts[usize::from(id)] += 1;
            run.running.insert(id, engine);
            let end = run.now + run.took[usize::from(id)];
            run.events.push(Reverse((
                end,
                Happens::Ends(id, run.starts[usize::from(id)]),
            )));
        }
        if schedule.is_over() {
            break;
        }
        let Some(Reverse((at, event))) = run.events.pop() else {
            panic!("steps are left, and nothing happens any more");
        };
        run.now = at;
        let began = Instant::now();
        match event {
            Happens::Ends(id, start)
                if run.starts[usize::from(id)] == start && run.running.contains_key(&id) =>
            {
                let engine = run.running.remove(&id).flatten();
                let end = if plan.step(id).action == Action::Build {
                    End::Made
                } else {
                    End::Done
                };
                let blocked = schedule.finish(&plan, id, end);
                own += began.elapsed();
                assert!(blocked.is_empty(), "something is blocked");
                run.ended(id, engine);
            }
            Happens::Ends(..) => {}
            Happens::Dies(engine) => {
                // Those that are left do the work.
                if run.alive.iter().flatten().count() > 1 && run.alive[engine.0].is_some() {
                    let before: Vec<State> =
                        plan.iter().map(|(id, _)| schedule.state(id)).collect();
                    let began = Instant::now();
                    let interrupted = schedule.lose(&plan, engine).interrupted;
                    own += began.elapsed();
                    for id in interrupted {
                        run.running.remove(&id);
                        *run.lost.entry(id).or_default() += 1;
                    }
                    for (id, step) in plan.iter() {
                        let was_done = before[usize::from(id)] == State::Done;
                        if was_done && schedule.state(id) != State::Done {
                            assert!(
                                !run.staged.contains(step.variant.as_str()),
                                "what is staged is made again"
                            );
                            *run.lost.entry(id).or_default() += 1;
                            if step.action == Action::Build {
                                wasted += run.took[usize::from(id)];
                            }
                        }
                    }
                    run.dies(engine);
                }
            }
            Happens::Returns(engine) => {
                schedule.found(engine);
                own += began.elapsed();
                run.alive[engine.0].get_or_insert(at);
            }
        }
    }
    for (id, step) in plan.iter() {
        assert_eq!(schedule.state(id), State::Done, "{step:?}");
        let starts = run.starts[usize::from(id)];
        let lost = run.lost.get(&id).copied().unwrap_or_default();
        assert_eq!(starts, 1 + lost, "{step:?} was lost {lost} times");
    }
    let repeated = plan.iter().filter(|(_, step)| step.action == Action::Build);
    let repeated: u32 = repeated
        .map(|(id, _)| run.starts[usize::from(id)] - 1)
        .sum();
    // How much of the run the engines were in reach.
    let lived: u64 = run.lived
        + run
            .alive
            .iter()
            .flatten()
            .map(|since| run.now - since)
            .sum::<u64>();
    let share = lived as f64 / (run.now * simulated.engines as u64) as f64;
    let work = (builds + wasted) as f64 / (simulated.engines * simulated.jobs) as f64 / share;
    Result {
        took: run.now,
        least: longest(&plan, &run.took).max(work as u64),
        own,
        steps: plan.steps.len(),
        repeated: repeated as usize,
        crossed: run.crossed,
    }
}

/// The longest path through a plan.
fn longest(plan: &Plan, took: &[u64]) -> u64 {
    let mut ends: Vec<u64> = Vec::with_capacity(took.len());
    for (id, step) in plan.iter() {
        let after = step.after.iter().map(|id| ends[usize::from(*id)]).max();
        ends.push(after.unwrap_or(0) + took[usize::from(id)]);
    }
    ends.into_iter().max().unwrap_or(0)
}

/// Nothing is lost, and nothing is built twice except what an engine that died was building, or had and was not staged.
#[test]
fn engines_die_and_return_and_each_image_is_made_once() {
    for seed in 0..400 {
        let mut random = StdRng::seed_from_u64(seed);
        let engines = random.random_range(1..6);
        simulate(&Simulated {
            variants: random.random_range(1..120),
            engines,
            jobs: random.random_range(1..4),
            deaths: if engines > 1 {
                random.random_range(0..8)
            } else {
                0
            },
            push: random.random_bool(0.7),
            seed,
        });
    }
}

#[test]
fn ten_thousand_variants_on_fifty_engines_take_little_longer_than_the_work_itself() {
    let result = simulate(&Simulated {
        variants: 10_000,
        engines: 50,
        jobs: 4,
        deaths: 40,
        push: true,
        seed: 7,
    });
    let ratio = result.took as f64 / result.least as f64;
    println!(
        "{} steps: {:.0} min, {:.3} of the least; {} builds repeated, {} images fetched, {:.1} µs per step",
        result.steps,
        result.took as f64 / 60_000.0,
        ratio,
        result.repeated,
        result.crossed,
        result.own.as_secs_f64() * 1e6 / result.steps as f64
    );
    assert!(ratio < 1.1, "{ratio}");
}
