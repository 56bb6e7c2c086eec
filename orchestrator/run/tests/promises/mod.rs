//! The promises of a run, over many fleets and many histories of them: steps and checks that fail, registries that
//! misbehave, bases and recipes that change, runs that are killed or stopped at any call, and two runs at once. A model of the
//! fleet that knows nothing of kiln says what each tag must consist of.
//!
//! Some seeds are always the same, and some are new each time: `KILN_TEST_SEEDS` sets how many. `KILN_TEST_SEED=17` repeats
//! one.

mod dice;
mod fleet;
mod judge;
mod story;

use super::engine::Fake as Engine;
use super::world::{Call, World, runtime};
use crate::line::Ready;
use crate::plan::Plan;
use crate::registry::fake::Fake as Registry;
use crate::run::{Outcome, StepOutcome};
use std::sync::Arc;

/// The seeds that are always tried.
const FIXED: u64 = 60;
/// The number of new ones.
const NEW: u64 = 20;

/// A run like that of `kiln build --push`; `None` if the registry could not be queried.
pub(super) async fn go(
    text: &str,
    registry: &Registry,
    engine: &Engine,
    fail_fast: bool,
) -> Option<(Arc<Ready>, Plan, Outcome)> {
    let world = World::around(registry);
    let call = Call {
        fail_fast,
        ..Call::push(text)
    };
    world.go(&call, engine).await.ok()
}

/// A number from the environment.
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// G1, G2, G3, G4, G5, G7, G8, G9, G21: see `judge.rs`.
#[test]
fn runs_keep_their_promises() {
    let new = number("KILN_TEST_SEEDS").unwrap_or(NEW);
    let seeds: Vec<u64> = match number("KILN_TEST_SEED") {
        Some(seed) => vec![seed],
        None => (0..FIXED).chain((0..new).map(|_| rand::random())).collect(),
    };
    for seed in seeds {
        if let Err(why) = runtime().block_on(story::tell(seed)) {
            panic!(
                "{why}
KILN_TEST_SEED={seed} repeats it"
            );
        }
    }
}

/// A task that panics is a failed step: what depends on it is blocked, everything else goes on, and the run ends.
#[test]
fn a_panic_is_a_failed_step() {
    let text = "workspace \"w\" { publish \"r.example/f/{image}\"; stage \"r.example/f/stage\" }
        base \"b\" from=\"r.example/base:1\"
        toolset \"bad\" { run \"echo a bug\" }
        toolset \"good\" { run \"echo\" }
        image \"i0\" { from base=\"b\"; use \"bad\"; tag \"1\" }
        image \"i1\" { from image=\"i0\"; use \"good\"; tag \"1\" }
        image \"i2\" { from base=\"b\"; use \"good\"; tag \"1\" }
        ";
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
    let engine = Engine::beside(&registry);
    let (_, plan, outcome) = runtime
        .block_on(go(text, &registry, &engine, false))
        .expect("the registry answers");
    let mut failed = plan.iter().filter_map(|(id, step)| {
        let StepOutcome::Failed { failure, .. } = &outcome.steps[id] else {
            return None;
        };
        let label = step.variant.to_string();
        Some((label, step.action.word(), failure.error.to_string()))
    });
    let (label, action, error) = failed.next().expect("a failed step");
    assert_eq!((label.as_str(), action), ("i0:1", "build"));
    assert!(
        error.starts_with("kiln has a bug here: at RUN ") && error.ends_with("; please report it"),
        "{error}"
    );
    assert_eq!(failed.next(), None);
    let tagged = |name: &str| {
        let reference = format!("r.example/f/{name}:1").parse();
        registry.tagged(&reference.expect("a reference")).is_some()
    };
    assert_eq!(["i0", "i1", "i2"].map(tagged), [false, false, true]);
    assert!(!outcome.steps.contains(&StepOutcome::NotReached));
}
