//! The text of reports.

mod closing;
mod failing;
mod records;
mod tested;

use super::*;
use crate::check::{Check, Kind, Verdict, primary};
use crate::matrix::TagKind;
use crate::plan::{Held, Move, MoveState, PlannedVariant, Reason, Step};
use crate::request::WorldError;
use crate::run::{CheckResult, Done, EventKind, Failure, StepOutcome, TagEnd, TagState};
use crate::text::{SourceId, Span};
use std::sync::Arc;
use std::time::Duration;
use typed_index_collections::TiVec;

/// G15: text from images, builders and registries cannot control a terminal.
#[test]
fn reports_contain_no_control_characters() {
    let bad = "\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}";
    let step = StepId(0);
    let failure = WorldError::refused(bad, bad);
    let kinds = [
        EventKind::Output {
            step,
            line: bad.into(),
        },
        EventKind::Note {
            step,
            text: format!("{bad}\n[other] published"),
        },
        EventKind::StepFailed {
            step,
            failure: failure.into(),
        },
    ];
    let labels = Labels {
        steps: vec![("go:1.27".into(), "build")].into(),
        builds: 1,
    };
    let (mut plain, mut json) = (Vec::new(), Vec::new());
    for kind in kinds {
        let event = Event {
            at: Duration::ZERO,
            kind,
        };
        Plain::new(&mut plain, labels.clone(), false).event(&event);
        Json::new(&mut json, labels.clone()).event(&event);
    }
    for shown in [plain, json] {
        let shown = String::from_utf8(shown).expect("text");
        assert!(!shown.contains(crate::text::is_harmful), "{shown:?}");
        assert!(!shown.contains("\n[other]"), "{shown}");
    }
}

/// A run that has ended, with these results of its steps.
fn ended(steps: Vec<StepOutcome>, took: Duration) -> Outcome {
    Outcome {
        steps: steps.into(),
        took,
        stopped: false,
        tags: Vec::new(),
        engines: TiVec::new(),
    }
}

/// A run of two variants: tags that the plan holds, one that the run holds, a check that failed, and one that passed.
pub(super) fn held_run() -> (Plan, Outcome) {
    let rule = || Held::Rule("this is branch `x`".into());
    let moves = |tags: &[(&str, MoveState)]| {
        let one = |(tag, state): &(&str, MoveState)| Move {
            counted: None,
            versions: Default::default(),
            reference: format!("r.example/{tag}").parse().expect("a reference"),
            kind: TagKind::Moving,
            was: None,
            state: state.clone(),
            varies: false,
        };
        Action::Move {
            moves: tags.iter().map(one).collect(),
            deferred: Vec::new(),
        }
    };
    let step = |variant: &str, action| Step {
        variant: variant.into(),
        platform: None,
        action,
        reasons: vec![Reason::Follows].into(),
        after: Vec::new(),
    };
    let go = [
        ("go:1.27.0", MoveState::Write),
        ("go:1.27", MoveState::Held(Box::new(rule()))),
        ("go:latest", MoveState::Write),
    ];
    let app = [("app:1", MoveState::Held(Box::new(rule())))];
    let plan = Plan {
        push: true,
        variants: ["go:1.27.0", "app:1"]
            .map(|name| (name.into(), Box::new(variant())))
            .into(),
        steps: vec![
            step("go:1.27.0", moves(&go)),
            step("app:1", Action::Check),
            step("app:1", moves(&app)),
        ]
        .into(),
        ..Plan::default()
    };
    let took = Duration::from_millis(1500);
    let later = Held::Backwards(crate::memory::Hold::Survey);
    let moved = Done::Moved {
        digest: crate::name::Digest::of("go"),
        written: vec!["r.example/go:1.27.0".parse().expect("a reference")],
        held: vec![("r.example/go:latest".parse().expect("a reference"), later)],
        there: Vec::new(),
    };
    let steps = vec![
        StepOutcome::Done { done: moved, took },
        StepOutcome::Failed {
            failure: WorldError::refused("app:1", "the engine went away").into(),
            took,
        },
        StepOutcome::Blocked { by: StepId(1) },
    ];
    (plan, ended(steps, took))
}

