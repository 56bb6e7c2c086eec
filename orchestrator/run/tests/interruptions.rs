//! G3: a run that is stopped at any moment names each tag that it was to move, and what it says is true.

use super::engine::Fake as Engine;
use super::world::{Call, World, runtime};
use crate::plan::MoveState;
use crate::registry::fake::{Fake as Registry, Fault, Operation};
use crate::run::{Stop, TagState};
use std::collections::BTreeSet;
use std::time::Duration;

const FLEET: &str =
    "workspace \"w\" { publish \"r.example/f/{image}\"; stage \"r.example/f/stage\" }
    base \"b\" from=\"r.example/base:1\"
    toolset \"t\" { run \"true\" }
    image \"i0\" { from base=\"b\"; use \"t\"; tag \"1\"; tag \"latest\"; tag \"1.0\" fixed }
    image \"i1\" { from image=\"i0\"; tag \"1\"; tag \"latest\" }
    image \"i2\" { from image=\"i0\"; tag \"1\" }
    ";

/// Stops a run after some milliseconds; returns the states that its tags have.
async fn stopped(after: u64) -> BTreeSet<TagState> {
    let registry = Registry::default();
    let base = "r.example/base:1".parse().expect("a reference");
    registry.seed(&base, &Engine::base("base"));
    let slow = [("i0:latest", 9000), ("i1:1", 3000), ("i2:1", 7000)];
    for (part, ms) in slow {
        let fault = Fault::Delay(Duration::from_millis(ms));
        registry.fault(Operation::Put, part, 1, fault);
    }
    let stop = Stop::default();
    let soon = stop.soon.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(after)).await;
        soon.cancel();
    });
    let (world, call) = (World::around(&registry), Call::push(FLEET));
    let (ready, plan) = world.plan(&call).await.expect("the registry answers");
    let engine = world.engine();
    let run = world.carry_out(&ready, plan.clone(), &call, &engine, stop);
    let (outcome, _) = run.await;
    let named: Vec<&str> = outcome.tags.iter().map(|end| end.tag.as_str()).collect();
    let planned = plan.moves().filter(|m| m.state == MoveState::Write);
    let planned: Vec<String> = planned.map(|m| m.reference.familiar()).collect();
    assert_eq!(named, planned, "stopped after {after} ms");
    assert_eq!(outcome.stopped, !outcome.is_success(), "after {after} ms");
    for end in &outcome.tags {
        let is_there = registry
            .tagged(&end.tag.parse().expect("a reference"))
            .is_some();
        let is_true = match end.state {
            TagState::Moved => is_there,
            TagState::NotMoved => !is_there,
            TagState::Unknown => true,
        };
        assert!(is_true, "stopped after {after} ms: {end:?}");
    }
    outcome.tags.into_iter().map(|end| end.state).collect()
}

#[test]
fn a_stopped_run_tells_the_truth_about_its_tags() {
    let runtime = runtime();
    let mut seen = BTreeSet::new();
    for after in (0..20_000).step_by(250) {
        seen.extend(runtime.block_on(stopped(after)));
    }
    let all = [TagState::Moved, TagState::NotMoved, TagState::Unknown];
    assert_eq!(seen, BTreeSet::from(all));
}
