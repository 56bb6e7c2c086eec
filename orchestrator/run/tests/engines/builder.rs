//! An engine that answers, and whose builder does not work.

use super::*;

/// Its builds go to another engine, and it is used again when its builder works.
#[test]
fn a_dead_builder_is_a_dead_engine_until_it_works() {
    let runtime = runtime();
    for back in [FOR_GOOD, Duration::from_secs(7)] {
        let ran = runtime.block_on(run_on(true, |world| {
            let broken = Mortal {
                only_builder: true,
                ..Mortal::new(world.engine(), 1, back)
            };
            vec![Mortal::new(world.engine(), 0, Duration::ZERO), broken]
        }));
        assert!(ran.outcome.is_success(), "{:?}", ran.outcome.steps);
        assert_eq!(ran.names_gone(), ["engine-1"]);
        let is_used = ran.engines().contains("engine-1");
        assert_eq!(is_used, back != FOR_GOOD);
    }
}

/// An engine is cleared before it is used again, and at the end of a run if it is back by then.
#[test]
fn what_dropped_steps_have_left_is_removed() {
    let runtime = runtime();
    for (back, cleared) in [(Duration::from_secs(7), 1), (FOR_GOOD, 0)] {
        let ran = runtime.block_on(run(true, &[NEVER, (2, back)]));
        assert_eq!(ran.cleared, [0, cleared], "back after {back:?}");
    }
    // Too late for a step: the run has ended by the next question.
    let whole = runtime.block_on(run(true, &[NEVER, NEVER]));
    let last = (whole.calls[1], Duration::from_secs(4));
    let ran = runtime.block_on(run(true, &[NEVER, last]));
    assert_eq!(ran.cleared[1], 1);
}
