//! The checksums in `kiln.lock` appear in the Dockerfile, platform by platform.

use super::{Outcome, run, run_in};
use crate::name::Digest;
use crate::render::{Checksum, compared, unverified};
use crate::text::{Diagnostics, Severity, show};

const SET: &str = "toolset \"tool\" {\n  archive \"https://x.example/tool-{arch}.tgz\" into=\"/opt\"\n  fetch \"https://x.example/one\" into=\"/usr/bin/one\"\n}\n";

fn image(platforms: &str) -> String {
    format!(
        "{SET}image \"i\" {{ from base=\"b\"; tag \"x\"; use \"tool\"; platforms {platforms} }}\nimage \"j\" {{ from base=\"b\"; tag \"x\"; use \"tool\" }}"
    )
}

fn line(url: &str, digit: char) -> String {
    format!(
        "https://x.example/{url} sha256:{} 7\n",
        digit.to_string().repeat(64)
    )
}

fn all(digit: char) -> Digest {
    format!("sha256:{}", digit.to_string().repeat(64))
        .parse()
        .expect("a digest")
}

fn lock(lines: &[(&str, char)]) -> String {
    format!(
        "version 1\n{}",
        lines
            .iter()
            .map(|(url, digit)| line(url, *digit))
            .collect::<String>()
    )
}

/// The report of downloads that are not verified.
fn reported(outcome: &Outcome, severity: Severity) -> String {
    let mut faults = Diagnostics::default();
    unverified(&outcome.fleet, &outcome.recipes, severity, &mut faults);
    show::text(&faults, &outcome.sources, false)
}

/// The stages of the first recipe: name, URL, and the digit of its digest.
fn stages(outcome: &Outcome) -> Vec<String> {
    let text = outcome.recipes[0].dockerfile.replace('\n', " ");
    let fetching = text.split("FROM ").filter(|stage| stage.contains("ADD "));
    let word = |stage: &str, before: &str| {
        stage
            .split_once(before)
            .map(|(_, rest)| rest.split(['"', ' ']).next().unwrap_or_default().to_owned())
            .unwrap_or_default()
    };
    fetching
        .map(|stage| {
            let digest = word(stage, "RUN echo \"");
            let one = digest.len() == 64 && digest.bytes().all(|b| b == digest.as_bytes()[0]);
            format!(
                "{} {} {}",
                word(stage, " AS "),
                word(stage, "ADD [\""),
                if one { &digest[..1] } else { "-" }
            )
        })
        .collect()
}

#[test]
fn each_platform_has_its_own_checksum() {
    let both = "\"linux/amd64\" \"linux/arm64\"";
    let all = lock(&[
        ("one", '1'),
        ("tool-amd64.tgz", 'a'),
        ("tool-arm64.tgz", 'b'),
        ("unused", 'f'),
    ]);
    let outcome = run(&image(both), &[("kiln.lock", &all)]);
    let expect = [
        "fetch-tool-amd64 https://x.example/tool-amd64.tgz a",
        "fetch-tool-arm64 https://x.example/tool-arm64.tgz b",
        "fetch-tool-2 https://x.example/one 1",
    ];
    assert_eq!(stages(&outcome), expect);
    assert_eq!(reported(&outcome, Severity::Error), "");
    let classic = run_in(
        "syntax \"classic\"",
        &image("\"linux/arm64\""),
        &[("kiln.lock", &all)],
    );
    assert_eq!(
        stages(&classic),
        [
            "fetch-tool https://x.example/tool-arm64.tgz b",
            "fetch-tool-2 https://x.example/one 1"
        ]
    );
}

/// One report per line of the manifest, regardless of the number of variants and platforms.
#[test]
fn missing_checksums_are_reported() {
    let both = "\"linux/amd64\" \"linux/arm64\" \"linux/s390x\"";
    let (nothing, some) = (
        run(&image(both), &[]),
        run(
            &image(both),
            &[("kiln.lock", &lock(&[("one", '1'), ("tool-amd64.tgz", 'a')]))],
        ),
    );
    insta::assert_snapshot!(format!(
        "{}\n----\n{}",
        reported(&nothing, Severity::Error),
        reported(&some, Severity::Warning)
    ));
    let of = |outcome: &Outcome| {
        outcome.recipes[1]
            .fetching
            .iter()
            .map(|one| one.checksum)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (of(&nothing), of(&some)),
        (
            vec![Checksum::Missing; 2],
            vec![Checksum::Locked(all('a')), Checksum::Locked(all('1'))]
        )
    );
}

