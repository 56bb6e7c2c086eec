//! Arguments and their values.

use super::*;

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
