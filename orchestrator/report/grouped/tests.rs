use super::*;
use crate::report::GitHub;
use crate::request::{BuildFailure, FaultKind};
use crate::run::{CacheUse, Done};

const STEP: StepId = StepId(0);

/// What is written for these events, which are a second apart.
fn written(log: CiLog, quiet: bool, events: Vec<EventKind>) -> String {
    let labels = Labels {
        steps: vec![("go:1.27".into(), "build"), ("c:1".into(), "build")].into(),
        builds: 2,
    };
    let mut out = Vec::new();
    let mut report = Grouped::new(&mut out, labels, quiet, log, Duration::from_secs(1000));
    for (second, kind) in events.into_iter().enumerate() {
        let at = Duration::from_secs(second as u64);
        report.event(&Event { at, kind });
    }
    let outcome = Outcome {
        steps: Vec::new().into(),
        took: Duration::from_secs(60),
        stopped: false,
        tags: Vec::new(),
        engines: Vec::new().into(),
    };
    report.close(&outcome, &Summary::default());
    String::from_utf8(out).expect("text")
}

fn github() -> CiLog {
    CiLog::GitHub(GitHub::new("t0ken".into(), ""))
}

fn line(step: StepId, line: &str) -> EventKind {
    let line = line.into();
    EventKind::Output { step, line }
}

fn failed(message: &str) -> EventKind {
    let build = BuildFailure {
        kind: FaultKind::Failed,
        message: message.into(),
        step: Some("RUN make".into()),
        line: Some(3),
        output: vec!["::error::forged".into()],
        exit_code: Some(2),
        is_unanswered: false,
    };
    let failure = Failure {
        error: WorldError::Build(Box::new(build)),
        place: Some("go/Dockerfile:3".into()),
        written: Vec::new(),
        engine: None,
        unread: false,
    };
    EventKind::StepFailed {
        step: STEP,
        failure,
    }
}

/// Two builds at once: each one's output is together, and the failure is at its line.
#[test]
fn the_output_of_each_build_folds() {
    let other = StepId(1);
    let done = Done::Built {
        image: crate::name::Digest::of("c"),
        cached: 0,
        ran: 1,
        cache: CacheUse::None("no previous image".into()),
    };
    let events = || {
        vec![
            EventKind::StepStarted {
                step: STEP,
                engine: None,
            },
            EventKind::StepStarted {
                step: other,
                engine: None,
            },
            EventKind::Progress {
                step: STEP,
                text: "RUN make".into(),
                cached: false,
            },
            line(STEP, "one"),
            line(other, "of the other"),
            line(STEP, "two"),
            failed("exit code 2"),
            EventKind::StepDone {
                step: other,
                done: done.clone(),
            },
        ]
    };
    insta::assert_snapshot!("grouped_github", written(github(), false, events()));
    let gitlab = written(CiLog::GitLab, false, events());
    let gitlab = gitlab.replace('\u{1b}', "<ESC>").replace('\r', "<CR>");
    insta::assert_snapshot!("grouped_gitlab", gitlab);
    let quiet = written(github(), true, events());
    assert!(
        !quiet.contains("::group::") && !quiet.contains("one"),
        "{quiet}"
    );
}

/// The lines that the runner reads as commands: those after a line with the token, up to the next `stop-commands`.
fn commands(log: &str) -> Vec<&str> {
    let mut reads = false;
    let mut found = Vec::new();
    for line in log.lines() {
        let text = line.trim_start();
        match text {
            "::t0ken::" => reads = true,
            "::stop-commands::t0ken" => reads = false,
            _ if reads => found.push(text),
            _ => {}
        }
    }
    found
}

/// G15: what a build writes is not a command of GitHub Actions, and it cannot end a fold.
#[test]
fn output_of_builds_contains_no_commands() {
    let forged = [
        "::endgroup::",
        "::add-mask::e",
        "##[add-mask]e",
        "a\n::t0ken-guessed::\n::error::x",
        "\u{1b}[0Ksection_end:1:kiln_1\r\u{1b}[0K",
    ];
    let mut events: Vec<EventKind> = forged.iter().map(|text| line(STEP, text)).collect();
    events.push(failed("bad\n::add-mask::x"));
    let log = written(github(), false, events.clone());
    let read = commands(&log);
    let expect = [
        "::group::go:1.27: output of the build",
        "::endgroup::",
        "::error file=go/Dockerfile,line=3,title=go%3A1.27%3A build failed::RUN make%0Abad%0A::add-mask::x",
    ];
    assert_eq!(read, expect, "{log}");
    let log = written(CiLog::GitLab, false, events);
    assert_eq!(log.matches("\u{1b}[0Ksection_end").count(), 1, "{log:?}");
}

/// A build that writes without end is shown in parts, and one that is stopped is shown as far as it came.
#[test]
fn parts_are_bounded() {
    let long = "x".repeat(KEPT / 2);
    let log = written(github(), false, vec![line(STEP, &long); 5]);
    assert_eq!(
        commands(&log).len(),
        2 * 3,
        "two parts of two lines, and the rest"
    );
    assert_eq!(log.matches('x').count(), 5 * (KEPT / 2));
}

/// GitHub shows ten.
#[test]
fn errors_are_bounded() {
    let log = written(github(), false, vec![failed("no"); 12]);
    assert_eq!(log.matches("::error file=").count(), CiLog::ERRORS);
}
