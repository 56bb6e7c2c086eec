//! Stages, and the images that files name beside them.

use super::*;

/// Checks what the classic builder gets in place of the stages that no build needs.
#[track_caller]
fn check_unneeded(text: &str, target: Option<&str>, expect: &str) {
    let platforms: Vec<Platform> = TWO.split(' ').map(|p| p.parse().unwrap()).collect();
    let file = read(text, given(&IndexMap::new(), &platforms, target));
    let stages = file.unneeded.into_iter();
    let changes: Vec<_> = stages
        .flat_map(|stage| {
            [
                (stage.image, "gone".into()),
                (stage.instructions, "-".into()),
            ]
        })
        .collect();
    assert_eq!(rewrite(text, &changes), expect);
}

#[test]
fn stages_that_no_build_needs_are_found() {
    check_unneeded("FROM a\nRUN b\n", None, "FROM a\nRUN b\n");
    check_unneeded(
        "# syntax=x\nARG V=1\nFROM a:$V AS dead\n# why\nRUN b <<E\nFROM c\nE\nFROM d\nRUN e\n",
        None,
        "# syntax=x\nARG V=1\nFROM gone AS dead-FROM d\nRUN e\n",
    );
    check_unneeded("FROM a\nFROM b\n", None, "FROM gone-FROM b\n");
    check_unneeded(
        "FROM a AS x\nRUN one\nFROM x AS y\nRUN two\nFROM b\nCOPY --from=x / /\n",
        None,
        "FROM a AS x\nRUN one\nFROM gone AS y-FROM b\nCOPY --from=x / /\n",
    );
    check_unneeded(
        "FROM a AS x\nFROM b AS y\nRUN --mount=from=0 c\nFROM d\n",
        Some("x"),
        "FROM a AS x\nFROM gone AS y-FROM gone-\n",
    );
    // One platform needs it.
    check_unneeded(
        "ARG TARGETARCH\nFROM a AS x-amd64\nFROM b AS x-arm64\nFROM c AS x-s390x\nFROM x-$TARGETARCH\n",
        None,
        "ARG TARGETARCH\nFROM a AS x-amd64\nFROM b AS x-arm64\nFROM gone AS x-s390x-FROM x-$TARGETARCH\n",
    );
}

/// What counts for the recipe id: an ARG that only other stages use does not.
#[test]
fn arguments_of_stages_that_no_build_needs_do_not_count() {
    let check = |text: &str, expect: &str| {
        let platforms = [Platform::linux_amd64()];
        let file = read(text, given(&IndexMap::new(), &platforms, None));
        assert_eq!(
            needed_text(text, &file.unneeded, &file.idle),
            expect,
            "{text}"
        );
    };
    check(
        "ARG T=1\nFROM t:$T AS lint\nFROM b\nRUN c\n",
        "\nFROM b\nRUN c\n",
    );
    check(
        "ARG A=1\nARG T=x$A\nARG V=2\nFROM t:${T} AS lint\nFROM b:$V\nRUN c\n",
        "\n\nARG V=2\nFROM b:$V\nRUN c\n",
    );
    // A stage that is needed takes it.
    check(
        "ARG T=1\nFROM t:$T AS lint\nFROM b\nARG T\nRUN c\n",
        "ARG T=1\nFROM b\nARG T\nRUN c\n",
    );
    check("ARG T=1\nFROM b\nRUN c\n", "\nFROM b\nRUN c\n");
}

