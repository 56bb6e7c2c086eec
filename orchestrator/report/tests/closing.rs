//! The last lines of a run.

use super::*;

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
