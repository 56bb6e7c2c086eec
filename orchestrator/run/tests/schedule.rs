//! The laws of the schedule, over random plans.

use crate::plan::{Action, Fit, Plan, Reason, Step, StepId};
use crate::run::{Capacity, End, EngineId, Limits, Policy, Schedule, State};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn step(action: Action, after: &[u32]) -> Step {
    Step {
        variant: "a:1".into(),
        platform: None,
        action,
        reasons: vec![Reason::Follows].into(),
        after: after.iter().map(|n| StepId(*n)).collect(),
    }
}

fn plan(steps: Vec<Step>) -> Plan {
    Plan {
        steps: steps.into(),
        push: true,
        ..Plan::default()
    }
}

/// Runs a plan whose steps fail as specified and end one at a time in the order of `choice`; checks the laws on the way.
fn simulate(
    plan: &Plan,
    limits: Limits,
    policy: Policy,
    fails: &BTreeSet<u32>,
    mut choice: impl FnMut(usize) -> usize,
) -> Vec<State> {
    let mut schedule = Schedule::new(plan, &Capacity::one(plan, limits), policy);
    let (mut running, mut done, mut order) = (Vec::new(), BTreeSet::new(), Vec::new());
    let mut stopped = false;
    loop {
        for (id, _) in schedule.start(plan) {
            assert!(!stopped, "{id:?} starts after a failure");
            assert!(
                plan.step(id).after.iter().all(|a| done.contains(a)),
                "{id:?} starts before a step it waits for is done"
            );
            running.push(id);
            order.push(id);
        }
        let builds = running
            .iter()
            .filter(|id| plan.step(**id).action == Action::Build)
            .count();
        assert!(
            builds <= limits.builds && running.len() - builds <= limits.transfers,
            "more runs at once than allowed"
        );
        if running.is_empty() {
            break;
        }
        let id = running.swap_remove(choice(running.len()) % running.len());
        let ok = !fails.contains(&id.0);
        schedule.finish(plan, id, if ok { End::Done } else { End::Failed });
        stopped |= !ok && policy == Policy::FailFast;
        if ok {
            done.insert(id);
        }
    }
    assert!(schedule.is_over());
    assert_eq!(
        order.len(),
        order.iter().collect::<BTreeSet<_>>().len(),
        "no step runs twice"
    );
    plan.iter().map(|(id, _)| schedule.state(id)).collect()
}

/// One step of each class at once.
const ONE: Limits = Limits {
    builds: 1,
    transfers: 1,
};

fn any_plan() -> impl Strategy<Value = Plan> {
    let one = |n: usize| (any::<bool>(), prop::collection::vec(0..n.max(1), 0..3));
    (1usize..60)
        .prop_flat_map(move |n| (0..n).map(one).collect::<Vec<_>>())
        .prop_map(|rows| {
            let steps = rows.into_iter().enumerate().map(|(at, (build, after))| {
                let mut after: Vec<u32> = after
                    .into_iter()
                    .filter(|a| *a < at)
                    .map(|a| a as u32)
                    .collect();
                after.sort_unstable();
                after.dedup();
                step(if build { Action::Build } else { Action::Stage }, &after)
            });
            plan(steps.collect())
        })
}

proptest! {
    #[test]
    fn all_runs_and_only_descendants_of_failures_do_not(plan in any_plan(), fails in prop::collection::btree_set(0u32..60, 0..4), jobs in 1usize..6, seed in any::<u64>()) {
        let mut state = seed | 1;
        let choice = |n: usize| { state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1); (state >> 33) as usize % n };
        let limits = Limits { builds: jobs, transfers: 3 };
        let states = simulate(&plan, limits, Policy::KeepGoing, &fails, choice);
        let mut red: BTreeSet<u32> = BTreeSet::new();
        for (id, step) in plan.iter() {
            let blocked = step.after.iter().any(|a| red.contains(&a.0));
            match states[usize::from(id)] {
                State::Done => prop_assert!(!blocked && !fails.contains(&id.0)),
                State::Failed => { prop_assert!(!blocked && fails.contains(&id.0)); red.insert(id.0); }
                State::Blocked(by) => { prop_assert!(blocked && fails.contains(&by.0)); red.insert(id.0); }
                other => prop_assert!(false, "{id:?} ended as {other:?}"),
            }
        }
    }

    #[test]
    fn fail_fast_starts_nothing_after_a_failure(plan in any_plan(), seed in any::<u64>()) {
        let mut state = seed | 1;
        let choice = |n: usize| { state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1); (state >> 33) as usize % n };
        let states = simulate(&plan, Limits { builds: 2, transfers: 2 }, Policy::FailFast, &BTreeSet::from([0]), choice);
        prop_assert_eq!(states[0], State::Failed);
        let ends = |state: &State| matches!(state, State::Done | State::Dropped | State::Blocked(StepId(0)));
        prop_assert!(states[1..].iter().all(ends), "{:?}", states);
    }
}

