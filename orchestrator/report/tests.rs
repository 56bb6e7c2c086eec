//! The text of reports.

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
            deferred: Default::default(),
        },
        reasons: vec![Reason::Follows].into(),
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
    let outcome = ended(vec![end], took);
    let plan = Plan {
        variants: [("a:a".into(), Box::new(variant()))].into(),
        steps: vec![step].into(),
        push,
        ..Plan::default()
    };
    let text = closing(&summary(&plan, &outcome), &outcome);
    assert_eq!(text.lines().last(), Some(expect));
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

/// A run that was stopped names each tag, as text and as JSON.
#[test]
fn a_stopped_run_names_its_tags() {
    let end = |tag: &str, state| TagEnd {
        tag: format!("r.example/a:{tag}"),
        state,
    };
    let outcome = Outcome {
        steps: TiVec::new(),
        took: Duration::from_secs(1),
        stopped: true,
        engines: TiVec::new(),
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
    let summary = Summary {
        rows: vec![row],
        ..Summary::default()
    };
    insta::assert_snapshot!(closing(&summary, &outcome), @r"
    1 stopped in 1.0 s
      moved      r.example/a:1
      unknown    r.example/a:2: it was written, and the registry's answer did not come
      not moved  r.example/a:latest
    stopped; the same command continues where this run ended
    ");
    let mut hooked = summary.clone();
    hooked.rows[0].state = "failed after-move".into();
    assert!(
        closing(&hooked, &outcome)
            .ends_with("run ended, but does not run the after-move hooks above again")
    );
    let forced = Summary {
        starts_over: true,
        ..summary
    };
    let last = closing(&forced, &outcome);
    let last = last.lines().last().expect("a line").to_owned();
    assert!(
        last.starts_with(
            "stopped; because of --force, the same command builds all of it again; without --force"
        ),
        "{last}"
    );
    let mut json = Vec::new();
    let labels = Labels {
        steps: TiVec::new(),
        builds: 0,
    };
    Json::new(&mut json, labels).close(
        &outcome,
        &Summary {
            exit: 130,
            ..Summary::default()
        },
    );
    let json = String::from_utf8(json).expect("text");
    let tags = r#""tags":{"moved":["r.example/a:1"],"not_moved":["r.example/a:latest"],"unknown":["r.example/a:2"]}"#;
    assert!(json.ends_with(&format!("{tags}}}\n")), "{json}");
}

#[test]
fn the_last_line_tells_why_no_tag_was_moved() {
    let held = || {
        Some(MoveState::Held(Box::new(Held::Rule(
            "this is branch `x`".into(),
        ))))
    };
    let expect = "no tag was moved: the only tag is held: this is branch `x`";
    check_closing(held(), true, false, expect);
    let expect =
        "no tag was moved: 1 is held because this is branch `x`; the others are up to date";
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
        let expect = if fails {
            "1 stopped in 0.0 s"
        } else {
            " in 0.0 s"
        };
        check_closing(tag, push, fails, expect);
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
    let check = tested()[1].results.clone().expect("results")[0].clone();
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

/// A nightly run ends with 1 if a base could not be looked up, and its results must not be all green.
#[test]
fn unknown_bases_are_errors_at_night() {
    let (plan, outcome) = held_run();
    for is_nightly in [false, true] {
        let summary = Summary {
            is_nightly,
            unknown: vec!["debian:13 was not looked up: 401".into()],
            ..summary(&plan, &outcome)
        };
        let mut xml = Vec::new();
        Junit::new(&mut xml, Labels::new(&plan)).close(&outcome, &summary);
        let xml = String::from_utf8(xml).expect("text");
        let error = r#"<error message="debian:13 was not looked up: 401"/>"#;
        assert_eq!(xml.contains(error), is_nightly, "{xml}");
    }
}

/// A failing image that was not tried: in a nightly run it counts as a failure, in others it is left out.
#[test]
fn every_report_names_failing_images() {
    let (mut plan, mut outcome) = held_run();
    let digest = Some(crate::name::Digest::of("app"));
    plan.steps.raw.truncate(1);
    outcome.steps.raw.truncate(1);
    plan.steps.push(Step {
        variant: "app:1".into(),
        platform: None,
        action: Action::Skip { digest },
        reasons: vec![Reason::Failing {
            on: None,
            days: 3,
            times: 3,
            last: 1_785_715_200,
            why: "exit code: 2".into(),
            next: 1_786_060_800,
            tried: false,
        }]
        .into(),
        after: Vec::new(),
    });
    let why = Some(plan.steps.raw[1].reason().words());
    let done = Done::Skipped { digest, why };
    outcome.steps.push(StepOutcome::Done {
        done: done.clone(),
        took: Duration::ZERO,
    });
    let mut all = String::new();
    for is_nightly in [false, true] {
        let summary = Summary {
            is_nightly,
            exit: u8::from(is_nightly),
            ..summary(&plan, &outcome)
        };
        assert_eq!(summary.is_unmended(), is_nightly);
        let labels = Labels::new(&plan);
        let (mut json, mut xml) = (Vec::new(), Vec::new());
        let mut reporters: [Box<dyn Reporter>; 2] = [
            Box::new(Json::new(&mut json, labels.clone())),
            Box::new(Junit::new(&mut xml, labels)),
        ];
        let kind = EventKind::StepDone {
            step: StepId(1),
            done: done.clone(),
        };
        let at = Duration::ZERO;
        for reporter in &mut reporters {
            reporter.event(&Event {
                at,
                kind: kind.clone(),
            });
            reporter.close(&outcome, &summary);
        }
        drop(reporters);
        let text = |bytes| String::from_utf8(bytes).expect("text");
        let (table, end) = (table(&summary.rows), closing(&summary, &outcome));
        all += &format!(
            "nightly: {is_nightly}\n{table}{end}\n{}{}\n",
            text(json),
            text(xml)
        );
    }
    insta::assert_snapshot!("failing", all);
}

/// A failed step has its place, its output and what it blocks.
#[test]
fn a_failure_is_reported_in_full() {
    let (mut plan, mut outcome) = held_run();
    plan.steps.raw[1].action = Action::Build;
    plan.steps.raw[0].variant = "leaf:1".into();
    plan.variants.insert("leaf:1".into(), Box::new(variant()));
    let build = crate::request::BuildFailure {
        kind: crate::request::FaultKind::Failed,
        message: "process \"/bin/sh -c make\" did not complete successfully: exit code: 2".into(),
        step: Some("[2/3] RUN make".into()),
        line: Some(7),
        output: vec!["cc main.c".into(), "main.c:1: error: expected `;`".into()],
        exit_code: Some(2),
        is_unanswered: false,
    };
    let failure = Failure {
        error: WorldError::Build(Box::new(build)),
        place: Some("app/Dockerfile:7 (templates/app.hbs:3, kiln.kdl:12:5)".into()),
        written: vec!["r.example/app:1".parse().expect("a reference")],
        engine: None,
        unread: false,
    };
    let took = Duration::ZERO;
    outcome.steps.raw[0] = StepOutcome::Blocked { by: StepId(1) };
    outcome.steps.raw[1] = StepOutcome::Failed { failure, took };
    let summary = summary(&plan, &outcome);
    let text = format!(
        "{}{}\n{}\n",
        failures(&plan, &outcome),
        table(&summary.rows),
        closing(&summary, &outcome)
    );
    insta::assert_snapshot!("failed_text", text);
}

/// What several steps fail at is reported once, with what all of them blocked.
#[test]
fn what_several_steps_fail_at_is_reported_once() {
    let (mut plan, mut outcome) = held_run();
    plan.variants.insert("leaf:1".into(), Box::new(variant()));
    plan.steps.raw[2].variant = "leaf:1".into();
    for step in &mut plan.steps.raw[..2] {
        step.action = Action::Build;
    }
    let missing = WorldError::refused("base r.example/b:1", "its registry does not have it");
    let failure = Failure {
        place: Some("templates/app.hbs:1".into()),
        ..Failure::from(missing)
    };
    let took = Duration::ZERO;
    for end in &mut outcome.steps.raw[..2] {
        let failure = failure.clone();
        *end = StepOutcome::Failed { failure, took };
    }
    outcome.steps.raw[2] = StepOutcome::Blocked { by: StepId(1) };
    let expected = "\ngo:1.27.0: build failed at templates/app.hbs:1\n  base r.example/b:1: its registry does not have it\n  \
                    for the same reason: app:1\n  blocked: leaf:1\n";
    assert_eq!(failures(&plan, &outcome), expected);
    let mut out = Vec::new();
    let mut plain = Plain::new(&mut out, Labels::new(&plan), false);
    for step in [StepId(0), StepId(1)] {
        let failure = failure.clone();
        let kind = EventKind::StepFailed { step, failure };
        let at = Duration::ZERO;
        plain.event(&Event { at, kind });
    }
    let shown = String::from_utf8(out).expect("text");
    assert_eq!(shown.matches("does not have it").count(), 1, "{shown}");
    let second = "app:1: build failed for the same reason as go:1.27.0\n";
    assert!(shown.ends_with(second), "{shown}");
}

/// An image whose public repository cannot be read was not built: that is what the heading says.
#[test]
fn an_image_that_was_not_tried_has_not_failed_to_build() {
    let error = WorldError::refused("r.example/app:1", "its registry answers 403");
    let failure = Failure {
        unread: true,
        ..Failure::from(error)
    };
    let shown = crate::report::words::failure("app:1", "build", &failure);
    let heading = "app:1: reading its public tags failed\n";
    assert!(shown.starts_with(heading), "{shown}");
}

/// The last lines name the platform that failed, if the variant has several; what waits for it is named once.
#[test]
fn the_last_lines_name_the_platform_that_failed() {
    let (mut plan, mut outcome) = held_run();
    let platforms = ["linux/amd64", "linux/arm64"].map(|p| p.parse().expect("a platform"));
    let variant = plan
        .variants
        .get_mut(&crate::matrix::VariantName::from("app:1"));
    let variant = variant.expect("app:1");
    variant.platforms = platforms.to_vec().into();
    for step in &mut plan.steps.raw[1..] {
        step.action = Action::Build;
        step.platform = Some(platforms[1].clone());
    }
    plan.steps.raw[2].platform = Some(platforms[0].clone());
    let failure = Failure {
        place: Some("app/Dockerfile:6".into()),
        ..Failure::from(WorldError::refused("base", "it is broken"))
    };
    let took = Duration::ZERO;
    outcome.steps.raw[1] = StepOutcome::Failed {
        failure: failure.clone(),
        took,
    };
    let expected = "\napp:1 linux/arm64: build failed at app/Dockerfile:6\n  base: it is broken\n";
    assert_eq!(failures(&plan, &outcome), expected);
    outcome.steps.raw[2] = StepOutcome::Failed { failure, took };
    outcome.steps.raw[0] = StepOutcome::Blocked { by: StepId(1) };
    let expected =
        format!("{expected}  for the same reason: app:1 linux/amd64\n  blocked: go:1.27.0\n");
    assert_eq!(failures(&plan, &outcome), expected);
}

/// A job of a saved plan that makes both platforms combines them in no index: no digest is that of the variant, and what was
/// found for one platform does not hide that the other one was built.
#[test]
fn one_platform_is_not_the_image() {
    let took = Duration::ZERO;
    let (mut plan, mut outcome) = held_run();
    plan.push = true;
    let platforms: [crate::name::Platform; 2] =
        ["linux/amd64", "linux/arm64"].map(|p| p.parse().expect("a platform"));
    let digest = crate::name::Digest::of("a");
    let done = [
        Done::Built {
            image: digest,
            cached: 0,
            ran: 1,
            cache: crate::run::CacheUse::None("new".into()),
        },
        Done::Taken { digest },
    ];
    for (at, (platform, done)) in platforms.iter().zip(done).enumerate() {
        let step = &mut plan.steps.raw[at + 1];
        (step.action, step.platform) = (Action::Build, Some(platform.clone()));
        step.variant = "app:1".into();
        outcome.steps.raw[at + 1] = StepOutcome::Done { done, took };
    }
    for (count, expected) in [(2, (None, "built")), (1, (Some(digest), "staged before"))] {
        let variant = plan
            .variants
            .get_mut(&crate::matrix::VariantName::from("app:1"));
        variant.expect("app:1").platforms = platforms[..count].to_vec().into();
        let row = &summary(&plan, &outcome).rows[1];
        assert_eq!((row.digest, row.state.as_str()), expected);
    }
}

/// What was attached is counted, also in a run that does nothing else.
#[test]
fn the_last_lines_count_what_was_attached() {
    use crate::manifest::Proof::{Provenance, Sbom};
    let (plan, mut outcome) = held_run();
    let all = [vec![Sbom, Provenance], vec![Sbom], vec![]];
    for (end, proofs) in outcome.steps.iter_mut().zip(all) {
        let proofs = proofs.into_iter().collect();
        *end = StepOutcome::Done {
            done: Done::Attested { proofs },
            took: Duration::ZERO,
        };
    }
    let text = closing(&summary(&plan, &outcome), &outcome);
    let line = "\nattached: SBOM to 2 images, provenance to 1 image";
    assert!(text.contains(line), "{text}");
    outcome.steps.raw.iter_mut().for_each(|end| {
        let proofs = Default::default();
        *end = StepOutcome::Done {
            done: Done::Attested { proofs },
            took: Duration::ZERO,
        };
    });
    let text = closing(&summary(&plan, &outcome), &outcome);
    assert!(!text.contains("attached"), "{text}");
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

/// A tag that the run finds it must hold counts, too.
#[test]
fn a_run_that_holds_all_its_tags_says_so() {
    let (plan, mut outcome) = held_run();
    let run_holds = |steps: &mut [StepOutcome]| {
        if let StepOutcome::Done {
            done: Done::Moved { written, held, .. },
            ..
        } = &mut steps[0]
        {
            let held_now = written.drain(..).map(|r| (r, held[0].1.clone()));
            let held_now: Vec<_> = held_now.collect();
            held.extend(held_now);
        }
    };
    run_holds(&mut outcome.steps.raw);
    for step in &mut outcome.steps.raw[1..] {
        *step = StepOutcome::Done {
            done: Done::CheckedBefore,
            took: Duration::ZERO,
        };
    }
    let summary = summary(&plan, &outcome);
    assert_eq!(
        closing(&summary, &outcome).lines().last(),
        Some(
            "no tag was moved: all 4 tags are held: 2 because this is branch `x`; 2 because a later run of the same commit moved them"
        )
    );
}

/// A record of an index over two platforms, with a check that the manifest has, one that it had, and a tag.
fn inspected() -> (crate::survey::Inspected, Titles) {
    use crate::memory::{BaseInput, Details, Inputs, Line, Made, ParentInput, Part, Record};
    use crate::name::Digest;
    let inputs = Inputs {
        recipe: Digest::of("recipe"),
        bases: [(
            "debian:13".to_owned(),
            BaseInput {
                digest: Digest::of("base"),
                index: None,
            },
        )]
        .into(),
        parents: [(
            "core:1".into(),
            ParentInput {
                content: Digest::of("content"),
                digest: Some(Digest::of("parent")),
            },
        )]
        .into(),
        tokens: Default::default(),
    };
    let older = Inputs {
        recipe: Digest::of("older"),
        ..inputs.clone()
    };
    let part = |platform: &str| Part {
        variants: vec!["go:1.27.0".into()],
        platform: platform.parse().expect("a platform"),
        digest: Digest::of(platform),
        manifest: ("m".into(), 1),
        made: Made {
            inputs: vec![older.clone(), inputs.clone()],
            content: Digest::of("content of go"),
            revision: Some("1f2e3d4c".into()),
            built: 1_785_000_000,
            seconds: 200,
            cached: (3, 9),
            size: 123_456_789,
        },
        passed: [
            ("a".to_owned(), 1_785_000_100),
            ("b".to_owned(), 1_785_000_100),
        ]
        .into(),
        proofs: Default::default(),
        withdrawn: None,
    };
    let line = Line {
        versions: [("version".to_owned(), "1.27.0".parse().expect("a version"))].into(),
        revision: Some("5a69788f".into()),
        committed: Some(1_785_000_000),
        surveyed: 1_785_000_200_000,
        mover: None,
        was: Some(Digest::of("before")),
        withdrew: Default::default(),
        back_from: None,
        scope: Some(crate::memory::Scope::Branch("main".into())),
        varies: false,
        once: false,
    };
    let parts = vec![part("linux/amd64"), part("linux/arm64")];
    let record = Record {
        lines: [("r.example/go:1.27".parse().expect("a reference"), line)].into(),
        probed: [("go version".to_owned(), "1.27.0".to_owned())].into(),
        kiln: "1.2.3".into(),
        ..Record::of("w", parts)
    };
    let found = crate::survey::Inspected {
        reference: Some("r.example/go:1.27".parse().expect("a reference")),
        digest: Digest::of("index"),
        record: Some(("r.example/stage:d-1".parse().expect("a reference"), record)),
        details: Some(Details {
            executable: Default::default(),
            dockerfile: "FROM debian:13\n".into(),
            settings: Default::default(),
            packages: None,
            unpackaged: false,
            args: [("LEVEL".to_owned(), "2".to_owned())].into_iter().collect(),
            files: Arc::new([("motd".to_owned(), Digest::of("motd"))].into()),
        }),
        listed: Vec::new(),
    };
    (
        found,
        [("a".to_owned(), "run go version".to_owned())].into(),
    )
}

#[test]
fn a_record_has_two_formats() {
    let (mut found, titles) = inspected();
    insta::assert_snapshot!("inspected_text", inspected_text(&found, &titles));
    insta::assert_snapshot!(
        "inspected_json",
        format!("{:#}", inspected_json(&found, &titles))
    );
    found.record = None;
    found.details = None;
    found.listed = vec![
        (
            Some("linux/amd64".parse().expect("a platform")),
            crate::name::Digest::of("a"),
        ),
        (None, crate::name::Digest::of("b")),
    ];
    insta::assert_snapshot!("unrecorded_text", inspected_text(&found, &titles));
}

/// What becomes of the other platforms of a variant does not hide that one has failed, whichever comes first.
#[test]
fn a_failed_platform_is_the_state_of_its_variant() {
    let (mut plan, mut outcome) = held_run();
    for step in &mut plan.steps.raw {
        step.variant = "app:1".into();
    }
    let took = Duration::ZERO;
    let failed = || StepOutcome::Failed {
        failure: WorldError::refused("app:1", "exit code: 7").into(),
        took,
    };
    let built = || StepOutcome::Done {
        done: Done::Built {
            image: crate::name::Digest::of("app"),
            cached: 0,
            ran: 1,
            cache: crate::run::CacheUse::None("new".into()),
        },
        took,
    };
    for (first, second, by) in [(failed(), built(), 0), (built(), failed(), 1)] {
        plan.steps.raw[0].action = Action::Build;
        plan.steps.raw[1].action = Action::Build;
        outcome.steps.raw[0] = first;
        outcome.steps.raw[1] = second;
        outcome.steps.raw[2] = StepOutcome::Blocked { by: StepId(by) };
        let summary = summary(&plan, &outcome);
        assert_eq!(summary.rows[0].state, "failed", "{by}");
    }
}

/// A failing hook is in every report, with its output and what became of the tags; after a move, with the command to run by hand.
#[test]
fn every_report_has_failing_hooks() {
    use crate::request::{FailedHook, HookFailure, HookPhase};
    let (mut plan, mut outcome) = held_run();
    plan.steps.raw[1].action = Action::MarkChecked;
    let failed = |phase: HookPhase, written: &[&str]| {
        let failed = vec![FailedHook {
            title: "scan".into(),
            place: "kiln.kdl:4:5".into(),
            command: "scan r.example/go@sha256:1".into(),
            by_hand: "KILN_TAGS='r.example/go:1.27.0' sh -c 'scan $KILN_TAGS'".into(),
            why: "exit code 1".into(),
            output: vec!["CVE-2026-1".into(), "\u{1b}[2J <1 finding>".into()],
        }];
        let written = written.iter().map(|tag| tag.parse().expect("a reference"));
        Failure {
            written: written.collect(),
            ..Failure::from(WorldError::from(HookFailure { phase, failed }))
        }
    };
    let took = Duration::from_secs(2);
    let after = failed(HookPhase::AfterMove, &["r.example/go:1.27.0"]);
    let before = failed(HookPhase::BeforeMove, &[]);
    outcome.steps.raw[0] = StepOutcome::Failed {
        failure: after.clone(),
        took,
    };
    outcome.steps.raw[2] = StepOutcome::Failed {
        failure: before.clone(),
        took,
    };
    outcome.steps.raw[1] = StepOutcome::Done {
        done: Done::MarkedChecked,
        took,
    };
    let mut summary = summary(&plan, &outcome);
    summary.exit = 1;
    let mut text = format!(
        "{}{}\n{}\n",
        failures(&plan, &outcome),
        table(&summary.rows),
        closing(&summary, &outcome)
    );
    let labels = Labels::new(&plan);
    let (mut json, mut plain, mut xml) = (Vec::new(), Vec::new(), Vec::new());
    {
        let mut all: [Box<dyn Reporter>; 3] = [
            Box::new(Json::new(&mut json, labels.clone())),
            Box::new(Plain::new(&mut plain, labels.clone(), false)),
            Box::new(Junit::new(&mut xml, labels)),
        ];
        for (step, phase, failure) in [
            (StepId(0), HookPhase::AfterMove, after),
            (StepId(2), HookPhase::BeforeMove, before),
        ] {
            let result = crate::run::HookResult {
                phase,
                title: "scan".into(),
                place: "kiln.kdl:4:5".into(),
                command: "scan r.example/go@sha256:1".into(),
                by_hand: "KILN_TAGS='r.example/go:1.27.0' sh -c 'scan $KILN_TAGS'".into(),
                reference: "r.example/go:1".parse().expect("a reference"),
                why: Some("exit code 1".into()),
                output: vec!["CVE-2026-1".into(), "\u{1b}[2J <1 finding>".into()],
                took,
            };
            let kinds = [
                EventKind::HookStarted {
                    step,
                    phase,
                    title: "scan".into(),
                },
                EventKind::Hooked {
                    step,
                    result: Box::new(result),
                },
                EventKind::StepFailed { step, failure },
            ];
            for kind in kinds {
                let at = Duration::ZERO;
                let event = Event { at, kind };
                all.iter_mut().for_each(|one| one.event(&event));
            }
        }
        all.iter_mut().for_each(|one| one.close(&outcome, &summary));
    }
    for report in [plain, json, xml] {
        let report = String::from_utf8(report).expect("text");
        assert!(!report.contains('\u{1b}'), "{report}");
        text.push_str("----\n");
        text.push_str(&report);
    }
    insta::assert_snapshot!("hooks", crate::text::harmless(&text));
}

/// With several engines, each report names the engine of a failed step.
#[test]
fn the_engine_of_a_failure_is_shown() {
    let (plan, mut outcome) = held_run();
    outcome.engines = vec![None, Some("two".into()), None].into();
    if let StepOutcome::Failed { failure, .. } = &mut outcome.steps.raw[1] {
        failure.engine = Some("two".into());
    }
    let summary = summary(&plan, &outcome);
    assert_eq!(summary.rows[1].engines, ["two"]);
    let text = crate::report::failures(&plan, &outcome);
    assert!(text.contains(" failed on two\n"), "{text}");
    let page = crate::report::job_summary(&plan, &outcome, &summary);
    assert!(
        page.contains("| engine |") && page.contains("| two |"),
        "{page}"
    );
}

/// Images that were not selected are older than a parent only if a tag of that has moved, and a failed request has a way on.
#[test]
fn what_is_left_behind_depends_on_what_has_moved() {
    let tag: crate::name::Reference = "r.example/a:1".parse().expect("a reference");
    let plan = Plan {
        variants: [("a:1".into(), Box::new(variant()))].into(),
        steps: vec![Step {
            variant: "a:1".into(),
            platform: None,
            action: Action::Move {
                moves: Vec::new(),
                deferred: Vec::new(),
            },
            reasons: vec![Reason::Follows].into(),
            after: Vec::new(),
        }]
        .into(),
        push: true,
        remarks: crate::plan::Remarks {
            left_behind: [("a:1".into(), 2)].into(),
            ..Default::default()
        },
        ..Plan::default()
    };
    let took = Duration::ZERO;
    let closed = |end: StepOutcome| {
        let outcome = ended(vec![end], took);
        closing(&summary(&plan, &outcome), &outcome)
    };
    let moved = |written: &[crate::name::Reference]| StepOutcome::Done {
        done: Done::Moved {
            digest: crate::name::Digest::of("a"),
            written: written.to_vec(),
            held: Vec::new(),
            there: Vec::new(),
        },
        took,
    };
    let failed = |written: Vec<_>| StepOutcome::Failed {
        failure: Failure {
            written,
            ..WorldError::unreachable("r.example", "refused").into()
        },
        took,
    };
    let says = |text: &str| text.contains("2 images are based on a:1");
    assert!(says(&closed(moved(std::slice::from_ref(&tag)))));
    assert!(says(&closed(failed(vec![tag]))));
    for end in [moved(&[]), failed(Vec::new()), StepOutcome::NotReached] {
        assert!(!says(&closed(end)));
    }
    let lost = closed(failed(Vec::new()));
    let way_on = "once what was out of reach answers again, the same command continues";
    assert!(lost.contains(way_on), "{lost}");
    assert!(!closed(moved(&[])).contains("out of reach"));
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
