use super::*;
use crate::dockerfile::{Given, Reads, RunsOn, read};
use crate::name::Platform;
use indexmap::IndexMap;

/// `tools=./` is a folder, `base=debian:12` an image.
fn contexts(said: &str) -> Vec<NamedContext> {
    let one = |pair: &str| {
        let (name, source) = pair.split_once('=').unwrap();
        let source = match source {
            "./" => ContextSource::Folder,
            image => ContextSource::Image(image.parse().unwrap()),
        };
        let name = context_name(name).unwrap();
        NamedContext { name, source }
    };
    said.split_whitespace().map(one).collect()
}

/// What a file names for two platforms: `line:image-or-folder needs`, each folder with what is read of it on the first one,
/// then faults as `line!message`.
fn found(text: &str, said: &str, target: Option<&str>) -> Vec<String> {
    let platforms: Vec<Platform> = ["linux/amd64", "linux/arm64"]
        .map(|one| one.parse().unwrap())
        .to_vec();
    let (args, contexts) = (IndexMap::new(), contexts(said));
    let given = Given {
        args: &args,
        platforms: &platforms,
        target,
        contexts: &contexts,
    };
    let file = read(text, given);
    let need = |need: &Option<RunsOn>| match need {
        None => String::from("-"),
        Some(RunsOn::Target) => String::from("t"),
        Some(RunsOn::Build) => String::from("b"),
        Some(RunsOn::Platform(platform)) => platform.architecture.clone(),
    };
    let needs = |all: &[Option<RunsOn>]| all.iter().map(need).collect::<String>();
    let mut all = Vec::new();
    for one in &file.image_refs {
        let from = one.context.as_deref().unwrap_or("itself");
        let place = &text[one.bytes.clone()];
        let (line, image) = (one.line, one.reference.familiar());
        all.push(format!(
            "{line}:{place} is {image} of {from} {}",
            needs(&one.needs)
        ));
    }
    for one in &file.folder_refs {
        let (line, name) = (one.line, &one.context);
        let place = &text[one.bytes.clone()];
        all.push(format!("{line}:{place} is {name}/ {}", needs(&one.needs)));
    }
    for (name, reads) in &file.folder_reads {
        let reads = match &reads[0] {
            Reads::All => String::from("*"),
            Reads::Paths(paths) => format!("{paths:?}"),
        };
        all.push(format!("{name}/ {reads}"));
    }
    all.extend(
        file.faults
            .iter()
            .map(|f| format!("{}!{}", f.line, f.message)),
    );
    all
}

#[track_caller]
fn check(text: &str, said: &str, expect: &[&str]) {
    assert_eq!(found(text, said, None), expect, "{said}\n{text}");
}

#[test]
fn an_image_in_the_place_of_a_name() {
    check(
        "FROM app",
        "app=debian:12",
        &["1:app is debian:12 of app tt"],
    );
    // Names are compared as images are.
    for written in ["alpine", "alpine:latest", "docker.io/library/alpine"] {
        let row = format!("1:{written} is debian:12 of alpine tt");
        check(
            &format!("FROM {written}"),
            "alpine:latest=debian:12",
            &[&row],
        );
    }
    check(
        "FROM alpine:3",
        "alpine=debian:12",
        &["1:alpine:3 is alpine:3 of itself tt"],
    );
    check(
        "FROM alpine:3",
        "alpine:3=debian:12",
        &["1:alpine:3 is debian:12 of alpine:3 tt"],
    );
    check(
        "ARG X=app\nFROM ${X}\nCOPY --from=app /a /a\nRUN --mount=from=app,target=/m ls",
        "app=debian:12",
        &[
            "2:${X} is debian:12 of app tt",
            "3:app is debian:12 of app tt",
            "4:app is debian:12 of app tt",
        ],
    );
    // The empty image and the frontend are what they are.
    check("FROM scratch", "scratch=debian:12", &[]);
    check(
        "# syntax=app\nFROM scratch",
        "app=debian:12",
        &["1:app is app of itself --"],
    );
    check(
        "FROM --platform=$BUILDPLATFORM app AS x\nFROM scratch\nCOPY --from=x / /",
        "app=debian:12",
        &["1:app is debian:12 of app bb"],
    );
}

#[test]
fn a_context_in_the_place_of_a_stage() {
    let text = "ARG NONE\nFROM golang:$NONE AS build\nCOPY . .\nRUN --mount=from=gcc,target=/m make\n\n# The image\nFROM debian:12\nCOPY --from=build /a /a\n";
    let debian = "7:debian:12 is debian:12 of itself tt";
    // Neither its base nor what its instructions name counts.
    check(
        text,
        "build=busybox",
        &["2:golang:$NONE is busybox of build tt", debian],
    );
    check(
        text,
        "build=./",
        &[
            debian,
            "2:golang:$NONE is build/ tt",
            "build/ {Plain(\"a\")}",
        ],
    );
    // By number, by FROM, and as what is built.
    check(
        "FROM a AS build\nFROM b\nCOPY --from=0 /a /a",
        "build=c",
        &["1:a is c of build tt", "2:b is b of itself tt"],
    );
    check(
        "FROM a AS build\nRUN x\nFROM build\nRUN y",
        "build=c",
        &["1:a is c of build tt"],
    );
    check(
        "FROM a AS debian\nRUN x",
        "debian=c",
        &["1:a is c of debian tt"],
    );
    assert_eq!(
        found("FROM a AS build\nFROM b", "build=c", Some("build")),
        ["1:a is c of build tt", "2:b is b of itself --"]
    );
    // A stage that comes later, too: its name is the context's.
    check(
        "FROM a\nCOPY --from=late /x /x\nFROM scratch AS late\nFROM scratch",
        "late=c",
        &[
            "1:a is a of itself --",
            "2:late is c of late --",
            "3:scratch is c of late --",
        ],
    );
}

