//! Files as people and tools write them, compared with how Docker's own builders parse them.

use super::*;
use crate::dockerfile::{ImageRefKind, RunsOn};
use crate::name::Reference;
use proptest::prelude::*;

const ONE: &str = "linux/amd64";

/// Parses with these build arguments (`A=1 B=2`) and platforms; returns one line per finding:
/// `line:kind reference <bytes>` for images, `line!code` for faults.
fn found(text: &str, args: &str, platforms: &str) -> Vec<String> {
    let args = args
        .split_whitespace()
        .filter_map(|a| a.split_once('='))
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .collect();
    let platforms: Vec<Platform> = platforms
        .split_whitespace()
        .map(|p| p.parse().unwrap())
        .collect();
    let file = read(
        text,
        Given {
            args: &args,
            platforms: &platforms,
            target: None,
            contexts: &[],
        },
    );
    let kind = |kind| match kind {
        ImageRefKind::From => "from",
        ImageRefKind::CopyFrom => "copy",
        ImageRefKind::MountFrom => "mount",
        ImageRefKind::Syntax => "syntax",
    };
    let image_refs = file.image_refs.iter().map(|s| {
        let platform = s.needs.iter().flatten().find_map(|on| match on {
            RunsOn::Target => None,
            RunsOn::Build => Some(String::from(" on the engine's")),
            RunsOn::Platform(platform) => Some(format!(" on {platform}")),
        });
        let platform = platform.unwrap_or_default();
        (
            s.bytes.start,
            format!(
                "{}:{} {}{platform} <{}>",
                s.line,
                kind(s.kind),
                s.reference.familiar(),
                &text[s.bytes.clone()]
            ),
        )
    });
    let faults = file.faults.iter().map(|f| {
        (
            f.bytes.start,
            format!("{}!{}", f.line, f.code.trim_start_matches("dockerfile::")),
        )
    });
    let mut all: Vec<_> = image_refs.chain(faults).collect();
    all.sort();
    all.into_iter().map(|(_, text)| text).collect()
}

#[track_caller]
fn check(text: &str, expect: &[&str]) {
    assert_eq!(found(text, "", ONE), expect, "\n{text}");
}

#[track_caller]
fn check_args(text: &str, args: &str, platforms: &str, expect: &[&str]) {
    assert_eq!(found(text, args, platforms), expect, "\n{text}");
}

