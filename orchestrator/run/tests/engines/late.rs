//! Engines that do not answer when a run starts.

use super::*;
use crate::registry::fake::Operation;
use crate::run::{Connect, Late};

/// An engine that answers after a time, and pushes to this registry.
fn late(engine: Fake, after: Duration) -> Late {
    let name: Arc<str> = "late".into();
    let began: Arc<parking_lot::Mutex<Option<Instant>>> = Arc::default();
    let connect: Connect = Box::new(move || {
        let (engine, began) = (engine.clone(), began.clone());
        Box::pin(async move {
            let since = *began.lock().get_or_insert_with(Instant::now);
            match since.elapsed() < after {
                true => Err(WorldError::unreachable("the engine", "connection refused")),
                false => {
                    let info = EngineInfo {
                        version: "28.5.2".into(),
                        ..engine.info().await?
                    };
                    Ok(member("late", info, Arc::new(engine)))
                }
            }
        })
    });
    Late { name, connect }
}

/// Why an engine that came late was refused.
fn refused(ran: &Ran) -> Vec<&str> {
    let refused = ran.events.iter().filter_map(|event| match event {
        EventKind::EngineRefused { why, .. } => Some(why.as_str()),
        _ => None,
    });
    refused.collect()
}

#[test]
fn one_that_answers_later_takes_its_part() {
    let runtime = runtime();
    let whole = runtime.block_on(run(true, &[NEVER]));
    for push in [true, false] {
        let ran = runtime.block_on(run_with(push, &[NEVER], |engine| {
            vec![late(engine, Duration::from_secs(1))]
        }));
        assert!(ran.outcome.is_success(), "{:?}", ran.outcome.steps);
        assert_eq!(ran.built(), IMAGES);
        // Without staging, both families have begun on the first engine by then.
        if push {
            assert_eq!(ran.engines(), BTreeSet::from(["engine-0", "late"]));
            assert_eq!(ran.tags(), whole.tags());
        }
    }
}

#[test]
fn one_that_never_answers_costs_nothing() {
    let ran = runtime().block_on(run_with(true, &[NEVER], |engine| {
        vec![late(engine, FOR_GOOD)]
    }));
    assert!(ran.outcome.is_success(), "{:?}", ran.outcome.steps);
    assert_eq!(ran.engines(), BTreeSet::from(["engine-0"]));
}

/// What an engine must find in the registries is looked up once, before the run; without `--push`, never.
#[test]
fn it_queries_no_registry_again() {
    let runtime = runtime();
    for push in [true, false] {
        let asked = |ran: &Ran| {
            let calls = ran.registry.calls().into_iter();
            let is_base = |name: &str| name.contains("/base@") || name.ends_with("/base:1");
            let own = calls.filter(|(operation, name)| {
                matches!(operation, Operation::Put | Operation::PutBlob) && !push || is_base(name)
            });
            own.count()
        };
        let alone = runtime.block_on(run(push, &[NEVER]));
        let ran = runtime.block_on(run_with(push, &[NEVER], |engine| {
            vec![late(engine, Duration::from_secs(1))]
        }));
        let has_joined =
            |event: &EventKind| matches!(event, EventKind::EngineBack { is_new: true, .. });
        assert!(ran.events.iter().any(has_joined), "push {push}");
        assert_eq!(asked(&ran), asked(&alone), "push {push}");
    }
}

/// What was built there could not be found by the others.
#[test]
fn one_beside_another_registry_is_refused() {
    let ran = runtime().block_on(run_with(true, &[NEVER], |_| {
        let engine = Fake::beside(&Registry::default());
        vec![late(engine, Duration::ZERO)]
    }));
    assert!(ran.outcome.is_success(), "{:?}", ran.outcome.steps);
    assert_eq!(ran.engines(), BTreeSet::from(["engine-0"]));
    let why = refused(&ran);
    assert_eq!(why.len(), 1, "{why:?}");
    assert!(why[0].contains("another registry at r.example"), "{why:?}");
}

/// After the only engine is gone, the run waits for one that never answered before.
#[test]
fn it_goes_on_alone() {
    let ran = runtime().block_on(run_with(true, &[(4, FOR_GOOD)], |engine| {
        vec![late(engine, Duration::from_secs(15))]
    }));
    assert!(ran.outcome.is_success(), "{:?}", ran.outcome.steps);
    assert!(ran.engines().contains("late"));
}
