//! G3, G4: a run is killed at each of its calls; then the same command leads to the end state of an undisturbed one, and
//! stages nothing twice.

use super::super::world::runtime;
use super::fleet::Fleet;
use crate::registry::fake::Operation;
use crate::run::Stop;

/// What happens before the run that is killed, and that run.
const RUNS: &[(&[&str], &str)] = &[
    (&[], "build"),
    (
        &["edit root root-1~", "build", "engine other"],
        "build --pipeline 7",
    ),
    (&["build", "edit root root-2~"], "build"),
    (
        &[
            "edit platforms \"linux/amd64\" \"linux/arm64\"",
            "build",
            "edit app app-2~",
        ],
        "build",
    ),
    (&["edit app-more check run=\"true\""], "build"),
    (
        &["edit root-tags tag \"{version}\"; tag \"at-{probe:echo 3.12}\" fixed"],
        "build",
    ),
    (&["build", "base D2", "engine other"], "nightly"),
    (&["edit publish \"s.example/f/{image}\""], "build"),
];

pub async fn before(events: &[&str]) -> Fleet {
    let mut fleet = Fleet::new();
    for event in events {
        fleet.happens(event).await;
    }
    fleet
}

/// The end state after a run that is killed at its n-th call and run again; `None` if it ends before that.
async fn resumed(events: &[&str], run: &str, n: usize) -> Option<Vec<String>> {
    let mut fleet = before(events).await;
    let called = fleet.call(run);
    let (ready, plan) = fleet.world.plan(&called.call).await.expect("an answer");
    let bell = fleet.world.registry.alarm(None, "", n);
    let running = fleet
        .world
        .carry_out(&ready, plan, &called.call, &fleet.engine, Stop::default());
    tokio::select! {
        biased;
        () = bell.notified() => {}
        _ = running => return None,
    }
    let again = fleet.happens(run).await;
    let what = format!("{events:?} {run}, killed at call {n}: {again:#?}");
    assert!(!again.contains(&"failed".to_owned()), "{what}");
    staged_once(&fleet, &what);
    let tags = fleet.state().await;
    let third = fleet.happens(run).await;
    assert!(
        !third
            .iter()
            .any(|line| line.contains("built") || line.contains("wrote")),
        "{what}\n{third:#?}"
    );
    Some(tags)
}

pub fn staged_once(fleet: &Fleet, what: &str) {
    let log = fleet.world.registry.log();
    let mut staged: Vec<String> = log
        .iter()
        .map(|write| write.reference.familiar())
        .filter(|reference| reference.contains(":b-"))
        .collect();
    let all = staged.len();
    staged.sort();
    staged.dedup();
    assert_eq!(all, staged.len(), "staged twice: {what}");
}

#[test]
fn a_killed_run_resumes() {
    for (events, run) in RUNS {
        let undisturbed = runtime().block_on(async {
            let mut fleet = before(events).await;
            fleet.happens(run).await;
            fleet.state().await
        });
        let mut n = 1;
        while let Some(tags) = runtime().block_on(resumed(events, run, n)) {
            assert_eq!(tags, undisturbed, "{events:?} {run}, killed at call {n}");
            n += 1;
        }
        assert!(n > 10, "it was killed at {n} calls");
    }
}

/// A step that is dropped in the middle of a call counts, too: the answer is lost, the write is not.
#[test]
fn a_write_whose_answer_is_lost_counts() {
    runtime().block_on(async {
        let mut fleet = Fleet::new();
        let registry = fleet.world.registry.clone();
        let lost = crate::registry::fake::Fault::LostAnswer;
        registry.fault(Operation::Put, "root:1.27", 1, lost);
        fleet.happens("build").await;
        fleet.happens("build").await;
        let undisturbed = {
            let mut fleet = Fleet::new();
            fleet.happens("build").await;
            fleet.state().await
        };
        assert_eq!(fleet.state().await, undisturbed);
    });
}
