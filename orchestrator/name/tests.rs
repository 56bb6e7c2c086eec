//! Valid and invalid names.

mod versions;

use super::{Digest, Platform, Range, Reference, Repository, Tag, Version};
use versions::version;

/// Versions inside and outside a range.
fn check_range(range: &str, inside: &[&str], outside: &[&str]) {
    let range: Range = range.parse().unwrap_or_else(|e| panic!("{e}"));
    inside
        .iter()
        .for_each(|v| assert!(range.contains(&version(v)), "{v} is in {range}"));
    outside
        .iter()
        .for_each(|v| assert!(!range.contains(&version(v)), "{v} is not in {range}"));
    assert_eq!(range.to_string().parse::<Range>(), Ok(range));
}

#[test]
fn ranges() {
    check_range(
        ">=3.8",
        &["3.8", "3.8.0", "3.10", "4", "3.15.0rc1"],
        &["3.7.9", "2", "3.7rc1"],
    );
    check_range("<3.8", &["3.7.9", "2"], &["3.8", "3.8.0rc1", "3.10"]);
    check_range(">=3.15", &["3.15.0rc1", "3.15.0"], &["3.14.9"]);
    check_range(">=3.15.0rc2", &["3.15.0rc2", "3.15.0"], &["3.15.0rc1"]);
    check_range(
        ">=1.25, <1.27",
        &["1.25", "1.26.5"],
        &["1.24.9", "1.27.0", "1.27rc1"],
    );
    check_range(
        "1.26.*",
        &["1.26", "1.26.5", "1.26rc1"],
        &["1.2", "1.27", "1.260"],
    );
    check_range("*", &["1", "3.15rc1"], &[]);
    check_range("!=1.26.5", &["1.26.4"], &["1.26.5"]);
    check_range(">3.8", &["3.8.1", "3.9"], &["3.8", "3.8.0"]);
    check_range("=1.0", &["1.0.0", "1"], &["1.0.1"]);
}

#[test]
fn invalid_ranges_are_refused() {
    for text in ["", ">=", ">=x", "1.x.*", ".*", "1.26.*,", ">>1", "1.0rc1.*"] {
        assert!(
            text.parse::<Range>().is_err(),
            "{text} was parsed as a range"
        );
    }
}

/// `Ok` is the name printed again, `Err` a part of the error message.
fn check<T: std::str::FromStr<Err = super::NameError> + std::fmt::Display>(
    text: &str,
    expect: Result<&str, &str>,
) {
    match (text.parse::<T>(), expect) {
        (Ok(name), Ok(expect)) => assert_eq!(name.to_string(), expect),
        (Err(fault), Err(part)) => assert!(
            fault.to_string().contains(part),
            "{fault} does not contain {part}"
        ),
        (Ok(name), Err(part)) => {
            panic!("{text} was parsed as {name}, expected an error with {part}")
        }
        (Err(fault), Ok(_)) => panic!("{text}: {fault}"),
    }
}

#[test]
fn tags() {
    check::<Tag>("1.27.0-trixie", Ok("1.27.0-trixie"));
    check::<Tag>("_x", Ok("_x"));
    check::<Tag>(&"a".repeat(128), Ok(&"a".repeat(128)));
    check::<Tag>(&"a".repeat(129), Err("128 at most"));
    check::<Tag>("", Err("cannot be empty"));
    check::<Tag>("-x", Err("starts with"));
    check::<Tag>(".x", Err("starts with"));
    check::<Tag>("a/b", Err("`/` is not allowed"));
    check::<Tag>("a+b", Err("`+` is not allowed"));
    check::<Tag>("é", Err("starts with"));
}

#[test]
fn platforms() {
    for same in [
        "linux/amd64",
        "linux/amd64/v3",
        "linux/386",
        "linux/arm64",
        "linux/arm64/v9",
        "linux/arm64/v8.1",
        "linux/arm/v5",
        "linux/arm/v7",
        "linux/ppc64le",
        "linux/s390x",
        "linux/riscv64",
        "linux/mips64le",
        "linux/loong64",
        "windows/amd64",
        "windows(10.0.20348.1)/amd64",
        "freebsd/arm64",
        "wasip1/wasm",
    ] {
        check::<Platform>(same, Ok(same));
    }
    check::<Platform>("linux/arm64/v8", Ok("linux/arm64"));
    check::<Platform>("linux/amd64/v1", Ok("linux/amd64"));
    check::<Platform>("linux/arm", Ok("linux/arm/v7"));
}