#[test]
fn the_longest_path_goes_first() {
    // 1 is the head of a chain of three; 0 is alone: the one slot goes to the chain.
    let plan = plan(vec![
        step(Action::Build, &[]),
        step(Action::Build, &[]),
        step(Action::Build, &[1]),
        step(Action::Build, &[2]),
    ]);
    let mut schedule = Schedule::new(&plan, &Capacity::one(&plan, ONE), Policy::KeepGoing);
    assert_eq!(schedule.start(&plan), [(StepId(1), None)]);
}

#[test]
fn a_path_is_as_long_as_its_work_takes() {
    // Both begin with a push: what is built after the second one takes longer than the two small steps after the first.
    let plan = plan(vec![
        step(Action::Stage, &[]),
        step(Action::Index, &[0]),
        step(Action::Index, &[1]),
        step(Action::Stage, &[]),
        step(Action::Build, &[3]),
    ]);
    let mut schedule = Schedule::new(&plan, &Capacity::one(&plan, ONE), Policy::KeepGoing);
    assert_eq!(schedule.start(&plan), [(StepId(3), None)]);
}

#[test]
fn checks_wait_neither_for_builds_nor_for_transfers() {
    let plan = plan(vec![
        step(Action::Build, &[]),
        step(Action::Check, &[]),
        step(Action::Stage, &[]),
        step(Action::Probe, &[]),
    ]);
    let mut schedule = Schedule::new(&plan, &Capacity::one(&plan, ONE), Policy::KeepGoing);
    let started: BTreeSet<StepId> = schedule
        .start(&plan)
        .into_iter()
        .map(|(id, _)| id)
        .collect();
    assert_eq!(started, [0, 1, 2].map(StepId).into());
}

#[test]
fn a_stop_drops_what_waits_and_lets_what_runs_end() {
    let plan = plan(vec![step(Action::Build, &[]), step(Action::Stage, &[0])]);
    let mut schedule = Schedule::new(&plan, &Capacity::one(&plan, ONE), Policy::KeepGoing);
    assert_eq!(schedule.start(&plan), [(StepId(0), None)]);
    schedule.stop();
    assert!(!schedule.is_over());
    assert!(schedule.finish(&plan, StepId(0), End::Done).is_empty());
    assert!(schedule.start(&plan).is_empty() && schedule.is_over());
    assert_eq!(schedule.state(StepId(1)), State::Dropped);
}

/// A step on an image for one platform.
fn on_image(image: &str, action: Action, after: &[u32]) -> Step {
    Step {
        variant: image.into(),
        platform: Some(crate::name::Platform::linux_amd64()),
        ..step(action, after)
    }
}

/// Engines with one build at a time, that fit as given.
fn engines(plan: &Plan, fits: &[Fit]) -> Capacity {
    let all: Vec<(Limits, usize)> = (0..fits.len()).map(|class| (ONE, class)).collect();
    Capacity::new(plan, &all, 1, |_, class| fits[class])
}

fn started(schedule: &mut Schedule, plan: &Plan) -> Vec<(u32, usize)> {
    let started = schedule.start(plan).into_iter();
    let engine = |engine: Option<EngineId>| engine.expect("an engine").0;
    started.map(|(id, at)| (id.0, engine(at))).collect()
}