#[test]
fn a_folder_and_what_is_read_of_it() {
    let one = |instruction: &str, expect: &[&str]| {
        check(&format!("FROM scratch\n{instruction}"), "kit=./", expect);
    };
    one(
        "COPY --from=kit /bin/x lib/* /usr/",
        &[
            "2:kit is kit/ tt",
            r#"kit/ {Plain("bin/x"), Pattern("lib/*")}"#,
        ],
    );
    one("COPY --from=kit . /usr/", &["2:kit is kit/ tt", "kit/ *"]);
    one(
        "RUN --mount=from=kit,source=/bin,target=/m ls",
        &["2:kit is kit/ tt", r#"kit/ {Plain("bin")}"#],
    );
    one(
        "RUN --mount=type=bind,target=/m,from=kit ls",
        &["2:kit is kit/ tt", "kit/ *"],
    );
    one(
        "COPY --from=kit $UNKNOWN /x",
        &["2:kit is kit/ tt", "kit/ *"],
    );
    check("FROM kit\nRUN x", "kit=./", &["1:kit is kit/ tt", "kit/ *"]);
    // Of two folders, each on its own; the build context is a third.
    check(
        "FROM scratch\nRUN --mount=from=a,source=x,target=/x --mount=from=b,source=y,target=/y ls",
        "a=./ b=./",
        &[
            "2:a is a/ tt",
            "2:b is b/ tt",
            r#"a/ {Plain("x")}"#,
            r#"b/ {Plain("y")}"#,
        ],
    );
    // What no build needs is not read.
    check(
        "FROM scratch AS x\nCOPY --from=kit /x /x\nFROM scratch",
        "kit=./",
        &["2:kit is kit/ --", "kit/ {}"],
    );
    check(
        "ARG TARGETARCH\nFROM scratch AS x-amd64\nFROM kit AS x-arm64\nFROM x-$TARGETARCH",
        "kit=./",
        &["3:kit is kit/ -t", "kit/ {}"],
    );
}

#[test]
fn names_that_are_neither() {
    check(
        "FROM scratch AS build\nFROM scratch\nCOPY --from=helprs /x /x",
        "helpers=./",
        &["3!neither a stage nor a named context is called `helprs`"],
    );
    check(
        "FROM a\nCOPY --from=\"ki\"t /x /x",
        "kit=./",
        &[
            "1:a is a of itself tt",
            "2!the image name `kit` is split by quotes or a line break",
        ],
    );
    assert!(context_name("Kit").is_err());
    assert!(context_name("a b").is_err());
}

#[test]
fn replaced_stages_are_not_part_of_the_file() {
    let text = "FROM a AS build\nRUN --mount=type=cache,target=/c make <<E\nx\nE\n# why\nUSER 1\nFROM b\nUSER 2\n";
    let (args, contexts) = (IndexMap::new(), contexts("build=c"));
    let given = Given {
        args: &args,
        platforms: &[Platform::linux_amd64()],
        target: None,
        contexts: &contexts,
    };
    let file = read(text, given);
    let replaced: Vec<&str> = file.replaced.iter().map(|one| &text[one.clone()]).collect();
    assert_eq!(
        replaced,
        ["RUN --mount=type=cache,target=/c make <<E\nx\nE\n# why\nUSER 1"]
    );
    assert!(file.features(&Default::default()).is_empty());
}

/// What counts for the recipe id: nothing of a stage that a context replaces, as far as it is not in the names of stages.
#[test]
fn nothing_of_a_replaced_stage_counts() {
    let counted = |text: &str| {
        let (args, contexts) = (IndexMap::new(), contexts("u=./"));
        let platforms = [Platform::linux_amd64()];
        let given = Given {
            args: &args,
            platforms: &platforms,
            target: None,
            contexts: &contexts,
        };
        let file = read(text, given);
        crate::dockerfile::needed_text(text, &file.unneeded, &file.idle).into_owned()
    };
    let file = |base: &str, step: &str| {
        format!("FROM {base} AS u\nRUN {step}\nFROM b\nCOPY --from=u /a /b\n")
    };
    assert_eq!(counted(&file("a", "1")), counted(&file("c:2", "2")));
    let other = file("a", "1").replace("/b", "/c");
    assert_ne!(counted(&file("a", "1")), counted(&other));
}
