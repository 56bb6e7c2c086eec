//! Versions as vendors write them: their rungs, and warnings where they are misread.

mod development;
mod schemes;

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
