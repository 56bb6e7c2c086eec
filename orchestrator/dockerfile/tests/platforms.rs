//! What each image and each step is needed for.

use super::*;

/// Checks the platforms that each image of a file is needed for, in the order of the targets, and the messages.
#[track_caller]
fn check_needs(text: &str, platforms: &str, expect: &[&str]) {
    let platforms: Vec<Platform> = platforms.split(' ').map(|p| p.parse().unwrap()).collect();
    let args = IndexMap::from([("GIVEN".to_owned(), "linux/amd64".to_owned())]);
    let file = read(text, given(&args, &platforms, None));
    let word = |need: &Option<RunsOn>| match need {
        None => String::from("-"),
        Some(RunsOn::Target) => String::from("target"),
        Some(RunsOn::Build) => String::from("build"),
        Some(RunsOn::Platform(platform)) => platform.to_string(),
    };
    let image_refs = file.image_refs.iter().map(|image_ref| {
        let needs: Vec<String> = image_ref.needs.iter().map(word).collect();
        format!("{} {}", image_ref.reference.familiar(), needs.join(" "))
    });
    let native = file.native.iter().map(|line| format!("native {line}"));
    let faults = file
        .faults
        .iter()
        .map(|fault| format!("{}: {}", fault.line, fault.message));
    let all: Vec<String> = image_refs.chain(native).chain(faults).collect();
    assert_eq!(all, expect, "\n{text}");
}

fn pinned(line: usize) -> String {
    format!(
        "{line}: the last stage is pinned to linux/amd64, but the image is built for linux/arm64"
    )
}

#[test]
fn the_last_stage_runs_on_the_target() {
    check_needs("FROM a", TWO, &["a target target"]);
    check_needs("FROM --platform=linux/amd64 a", ONE, &["a target"]);
    check_needs(
        "FROM --platform=$TARGETPLATFORM a",
        TWO,
        &["a target target"],
    );
    // Pinned literally, by ARG, by an argument in the manifest, by another stage, or with a name of uname.
    let amd64 = "a target linux/amd64";
    check_needs("FROM --platform=linux/amd64 a", TWO, &[amd64, &pinned(1)]);
    check_needs("FROM --platform=linux/x86_64 a", TWO, &[amd64, &pinned(1)]);
    check_needs("FROM --platform=amd64 a", TWO, &[amd64, &pinned(1)]);
    check_needs(
        "ARG P=linux/amd64\nFROM --platform=$P a",
        TWO,
        &[amd64, &pinned(2)],
    );
    check_needs(
        "ARG GIVEN\nFROM --platform=${GIVEN} a",
        TWO,
        &[amd64, &pinned(2)],
    );
    check_needs(
        "FROM --platform=linux/amd64 a AS x\nFROM x AS y\nFROM y",
        TWO,
        &[amd64, &pinned(1)],
    );
    // A stage that is based on another stage runs on that stage's platform.
    check_needs(
        "FROM a AS x\nFROM --platform=linux/amd64 x",
        TWO,
        &["a target target"],
    );
    check_needs("FROM --platform=linux/amd64 scratch", TWO, &[&pinned(1)]);
    check_needs("FROM --platform= a", TWO, &["a target target"]);
}

/// With one target, only the engine tells whether the build platform is the same.
#[test]
fn a_last_stage_on_the_build_platform() {
    const NATIVE: &str = "1: the last stage runs on the build platform, but the image is built for linux/amd64, linux/arm64";
    check_needs(
        "FROM --platform=$BUILDPLATFORM a",
        TWO,
        &["a build build", NATIVE],
    );
    check_needs(
        "ARG P=$BUILDPLATFORM\nFROM --platform=$P a",
        ONE,
        &["a build", "native 2"],
    );
    check_needs(
        "FROM --platform=${BUILDPLATFORM:-linux/arm64} a",
        ONE,
        &["a build", "native 1"],
    );
    check_needs(
        "FROM --platform=linux/$BUILDARCH a",
        ONE,
        &["a build", "native 1"],
    );
    check_needs("FROM --platform=linux a", ONE, &["a build", "native 1"]);
}

#[test]
fn other_stages_may_run_on_any_platform() {
    let tools =
        "FROM --platform=$BUILDPLATFORM a AS b\nFROM c\nCOPY --from=b /x /x\nCOPY --from=d /y /y";
    check_needs(
        tools,
        TWO,
        &["a build build", "c target target", "d target target"],
    );
    check_needs(
        "FROM a AS b\nFROM c\nRUN --mount=from=b x",
        ONE,
        &["a target", "c target"],
    );
    check_needs(
        "FROM a AS b\nCOPY --from=e / /\nFROM c",
        ONE,
        &["a -", "e -", "c target"],
    );
    check_needs(
        "FROM a\nFROM c\nCOPY --from=0 / /",
        ONE,
        &["a target", "c target"],
    );
    check_needs(
        "FROM a AS b-amd64\nFROM c AS b-arm64\nFROM b-$TARGETARCH",
        TWO,
        &["a target -", "c - target"],
    );
}

#[test]
fn platforms_that_cannot_be_read() {
    check_needs(
        "FROM --platform=linux/amd46 a",
        ONE,
        &[
            "a -",
            "1: `--platform=linux/amd46`: `linux/amd46` is not a platform; did you mean `linux/amd64`?",
        ],
    );
    check_needs(
        "FROM --platform=$NONE a",
        ONE,
        &["a -", "1: `NONE` is not declared before the first FROM"],
    );
}

/// Checks for each platform where programs run, with the first line: `target:3`.
#[track_caller]
fn check_executed(text: &str, platforms: &str, expect: &[&str]) {
    let platforms: Vec<Platform> = platforms
        .split_whitespace()
        .map(|p| p.parse().unwrap())
        .collect();
    let file = read(text, given(&IndexMap::new(), &platforms, None));
    let word = |one: &Executed| match &one.on {
        RunsOn::Target => format!("target:{}", one.line),
        RunsOn::Build => format!("build:{}", one.line),
        RunsOn::Platform(platform) => format!("{platform}:{}", one.line),
    };
    let of = |all: &Vec<Executed>| all.iter().map(word).collect::<Vec<_>>().join(" ");
    let found: Vec<String> = file.executed.iter().map(of).collect();
    assert_eq!(found, expect, "{text}");
}

#[test]
fn programs_run_on_the_platform_of_their_stage() {
    let two = "linux/amd64 linux/arm64";
    check_executed(
        "FROM a\nCOPY x x\nRUN y\nRUN z",
        two,
        &["target:3", "target:3"],
    );
    check_executed("FROM a\nCOPY x x\nONBUILD RUN y", ONE, &[""]);
    let build = "FROM --platform=$BUILDPLATFORM a AS b\nRUN y\nFROM b AS c\nRUN z\nFROM a\nCOPY --from=c x x\n";
    check_executed(build, ONE, &["build:2"]);
    let both = format!("{build}RUN w");
    check_executed(&both, ONE, &["build:2 target:7"]);
    // A stage that no build needs does not run.
    check_executed("FROM a AS b\nRUN y\nFROM a", ONE, &[""]);
    let chosen = "FROM a AS x-amd64\nRUN y\nFROM a AS x-arm64\nRUN z\nFROM x-$TARGETARCH";
    check_executed(chosen, two, &["target:2", "target:4"]);
    let pinned = "FROM --platform=linux/s390x a AS b\nRUN y\nFROM a\nCOPY --from=b x x";
    check_executed(pinned, ONE, &["linux/s390x:2"]);
}