/// A bare word that looks like an earlier stage is not looked up at docker.io.
#[test]
fn mistyped_stages() {
    let first = "FROM a AS build\n";
    let fault = &["1:from a <a>", "3!stage"];
    check(
        &format!("{first}FROM scratch\nCOPY --from=biuld /x /y"),
        fault,
    );
    check(
        &format!("{first}FROM scratch\nRUN --mount=from=biuld,target=/x y"),
        fault,
    );
    for image in [
        "biuld:1",
        "biuld@sha256:0000000000000000000000000000000000000000000000000000000000000000",
        "x/biuld",
        "busybox",
    ] {
        let file = plain(&format!("{first}FROM scratch\nCOPY --from={image} /x /y"));
        assert!(file.faults.is_empty(), "{image}: {:?}", file.faults);
    }
    // A short word is one if it lacks a letter.
    let copy = |stage: &str, from: &str| {
        format!("FROM a AS {stage}\nFROM scratch\nCOPY --from={from} /x /y")
    };
    check(&copy("base", "bas"), fault);
    check(&copy("base", "bse"), fault);
    check(&copy("go", "g"), &["1:from a <a>", "3:copy g <g>"]);
    check(&copy("base", "php"), &["1:from a <a>", "3:copy php <php>"]);
    // The way out of a word that is an image after all.
    check(&copy("redist", "redis"), fault);
    let whole = ["1:from a <a>", "3:copy redis:latest <redis:latest>"];
    check(&copy("redist", "redis:latest"), &whole);
    let used = "FROM redis\nFROM a AS redist\nFROM scratch\nCOPY --from=redis /x /y";
    check(
        used,
        &[
            "1:from redis <redis>",
            "2:from a <a>",
            "4:copy redis <redis>",
        ],
    );
    // A mistake stays one if it is made twice.
    check(
        "FROM a AS builder\nFROM bulider\nCOPY --from=bulider /x /y\nFROM bulider",
        &["1:from a <a>", "2!stage", "3!stage", "4!stage"],
    );
    // The image of a FROM is that image, however its stage is called.
    check(
        "FROM alpine AS alpine1\nFROM scratch\nCOPY --from=alpine /x /y",
        &["1:from alpine <alpine>", "3:copy alpine <alpine>"],
    );
}

#[test]
fn copies_from_stages() {
    check(
        "FROM a AS b\nFROM c\nCOPY --from=b /x /y",
        &["1:from a <a>", "2:from c <c>"],
    );
    check(
        "FROM a AS b\nFROM c\nCOPY --from=B /x /y",
        &["1:from a <a>", "2:from c <c>"],
    );
    check(
        "FROM a\nFROM c\nCOPY --from=0 /x /y",
        &["1:from a <a>", "2:from c <c>"],
    );
    check("FROM a\nCOPY --from=0 /x /y", &["1:from a <a>", "2!stage"]);
    check("FROM a\nCOPY --from=9 /x /y", &["1:from a <a>", "2!stage"]);
    check(
        "FROM a AS s\nCOPY --from=s /x /y",
        &["1:from a <a>", "2!stage"],
    );
    check(
        "FROM a AS f\nCOPY --from=s /x /y\nFROM b AS s\nFROM f",
        &["1:from a <a>", "2!stage", "3:from b <b>"],
    );
    // BuildKit resolves a later stage, but cannot build one that needs it.
    for later in ["s", "S", "1"] {
        check(
            &format!("FROM a\nCOPY --from={later} /x /y\nFROM b AS s"),
            &["1:from a <a>", "3:from b <b>"],
        );
    }
    check(
        "FROM a\nCOPY --from=0 /x /y\nCOPY --from=2 /x /y\nFROM b AS s",
        &["1:from a <a>", "2!stage", "3!stage", "4:from b <b>"],
    );
}

#[test]
fn copies_from_images() {
    check(
        "FROM a\nCOPY --from=b:1 /x /y",
        &["1:from a <a>", "2:copy b:1 <b:1>"],
    );
    check("FROM a\nCOPY --from=scratch /x /y", &["1:from a <a>"]);
    check("FROM a\nCOPY --from= /x /y", &["1:from a <a>"]);
    check(
        "FROM a\nCOPY --chown=1:1 \\\n\n# c\n  --link --from=b:1 /x /y",
        &["1:from a <a>", "5:copy b:1 <b:1>"],
    );
    check(
        "FROM a\nCOPY --from=\"b:1\" /x /y",
        &["1:from a <a>", "2:copy b:1 <b:1>"],
    );
    check(
        "FROM a\nCOPY --from=\"b\":1 /x /y",
        &["1:from a <a>", "2!split-name"],
    );
    check(
        "FROM a\nCOPY --from=b\\\n:1 /x /y",
        &["1:from a <a>", "2!split-name"],
    );
    check(
        "ARG V=1\nFROM a\nCOPY --from=b:$V /x /y",
        &["2:from a <a>", "3!variable"],
    );
    check("FROM a\nCOPY /x --from=b /y", &["1:from a <a>"]);
    check("FROM a\nCOPY -- --from=b /y", &["1:from a <a>"]);
    check("FROM a\nADD --from=b /x /y", &["1:from a <a>", "2!flag"]);
}

