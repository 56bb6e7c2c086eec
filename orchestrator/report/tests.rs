//! The text of reports.

use super::*;
use crate::check::{Check, Kind, Verdict, primary};
use crate::matrix::TagKind;
use crate::plan::{Held, Move, MoveState, PlannedVariant, Reason, Step};
use crate::request::WorldError;
use crate::run::{CheckResult, Done, EventKind, StepOutcome, TagEnd, TagState};
use crate::text::{SourceId, Span};
use std::time::Duration;

/// Two tested images, and one that could not be tested.
fn tested() -> Vec<Tested> {
    let span = Span {
        source: SourceId(0),
        start: 0,
        end: 0,
    };
    let result = |title: &str, place: &str, verdict: Verdict| CheckResult {
        check: Check {
            title: title.into(),
            place: Some(place.into()),
            ..Check::new(span, Kind::Primary)
        },
        verdict,
        took: Duration::from_millis(420),
    };
    let one = |variant: &str, results| Tested {
        variant: variant.into(),
        image: format!("docker.io/cimg/{variant}"),
        platform: "linux/amd64".into(),
        results,
        took: Duration::from_millis(1500),
    };
    let bad = Verdict::fail("exit code 127, expected 0 (127: no such command)")
        .seen("/bin/sh: go: not found\n<&\">\u{1b}[0m");
    let go = vec![
        result("run go version", "kiln.kdl:12:5", bad),
        result(
            primary::WORD,
            "kiln.kdl:13:5",
            Verdict::pass("it has all that a primary container needs"),
        ),
    ];
    let broken = WorldError::refused("node:24", "the engine has no \"node\"");
    vec![
        one("go:1.26", Ok(go)),
        one(
            "base:1",
            Ok(vec![result(
                "size at most 5.0 MB",
                "kiln.kdl:20:1",
                Verdict::pass("the image has 4.0 MB"),
            )]),
        ),
        one("node:24", Err(broken)),
    ]
}

#[test]
fn test_results_have_three_formats() {
    let (all, took) = (tested(), Duration::from_millis(4230));
    insta::assert_snapshot!("tested_text", tested_text(&all, took));
    insta::assert_snapshot!("tested_junit", junit(&all, took));
    insta::assert_snapshot!("tested_json", format!("{:#}", tested_json(&all, took)));
}

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
        steps: vec![("go:1.27".into(), "build")],
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

/// Checks the last line of a run with one step, which moves this tag or no tag.
#[track_caller]
fn check_closing(tags: impl IntoIterator<Item = MoveState>, push: bool, fails: bool, expect: &str) {
    let moves = tags.into_iter().map(|state| Move {
        counted: None,
        versions: Default::default(),
        varies: false,
        reference: "r.example/a:1".parse().expect("a reference"),
        kind: TagKind::Moving,
        was: None,
        state,
    });
    let step = Step {
        variant: "a:a".into(),
        platform: None,
        action: Action::Move {
            moves: moves.collect(),
            deferred: Vec::new(),
        },
        reasons: vec![Reason::Follows],
        after: Vec::new(),
    };
    let took = Duration::ZERO;
    let end = match fails {
        true => StepOutcome::Failed {
            failure: WorldError::Stopped.into(),
            took,
        },
        false => StepOutcome::Done {
            done: Done::CheckedBefore,
            took,
        },
    };
    let outcome = Outcome {
        steps: vec![end],
        took,
        stopped: false,
        tags: Vec::new(),
    };
    let variant = PlannedVariant {
        probed: Default::default(),
        image: "a".into(),
        platforms: Vec::new(),
        publish: Vec::new(),
        staging: None,
        pointer: None,
        checks: Vec::new(),
        deferred: Vec::new(),
        deferred_held: Vec::new(),
        previous: Vec::new(),
        kept: None,
        standing: Vec::new(),
        recipe: None,
    };
    let plan = Plan {
        variants: [("a:a".into(), variant)].into(),
        steps: vec![step],
        push,
        ..Plan::default()
    };
    let text = closing(&plan, &[], &outcome);
    assert_eq!(text.lines().last(), Some(expect));
}

/// A run that was stopped names each tag, as text and as JSON.
#[test]
fn a_stopped_run_names_its_tags() {
    let end = |tag: &str, state| TagEnd {
        tag: format!("r.example/a:{tag}"),
        state,
    };
    let outcome = Outcome {
        steps: Vec::new(),
        took: Duration::from_secs(1),
        stopped: true,
        tags: vec![
            end("1", TagState::Moved),
            end("2", TagState::Unknown),
            end("latest", TagState::NotMoved),
        ],
    };
    let row = Row {
        variant: "a:1".into(),
        state: "stopped".into(),
        ..Row::default()
    };
    insta::assert_snapshot!(closing(&Plan { push: true, ..Plan::default() }, &[row], &outcome), @r"
    1 stopped in 1.0 s
      moved      r.example/a:1
      unknown    r.example/a:2: it was written, and the registry's answer did not come
      not moved  r.example/a:latest
    stopped; the same command continues where this run ended
    ");
    let mut json = Vec::new();
    let labels = Labels {
        steps: Vec::new(),
        builds: 0,
    };
    Json::new(&mut json, labels).close(&outcome, &[]);
    let json = String::from_utf8(json).expect("text");
    let tags = r#""tags":{"moved":["r.example/a:1"],"not_moved":["r.example/a:latest"],"unknown":["r.example/a:2"]}"#;
    assert!(json.ends_with(&format!("{tags}}}\n")), "{json}");
}

#[test]
fn the_last_line_tells_why_no_tag_was_moved() {
    let held = || Some(MoveState::Held(Held::Rule("this is branch `x`".into())));
    let expect = "no tag was moved: the only tag is held: this is branch `x`";
    check_closing(held(), true, false, expect);
    let expect =
        "no tag was moved: 1 tag is held, and the others are up to date: this is branch `x`";
    let current = MoveState::Current;
    check_closing(held().into_iter().chain([current]), true, false, expect);
    let expect = "no tag was moved: no tag rule gives a tag in this run";
    check_closing(None, true, false, expect);
    for (tag, push, fails) in [
        (held(), false, false),
        (held(), true, true),
        (Some(MoveState::Write), true, false),
        (Some(MoveState::Current), true, false),
        (None, false, false),
    ] {
        check_closing(tag, push, fails, " in 0.0 s");
    }
}
