//! Recorded streams of real engines in `tests/fixtures/engine`, with their Dockerfiles.

use super::super::endpoint::Endpoint;
use super::super::stream::Decoder;
use super::*;
use crate::request::{BuildFailure, FaultKind};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/engine");

/// Podman's stream is like that of the classic builder.
fn is_classic(name: &str) -> bool {
    name.starts_with("classic") || name.starts_with("podman")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(format!("{FIXTURES}/{name}")).expect(name)
}

struct Replayed {
    answer: Result<BuildAnswer, WorldError>,
    steps: Vec<(String, bool)>,
    output: Vec<String>,
}

fn replay_text(builder: Builder, stream: &str, dockerfile: &str) -> Replayed {
    let client = Client::new(Endpoint::Unix("/nowhere".into())).expect("a client");
    let (mut steps, mut output) = (Vec::new(), Vec::new());
    let mut report = |news| match news {
        BuildProgress::Step { name, cached } => steps.push((name, cached)),
        BuildProgress::Output(line) => output.push(line),
        BuildProgress::Warning { .. } => {}
    };
    let mut building = Building::new(builder);
    let mut decoder = Decoder::default();
    let mut answer = Ok(());
    for chunk in stream.as_bytes().chunks(100) {
        for message in decoder.feed(chunk).expect("messages") {
            answer = answer.and_then(|()| building.take(message, dockerfile, &mut report));
        }
    }
    Replayed {
        answer: answer.and_then(|()| building.answer(&client)),
        steps,
        output,
    }
}

fn replay(name: &str, dockerfile: &str) -> Replayed {
    let builder = if is_classic(name) {
        Builder::Classic
    } else {
        Builder::BuildKit
    };
    replay_text(builder, &read(name), &read(dockerfile))
}

#[track_caller]
fn check(name: &str, cached: usize, ran: usize, output: &[&str]) {
    let replayed = replay(name, "Dockerfile");
    let answer = replayed.answer.expect(name);
    assert_eq!((answer.cached, answer.ran), (cached, ran), "{name}");
    // The order of a step's stdout and stderr is random.
    let mut printed = replayed.output;
    printed.sort();
    assert_eq!(printed, output, "{name}");
    assert_eq!(
        replayed.steps.len(),
        cached + ran,
        "{name}: {:?}",
        replayed.steps
    );
    assert_eq!(
        replayed.steps.iter().filter(|step| step.1).count(),
        cached,
        "{name}: {:?}",
        replayed.steps
    );
}

#[test]
fn builds_that_worked() {
    let printed = ["hello", "hi", "one", "two"];
    check("buildkit-20.10-built.jsonl", 0, 5, &printed);
    check("buildkit-28.5-built.jsonl", 0, 5, &printed);
    check("buildkit-20.10-cached.jsonl", 5, 0, &[]);
    check("buildkit-28.5-cached.jsonl", 5, 0, &[]);
    // The classic builder counts ARG and ENV, too.
    check("classic-20.10-built.jsonl", 0, 7, &printed);
    check("classic-28.5-built.jsonl", 0, 7, &printed);
    check("classic-20.10-cached.jsonl", 7, 0, &[]);
    check("classic-28.5-cached.jsonl", 7, 0, &[]);
    check("podman-4.3-built.jsonl", 0, 7, &printed);
    check("podman-4.3-cached.jsonl", 7, 0, &[]);
}

#[track_caller]
fn check_failed(name: &str, step: &str, message: &str) {
    let failure = match replay(name, "Dockerfile.failing").answer {
        Err(WorldError::Build(failure)) => failure,
        other => panic!("{name}: {other:?}"),
    };
    let BuildFailure {
        kind,
        message: said,
        step: at,
        line,
        output,
        exit_code,
        is_unanswered,
    } = *failure;
    assert!(!is_unanswered, "{name}");
    assert_eq!(kind, FaultKind::Failed, "{name}");
    assert!(said.starts_with(message), "{name}: {said}");
    assert_eq!(
        (at.as_deref(), line, exit_code),
        (Some(step), Some(12), Some(7)),
        "{name}"
    );
    assert_eq!(output, ["first", "no newline"], "{name}");
}

#[test]
fn builds_that_failed() {
    let run = r#"RUN echo first;     printf "no newline"; exit 7"#;
    check_failed(
        "buildkit-20.10-failed.jsonl",
        &format!("[stage-1 3/3] {run}"),
        "executor failed running [/bin/sh -c echo first;",
    );
    check_failed(
        "buildkit-28.5-failed.jsonl",
        &format!("[stage-1 3/3] {run}"),
        "process \"/bin/sh -c echo first;",
    );
    check_failed(
        "classic-20.10-failed.jsonl",
        &format!("Step 9/9 : {run}"),
        "The command '/bin/sh -c echo first;",
    );
    check_failed(
        "classic-28.5-failed.jsonl",
        &format!("Step 9/9 : {run}"),
        "The command '/bin/sh -c echo first;",
    );
    check_failed(
        "podman-4.3-failed.jsonl",
        &format!("[2/2] STEP 5/5: {run}"),
        "building at STEP \"RUN echo first;",
    );
}

#[test]
fn a_stream_that_was_cut_is_a_failure() {
    for name in [
        "buildkit-20.10-built.jsonl",
        "buildkit-28.5-built.jsonl",
        "classic-20.10-built.jsonl",
        "classic-28.5-built.jsonl",
        "podman-4.3-built.jsonl",
    ] {
        let builder = if is_classic(name) {
            Builder::Classic
        } else {
            Builder::BuildKit
        };
        let stream = read(name);
        let lines: Vec<_> = stream.split_inclusive('\n').collect();
        let last = if builder == Builder::Classic {
            "Successfully built"
        } else {
            "moby.image.id"
        };
        let end = lines
            .iter()
            .position(|line| line.contains(last))
            .expect(name);
        for cut in 0..end {
            let replayed = replay_text(builder, &lines[..cut].concat(), "");
            assert!(
                matches!(replayed.answer, Err(error) if error.kind() == FaultKind::NotReachable),
                "{name} cut after {cut} lines"
            );
        }
        assert!(
            replay_text(builder, &lines[..=end].concat(), "")
                .answer
                .is_ok(),
            "{name}"
        );
    }
}

#[test]
fn the_dockerfile_stays_out_of_the_context() {
    let mut tree = Tree::default();
    tree.add_bytes(
        ".kiln.Dockerfile",
        crate::tree::Mode::Plain,
        b"theirs".as_slice(),
    );
    let name = own_name(&tree);
    assert_eq!(name, ".kiln.Dockerfile_");
    let ignored =
        |tree: &Tree| String::from_utf8(beside(tree, &name, "FROM x")[1].1.to_vec()).expect("text");
    assert_eq!(ignored(&tree), ".kiln.Dockerfile_\n.dockerignore\n");
    tree.add_bytes(
        ".dockerignore",
        crate::tree::Mode::Plain,
        b"*.log\n\n".as_slice(),
    );
    assert_eq!(ignored(&tree), "*.log\n.kiln.Dockerfile_\n");
}
