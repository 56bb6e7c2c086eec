//! How often a push is tried depends on the kind of failure.

use super::engine::Fake as Engine;
use super::promises::go;
use crate::registry::fake::{Fake as Registry, Fault, Operation};

const FLEET: &str = r#"
workspace "w" { publish "r.example/f/{image}"; stage "r.example/f/stage" }
base "b" from="r.example/base:1"
image "i" { from base="b"; tag "1" }
"#;

/// The outcome of a run whose first pushes fail in this way.
#[track_caller]
fn check(status: u16, times: usize, success: bool, unreachable: bool) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    let registry = Registry::default();
    registry.seed(
        &"r.example/base:1".parse().expect("a reference"),
        &Engine::base("base"),
    );
    registry.fault(Operation::Put, ":b-", times, Fault::Status(status));
    let engine = Engine::beside(&registry);
    let (_, plan, outcome) = runtime
        .block_on(go(FLEET, &registry, &engine, false))
        .expect("the registry can be asked");
    assert_eq!(
        (outcome.is_success(), outcome.is_closed(&plan)),
        (success, unreachable),
        "{status} {times} times: {outcome:?}"
    );
}

#[test]
fn what_may_pass_is_tried_again() {
    check(503, 3, true, false);
    check(429, 3, true, false);
    check(400, 3, true, false);
    check(503, 4, false, true);
    check(429, 4, false, true);
    check(400, 4, false, false);
}

#[test]
fn what_is_not_allowed_is_not_tried_again() {
    check(401, 1, false, true);
    check(403, 1, false, true);
}

#[test]
fn a_missing_repository_is_not_tried_again() {
    check(404, 1, false, false);
}