#[test]
fn platforms_as_people_write_them() {
    for (text, meant) in [
        ("linux/amd46", "linux/amd64"),
        ("linux/x86_64", "linux/amd64"),
        ("linux/x86-64", "linux/amd64"),
        ("linux/x64", "linux/amd64"),
        ("linux/aarch64", "linux/arm64"),
        ("linux/armhf", "linux/arm/v7"),
        ("linux/armv7", "linux/arm/v7"),
        ("linux/armel", "linux/arm/v6"),
        ("linux/arm32v5", "linux/arm/v5"),
        ("linux/arm/7", "linux/arm/v7"),
        ("linux/i386", "linux/386"),
        ("linux/i686", "linux/386"),
        ("amd64", "linux/amd64"),
        ("arm64/v8", "linux/arm64"),
        ("Linux/amd64", "linux/amd64"),
        ("linux /amd64", "linux/amd64"),
        ("linux/amd64/v9", "linux/amd64"),
        ("linx/arm64", "linux/arm64"),
        ("windows/amd46", "windows/amd64"),
    ] {
        check::<Platform>(text, Err(&format!("did you mean `{meant}`?")));
    }
    for text in [
        "",
        "linux",
        "linux/",
        "linux/amd64/v1/x",
        "windows()/amd64",
        "plan9/vax",
    ] {
        check::<Platform>(text, Err("not a platform"));
    }
    for (text, read) in [
        ("x86_64", Some("linux/amd64")),
        ("linux/aarch64", Some("linux/arm64")),
        ("Linux/AMD64", Some("linux/amd64")),
        ("linux/arm64/8", Some("linux/arm64")),
        ("linux/amd46", None),
        ("linux/amd64/", None),
        ("linux//v8", None),
        ("/amd64", None),
        ("", None),
    ] {
        let found = Platform::as_docker_reads(text).ok().map(|p| p.to_string());
        assert_eq!(found.as_deref(), read, "{text}");
    }
}

#[test]
fn platforms_run_what_is_older() {
    let runs = |machine: &str, image: &str| {
        let [machine, image]: [Platform; 2] = [machine, image].map(|p| p.parse().unwrap());
        machine.runs(&image)
    };
    for (machine, image, expect) in [
        ("linux/amd64", "linux/amd64", true),
        ("linux/amd64", "linux/arm64", false),
        ("linux/amd64", "windows/amd64", false),
        ("linux/amd64", "linux/386", false),
        ("linux/amd64/v3", "linux/amd64", true),
        ("linux/amd64", "linux/amd64/v3", false),
        ("linux/arm/v7", "linux/arm/v6", true),
        ("linux/arm/v6", "linux/arm/v7", false),
        ("linux/arm64/v9", "linux/arm64", true),
        ("linux/arm64", "linux/arm64/v8.1", false),
        ("linux/arm64", "linux/arm/v7", false),
        (
            "windows(10.0.20348.1)/amd64",
            "windows(10.0.20348.9)/amd64",
            true,
        ),
        (
            "windows(10.0.20348.1)/amd64",
            "windows(10.0.26100.1)/amd64",
            false,
        ),
        ("windows(10.0.20348.1)/amd64", "windows/amd64", true),
    ] {
        assert_eq!(runs(machine, image), expect, "{image} on {machine}");
    }
}

#[test]
fn repositories_and_references() {
    check::<Repository>("debian", Ok("docker.io/library/debian"));
    check::<Repository>("cimg/go", Ok("docker.io/cimg/go"));
    check::<Repository>("index.docker.io/cimg/go", Ok("docker.io/cimg/go"));
    check::<Repository>("127.0.0.1:5000/fleet/go", Ok("127.0.0.1:5000/fleet/go"));
    check::<Repository>("[::1]:5000/go", Ok("[::1]:5000/go"));
    check::<Repository>("localhost/go", Ok("localhost/go"));
    check::<Repository>("", Err("empty part"));
    check::<Repository>("cimg//go", Err("empty part"));
    check::<Repository>("cimg/Go", Err("lower-case"));
    check::<Repository>("cimg/..", Err("lower-case"));
    check::<Repository>("cimg/a___b", Err("lower-case"));
    check::<Repository>(&format!("x.y/{}", "a".repeat(300)), Err("255"));
    check::<Reference>("cimg/go:1.26", Ok("docker.io/cimg/go:1.26"));
    check::<Reference>("127.0.0.1:5000/go", Ok("127.0.0.1:5000/go"));
    check::<Reference>("cimg/go:", Err("cannot be empty"));
    check::<Reference>("cimg/go@sha256:12", Err("not a digest"));
}

#[test]
fn digests() {
    let hex = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    assert_eq!(Digest::of("test").to_string(), format!("sha256:{hex}"));
    check::<Digest>(&format!("sha256:{hex}"), Ok(&format!("sha256:{hex}")));
    check::<Digest>(&format!("sha256:{}", hex.to_uppercase()), Err("lower-case"));
    check::<Digest>("sha512:00", Err("not a digest"));
}

proptest::proptest! {
    #[test]
    fn nothing_panics(text in "\\PC{0,40}") {
        let _ = (text.parse::<Version>(), text.parse::<Range>(), text.parse::<Tag>());
        let _ = (text.parse::<Reference>(), text.parse::<Platform>(), text.parse::<Digest>());
    }
}
