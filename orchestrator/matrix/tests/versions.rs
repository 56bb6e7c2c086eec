//! Versions as vendors write them: their rungs, and warnings where they are misread.

use super::{app, check_tags, inputs, read, tags};
use crate::matrix::Fleet;

/// An image with these values on its version axis.
fn body(rungs: &str, values: &[&str]) -> String {
    let values: String = values.iter().map(|v| format!("value {v}; ")).collect();
    format!("axis \"v\" kind=\"version\" rungs=\"{rungs}\" {{ {values} }}; tag \"{{v}}\"")
}

const ALL: &str = "full minor major latest";

#[test]
fn vendors_versions_have_rungs() {
    let check = |values: &[&str], expect: &[&str]| check_tags(&body(ALL, values), expect);
    check(
        &[r#""8u502-b07""#, r#""11.0.32_9""#, r#""17.0.1_12""#],
        &[
            "8u502-b07: 8u502-b07 8u502 8",
            "11.0.32_9: 11.0.32_9 11.0 11",
            "17.0.1_12: 17.0.1_12 17.0 17 latest",
        ],
    );
    check(
        &[
            r#""8u502-b07""#,
            r#""8u502-b08""#,
            r#""21_35""#,
            r#""22-ea""#,
        ],
        &[
            "8u502-b07: 8u502-b07",
            "8u502-b08: 8u502-b08 8u502 8",
            "21_35: 21_35 21 latest",
            "22-ea: 22-ea",
        ],
    );
    check(
        &[
            r#""17.4.0-ce.0""#,
            r#""17.5.1-ce.0""#,
            r#""17.6.0-ce.0-rc1""#,
        ],
        &[
            "17.4.0-ce.0: 17.4.0-ce.0 17.4",
            "17.5.1-ce.0: 17.5.1-ce.0 17.5 17 latest",
            "17.6.0-ce.0-rc1: 17.6.0-ce.0-rc1",
        ],
    );
    check(
        &[r#""5.0.0.M1""#, r#""5.0.0.RC1""#, r#""5.0.0.RELEASE""#],
        &[
            "5.0.0.M1: 5.0.0.M1",
            "5.0.0.RC1: 5.0.0.RC1",
            "5.0.0.RELEASE: 5.0.0.RELEASE 5.0 5 latest",
        ],
    );
    check(
        &[r#""1.2.3-debian-12-r3""#, r#""1.2.3-debian-12-r10""#],
        &[
            "1.2.3-debian-12-r3: 1.2.3-debian-12-r3",
            "1.2.3-debian-12-r10: 1.2.3-debian-12-r10 1.2 1 latest",
        ],
    );
    check(
        &[r#""1.2.3""#, r#""1.2.3-slim""#],
        &["1.2.3: 1.2.3 1.2 1 latest", "1.2.3-slim: 1.2.3-slim"],
    );
    check(
        &[r#""2024a""#, r#""2024b""#],
        &["2024a: 2024a", "2024b: 2024b 2024 latest"],
    );
    check(&[r#""R1.0""#], &["R1.0: R1.0 R1 latest"]);
    check(
        &[r#""1.2.3" token="jdk-1.2.3""#],
        &["jdk-1.2.3: jdk-1.2.3 1.2 1 latest"],
    );
}

#[test]
fn values_that_are_misread_are_warned_about() {
    let check = |rungs: &str, values: &[&str], expect: &[&str]| {
        let outcome = read(&app(&body(rungs, values)), &inputs());
        assert_eq!(outcome.faults(), expect, "{values:?}");
        assert!(outcome.diagnostics.iter().all(|fault| fault.help.is_some()));
        assert!(outcome.fleet.is_some(), "{values:?}");
    };
    check(ALL, &["\"1_77_0\""], &["warning version: \"1_77_0\""]);
    check(
        ALL,
        &["\"java8\"", "\"1.0\""],
        &["warning version: \"java8\""],
    );
    check("full", &["\"1.x\""], &["warning version: \"1.x\""]);
    check(ALL, &["\"tip\"", "\"1.0\""], &[]);
    check(
        ALL,
        &["\"1.2-foo\"", "\"1.0\""],
        &["warning version: \"1.2-foo\""],
    );
    check("full", &["\"1.2-foo\""], &[]);
    check(
        ALL,
        &["\"1.2-ce.0\"", "\"1.2-ee.0\""],
        &["warning version: \"1.2-ee.0\""],
    );
    check("full", &["\"1.2-ce.0\"", "\"1.2-ee.0\""], &[]);
    check(ALL, &["\"1.2-ce.0\"", "\"1.2\""], &[]);
    check(
        ALL,
        &["\"1.2-ce.0\"", "\"1.2-ee.0\"", "\"1.3-ee.0\""],
        &["warning version: \"1.2-ee.0\""],
    );
}

#[test]
fn a_placeholder_narrows_the_rungs_of_its_axis() {
    let axes = "axis \"v\" kind=\"version\" rungs=\"full minor major\" { value \"1.27.0\"; value \"1.26.7\" { alias \"old\"; }; }\naxis \"go\" kind=\"version\" rungs=\"full minor\" { value \"2.1.0\"; }\n";
    let check = |tags: &str, expect: &[&str]| check_tags(&format!("{axes}{tags}"), expect);
    check(
        "tag \"{v:full}-{go:full}\"; tag \"{v:minor,major}-{go:full}\"",
        &[
            "1.27.0-2.1.0: 1.27.0-2.1.0 1.27-2.1.0 1-2.1.0",
            "1.26.7-2.1.0: 1.26.7-2.1.0 old-2.1.0 1.26-2.1.0",
        ],
    );
    check(
        "tag \"{v}-{go:minor}\" rungs=\"full minor\"; path \"{v}\"",
        &[
            "1.27.0-2.1.0: 1.27.0-2.1 1.27-2.1",
            "1.26.7-2.1.0: 1.26.7-2.1 1.26-2.1 old-2.1",
        ],
    );
}

#[test]
fn latest_says_which_series_is_the_newest_for_people() {
    let check = |latest: &str, expect: &[&str]| {
        let text = format!(
            "axis \"v\" kind=\"version\" rungs=\"full minor none latest\" latest=\"{latest}\" {{ value \"26.1\"; value \"25.0.2\"; value \"25.0.1\"; value \"21.3\"; }}; tag \"{{v}}-x\""
        );
        check_tags(&text, expect);
        let per_cell = text.replace("-x\"", "-x\" per=\"cell\"");
        check_tags(&per_cell, expect);
    };
    let of_25 = [
        "26.1-x: 26.1-x",
        "25.0.2-x: 25.0.2-x 25.0-x x latest-x",
        "25.0.1-x: 25.0.1-x",
        "21.3-x: 21.3-x",
    ];
    check("25", &of_25);
    check("25.*", &of_25);
    check(">=22,<26", &of_25);
    check("25.0.2", &of_25);
    check(
        "<25",
        &[
            "26.1-x: 26.1-x",
            "25.0.2-x: 25.0.2-x 25.0-x",
            "25.0.1-x: 25.0.1-x",
            "21.3-x: 21.3-x x latest-x",
        ],
    );
}

#[test]
fn two_spellings_of_one_version_are_a_warning() {
    let check = |values: &[&str], expect: &[&str]| {
        let outcome = read(&app(&body(ALL, values)), &inputs());
        let found: Vec<&str> = outcome.diagnostics.iter().map(|d| &*d.message).collect();
        assert_eq!(found, expect, "{values:?}");
    };
    let both = "`5.0.0.RELEASE` and `5.0.0` are spellings of one version, and both want its rungs: `5.0.0.RELEASE` has them, as its name comes later";
    check(&[r#""5.0.0.RELEASE""#, r#""5.0.0""#], &[both]);
    check(&[r#""5.0.0""#, r#""5.0.0-slim""#], &[]);
    check(&[r#""5.0.0.RELEASE""#, r#""5.0.0.RC1""#], &[]);
}

/// The values of a line, the tags of each, and the message and the help of each warning.
#[track_caller]
fn check_values(line: &str, expect: &[&str], warnings: &[(&str, &str)]) {
    let values: Vec<String> = line.split(", ").map(quoted).collect();
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    let outcome = read(&app(&body(ALL, &values)), &inputs());
    let found = outcome.diagnostics.iter();
    let found: Vec<_> = found
        .map(|d| (d.message.as_str(), d.help.as_deref().unwrap_or_default()))
        .collect();
    let fits = |((message, help), (is, way)): (&(&str, &str), &(&str, &str))| {
        message.starts_with(is) && help.contains(way)
    };
    let all = found.iter().zip(warnings).all(fits);
    assert!(all && found.len() == warnings.len(), "{line}: {found:#?}");
    assert_eq!(super::tags(&outcome.fleet()), expect, "{line}");
}

/// A value with quotes, and its token if it has one: `1.2=v1.2`.
fn quoted(value: &str) -> String {
    match value.split_once('=') {
        Some((name, token)) => format!("\"{name}\" token=\"{token}\""),
        None => format!("\"{value}\""),
    }
}

/// Reads values and checks which of them get a warning: `1.0 1.1-x > 1.0 ! 1.1-x`. Returns the fleet and what `latest` belongs to.
fn warned(line: &str) -> (Fleet, &str) {
    let (values, expect) = line.split_once(" >").unwrap();
    let (latest, warned) = expect.split_once(" !").unwrap_or((expect, ""));
    let quoted: Vec<String> = values.split(' ').map(quoted).collect();
    let quoted: Vec<&str> = quoted.iter().map(String::as_str).collect();
    let outcome = read(&app(&body("full minor latest", &quoted)), &inputs());
    let warned = warned.split_whitespace();
    let warned: Vec<String> = warned
        .map(|value| format!("warning version: \"{value}\""))
        .collect();
    assert_eq!(outcome.faults(), warned, "{line}");
    (outcome.fleet(), latest.trim())
}

/// Python without its lock is an edition of the same version.
#[test]
fn free_threaded_python_owns_no_rungs_of_the_usual_one() {
    check_values(
        "3.13.1, 3.13.1t, 3.14.0a2t",
        &[
            "3.13.1: 3.13.1 3.13 3 latest",
            "3.13.1t: 3.13.1t",
            "3.14.0a2t: 3.14.0a2t",
        ],
        &[],
    );
    check_values(
        "3.13.1t, 3.13.2t",
        &["3.13.1t: 3.13.1t", "3.13.2t: 3.13.2t 3.13 3 latest"],
        &[],
    );
    check_values(
        "1.1.1, 1.1.1t, 1.1.1w",
        &[
            "1.1.1: 1.1.1",
            "1.1.1t: 1.1.1t",
            "1.1.1w: 1.1.1w 1.1 1 latest",
        ],
        &[],
    );
}

/// What is built between two releases takes no rung; a commit alone may be a release all the same, so there is a warning.
#[test]
fn development_builds_own_no_rungs() {
    for build in [
        "v1.2.3-5-g1234abc-dirty",
        "1.2.3-14-g2414721-alpine",
        "1.2.3.r5.gabc1234",
        "1.2.3_5_gabc1234",
        "1.2.3-dirty",
        "1.2.3-14-gabcd",
        "1.2.3.r14.g1234",
        "1.2.3-14-m2414721abcde",
    ] {
        let expect = [
            String::from("1.2.2: 1.2.2 1.2 1 latest"),
            format!("{build}: {build}"),
        ];
        let expect = expect.each_ref().map(String::as_str);
        check_values(&format!("1.2.2, {build}"), &expect, &[]);
    }
    for commit in ["7f3a9c1", "f3a9c17", "abc1234", "c6bbc1b53", "a0bfb8370"] {
        let build = format!("1.2.3-{commit}");
        let expect = [
            String::from("1.2.2: 1.2.2 1.2 1 latest"),
            format!("{build}: {build}"),
        ];
        let expect = expect.each_ref().map(String::as_str);
        let message =
            format!("`{build}` is taken for a pre-release, since `{commit}` looks like a commit");
        let help = format!("`value \"1.2.3\" token=\"{build}\"`");
        check_values(&format!("1.2.2, {build}"), &expect, &[(&message, &help)]);
        let release = [
            String::from("1.2.2: 1.2.2"),
            format!("{build}: {build} 1.2 1 latest"),
        ];
        let release = release.each_ref().map(String::as_str);
        check_values(&format!("1.2.2, 1.2.3={build}"), &release, &[]);
    }
}

/// Of two versions in one value, the first one has the rungs, which may not be what is wanted.
#[test]
fn a_value_with_two_versions_is_a_warning() {
    check_values(
        "2.13-3.9.0",
        &["2.13-3.9.0: 2.13-3.9.0 2.13 2 latest"],
        &[(
            "`2.13-3.9.0` has two versions, and its rungs are those of the first one, `2.13`",
            "write `value \"3.9.0\" token=\"2.13-3.9.0\"`; otherwise put each on an axis",
        )],
    );
    check_values(
        "3.9.0=2.13-3.9.0",
        &["2.13-3.9.0: 2.13-3.9.0 3.9 3 latest"],
        &[],
    );
    check_values(
        "v8-12.1",
        &["v8-12.1: v8-12.1 v8 latest"],
        &[(
            "`v8-12.1` has two versions",
            "`value \"12.1\" token=\"v8-12.1\"`",
        )],
    );
    // One name would be on the axis twice.
    let both = ("`2.1", "put each on an axis of its own");
    check_values(
        "2.12-3.9.0, 2.13-3.9.0",
        &[
            "2.12-3.9.0: 2.12-3.9.0 2.12",
            "2.13-3.9.0: 2.13-3.9.0 2.13 2 latest",
        ],
        &[both, both],
    );
    for revision in ["1.2.3-1.1", "9.4-1134.1716366300", "12-20241111", "1.2-1"] {
        let outcome = read(&app(&body(ALL, &[&quoted(revision)])), &inputs());
        assert_eq!(outcome.faults(), [""; 0], "{revision}");
    }
}

/// The advice about what is not a version, and what it gives.
#[test]
fn advice_about_values_without_a_version() {
    let like = "if it is a version like the others, name the value by that version";
    let none = "is not understood as a version";
    let no_rungs = |value: &str, beside: &str, tags: &str| {
        let expect = [format!("{beside}: {tags}"), format!("{value}: {value}")];
        let message = format!("`{value}` {none}");
        let line = format!("{beside}, {value}");
        check_values(
            &line,
            &expect.each_ref().map(String::as_str),
            &[(&message, like)],
        );
    };
    no_rungs("git-2025-01-10", "7.1", "7.1 7 latest");
    no_rungs("n7.1", "7.1", "7.1 7 latest");
    no_rungs("jruby-9.4", "3.4", "3.4 3 latest");
    no_rungs("Hoxton.SR12", "2020.0.3", "2020.0.3 2020.0 2020 latest");
    let named = |value: &str, meant: &str, rungs: &str| {
        let message = format!("`{value}` {none}");
        let help = format!("`value \"{meant}\" token=\"{value}\"`;");
        let before = format!("{value}: {value}");
        check_values(value, &[&before], &[(&message, &help)]);
        let after = format!("{value}: {value} {rungs} latest");
        check_values(&format!("{meant}={value}"), &[&after], &[]);
    };
    named("1_77_0", "1.77.0", "1.77 1");
    named("REL_17_2", "17.2", "17.2 17");
    named("OTP-26.2.1", "26.2.1", "26.2 26");
    named("OpenSSL_1_1_1w", "1.1.1w", "1.1 1");
    named("pg17", "17", "17");
    let otp = ["`OTP-26.2.1`", "`OTP-27.1`"].map(|value| (value, "`value \""));
    check_values(
        "OTP-26.2.1, OTP-27.1",
        &["OTP-26.2.1: OTP-26.2.1", "OTP-27.1: OTP-27.1"],
        &otp,
    );
}

/// By line: the values of an axis, the one that is `latest`, and the values with a warning.
const DEVELOPMENT: &str = "\
9.0 10.0.0-devel > 9.0
9.0 10.0.0-dev > 9.0
9.0 10.0.0-develop > 9.0
9.0 10.0.0-development > 9.0
9.0 10.0.0-nightly > 9.0
9.0 10.0.0-nightly.20241118 > 9.0
9.0 10.0.0-snapshot > 9.0
9.0 10.0.0-SNAPSHOT > 9.0
9.0 10.0.0-canary > 9.0
9.0 10.0.0-canary.3 > 9.0
9.0 10.0.0-master > 9.0
9.0 10.0.0-main > 9.0
9.0 10.0.0-trunk > 9.0
9.0 10.0.0-head > 9.0
9.0 10.0.0-tip > 9.0
9.0 10.0.0-git > 9.0
9.0 10.0.0-git20240801 > 9.0
9.0 10.0.0-daily > 9.0
9.0 10.0.0-weekly > 9.0
9.0 10.0.0-wip > 9.0
9.0 10.0.0-current > 9.0
9.0 10.0.0-unstable > 9.0
9.0 10.0.0-preview > 9.0
9.0 10.0.0-preview.7 > 9.0
9.0 10-ea > 9.0
9.0 10-ea-10-jdk > 9.0
9.0 10.0.0-next.0 > 9.0
9.0 10.0.0-edge > 9.0
9.0 10.0.0-testing > 9.0
9.0 10.0.0-test > 9.0
9.0 10.0.0-experimental > 9.0
9.0 10.0.0-insiders > 9.0
9.0 10devel > 9.0
9.0 10.0.0.dev1 > 9.0
9.0 10.0.0_devel > 9.0
9.0 10.0.0-devel.3 > 9.0
9.0 10.0.0-devel-slim > 9.0
9.0 10.0.0-devel-20241118 > 9.0
9.0 10.0.0-alpine-devel > 9.0
9.0 10.0.0-alpine3.20-devel > 9.0
9.0 10.0.0-1-devel > 9.0
9.0-alpine 10.0.0-alpine-devel > 9.0-alpine ! 10.0.0-alpine-devel
10.0.0-devel > ! 10.0.0-devel
9.0-devel 10.0-devel > ! 9.0-devel 10.0-devel
12.4.1-runtime 12.6.2-devel > 12.4.1-runtime ! 12.6.2-devel
9.0 10.0.0-rc1 10.0.0-devel > 9.0
9.0 10.0 10.0.0-devel > 10.0
9.0 10.0.0 10.0.0-devel > 10.0.0
9.0 10.0.0-devel 10.0.0 10.1.0-devel > 10.0.0
12.4.1-devel 12.4.1-runtime 12.4.1-base > 12.4.1-runtime ! 12.4.1-runtime
12.4.1-devel 12.4.1-base > 12.4.1-devel ! 12.4.1-devel
12.4.1-devel-ubuntu22.04 12.4.1-runtime-ubuntu22.04 > 12.4.1-runtime-ubuntu22.04 ! 12.4.1-runtime-ubuntu22.04
12.4.1 12.4.1-devel > 12.4.1
12.4.1-cudnn-devel > 12.4.1-cudnn-devel
12.4.1-cudnn-devel 12.6.2-cudnn-devel > 12.6.2-cudnn-devel
12.4.1-cudnn-devel-ubuntu22.04 12.6.2-cudnn-devel-ubuntu22.04 > 12.6.2-cudnn-devel-ubuntu22.04
2.5.1-cuda12.4-cudnn9-devel 2.4.0-cuda12.4-cudnn9-runtime > 2.5.1-cuda12.4-cudnn9-devel
6.2-rocm-devel 6.1-rocm-devel > 6.2-rocm-devel
9.0 10.0.0-cudnn-dev > 9.0
9.0 10.0.0-sdk > 10.0.0-sdk ! 10.0.0-sdk
9.0 10.0.0-debug > 10.0.0-debug ! 10.0.0-debug
R16B02 R16B03-1 > R16B03-1
R15B03 R16B > R16B
R16B R16B01 > R16B01
R15B03-1 R16A > R15B03-1
R16B03 R17.0 > R17.0";

#[test]
fn what_is_in_development_is_never_latest() {
    for line in DEVELOPMENT.lines() {
        let (fleet, latest) = warned(line);
        let is_latest = |variant: &&crate::matrix::Variant| {
            let mut tags = variant.tags.iter().map(|tag| tag.tag.as_str());
            tags.any(|tag| tag == "latest")
        };
        let owners: Vec<&str> = fleet
            .variants
            .iter()
            .filter(is_latest)
            .map(|variant| variant.name.as_str())
            .collect();
        assert_eq!(owners.join(" "), latest, "{line}");
    }
}

#[test]
fn old_erlang_has_rungs() {
    check_tags(
        &body(ALL, &["\"R16B02\"", "\"R16B03-1\"", "\"R15B\""]),
        &[
            "R16B02: R16B02",
            "R16B03-1: R16B03-1 R16B03 R16 latest",
            "R15B: R15B R15",
        ],
    );
}

/// The name of a value may be the series of a later one, as of Erlang's patches and of the releases of Go before 1.21.
#[test]
fn a_later_value_has_the_name_of_its_series() {
    let check = |rungs: &str, values: &[&str], tag: &str, expect: &[&str], warned: &[&str]| {
        let quoted: Vec<String> = values.iter().map(|value| format!("\"{value}\"")).collect();
        let quoted: Vec<&str> = quoted.iter().map(String::as_str).collect();
        let body = body(rungs, &quoted).replace("tag \"{v}\"", tag);
        let outcome = read(&app(&body), &inputs());
        let warned = warned
            .iter()
            .map(|value| format!("warning version: \"{value}\""));
        assert_eq!(outcome.faults(), warned.collect::<Vec<_>>(), "{body}");
        assert_eq!(tags(&outcome.fleet()), expect, "{body}");
    };
    let erlang = ["R16B03", "R16B03-1"];
    check(
        "full minor",
        &erlang,
        "tag \"{v}\"",
        &["R16B03: ", "R16B03-1: R16B03-1 R16B03"],
        &["R16B03"],
    );
    check(
        ALL,
        &["1.20", "1.20.1", "1.19"],
        "tag \"{v}\"",
        &["1.20: ", "1.20.1: 1.20.1 1.20 1 latest", "1.19: 1.19"],
        &["1.20"],
    );
    // Where nothing takes it, it stays.
    check(
        "full minor",
        &["R16B03-1", "R16B02"],
        "tag \"{v}\"",
        &["R16B03-1: R16B03-1 R16B03", "R16B02: R16B02"],
        &[],
    );
    check(
        "full minor",
        &erlang,
        "tag \"{v}\" per=\"cell\"",
        &["R16B03: ", "R16B03-1: R16B03-1 R16B03"],
        &["R16B03"],
    );
    check(
        "full minor",
        &erlang,
        "tag \"{v:minor}\"; tag \"x-{v:full}\"",
        &["R16B03: x-R16B03", "R16B03-1: R16B03 x-R16B03-1"],
        &["R16B03"],
    );
    check(
        "full",
        &erlang,
        "tag \"{v}\"",
        &["R16B03: R16B03", "R16B03-1: R16B03-1"],
        &[],
    );
}

/// A number of two or more digits after `-b` is a build; one digit may be a beta, so there is a warning unless a plain version
/// shows how the axis writes its releases.
#[test]
fn builds_have_rungs() {
    check_values(
        "2024.2.0.0-b145, 2024.2.0.0-b99",
        &[
            "2024.2.0.0-b145: 2024.2.0.0-b145 2024.2 2024 latest",
            "2024.2.0.0-b99: 2024.2.0.0-b99",
        ],
        &[],
    );
    check_values(
        "21.0.5-b631.30, 21.0.5-b631.8",
        &[
            "21.0.5-b631.30: 21.0.5-b631.30 21.0 21 latest",
            "21.0.5-b631.8: 21.0.5-b631.8",
        ],
        &[],
    );
    check_values(
        "2.18.0.1-b4, 2.18.0.0-b65",
        &[
            "2.18.0.1-b4: 2.18.0.1-b4",
            "2.18.0.0-b65: 2.18.0.0-b65 2.18 2 latest",
        ],
        &[(
            "`2.18.0.1-b4` is taken for a pre-release, since `b` and one digit are a beta",
            "`value \"2.18.0.1-build4\" token=\"2.18.0.1-b4\"`",
        )],
    );
    check_values(
        "2.18.0.1-build4=2.18.0.1-b4, 2.18.0.0-b65",
        &[
            "2.18.0.1-b4: 2.18.0.1-b4 2.18 2 latest",
            "2.18.0.0-b65: 2.18.0.0-b65",
        ],
        &[],
    );
    check_values("1.0, 1.1-b2", &["1.0: 1.0 1 latest", "1.1-b2: 1.1-b2"], &[]);
}

/// By line: the values of an axis, the one that is `latest`, and the value with a warning about two editions.
const EDITIONS: &str = "\
1.18.2-ent 1.18.2-ent.hsm 1.17.9-ent > 1.18.2-ent ! 1.18.2-ent
1.18.2+ent.hsm=a 1.18.2+ent=b > b ! 1.18.2+ent
1.18.2-ent.fips1402 1.18.2-ent.hsm > 1.18.2-ent.hsm ! 1.18.2-ent.hsm
1.18.2-ent 1.18.2-ent.hsm 1.18.2 > 1.18.2
4.14.2 4.14.2+flambda=f > 4.14.2
2.17.2-pg16 2.17.2-pg17 > 2.17.2-pg17 ! 2.17.2-pg17
2.17.2-pg16 2.17.1-pg17 > 2.17.2-pg16
21-jdk 21-jre > 21-jre ! 21-jre
17.4.0-ce.0 17.4.0-ce.1 > 17.4.0-ce.1
2.1.0-debian-12-r3 2.1.0-debian-12-r10 > 2.1.0-debian-12-r10";

#[test]
fn editions_of_one_version_are_a_warning() {
    for line in EDITIONS.lines() {
        let (fleet, latest) = warned(line);
        let all = tags(&fleet);
        let owner = all.iter().find(|tags| tags.ends_with(" latest"));
        let own = owner.and_then(|tags| tags.split_once(':'));
        assert_eq!(own.map(|own| own.0), Some(latest), "{line}");
    }
}

/// An edition that is later than the plain versions takes their rungs.
#[test]
fn an_edition_beside_plain_versions_is_a_warning() {
    let message = "`1.27.3-perl` is an edition of a version, and has rungs that plain versions have, too: `major`, `latest`";
    check_values(
        "1.27.3-perl, 1.26.2, 1.27.2-otel",
        &[
            "1.27.3-perl: 1.27.3-perl 1.27 1 latest",
            "1.26.2: 1.26.2 1.26",
            "1.27.2-otel: 1.27.2-otel",
        ],
        &[(message, "put the edition on an axis of its own")],
    );
    for line in ["1.27.3-perl, 1.26.2-perl", "1.27.3, 1.26.2-perl"] {
        let values: Vec<String> = line.split(", ").map(quoted).collect();
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let outcome = read(&app(&body(ALL, &values)), &inputs());
        assert_eq!(outcome.faults(), Vec::<String>::new(), "{line}");
    }
}

/// A date or a build number beside versions is not a later version, although its number is higher.
#[test]
fn dates_beside_versions_are_a_warning() {
    let check = |line: &str, owner: &str, lowest: &str| {
        let values: Vec<String> = line.split(' ').map(quoted).collect();
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let text = app(&body(ALL, &values));
        let outcome = read(&text, &inputs());
        let expect: Vec<String> = Some(owner)
            .filter(|owner| !owner.is_empty())
            .map(|owner| format!("warning version: \"{owner}\""))
            .into_iter()
            .collect();
        assert_eq!(outcome.faults(), expect, "{line}");
        let Some(fault) = outcome.diagnostics.iter().next() else {
            return;
        };
        let way = format!("latest=\"<{lowest}\"");
        let help = fault.help.as_deref().unwrap_or_default();
        assert!(help.contains(&way), "{help}");
        let mended = text.replace("rungs=", &format!("{way} rungs="));
        assert_eq!(read(&mended, &inputs()).faults(), [""; 0], "{line}");
    };
    check("3.21.0 20240923", "20240923", "20240923");
    check("3.21.0 20240923 20250101-slim", "20250101-slim", "20240923");
    check("10.0.26100.2314 1809", "1809", "1809");
    check("10.10.3 2024122305", "2024122305", "2024122305");
    check("20240923 20241010", "", "");
    check("2024.1 2025", "", "");
    check("2019 2022-CU14", "", "");
    check("999.3 1000", "", "");
    check("12.8 12-20241111", "", "");
    check("8u502-b07 21_35", "", "");
    let named = "3.21.0: 3.21.0 3.21 3 latest";
    check_values("3.21.0, edge=20240923", &[named, "20240923: 20240923"], &[]);
    let full = read(
        &app(&body("full minor", &["\"3.21.0\"", "\"20240923\""])),
        &inputs(),
    );
    assert_eq!(full.faults(), [""; 0]);
}

#[test]
fn dates_with_hyphens_have_no_minor_rung() {
    check_values(
        "2024-12-01",
        &["2024-12-01: 2024-12-01 2024 latest"],
        &[(
            "`2024-12-01` has no rung `minor`",
            "`value \"2024.12.01\" token=\"2024-12-01\"` has the rung `2024.12`",
        )],
    );
    check_values(
        "2024.12.01=2024-12-01",
        &["2024-12-01: 2024-12-01 2024.12 2024 latest"],
        &[],
    );
    for rungs in ["full", "full major", "full latest"] {
        let outcome = read(&app(&body(rungs, &["\"2024-12-01\""])), &inputs());
        assert_eq!(outcome.faults(), [""; 0], "{rungs}");
    }
}