#[test]
fn mounts() {
    check(
        "FROM a\nRUN --mount=from=b,target=/b ls",
        &["1:from a <a>", "2:mount b <b>"],
    );
    check(
        "FROM a\nRUN --mount=type=bind,FROM=b:1,target=/b --mount=type=cache,target=/c,from=c:2 ls --from=d",
        &["1:from a <a>", "2:mount b:1 <b:1>", "2:mount c:2 <c:2>"],
    );
    check(
        "FROM a AS b\nFROM c\nRUN --mount=from=b,target=/b ls",
        &["1:from a <a>", "2:from c <c>"],
    );
    check(
        "FROM a\nFROM c\nRUN --mount=from=0,target=/b ls",
        &["1:from a <a>", "2:from c <c>", "3!stage"],
    );
    check(
        "FROM a\nRUN --mount=from=$B,target=/b ls",
        &["1:from a <a>", "2!variable"],
    );
    check(
        "FROM a\nRUN --mount=type=bind,\\\"from=b\\\" ls",
        &["1:from a <a>", "2!mount"],
    );
    check(
        "FROM a\nRUN --mount=type=secret,id=x cat",
        &["1:from a <a>"],
    );
    check(
        "FROM a\nRUN --network=none --mount=from=b,target=/b [\"ls\"]",
        &["1:from a <a>", "2:mount b <b>"],
    );
    check("FROM a\nRUN echo --mount=from=b", &["1:from a <a>"]);
}

#[test]
fn images_after_onbuild() {
    check(
        "FROM a\nONBUILD COPY --from=b /x /y",
        &["1:from a <a>", "2!onbuild"],
    );
    check(
        "FROM a\nONBUILD RUN --mount=from=b,target=/b ls",
        &["1:from a <a>", "2!onbuild"],
    );
    check("FROM a\nONBUILD COPY . /y", &["1:from a <a>"]);
}

/// A word that resembles the name of a stage is an image if it is clear that it is one.
#[test]
fn images_that_resemble_stages() {
    check(
        "FROM debian AS debian2\nFROM debian",
        &["1:from debian <debian>", "2:from debian <debian>"],
    );
    check(
        "FROM a AS node-base\nFROM node",
        &["1:from a <a>", "2:from node <node>"],
    );
    check(
        "FROM debian AS base\nFROM bash",
        &["1:from debian <debian>", "2:from bash <bash>"],
    );
    check(
        "FROM a AS code\nFROM node",
        &["1:from a <a>", "2:from node <node>"],
    );
    check(
        "FROM a AS builder\nFROM buildr:latest",
        &["1:from a <a>", "2:from buildr:latest <buildr:latest>"],
    );
    check(
        "FROM buildr AS builder\nFROM buildr",
        &["1:from buildr <buildr>", "2:from buildr <buildr>"],
    );
    check(
        "FROM a AS builder\nFROM buildr",
        &["1:from a <a>", "2!stage"],
    );
    for (text, is_stage) in [
        ("FROM a AS runtime\nFROM runtim", true),
        ("FROM a AS runtime\nFROM runtimee", true),
        ("FROM a AS runtime\nFROM runtime", false),
        ("FROM a AS runtime\nFROM runtim AS x\nFROM runtim", true),
        ("FROM a AS runtime\nFROM runtim:latest", false),
        ("FROM a AS runtime\nFROM runtim AS x\nFROM runtime", false),
        (
            "FROM a AS runtime\nFROM runtim\nCOPY --from=runtime /x /x",
            false,
        ),
        (
            "FROM a AS runtime\nFROM runtim\nRUN --mount=from=Runtime,target=/x y",
            false,
        ),
        ("FROM a AS python3\nFROM python", false),
        ("FROM a AS golang-x\nFROM golang", false),
        ("FROM a AS runtime\nFROM run", false),
    ] {
        let file = plain(text);
        assert_eq!(!file.faults.is_empty(), is_stage, "{text}");
    }
}

#[test]
fn what_the_last_stage_is_based_on() {
    let check = |text: &str, expect: Option<&str>| {
        let file = read(
            text,
            given(&IndexMap::new(), &[Platform::linux_amd64()], None),
        );
        assert_eq!(
            file.final_base
                .map(|at| file.image_refs[at].reference.familiar())
                .as_deref(),
            expect,
            "{text}"
        );
    };
    check("FROM a", Some("a"));
    check("# syntax=x/y\nFROM a\nFROM b\nCOPY --from=c / /", Some("b"));
    check("FROM x AS a\nFROM y AS b\nFROM a", Some("x"));
    check(
        "FROM x AS a\nFROM a AS b\nFROM b AS c\nRUN --mount=from=d,target=/d ls",
        Some("x"),
    );
    check("FROM x AS a\nFROM scratch\nCOPY --from=a / /", None);
    check("FROM x AS a\nFROM y AS a\nFROM a", Some("y"));
    check("FROM x AS base-amd64\nFROM base-$TARGETARCH", Some("x"));
}