fn variant() -> PlannedVariant {
    PlannedVariant {
        fallback: Default::default(),
        probed: Default::default(),
        image: "a".into(),
        platforms: Default::default(),
        publish: Default::default(),
        staging: None,
        trusted_staging: None,
        pointer: None,
        checks: Vec::new().into(),
        hooks: Default::default(),
        deferred: Default::default(),
        late: Default::default(),
        previous: Default::default(),
        named: None,
        kept: None,
        standing: Default::default(),
        secrets: Default::default(),
        recipe: None,
    }
}

/// What the plan holds and what the run holds is in every report.
#[test]
fn every_report_names_held_tags() {
    let (plan, outcome) = held_run();
    let summary = Summary {
        exit: 1,
        ..summary(&plan, &outcome)
    };
    let text = format!(
        "{}\n{}\n",
        table(&summary.rows),
        closing(&summary, &outcome)
    );
    insta::assert_snapshot!("held_text", text);
    let labels = Labels::new(&plan);
    let (mut json, mut xml) = (Vec::new(), Vec::new());
    Json::new(&mut json, labels.clone()).close(&outcome, &summary);
    let mut junit = Junit::new(&mut xml, labels);
    let check = tested::tested()[1].results.clone().expect("results")[0].clone();
    let events = [
        EventKind::Checked {
            step: StepId(1),
            result: Box::new(check),
        },
        EventKind::StepFailed {
            step: StepId(2),
            failure: WorldError::refused("app:1", "the <registry> went away").into(),
        },
    ];
    for kind in events {
        let at = Duration::ZERO;
        junit.event(&Event { at, kind });
    }
    junit.close(&outcome, &summary);
    insta::assert_snapshot!("held_json", String::from_utf8(json).expect("text"));
    insta::assert_snapshot!("held_junit", String::from_utf8(xml).expect("text"));
}

/// With `--fail-fast`, an image whose tags were still to be moved did not end well.
#[test]
fn an_image_whose_tags_were_not_reached_is_not_done() {
    let took = Duration::ZERO;
    let digest = crate::name::Digest::of("staged");
    let state = |done: Done, state: MoveState, reason: Reason| {
        let (mut plan, mut outcome) = held_run();
        plan.steps.raw[1].action = Action::Build;
        let step = &mut plan.steps.raw[2];
        step.reasons = vec![reason].into();
        if let Action::Move { moves, .. } = &mut step.action {
            moves.iter_mut().for_each(|one| one.state = state.clone());
        }
        outcome.steps.raw[1] = StepOutcome::Done { done, took };
        outcome.steps.raw[2] = StepOutcome::NotReached;
        summary(&plan, &outcome).rows[1].state.clone()
    };
    let due = |done: Done| state(done, MoveState::Write, Reason::Follows);
    assert_eq!(due(Done::Taken { digest }), "not reached");
    assert_eq!(due(Done::Kept { digest }), "not reached");
    assert_eq!(due(Done::Same { digest }), "not reached");
    let current = state(Done::Kept { digest }, MoveState::Current, Reason::UpToDate);
    assert_eq!(current, "up to date");
}

