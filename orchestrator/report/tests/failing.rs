//! Failures in every report.

use super::*;

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
