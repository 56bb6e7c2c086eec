//! A registry that goes silent while the engine pushes to it.

use super::engine::Fake as Engine;
use super::promises::go;
use crate::registry::fake::{Fake as Registry, Fault, Operation};
use crate::run::{Outcome, StepOutcome};
use std::time::Duration;
use tokio::time::Instant;

const FLEET: &str = r#"
workspace "w" { publish "r.example/f/{image}"; stage "r.example/f/stage" }
base "b" from="r.example/base:1"
image "i" { from base="b"; tag "1" }
"#;

/// Runs while the push takes 250 s and the questions of kiln meet these faults. Returns the error and the seconds.
fn run(questions: &[(usize, Fault)]) -> (Option<String>, u64) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    let registry = Registry::default();
    let base = "r.example/base:1".parse().expect("a reference");
    registry.seed(&base, &Engine::base("base"));
    let slow = Fault::Delay(Duration::from_secs(250));
    registry.fault(Operation::Put, ":b-", 1, slow);
    // The survey and the build have looked for the image before.
    registry.skip(Operation::Head, ":b-", 2);
    for (times, fault) in questions {
        registry.fault(Operation::Head, ":b-", *times, fault.clone());
    }
    let engine = Engine::beside(&registry);
    let (plan, outcome, took) = runtime.block_on(async {
        let began = Instant::now();
        let (_, plan, outcome) = go(FLEET, &registry, &engine, false)
            .await
            .expect("the registry can be asked");
        (plan, outcome, began.elapsed())
    });
    assert_eq!(outcome.is_closed(&plan), !outcome.is_success());
    (error(&outcome), took.as_secs())
}

fn error(outcome: &Outcome) -> Option<String> {
    outcome.steps.iter().find_map(|step| match step {
        StepOutcome::Failed { failure, .. } => Some(failure.error.to_string()),
        _ => None,
    })
}

#[track_caller]
fn fails(questions: &[(usize, Fault)], after: u64) {
    let (error, took) = run(questions);
    let expect = format!(
        "r.example is out of reach: it has answered nothing for {after} s, in the middle of a push; run again when it \
         answers, and if pushes through this engine hang even then, restart the engine"
    );
    assert_eq!(error, Some(expect), "{questions:?}");
    assert!(took <= 60, "{questions:?}: {took} s");
}

#[test]
fn a_silent_registry_ends_the_push_within_a_minute() {
    fails(&[(99, Fault::Hang)], 50);
    fails(&[(99, Fault::Unreachable)], 45);
    fails(&[(3, Fault::Unreachable), (99, Fault::Hang)], 50);
    fails(&[(8, Fault::Unreachable), (99, Fault::Hang)], 55);
}

#[track_caller]
fn passes(questions: &[(usize, Fault)]) {
    let (error, took) = run(questions);
    assert_eq!(error, None, "{questions:?}");
    assert!(took >= 250, "the whole push was awaited: {took} s");
}

#[test]
fn a_registry_that_answers_is_not_cut_off() {
    passes(&[]);
    passes(&[(99, Fault::Delay(Duration::from_secs(40)))]);
    for status in [401, 404, 429, 500, 503] {
        // As many questions as there are in 250 s: one every 5 s.
        passes(&[(49, Fault::Status(status))]);
    }
    passes(&[(8, Fault::Unreachable)]);
}
