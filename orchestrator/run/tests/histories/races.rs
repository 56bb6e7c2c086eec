//! Rows 22 and 23: two runs at once, in many orders of their calls. Both end well, every child is based on the parent that
//! is published (G7), and no tag goes backwards (G8).

use super::super::world::runtime;
use super::fleet::Fleet;
use crate::registry::fake::{Fault, Operation};
use std::time::Duration;

/// The number of orders that are tried.
const ORDERS: u64 = 40;

/// Slows some calls down, so that the runs meet in another order. Public tags are not written late: no registry can compare
/// and swap, so between the last look at a tag and its write there is a moment that no run can guard.
fn shuffle(fleet: &Fleet, seed: u64) {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) + 1;
    let mut below = |n: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % n as u64).unwrap()
    };
    let reads = [
        "root:", "app:", ":latest", "stable", "stage", ":b-", ":d-", ":v-",
    ];
    let writes = [":b-", ":d-", ":v-"];
    for _ in 0..below(14) {
        let (operation, part) = match below(4) {
            0 => (Operation::Head, reads[below(8)]),
            1 => (Operation::Manifest, reads[below(8)]),
            _ => (Operation::Put, writes[below(3)]),
        };
        let delay = Fault::Delay(Duration::from_millis(below(9) as u64));
        fleet
            .world
            .registry
            .fault(operation, part, 1 + below(6), delay);
    }
}

/// Lets two runs meet; what they said, and the end state.
async fn race(seed: u64, before: &[&str], runs: &str) -> (Fleet, Vec<String>, Vec<String>) {
    let mut fleet = Fleet::new();
    for event in before {
        fleet.happens(event).await;
    }
    shuffle(&fleet, seed);
    let said = fleet.happens(&format!("together {runs}")).await;
    for operation in [Operation::Head, Operation::Manifest, Operation::Put] {
        fleet.world.registry.heal(operation);
    }
    let state = fleet.state().await;
    (fleet, said, state)
}

/// The content of a tag in a state.
fn of<'a>(state: &'a [String], tag: &str) -> &'a str {
    let line = state.iter().find_map(|line| {
        let (content, tags) = line.split_once(" = ")?;
        tags.split(' ').any(|one| one == tag).then_some(content)
    });
    line.unwrap_or_default()
}

#[test]
fn row_22_the_same_revision_twice() {
    let before = ["edit root root-1~", "edit app app-1~"];
    for seed in 0..ORDERS {
        runtime().block_on(async {
            let (mut fleet, said, state) = race(seed, &before, "build | build").await;
            let what = format!("seed {seed}: {said:#?}");
            assert!(!said.contains(&"failed".to_owned()), "{what}");
            let root = of(&state, "root:1.27.0");
            for tag in ["root:1.27", "root:latest"] {
                assert_eq!(of(&state, tag), root, "{what}");
            }
            let app = of(&state, "app:stable");
            assert!(app.starts_with(&format!("{root}/")), "{what}");
            let next = fleet.happens("build").await;
            assert!(
                !next.iter().any(|line| line.contains("built")),
                "{what}\n{next:#?}"
            );
        });
    }
}

#[test]
fn row_23_two_revisions_at_once() {
    for (runs, root, app) in [
        ("build @c1 | build @c2", "D1/root-1", "D1/root-1/app-2"),
        ("build @c2 | build @c1", "D1/root-1", "D1/root-1/app-2"),
        ("build @c1 | build @c3", "D1/root-2", "D1/root-2/app-2"),
        ("build @c3 | build @c1", "D1/root-2", "D1/root-2/app-2"),
    ] {
        for seed in 0..ORDERS {
            runtime().block_on(async {
                let before = ["edit app app-2", "edit root root-2"];
                let (_, said, state) = race(seed, &before, runs).await;
                let what = format!("{runs}, seed {seed}: {said:#?}");
                assert!(!said.contains(&"failed".to_owned()), "{what}");
                assert_eq!(of(&state, "app:stable"), app, "{what}");
                for tag in ["root:1.27.0", "root:1.27", "root:latest"] {
                    assert_eq!(of(&state, tag), root, "{what}");
                }
            });
        }
    }
}
