//! The last engine in reach goes away.

use super::*;

/// One engine dies and is back, and the other one dies: the run ends well on the first.
#[test]
fn another_one_is_back() {
    let runtime = runtime();
    let whole = runtime.block_on(run(true, &[NEVER, NEVER]));
    for call in 1..=whole.calls[0] {
        let back = Duration::from_secs(2);
        let ran = runtime.block_on(run(true, &[(call, FOR_GOOD), (2, back)]));
        let is_well = ran.outcome.is_success();
        assert!(is_well, "dead at call {call}: {:?}", ran.outcome.steps);
        assert_eq!(ran.tags(), whole.tags(), "dead at call {call}");
    }
}

/// All engines are gone for a while: the run waits, and says so.
#[test]
fn a_run_without_an_engine_waits() {
    let back = Duration::from_secs(20);
    let ran = runtime().block_on(run(true, &[(1, FOR_GOOD), (1, back)]));
    assert!(ran.outcome.is_success(), "{:?}", ran.outcome.steps);
    let reasons = ran.events.iter().filter_map(|event| match event {
        EventKind::EngineGone { why, .. } => Some(why.contains("waits up to 30 s")),
        _ => None,
    });
    assert_eq!(reasons.collect::<Vec<bool>>(), [false, true]);
}