/// Checks the platforms that each image of a file is needed for, in the order of the targets, and the messages.
#[track_caller]
fn check_needs(text: &str, platforms: &str, expect: &[&str]) {
    let platforms: Vec<Platform> = platforms.split(' ').map(|p| p.parse().unwrap()).collect();
    let args = IndexMap::from([("GIVEN".to_owned(), "linux/amd64".to_owned())]);
    let file = read(
        text,
        Given {
            args: &args,
            platforms: &platforms,
            target: None,
            contexts: &[],
        },
    );
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

/// Checks what the classic builder gets in place of the stages that no build needs.
#[track_caller]
fn check_unneeded(text: &str, target: Option<&str>, expect: &str) {
    let platforms: Vec<Platform> = TWO.split(' ').map(|p| p.parse().unwrap()).collect();
    let file = read(
        text,
        Given {
            args: &IndexMap::new(),
            platforms: &platforms,
            target,
            contexts: &[],
        },
    );
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

const TWO: &str = "linux/amd64 linux/arm64";

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

#[test]
fn from() {
    check("FROM debian", &["1:from debian <debian>"]);
    check(
        "from debian:12 as Build\nFROM BUILD\n",
        &["1:from debian:12 <debian:12>"],
    );
    check(
        "\n\n  FROM\t debian:12 \t\r\n",
        &["3:from debian:12 <debian:12>"],
    );
    check("FROM scratch", &[]);
    check("FROM Scratch", &["1!reference"]);
    check(
        "FROM debian AS debian\nFROM debian\n",
        &["1:from debian <debian>"],
    );
    check(
        "FROM later\nFROM debian AS later",
        &["1:from later <later>", "2:from debian <debian>"],
    );
    check(
        "FROM 127.0.0.1:5000/a/b:c AS x",
        &["1:from 127.0.0.1:5000/a/b:c <127.0.0.1:5000/a/b:c>"],
    );
    check(
        "FROM --platform=linux/arm64 debian AS b\nFROM scratch\nCOPY --from=b / /",
        &["1:from debian on linux/arm64 <debian>"],
    );
    check(
        "FROM --platform=$BUILDPLATFORM debian AS b",
        &["1:from debian on the engine's <debian>"],
    );
    check(
        "FROM --platform=$TARGETPLATFORM debian",
        &["1:from debian <debian>"],
    );
    check(
        "FROM --platform=\\\nlinux/arm64 \\\n # x\n debian",
        &["1!pinned", "4:from debian on linux/arm64 <debian>"],
    );
    check("FROM \"debian:12\"", &["1:from debian:12 <\"debian:12\">"]);
    check("FROM", &["1!from"]);
    check("FROM a b", &["1!from"]);
    check("FROM a AS", &["1!from"]);
    check("FROM a AS 1x", &["1!stage-name"]);
    check("FROM a/../b", &["1!reference"]);
    check("FROM deb\\\nian", &["1!split-name"]);
    check("\u{feff}FROM debian", &["1:from debian <debian>"]);
    check("FROM é", &["1!reference"]);
}

#[test]
fn arguments() {
    check(
        "ARG V=12\nFROM debian:$V",
        &["2:from debian:12 <debian:$V>"],
    );
    check(
        "ARG V=12\nFROM debian:${V}-slim",
        &["2:from debian:12-slim <debian:${V}-slim>"],
    );
    check(
        "ARG A=1 B=\"2\" C='3'\nFROM x:$A$B$C",
        &["2:from x:123 <x:$A$B$C>"],
    );
    check("ARG A=1\nARG B=${A}2\nFROM x:$B", &["3:from x:12 <x:$B>"]);
    check(
        "ARG R=quay.io/x\nARG I=$R/y:1\nFROM ${I}",
        &["3:from quay.io/x/y:1 <${I}>"],
    );
}

#[test]
fn defaults_and_alternatives() {
    check("ARG V\nFROM x:${V:-7}", &["2:from x:7 <x:${V:-7}>"]);
    check(
        "ARG V\nARG W=8\nFROM x:${V:-$W}",
        &["3:from x:8 <x:${V:-$W}>"],
    );
    check(
        "ARG V=1\nARG W\nFROM x:${V:-$W}y",
        &["3:from x:1y <x:${V:-$W}y>"],
    );
    check("ARG V=\nFROM x:1${V:+-}$V", &["2:from x:1 <x:1${V:+-}$V>"]);
    check("ARG V=\nFROM x${V-:1}", &["2:from x <x${V-:1}>"]);
    check("ARG V=\nFROM x${V:-:1}", &["2:from x:1 <x${V:-:1}>"]);
    check(
        "ARG V=a\nFROM x${V:+:${V}b}",
        &["2:from x:ab <x${V:+:${V}b}>"],
    );
}

#[test]
fn trimming_and_replacing() {
    check("ARG V=1.2.3\nFROM x:${V%.*}", &["2:from x:1.2 <x:${V%.*}>"]);
    check("ARG V=1.2.3\nFROM x:${V%%.*}", &["2:from x:1 <x:${V%%.*}>"]);
    check(
        "ARG V=v1.2.3\nFROM x:${V#v}",
        &["2:from x:1.2.3 <x:${V#v}>"],
    );
    check("ARG V=1.2.3\nFROM x:${V##*.}", &["2:from x:3 <x:${V##*.}>"]);
    check(
        "ARG V=1.2.3\nFROM x:${V//./-}",
        &["2:from x:1-2-3 <x:${V//./-}>"],
    );
    check(
        "ARG V=1.2.3\nFROM x:${V/./}",
        &["2:from x:12.3 <x:${V/./}>"],
    );
}

#[test]
fn values_that_are_missing_or_malformed() {
    check("ARG X=scratch\nFROM $X", &[]);
    check("ARG X=\nFROM $X", &["2!reference"]);
    check("ARG V\nFROM x:$V", &["2!unset"]);
    check("FROM x:$V", &["1!unset"]);
    check("ARG V=${W}\nFROM x:$V", &["2!unset"]);
    check("ARG V=${W}\nFROM x:1", &["2:from x:1 <x:1>"]);
    check("ARG V=1\nFROM x:${V", &["2!variable"]);
    check("ARG V=1\nFROM x:${V:}", &["2!variable"]);
    check("ARG V=1\nFROM x:${V!a}", &["2!variable"]);
    check("ARG V=1\nFROM x:${}", &["2!variable"]);
    check(
        "FROM debian\nARG V=1\nFROM x:$V",
        &["1:from debian <debian>", "3!unset"],
    );
}

#[test]
fn build_arguments_override_defaults() {
    check_args(
        "ARG V=12\nFROM debian:$V",
        "V=13",
        ONE,
        &["2:from debian:13 <debian:$V>"],
    );
    check_args(
        "ARG V\nFROM debian:$V",
        "V=13",
        ONE,
        &["2:from debian:13 <debian:$V>"],
    );
    check_args("FROM debian:$V", "V=13", ONE, &["1!unset"]);
    check_args("ARG V='$W'\nFROM a:$V", "W=1", ONE, &["2!reference"]);
}

#[test]
fn values_have_a_limit() {
    // A few lines that would grow a value to gigabytes.
    let bomb: String = (1..60)
        .map(|i| format!("ARG A{i}=$A{0}$A{0}\n", i - 1))
        .collect();
    check(
        &format!("ARG A0=0123456789\n{bomb}FROM x:$A59"),
        &["61!variable"],
    );
}

#[test]
fn platforms() {
    let two = "linux/amd64 linux/arm64";
    let by_stage = "FROM a AS base-amd64\nFROM b AS base-arm64\nFROM base-$TARGETARCH";
    check_args(by_stage, "", two, &["1:from a <a>", "2:from b <b>"]);
    check_args(
        "FROM a:$TARGETARCH",
        "",
        ONE,
        &["1:from a:amd64 <a:$TARGETARCH>"],
    );
    check_args(
        "FROM a:$TARGETARCH$TARGETVARIANT",
        "",
        "linux/arm/v7",
        &["1:from a:armv7 <a:$TARGETARCH$TARGETVARIANT>"],
    );
    check_args(
        "ARG TARGETARCH\nFROM a:$TARGETARCH",
        "",
        ONE,
        &["2:from a:amd64 <a:$TARGETARCH>"],
    );
    check_args(
        "FROM a:$TARGETOS",
        "",
        two,
        &["1:from a:linux <a:$TARGETOS>"],
    );
    check_args("FROM a:$TARGETARCH", "", two, &["1!by-platform"]);
    check_args("FROM a:$BUILDARCH", "", two, &["1!unset"]);
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
        let file = read(
            &format!("{first}FROM scratch\nCOPY --from={image} /x /y"),
            Given {
                args: &IndexMap::new(),
                platforms: &[],
                target: None,
                contexts: &[],
            },
        );
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
        "FROM a\nCOPY --from=s /x /y\nFROM b AS s",
        &["1:from a <a>", "2!stage", "3:from b <b>"],
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
    check("FROM a\nADD --from=b /x /y", &["1:from a <a>"]);
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

#[test]
fn continuations() {
    check("FROM a\nRUN x \\\n  FROM b", &["1:from a <a>"]);
    check(
        "FROM a\nRUN x \\  \t\n\n# FROM b \\\n  # c\n  FROM b\nFROM c",
        &["1:from a <a>", "7:from c <c>"],
    );
    check(
        "FROM a\nRUN x \\\\\nFROM b",
        &["1:from a <a>", "3:from b <b>"],
    );
    check("FROM a\nRUN x `\nFROM b", &["1:from a <a>", "3:from b <b>"]);
    check("# escape=`\nFROM a\nRUN x `\nFROM b", &["2:from a <a>"]);
    check(
        "# escape=`\nFROM a\nRUN x \\\nFROM b",
        &["2:from a <a>", "4:from b <b>"],
    );
    check(
        "#comment\n# escape=`\nFROM a\nRUN x `\nFROM b",
        &["3:from a <a>", "5:from b <b>"],
    );
    check(
        "\n# escape=`\nFROM a\nRUN x `\nFROM b",
        &["3:from a <a>", "5:from b <b>"],
    );
    check(
        "# check=skip=all\n#ESCAPE = `  \nFROM a\nRUN x `\nFROM b",
        &["3:from a <a>"],
    );
    check("# escape=x\nFROM a", &["1!directive", "2:from a <a>"]);
    check(
        "# escape=`\n# escape=`\nFROM a",
        &["2!directive", "3:from a <a>"],
    );
    check("# a comment \\\nFROM a", &["2:from a <a>"]);
    check("\\\nFROM a", &["2:from a <a>"]);
    check("FROM \\\r\n  a\r\n", &["2:from a <a>"]);
    check("FROM a \\\n  AS b\nFROM b", &["1:from a <a>"]);
    check("FROM a\nRUN x \\", &["1:from a <a>"]);
    check("FROM a # comment", &["1!from"]);
}

#[test]
fn heredocs() {
    check(
        "FROM a\nRUN <<EOF\nFROM b\nEOF\nFROM c",
        &["1:from a <a>", "5:from c <c>"],
    );
    check(
        "FROM a\nRUN cat > /a <<A\nFROM b\nA\nFROM c",
        &["1:from a <a>", "5:from c <c>"],
    );
    check(
        "FROM a\nRUN cat <<A <<\"B\"\nFROM b\nA\nFROM d\nB\nFROM c",
        &["1:from a <a>", "7:from c <c>"],
    );
    check(
        "FROM a\nRUN <<-EOF\n\tFROM b\n\t\tEOF\nFROM c",
        &["1:from a <a>", "5:from c <c>"],
    );
    check(
        "FROM a\nRUN <<EOF\n\tEOF\nEOF\nFROM c",
        &["1:from a <a>", "5:from c <c>"],
    );
}

#[test]
fn heredoc_delimiters() {
    check(
        "FROM a\nCOPY <<'E O F' /x\nFROM b\nE O F\nFROM c",
        &["1:from a <a>", "5:from c <c>"],
    );
    check(
        "FROM a\nCOPY --from=b <<X /x\nFROM b\nX\n",
        &["1:from a <a>", "2:copy b <b>"],
    );
    check("FROM a\nRUN 3<<EOF cat\nFROM b\nEOF\n", &["1:from a <a>"]);
    check(
        "FROM a\nRUN cat <<EOF>/x\nEOF\nEOF>/x\nFROM c",
        &["1:from a <a>", "5:from c <c>"],
    );
    check(
        "FROM a\nRUN cat \\\n  <<EOF \\\n  && true\nFROM b\nEOF\nFROM c",
        &["1:from a <a>", "7:from c <c>"],
    );
}

#[test]
fn text_that_is_not_a_heredoc() {
    check(
        "FROM a\nRUN cat <<< EOF\nFROM c",
        &["1:from a <a>", "3:from c <c>"],
    );
    check(
        "FROM a\nRUN echo $((1<<2)) \"<<X\" a<<Y\nFROM c",
        &["1:from a <a>", "3:from c <c>"],
    );
    check(
        "FROM a\nRUN [\"cat\", \"<<EOF\"]\nFROM c",
        &["1:from a <a>", "3:from c <c>"],
    );
    check(
        "FROM a\nCMD cat <<EOF\nFROM c",
        &["1:from a <a>", "3:from c <c>"],
    );
}

#[test]
fn ends_of_heredocs() {
    check(
        "FROM a\nONBUILD RUN <<EOF\nFROM b\nEOF\nFROM c",
        &["1:from a <a>", "5:from c <c>"],
    );
    check(
        "FROM a\nRUN <<$X\nFROM b\n$X\nFROM c",
        &["1:from a <a>", "5:from c <c>"],
    );
    check(
        "FROM a\nRUN <<EOF\r\nFROM b\r\nEOF\r\nFROM c",
        &["1:from a <a>", "5:from c <c>"],
    );
    check(
        "FROM a\nRUN echo it's # <<EOF\nFROM c",
        &["1:from a <a>", "3:from c <c>"],
    );
    check(
        "FROM a\nRUN <<EOF\nFROM b\n EOF\nFROM c",
        &["1:from a <a>", "2!heredoc"],
    );
    check(
        "FROM a\nCOPY <<A <<B /x\nA\n",
        &["1:from a <a>", "2!heredoc"],
    );
}

#[test]
fn frontends_and_files() {
    check(
        "# syntax=docker/dockerfile:1\nFROM a",
        &[
            "1:syntax docker/dockerfile:1 <docker/dockerfile:1>",
            "2:from a <a>",
        ],
    );
    check(
        "#syntax = x/y:1 arg\nFROM a",
        &["1:syntax x/y:1 <x/y:1>", "2:from a <a>"],
    );
    check(
        "#!/usr/bin/env d\n# syntax=x/y\nFROM a",
        &["2:syntax x/y <x/y>", "3:from a <a>"],
    );
    check("# note\n# syntax=x/y\nFROM a", &["3:from a <a>"]);
    check(" # syntax=x/y\nFROM a", &["2:from a <a>"]);
    check("# syntax=X Y\nFROM a", &["1!reference", "2:from a <a>"]);
    check(
        "// syntax=x/y\nFROM a",
        &["1!before-from", "1!instruction", "2:from a <a>"],
    );
    check("", &["1!empty"]);
    check("# nothing\n", &["1!empty"]);
    check("ARG X=1", &["1!no-from"]);
    check("RUN x\nRUN y\nFROM a", &["1!before-from", "3:from a <a>"]);
    check("FROM a\nRUNN x", &["1:from a <a>", "2!instruction"]);
    check(
        &format!("FROM a\nRUN {}", "x".repeat(70_000)),
        &["1:from a <a>", "2!line-too-long"],
    );
}

#[test]
fn hints() {
    let help = |text: &str| {
        read(
            text,
            Given {
                args: &IndexMap::new(),
                platforms: &[],
                target: None,
                contexts: &[],
            },
        )
        .faults[0]
            .help
            .clone()
            .unwrap_or_default()
    };
    assert_eq!(help("FORM a"), "did you mean `FROM`?");
    assert_eq!(
        help("ARG VERSION=1\nFROM a:$VERSOIN"),
        "write `ARG VERSOIN=…` above the first FROM; did you mean `VERSION`?"
    );
    assert!(help("ARG V\nFROM a:$V").contains("arg V="));
    let near =
        "did you mean `builder`? If you mean the image, write it with its tag: `buildr:latest`";
    assert_eq!(help("FROM a AS builder\nFROM buildr"), near);
    assert_eq!(
        help("FROM a AS builder\nFROM b\nCOPY --from=buildr /x /x"),
        near
    );
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
        let file = read(
            text,
            Given {
                args: &IndexMap::new(),
                platforms: &[],
                target: None,
                contexts: &[],
            },
        );
        assert_eq!(!file.faults.is_empty(), is_stage, "{text}");
    }
}

#[test]
fn lines_of_instructions() {
    let text = "# x\nFROM a\n\nRUN b \\\n  # c\n  d <<E\nl1\nl2\nE\nCMD e\n";
    let file = read(
        text,
        Given {
            args: &IndexMap::new(),
            platforms: &[],
            target: None,
            contexts: &[],
        },
    );
    let at = |line| file.at(line).map(|i| (i.keyword.as_str(), i.lines.clone()));
    let expect = [
        None,
        None,
        Some(("FROM", 2..=2)),
        None,
        Some(("RUN", 4..=9)),
        Some(("RUN", 4..=9)),
        Some(("RUN", 4..=9)),
    ];
    assert_eq!((0..7).map(at).collect::<Vec<_>>(), expect);
    assert_eq!(at(9), Some(("RUN", 4..=9)));
    assert_eq!(at(10), Some(("CMD", 10..=10)));
    assert_eq!(at(11), None);
    assert_eq!(file.at(5).unwrap().text(), "RUN b   d <<E");
    assert_eq!(
        &text[file.at(7).unwrap().bytes.clone()],
        "RUN b \\\n  # c\n  d <<E\nl1\nl2\nE"
    );
}

#[test]
fn what_the_last_stage_is_based_on() {
    let check = |text: &str, expect: Option<&str>| {
        let file = read(
            text,
            Given {
                args: &IndexMap::new(),
                platforms: &[Platform::linux_amd64()],
                target: None,
                contexts: &[],
            },
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

#[test]
fn rewriting() {
    let check = |text: &str, changes: &[(Range<usize>, &str)], expect: &str| {
        let changes: Vec<_> = changes
            .iter()
            .map(|(range, new)| (range.clone(), (*new).to_owned()))
            .collect();
        assert_eq!(rewrite(text, &changes), expect);
    };
    check("FROM a AS b", &[(5..6, "xyz")], "FROM xyz AS b");
    check("abc", &[(2..3, "C"), (0..1, "A")], "AbC");
    check("abc", &[(0..2, "x"), (1..3, "y")], "xc");
    check("abc", &[(1..9, "x")], "abc");
    check("é", &[(1..2, "x")], "é");
    check("abc", &[(1..1, "-")], "a-bc");
}

/// Text made of the pieces that are special to the parser.
fn nasty() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "FROM ", "COPY ", "RUN ", "ARG ", "ONBUILD ", "--from=", "--mount=", "from=", " AS ",
            "<<", "<<-", "EOF", "\n", "\n", "\r\n", "\\", "\\\n", "`", "# ", "escape=", "syntax=",
            "$", "${", "}", ":-", "A", "A=", "\"", "'", " ", "\t", ",", "0", "scratch", "é",
            "\u{feff}", "\u{a0}", "/", "%%", "[",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,4}",
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]
    #[test]
    fn any_text_is_read(text in nasty()) {
        let args = [("A".to_owned(), "x".to_owned())].into_iter().collect();
        let file = read(&text, Given { args: &args, platforms: &[Platform::linux_amd64()], target: None, contexts: &[] });
        let lines = text.split('\n').count();
        let places = file.image_refs.iter().map(|s| (&s.bytes, s.line)).chain(file.faults.iter().map(|f| (&f.bytes, f.line)));
        for (bytes, line) in places.chain(file.instructions.iter().map(|i| (&i.bytes, *i.lines.end()))) {
            prop_assert!(text.get(bytes.clone()).is_some(), "{bytes:?}");
            prop_assert!((1..=lines).contains(&line));
        }
        // A replaced name parses as its replacement: no edge is lost or split.
        if file.faults.is_empty() {
            let new: Reference = "r.example/kiln:x".parse().unwrap();
            let changes: Vec<_> = file.image_refs.iter().map(|s| (s.bytes.clone(), new.to_string())).collect();
            let again = read(&rewrite(&text, &changes), Given { args: &args, platforms: &[Platform::linux_amd64()], target: None, contexts: &[] });
            prop_assert_eq!(again.image_refs.len(), file.image_refs.len());
            prop_assert!(again.image_refs.iter().all(|s| s.reference == new), "{:?}", again.image_refs);
            prop_assert_eq!(again.instructions.len(), file.instructions.len());
        }
    }
}

/// The features that the classic builder refuses, with their line and first engine version.
#[test]
fn features() {
    let check = |text: &str, expect: &[&str]| {
        let nothing = IndexMap::new();
        let found = read(
            text,
            Given {
                args: &nothing,
                platforms: &[],
                target: None,
                contexts: &[],
            },
        )
        .features(&Default::default());
        let shown = |f: &Feature| {
            format!(
                "{} {}{}",
                f.line,
                f.name,
                f.since.map(|since| format!(" {since}")).unwrap_or_default()
            )
        };
        assert_eq!(
            found.iter().map(shown).collect::<Vec<_>>(),
            expect,
            "{text}"
        );
    };
    check(
        "FROM --platform=linux/amd64 a AS b\nFROM a\nCOPY --from=b --chown=1 /x /x\nADD --chown=1 x /x\nHEALTHCHECK --interval=1s CMD x\n",
        &[],
    );
    check(
        "FROM a\nRUN --mount=type=cache,target=/x \\\n  y\nCOPY --link --chmod=0 a b\n",
        &[
            "2 RUN --mount 20.10",
            "4 COPY --link 23.0",
            "4 COPY --chmod 20.10",
        ],
    );
    check(
        "FROM a\nRUN <<E\nx\nE\nADD --checksum=sha256:0 https://x /y\n",
        &["2 a here-document after RUN 23.0", "5 ADD --checksum 25.0"],
    );
    check(
        "FROM a\nRUN --mount=type=secret,id=a --mount=type=ssh,id=$B x\nRUN --mount=type=secret,id=a,target=$B x\n",
        &[
            "2 RUN --mount 20.10",
            "2 RUN --mount 20.10",
            "2 a variable in the id of RUN --mount 23.0",
            "3 RUN --mount 20.10",
        ],
    );
    check(
        "FROM a AS x-amd64\nFROM x-${TARGETARCH}\nCOPY --parents a b\n",
        &[
            "2 a FROM that depends on the platform 20.10",
            "3 COPY --parents",
        ],
    );
    // The variable of the platform is the default of another one.
    check(
        "ARG P=$BUILDPLATFORM\nARG Q=\"${P}\"\nFROM --platform=$Q a\nFROM ${Q:-b}\nARG P=$BUILDPLATFORM\nFROM b-$NONE\n",
        &[
            "3 a FROM that depends on the platform 20.10",
            "4 a FROM that depends on the platform 20.10",
        ],
    );
    check(
        "# syntax=docker/dockerfile:1\nFROM a\nCOPY --link a b\n",
        &["3 COPY --link"],
    );
}

/// Checks for each platform where programs run, with the first line: `target:3`.
#[track_caller]
fn check_executed(text: &str, platforms: &str, expect: &[&str]) {
    let platforms: Vec<Platform> = platforms
        .split_whitespace()
        .map(|p| p.parse().unwrap())
        .collect();
    let file = read(
        text,
        Given {
            args: &IndexMap::new(),
            platforms: &platforms,
            target: None,
            contexts: &[],
        },
    );
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
