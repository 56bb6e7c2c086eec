//! Looking for previous images in a registry that misbehaves.

use super::engine::Fake as Engine;
use super::promises::go;
use crate::engine::Engine as _;
use crate::name::{Platform, Reference};
use crate::registry::credentials::Credentials;
use crate::registry::fake::{Fake as Registry, Fault, Operation};
use crate::survey::Search;
use std::time::Duration;

const FLEET: &str = r#"
workspace "w" { publish "r.example/f/{image}"; stage "r.example/f/stage" }
base "b" from="r.example/base:1"
image "a" { from base="b"; tag "1" }
image "c" { from base="b"; tag "1" }
"#;

const FOUND: &str = "found";

fn tag(text: &str) -> Reference {
    text.parse().expect("a reference")
}

/// Looks for the previous images of `a` and `c`, one after the other, in a registry that fails so often in this way.
async fn search(operation: Operation, part: &str, times: usize, fault: Fault) -> [String; 2] {
    let registry = Registry::default();
    registry.seed(&tag("r.example/base:1"), &Engine::base("base"));
    let engine = Engine::beside(&registry);
    let (_, _, outcome) = go(FLEET, &registry, &engine, false)
        .await
        .expect("the registry can be asked");
    assert!(outcome.is_success());
    registry.fault(operation, part, times, fault);
    let (known, credentials) = (Default::default(), Credentials::none());
    let search = Search {
        registry: &registry,
        engine: &Engine::beside(&registry),
        info: &engine.info().await.expect("an engine"),
        credentials: &credentials,
        known: &known,
    };
    let mut said = [String::new(), String::new()];
    for (image, said) in ["a", "c"].into_iter().zip(&mut said) {
        let candidate = tag(&format!("r.example/f/{image}:1"));
        let platform = Platform::linux_amd64();
        *said = match search.previous(&[candidate], &platform).await {
            Ok(_) => FOUND.into(),
            Err(nothing) => nothing.why,
        };
    }
    said
}

#[track_caller]
fn check(operation: Operation, part: &str, times: usize, fault: Fault, expect: [&str; 2]) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    let said = runtime.block_on(search(operation, part, times, fault.clone()));
    assert_eq!(said, expect, "{fault:?} {times} times");
}

/// G11: cache trouble is a note, and fails nothing.
#[test]
fn an_error_has_a_second_try_and_costs_no_other_image_its_cache() {
    use Operation::{Blob, Manifest};
    let a = "f/a:1";
    check(Manifest, a, 0, Fault::Status(429), [FOUND, FOUND]);
    for status in [429, 500, 503] {
        check(Manifest, a, 1, Fault::Status(status), [FOUND, FOUND]);
        check(Blob, "f/a@", 1, Fault::Status(status), [FOUND, FOUND]);
    }
    let throttled = "r.example/f/a:1 is out of reach: 429";
    check(Manifest, a, 2, Fault::Status(429), [throttled, FOUND]);
    let broken = "r.example/f/a:1 is out of reach: 503";
    check(Manifest, a, 2, Fault::Status(503), [broken, FOUND]);
    let denied = "r.example denies access";
    check(Manifest, a, 1, Fault::Status(403), [denied, FOUND]);
}

#[test]
fn a_registry_that_does_not_answer_has_one_chance() {
    use Operation::Manifest;
    let silent = "r.example does not answer";
    let refused = "r.example/f/a:1 is out of reach: connection refused";
    check(Manifest, "f/a:1", 1, Fault::Unreachable, [refused, silent]);
    let late = "r.example/f/a:1 is out of reach: timed out waiting for a response";
    check(Manifest, "f/a:1", 1, Fault::Hang, [late, silent]);
    let slow = Fault::Delay(Duration::from_secs(4));
    check(Manifest, "f/a:1", 1, slow, [FOUND, FOUND]);
}
