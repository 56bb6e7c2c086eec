//! Versions as vendors write them: their rungs, and warnings where they are misread.

use super::{app, check_tags, inputs, read};

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