/// A build that fails at a checksum reports the file.
#[test]
fn a_line_leads_back_to_what_is_fetched() {
    let both = "\"linux/amd64\" \"linux/arm64\"";
    let outcome = run(
        &image(both),
        &[(
            "kiln.lock",
            &lock(&[
                ("one", '1'),
                ("tool-amd64.tgz", 'a'),
                ("tool-arm64.tgz", 'b'),
            ]),
        )],
    );
    let recipe = &outcome.recipes[0];
    let at = |text: &str| {
        recipe
            .dockerfile
            .lines()
            .position(|line| line.contains(text))
            .expect("the line")
            + 1
    };
    let reported = |line: usize| {
        compared(&recipe.dockerfile, line, &recipe.fetching)
            .map(|one| one.mismatch())
            .unwrap_or_default()
    };
    assert_eq!(
        reported(at("bbbb")),
        format!(
            "https://x.example/tool-arm64.tgz does not match the checksum in kiln.lock ({}): `kiln lock` shows what is served now",
            all('b')
        )
    );
    assert_eq!(
        reported(at("bbbb") + 1),
        reported(at("bbbb")),
        "a builder may name its second line"
    );
    assert!(reported(at("1111")).contains("/one does not match the checksum in kiln.lock"));
    assert_eq!(
        [0, 1, at("FROM debian:12 AS fetch-tool-2"), 999].map(reported),
        [""; 4].map(String::from)
    );
}

/// A digest in the manifest takes precedence.
#[test]
fn a_digest_in_the_manifest_comes_first() {
    let digest = format!("sha256:{}", "9".repeat(64));
    let nodes = image("\"linux/amd64\"").replace(
        "into=\"/opt\"",
        &format!("into=\"/opt\" digest=\"{digest}\""),
    );
    let outcome = run(
        &nodes,
        &[("kiln.lock", &lock(&[("one", '1'), ("tool-amd64.tgz", 'a')]))],
    );
    assert_eq!(
        stages(&outcome),
        [
            "fetch-tool https://x.example/tool-amd64.tgz 9",
            "fetch-tool-2 https://x.example/one 1"
        ]
    );
    assert_eq!(
        outcome.recipes[0].fetching[0].checksum,
        Checksum::Written(all('9'))
    );
}

/// What a Dockerfile fetches by itself is not verified, unless it says what the content is.
#[test]
fn addresses_of_dockerfiles_are_warned_about() {
    let check = |dockerfile: &str, expect: &[&str]| {
        let text = format!("FROM scratch\n{dockerfile}\n");
        let image = "image \"i\" { dockerfile \"D\"; tag \"x\" }";
        let outcome = run(image, &[("D", &text)]);
        let found = (outcome.faults.iter()).filter(|fault| fault.code != "render::absent");
        let found = found.map(|fault| {
            assert_eq!(fault.severity, Severity::Warning);
            let place = outcome.sources.place(fault.labels[0].span);
            format!("{} {place} {}", fault.code, fault.message)
        });
        let found: Vec<String> = found.collect();
        let expect = expect.iter().map(|address| {
            let why = "is not known before a build: if it changes there, nothing is built again";
            let (line, address) = address.split_once(' ').unwrap();
            format!("render::address D:{line}:1 the content of {address} {why}")
        });
        assert_eq!(found, expect.collect::<Vec<_>>(), "{dockerfile}");
    };
    let digits = "a".repeat(40);
    check(
        "ADD https://x.example/a.tgz /a",
        &["2 https://x.example/a.tgz"],
    );
    check(
        "RUN true\nADD --chown=1 https://x.example/a.tgz /a",
        &["3 https://x.example/a.tgz"],
    );
    check(
        "ARG V=1\nADD https://x.example/$V.tgz b.txt https://x.example/b /a/",
        &["3 https://x.example/1.tgz", "3 https://x.example/b"],
    );
    check(
        "ADD https://x.example/r.git#main /a",
        &["2 https://x.example/r.git#main"],
    );
    check(
        "ADD [\"git@x.example:a/r.git\", \"/a\"]",
        &["2 git@x.example:a/r.git"],
    );
    check(
        &format!(
            "ADD --checksum=sha256:{}{} https://x.example/a.tgz /a",
            digits,
            "b".repeat(24)
        ),
        &[],
    );
    check(&format!("ADD https://x.example/r.git#{digits}:sub /a"), &[]);
    check(
        &format!("ADD https://x.example/r.git?ref=main&commit={digits} /a"),
        &[],
    );
    check(
        "ADD https://x.example/r.git?ref=main /a",
        &["2 https://x.example/r.git?ref=main"],
    );
    check("ADD a.tgz /a", &[]);
    check("COPY a.tgz /a", &[]);
    check("RUN wget https://x.example/a.tgz", &[]);
    check("ADD https://x.example/a /a\nFROM scratch\nCOPY b /", &[]);
}
