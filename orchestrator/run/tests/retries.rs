//! Trying a build again.

use super::engine::Fake as Engine;
use super::promises::go;
use super::world::runtime;
use crate::registry::fake::Fake as Registry;
use crate::request::FaultKind;

/// How often a build with two retries is tried whose only step fails in this way.
fn tries(step: &str, kind: FaultKind) -> usize {
    let fleet = format!(
        r#"
workspace "w" {{ publish "r.example/f/{{image}}"; stage "r.example/f/stage" }}
base "b" from="r.example/base:1"
toolset "t" {{ run "{step}" }}
image "a" {{ from base="b"; use "t"; tag "1"; retries 2 }}
"#
    );
    let registry = Registry::default();
    let base = "r.example/base:1".parse().expect("a reference");
    registry.seed(&base, &Engine::base("base"));
    let broken = [(step.to_owned(), kind)].into_iter().collect();
    let broken = std::sync::Arc::new(parking_lot::Mutex::new(broken));
    let engine = Engine::beside(&registry).failing(&broken);
    let done = runtime().block_on(go(&fleet, &registry, &engine, false));
    let (.., outcome) = done.expect("the registry answers");
    assert!(!outcome.is_success(), "{step}");
    engine.sent().len()
}

#[test]
fn only_what_may_pass_is_tried_again() {
    for (step, kind, expect) in [
        ("make", FaultKind::Failed, 3),
        ("make", FaultKind::Unavailable, 3),
        // COPY does not find its file.
        ("no such file", FaultKind::Failed, 1),
        ("make", FaultKind::ChecksumMismatch, 1),
        ("make", FaultKind::DiskFull, 1),
        ("make", FaultKind::Refused, 1),
    ] {
        assert_eq!(tries(step, kind), expect, "{step}: {kind}");
    }
}
