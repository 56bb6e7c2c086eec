//! G4, G5: the jobs of a saved plan, killed at each of their calls and in every order: the same end state as that of one run.

use super::super::world::runtime;
use super::fleet::Fleet;
use super::killed::{before, staged_once};
use crate::run::Stop;

/// The jobs of a fleet of `root` and `app`.
const JOBS: [&str; 3] = ["--only root", "--only app", "--publish"];

/// What happens before the plan is saved.
const BEFORE: &[&[&str]] = &[
    &["edit root-tags tag \"{version}\"; tag \"at-{probe:echo 3.12}\" fixed"],
    &[
        "build",
        "edit platforms \"linux/amd64\" \"linux/arm64\"",
        "edit root root-2",
    ],
];

/// What each public tag consists of after one run.
fn undisturbed(events: &[&str]) -> Vec<String> {
    runtime().block_on(async {
        let mut fleet = before(events).await;
        fleet.happens("build").await;
        fleet.state().await
    })
}

/// The end state after a job is killed at its n-th call, and it and those after it run again; `None` if it ends before that.
async fn resumed(events: &[&str], job: usize, n: usize) -> Option<Vec<String>> {
    let mut fleet = before(events).await;
    fleet.happens("plan-out").await;
    for done in &JOBS[..job] {
        fleet.happens(&format!("apply {done}")).await;
    }
    let (called, plan) = fleet.part(JOBS[job]);
    let ready = fleet.world.line(&called.call);
    let bell = fleet.world.registry.alarm(None, "", n);
    let running = fleet
        .world
        .carry_out(&ready, plan, &called.call, &fleet.engine, Stop::default());
    tokio::select! {
        biased;
        () = bell.notified() => {}
        _ = running => return None,
    }
    for again in &JOBS[job..] {
        let said = fleet.happens(&format!("apply {again}")).await;
        let what = format!("{events:?} {again}, after job {job} was killed at {n}: {said:#?}");
        assert!(!said.contains(&"failed".to_owned()), "{what}");
        staged_once(&fleet, &what);
    }
    Some(fleet.state().await)
}

#[test]
fn killed_jobs_resume() {
    for events in BEFORE {
        let undisturbed = undisturbed(events);
        for job in 0..JOBS.len() {
            let mut n = 1;
            while let Some(tags) = runtime().block_on(resumed(events, job, n)) {
                assert_eq!(
                    tags, undisturbed,
                    "{events:?}, job {job} killed at call {n}"
                );
                n += 1;
            }
            assert!(n > 3, "job {job} was killed at {n} calls");
        }
    }
}

/// All orders of three jobs.
const ORDERS: [[usize; 3]; 6] = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
];

/// Jobs that come too early fail; repeated in the same order, they end as one run does, and stage nothing twice.
#[test]
fn jobs_in_every_order_end_where_one_run_does() {
    for events in BEFORE {
        let undisturbed = undisturbed(events);
        for order in ORDERS {
            let state = runtime().block_on(async {
                let mut fleet: Fleet = before(events).await;
                fleet.happens("plan-out").await;
                for job in [order, order, order].concat() {
                    fleet.happens("engine of its own").await;
                    fleet.happens(&format!("apply {}", JOBS[job])).await;
                }
                staged_once(&fleet, &format!("{events:?}, {order:?}"));
                let last = fleet.happens("apply --publish").await;
                assert!(!last.iter().any(|line| line.contains("wrote")), "{last:#?}");
                fleet.state().await
            });
            assert_eq!(state, undisturbed, "{events:?}, {order:?}");
        }
    }
}
