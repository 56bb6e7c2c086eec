//! What became of each tag.

use super::*;
use crate::matrix::TagKind;
use crate::plan::{Held, Move, Reason};
use crate::request::WorldError;
use crate::run::{Done, Failure};
use std::time::Duration;
use typed_index_collections::TiSlice;

fn reference(tag: &str) -> Reference {
    format!("r.example/a:{tag}").parse().expect("a reference")
}

/// A step that moves these tags.
fn step(tags: &[(&str, MoveState)]) -> Step {
    let moves = tags.iter().map(|(tag, state)| Move {
        counted: None,
        versions: Default::default(),
        reference: reference(tag),
        kind: TagKind::Moving,
        was: None,
        state: state.clone(),
        varies: false,
    });
    Step {
        variant: "a:1".into(),
        platform: None,
        action: Action::Move {
            moves: moves.collect(),
            deferred: Vec::new(),
        },
        reasons: vec![Reason::Follows].into(),
        after: Vec::new(),
    }
}

/// Checks what became of the tags of one step.
#[track_caller]
fn check(ledger: &Ledger, end: StepOutcome, expect: &[(&str, TagState)]) {
    let tags = ["1", "2", "3"].map(|tag| (tag, MoveState::Write));
    let held = [
        (
            "held",
            MoveState::Held(Box::new(Held::Rule("a branch".into()))),
        ),
        ("same", MoveState::Current),
    ];
    let plan = Plan {
        steps: vec![step(&[&tags[..], &held[..]].concat())].into(),
        push: true,
        ..Plan::default()
    };
    let ends = ledger.ends(&plan, TiSlice::from_ref(&[end]));
    let found: Vec<(&str, TagState)> = ends
        .iter()
        .map(|end| (end.tag.as_str(), end.state))
        .collect();
    assert_eq!(found, expect);
}

fn stopped() -> StepOutcome {
    StepOutcome::Failed {
        failure: Failure::from(WorldError::Stopped),
        took: Duration::ZERO,
    }
}

#[test]
fn each_tag_is_moved_or_not_or_unknown() {
    use TagState::{Moved, NotMoved, Unknown};
    let ledger = Ledger::default();
    let none = [
        ("r.example/a:1", NotMoved),
        ("r.example/a:2", NotMoved),
        ("r.example/a:3", NotMoved),
    ];
    check(&ledger, StepOutcome::NotReached, &none);
    check(&ledger, stopped(), &none);
    let probed = reference("probed");
    let due = [
        probed.clone(),
        reference("1"),
        reference("2"),
        reference("3"),
    ];
    ledger.due(&"a:1".into(), &due);
    ledger.enter(&probed, Moved);
    ledger.enter(&reference("1"), Unknown);
    let some = [
        ("r.example/a:probed", Moved),
        ("r.example/a:1", Unknown),
        ("r.example/a:2", NotMoved),
        ("r.example/a:3", NotMoved),
    ];
    check(&ledger, stopped(), &some);
}

#[test]
fn a_complete_step_names_what_it_wrote() {
    let ledger = Ledger::default();
    ledger.enter(&reference("2"), TagState::Moved);
    let end = StepOutcome::Done {
        done: Done::CheckedBefore,
        took: Duration::ZERO,
    };
    check(&ledger, end, &[("r.example/a:2", TagState::Moved)]);
}