#[test]
fn an_engine_emulates_only_while_no_native_one_is_in_reach() {
    let builds = ["a:1", "b:1", "c:1"].map(|image| on_image(image, Action::Build, &[]));
    let plan = plan(builds.into());
    let fits = [Fit::Emulated, Fit::Native, Fit::Unfit];
    let mut schedule = Schedule::new(&plan, &engines(&plan, &fits), Policy::KeepGoing);
    assert_eq!(started(&mut schedule, &plan), [(0, 1)]);
    assert_eq!(schedule.lose(&plan, EngineId(1)).interrupted, [StepId(0)]);
    assert_eq!(started(&mut schedule, &plan), [(0, 0)]);
    schedule.found(EngineId(1));
    assert_eq!(started(&mut schedule, &plan), [(1, 1)]);
    schedule.lose(&plan, EngineId(0));
    schedule.lose(&plan, EngineId(1));
    assert_eq!(started(&mut schedule, &plan), []);
    assert_eq!(schedule.waiting_for_engines().len(), 3);
    assert!(schedule.give_up(&plan, StepId(0)).is_empty());
    assert_eq!(schedule.state(StepId(0)), State::Failed);
}

/// A child waits for nothing: it is built where its parent is if that engine is idle, else by any other.
#[test]
fn a_child_prefers_the_engine_of_its_parent() {
    let plan = plan(vec![
        on_image("p:1", Action::Build, &[]),
        on_image("p:1", Action::Stage, &[0]),
        on_image("x:1", Action::Build, &[0]),
        on_image("y:1", Action::Build, &[0]),
    ]);
    let fits = [Fit::Native, Fit::Native];
    let mut schedule = Schedule::new(&plan, &engines(&plan, &fits), Policy::KeepGoing);
    assert_eq!(started(&mut schedule, &plan), [(0, 0)]);
    schedule.finish(&plan, StepId(0), End::Made);
    // It is on one engine until it is staged.
    assert_eq!(started(&mut schedule, &plan), [(2, 0), (1, 0)]);
    schedule.finish(&plan, StepId(1), End::Done);
    assert_eq!(started(&mut schedule, &plan), [(3, 1)]);
}

/// Images of two engines meet only in a registry: where one is not staged, what needs both is blocked by that.
#[test]
fn what_cannot_meet_is_blocked() {
    let plan = plan(vec![
        on_image("p:1", Action::Build, &[]),
        on_image("p:1", Action::Stage, &[0]),
        on_image("q:1", Action::Build, &[]),
        on_image("q:1", Action::Stage, &[2]),
        on_image("both:1", Action::Build, &[0, 2]),
        on_image("both:1", Action::Stage, &[1, 3, 4]),
    ]);
    let fits = [Fit::Native, Fit::Native];
    let mut schedule = Schedule::new(&plan, &engines(&plan, &fits), Policy::KeepGoing);
    assert_eq!(started(&mut schedule, &plan), [(0, 0), (2, 1)]);
    schedule.finish(&plan, StepId(0), End::Made);
    schedule.finish(&plan, StepId(2), End::Made);
    assert_eq!(started(&mut schedule, &plan), [(1, 0), (3, 1)]);
    let blocked = schedule.finish(&plan, StepId(1), End::Failed);
    assert_eq!(blocked, [StepId(4), StepId(5)]);
    assert_eq!(schedule.state(StepId(4)), State::Blocked(StepId(1)));
    schedule.finish(&plan, StepId(3), End::Done);
    assert!(schedule.start(&plan).is_empty() && schedule.is_over());
}

#[test]
fn what_only_a_lost_engine_has_starts_again() {
    let plan = plan(vec![
        on_image("p:1", Action::Build, &[]),
        on_image("p:1", Action::Stage, &[0]),
        on_image("x:1", Action::Build, &[0]),
    ]);
    let fits = [Fit::Native, Fit::Native];
    let mut schedule = Schedule::new(&plan, &engines(&plan, &fits), Policy::KeepGoing);
    assert_eq!(started(&mut schedule, &plan), [(0, 0)]);
    schedule.finish(&plan, StepId(0), End::Made);
    assert_eq!(started(&mut schedule, &plan), [(2, 0), (1, 0)]);
    let lost = schedule.lose(&plan, EngineId(0));
    assert_eq!(lost.interrupted, [1, 2].map(StepId));
    assert_eq!(lost.again, [0, 1, 2].map(StepId));
}
