//! The results of `kiln test`.

use super::*;

/// Two tested images, and one that could not be tested.
pub(super) fn tested() -> Vec<Tested> {
    let span = Span {
        source: SourceId(0),
        start: 0,
        end: 0,
    };
    let result = |title: &str, place: &str, verdict: Verdict| CheckResult {
        check: Check {
            title: title.into(),
            place: Some(place.into()),
            ..Check::new(span, Kind::Primary)
        },
        verdict,
        took: Duration::from_millis(420),
    };
    let one = |variant: &str, results| Tested {
        variant: variant.into(),
        image: format!("docker.io/cimg/{variant}"),
        platform: "linux/amd64".into(),
        results,
        took: Duration::from_millis(1500),
    };
    let bad = Verdict::fail("exit code 127, expected 0 (127: no such command)")
        .seen("/bin/sh: go: not found\n<&\">\u{1b}[0m");
    let go = vec![
        result("run go version", "kiln.kdl:12:5", bad),
        result(
            primary::WORD,
            "kiln.kdl:13:5",
            Verdict::pass("it has all that a primary container needs"),
        ),
    ];
    let broken = WorldError::refused("node:24", "the engine has no \"node\"");
    vec![
        one("go:1.26", Ok(go)),
        one(
            "base:1",
            Ok(vec![result(
                "size at most 5.0 MB",
                "kiln.kdl:20:1",
                Verdict::pass("the image has 4.0 MB"),
            )]),
        ),
        one("node:24", Err(broken)),
    ]
}

#[test]
fn test_results_have_three_formats() {
    let (all, took) = (tested(), Duration::from_millis(4230));
    insta::assert_snapshot!("tested_text", tested_text(&all, took));
    insta::assert_snapshot!("tested_junit", junit(&all, took));
    insta::assert_snapshot!("tested_json", format!("{:#}", tested_json(&all, took)));
}