/// A plan that was carried out before: the tags are where they should be, and nothing is built.
#[test]
fn a_plan_that_is_applied_again_shows_its_tags_and_no_build() {
    let took = Duration::ZERO;
    let (mut plan, mut outcome) = held_run();
    let tag = |name: &str| name.parse().expect("a reference");
    plan.steps.raw[1].action = Action::Build;
    let digest = crate::name::Digest::of("staged");
    let moved = Done::Moved {
        digest,
        written: Vec::new(),
        held: Vec::new(),
        there: vec![tag("r.example/go:1.27.0"), tag("r.example/go:latest")],
    };
    outcome.steps.raw[0] = StepOutcome::Done { done: moved, took };
    let ended = summary(&plan, &outcome);
    assert_eq!(ended.rows[0].tags, ["1.27.0", "latest"]);
    // What was found staged, and is published already, is up to date.
    let mut found = (plan.clone(), outcome.clone());
    found.0.steps.raw[0].action = Action::Find;
    found.0.steps.raw[1] = plan.steps.raw[0].clone();
    found.1.steps.raw[1] = outcome.steps.raw[0].clone();
    let taken = Done::Taken { digest };
    found.1.steps.raw[0] = StepOutcome::Done { done: taken, took };
    let ended = summary(&found.0, &found.1);
    assert_eq!(ended.rows[0].state, "up to date");
    let shown = |events: Vec<EventKind>| {
        let mut out = Vec::new();
        let mut plain = Plain::new(&mut out, Labels::new(&plan), false);
        for kind in events {
            plain.event(&Event { at: took, kind });
        }
        String::from_utf8(out).expect("text")
    };
    let step = StepId(1);
    let done = Done::Taken { digest };
    let found = shown(vec![
        EventKind::StepStarted { step, engine: None },
        EventKind::StepDone { step, done },
    ]);
    assert!(found.starts_with("[app:1] staged before as "), "{found}");
    let built = shown(vec![
        EventKind::StepStarted { step, engine: None },
        EventKind::Progress {
            step,
            text: "RUN make".into(),
            cached: false,
        },
    ]);
    assert_eq!(built, "[app:1] building\n[app:1] RUN make\n");
}

/// A run that comes second used what another one had staged, whenever it found that.
#[test]
fn an_image_of_another_run_was_not_built() {
    let took = Duration::ZERO;
    let digest = |name: &str| crate::name::Digest::of(name);
    let ended = |built: Done, staged: Done, written: Vec<crate::name::Reference>| {
        let (mut plan, mut outcome) = held_run();
        let moved = plan.steps.raw[0].action.clone();
        let actions = [Action::Build, Action::Stage, moved];
        for (step, action) in plan.steps.raw.iter_mut().zip(actions) {
            step.variant = "go:1.27.0".into();
            step.action = action;
        }
        let moved = Done::Moved {
            digest: digest("theirs"),
            written,
            held: Vec::new(),
            there: Vec::new(),
        };
        let done = [built, staged, moved].map(|done| StepOutcome::Done { done, took });
        outcome.steps = done.into_iter().collect();
        summary(&plan, &outcome).rows[0].state.clone()
    };
    let state = |staged: Done, written: Vec<crate::name::Reference>| {
        let built = Done::Built {
            image: digest("local"),
            cached: 0,
            ran: 1,
            cache: crate::run::CacheUse::None("no previous image".into()),
        };
        ended(built, staged, written)
    };
    let taken = || Done::Taken {
        digest: digest("theirs"),
    };
    assert_eq!(ended(taken(), taken(), Vec::new()), "staged before");
    let staged = |name: &str, adopted| Done::Staged {
        digest: digest(name),
        adopted,
    };
    let written = vec!["r.example/go:1.27.0".parse().expect("a reference")];
    assert_eq!(state(staged("theirs", true), Vec::new()), "adopted");
    assert_eq!(state(staged("ours", false), Vec::new()), "adopted");
    assert_eq!(state(staged("theirs", false), Vec::new()), "built");
    assert_eq!(state(staged("theirs", true), written), "published");
}

/// A tag that is held in one registry and names its image in another one is shown with the registry.
#[test]
fn a_held_tag_has_its_registry_where_that_matters() {
    let held = |reference: &str| {
        let reference = reference.parse().expect("a reference");
        crate::plan::HeldTag::new(&reference, Held::Rule("this is branch `x`".into()))
    };
    let row = |tags: &[&str]| Row {
        variant: "a:1".into(),
        state: "published".into(),
        tags: tags.iter().map(ToString::to_string).collect(),
        held: vec![held("one.example/a:1"), held("two.example/a:2")],
        ..Row::default()
    };
    assert!(
        table(&[row(&["3"])]).contains("3     1 2 "),
        "{}",
        table(&[row(&["3"])])
    );
    let split = table(&[row(&["1"])]);
    assert!(
        split.contains("1 on one.example, 2 on two.example"),
        "{split}"
    );
}
