//! Defaults that are made of other variables.

use super::*;

/// The tag of an image with `{var:A}`, with these variables.
fn made(variables: &str, values: &str) -> super::super::Outcome {
    let text = format!("{variables}\n{}", app("tag \"x-{var:A}\""));
    read(&text, &given(values))
}

#[test]
fn a_default_may_be_made_of_other_variables() {
    let both = "variable \"A\" default=\"{var:B}-{var:C:slug}\"\nvariable \"C\" default=\"c/{var:B}\"\nvariable \"B\" default=\"b\"";
    for (variables, values, tag) in [
        (both, "", "x-b-c-b"),
        (both, "B=2", "x-2-c-2"),
        (both, "C=Z", "x-b-Z"),
        (both, "A=own", "x-own"),
        // A value from outside has no places.
        (both, "C={var:B}z", "x-b-var-B-z"),
        (
            "variable \"A\" default=\"{var:B:slug}\"\nvariable \"B\" default=\"{{b\"",
            "",
            "x-b",
        ),
        (
            "variable \"A\" kind=\"version\" default=\"{var:B}.1\"\nvariable \"B\" kind=\"number\" default=7",
            "",
            "x-7.1",
        ),
        (
            "variable \"A\" default=\"{var:B:minor}\"\nvariable \"B\" default=\"v1.2.3\"",
            "",
            "x-1.2",
        ),
        (
            "variable \"A\" default=\"{var:B}\"\nvariable \"B\"",
            "B=7",
            "x-7",
        ),
    ] {
        let outcome = made(variables, values);
        assert_eq!(outcome.faults(), [""; 0], "{variables} with {values}");
        let expect = format!("{tag}: {tag}");
        assert_eq!(
            tags(&outcome.fleet()),
            [expect],
            "{variables} with {values}"
        );
    }
}

#[test]
fn a_made_default_decides_conditions() {
    let text = format!(
        "variable \"A\" default=\"{{var:B}}\"\nvariable \"B\" default=\"1\"\n{}",
        app("tag \"x\"; when var:A=\"2\" { tag \"y\"; }")
    );
    assert_eq!(tags(&read(&text, &given("")).fleet()), ["x: x"]);
    assert_eq!(tags(&read(&text, &given("B=2")).fleet()), ["x: x y"]);
    assert_eq!(tags(&read(&text, &given("B=2 A=1")).fleet()), ["x: x"]);
}

#[test]
fn an_empty_variable_may_keep_its_separators() {
    let made = |tag: &str, values: &str| {
        let body = app(&format!("tag \"x\"; tag \"{tag}\""));
        read(
            &format!("variable \"V\" default=\"v\"\n{body}"),
            &given(values),
        )
    };
    for (tag, values, expect) in [
        ("a-{var:V:even-empty}", "", "a-v"),
        ("a-{var:V:even-empty}", "V=", "a-"),
        ("a-{var:V}", "V=", "a"),
        ("a-{var:V:even-empty}-b", "V=", "a--b"),
        ("a.{var:V:first 1:even-empty}", "V=", "a."),
    ] {
        let outcome = made(tag, values);
        assert_eq!(outcome.faults(), [""; 0], "{tag} with {values}");
        assert_eq!(tags(&outcome.fleet()), [format!("x: x {expect}")], "{tag}");
    }
    let place = "publish \"r.example/x/{var:V:even-empty}\"; tag \"x\"";
    let outcome = read(
        &format!("variable \"V\" default=\"v\"\n{}", app(place)),
        &given(""),
    );
    assert_eq!(outcome.faults(), ["placeholder-place: {var:V:even-empty}"]);
}

#[test]
fn others_decide_a_default() {
    const TAG: &str = "variable \"A\" default=\"{var:B:slug}\" { when var:B=\"main\" default=\"latest\"; when var:B=\"{var:C}\" var:C=\"!\" default=\"same\"; }\nvariable \"C\" default=\"\"\nvariable \"B\" default=\"main\"";
    const TRUTH: &str = "variable \"A\" kind=\"bool\" default=#false { when var:B=\"!\" default=#true; }\nvariable \"B\" default=\"\"";
    const WANTED: &str =
        "variable \"A\" { when var:B=\"1\" default=\"one\"; }\nvariable \"B\" default=\"1\"";
    const CHAIN: &str = "variable \"A\" default=\"a\" { when var:B=\"b2\" default=\"a2\"; }\nvariable \"B\" default=\"b\" { when var:C=\"1\" default=\"b2\"; }\nvariable \"C\" default=\"\"";
    for (variables, values, tag) in [
        (TAG, "", "x-latest"),
        (TAG, "B=a/b", "x-a-b"),
        (TAG, "A=own", "x-own"),
        (TAG, "A= B=v", "x"),
        // The last one that applies counts.
        (TAG, "C=main", "x-same"),
        (TRUTH, "", "x-false"),
        (TRUTH, "B=1", "x-true"),
        (TRUTH, "B=1 A=false", "x-false"),
        (WANTED, "", "x-one"),
        (WANTED, "B=2 A=two", "x-two"),
        (CHAIN, "", "x-a"),
        (CHAIN, "C=1", "x-a2"),
    ] {
        let outcome = made(variables, values);
        assert_eq!(outcome.faults(), [""; 0], "{variables} with {values}");
        let expect = format!("{tag}: {tag}");
        let made = tags(&outcome.fleet());
        assert_eq!(made, [expect], "{variables} with {values}");
    }
}

#[test]
fn faults_of_defaults_that_others_decide() {
    let with = |kind: &str, whens: &str| {
        format!("variable \"A\" {kind} {{ {whens} }}\nvariable \"B\" default=\"1\"")
    };
    for (variables, values, faults) in [
        (
            with("default=\"a\"", "when var:BB=\"1\" default=\"b\""),
            "",
            vec!["unknown-variable: var:BB"],
        ),
        (
            with("default=\"a\"", "when var:B=\">1\" default=\"b\""),
            "",
            vec!["range: \">1\""],
        ),
        (
            with("default=\"a\"", "when var:B=\"2\" default=\"{var:A}\""),
            "",
            vec!["variable-ring: variable \"A\" default=\"a\""],
        ),
        // A default that does not apply is checked, too.
        (
            with(
                "one-of=\"a\" default=\"a\"",
                "when var:B=\"2\" default=\"b\"",
            ),
            "",
            vec!["variable-value: \"a\""],
        ),
        (
            with("default=\"a\"", "when var:B=\"2\" default=\"{sha}\""),
            "",
            vec!["placeholder-place: {sha}"],
        ),
        (
            with("", "when var:B=\"2\" default=\"b\""),
            "",
            vec!["variable-not-given: \"A\""],
        ),
    ] {
        let outcome = made(&variables, values);
        assert_eq!(outcome.faults(), faults, "{variables} with {values}");
    }
}

#[test]
fn faults_of_made_defaults() {
    let two = |one: &str, other: &str| {
        format!("variable \"A\" default=\"{one}\"\nvariable \"B\" {other}")
    };
    for (variables, values, faults) in [
        (
            two("{var:BB}", "default=\"1\""),
            "",
            vec!["placeholder: {var:BB}"],
        ),
        // Also where it has no effect in this run.
        (
            two("{var:BB}", "default=\"1\""),
            "A=1",
            vec!["placeholder: {var:BB}"],
        ),
        (
            two("{var:B:odd}", "default=\"1\""),
            "",
            vec!["placeholder: {var:B:odd}"],
        ),
        (
            two("{sha}{var:B}", "default=\"1\""),
            "",
            vec!["placeholder-place: {sha}"],
        ),
        (
            two("{B}", "default=\"1\""),
            "",
            vec!["placeholder-place: {B}", "warning unused: \"B\""],
        ),
        (
            two("{var:A}", "default=\"1\""),
            "",
            vec!["variable-ring: \"{var:A}\"", "warning unused: \"B\""],
        ),
        (
            two("{var:B}", "default=\"{var:A}\""),
            "",
            vec!["variable-ring: \"{var:B}\""],
        ),
        (
            two("{var:B}", "default=\"{var:A}\""),
            "B=1",
            vec!["variable-ring: \"{var:B}\""],
        ),
        (two("{var:B}", ""), "", vec!["variable-not-given: \"B\""]),
        (
            two("{var:B}\" pattern=\"[a-z]", "default=\"1\""),
            "",
            vec!["variable-value: \"[a-z]\""],
        ),
        (
            two("{var:B}\" one-of=\"1", "default=\"2\""),
            "",
            vec!["variable-value: \"1\""],
        ),
        (
            two("{var:B}", "default=\"1\" one-of=\"2\""),
            "",
            vec!["variable-value: \"2\""],
        ),
    ] {
        let outcome = made(&variables, values);
        assert_eq!(outcome.faults(), faults, "{variables} with {values}");
    }
}

#[test]
fn a_long_chain_of_defaults_is_filled() {
    let links =
        (0..5_000).map(|at| format!("variable \"V{at}\" default=\"{{var:V{}}}\"\n", at + 1));
    let mut all: String = links.collect();
    all += "variable \"V5000\" default=\"7\"\nvariable \"A\" default=\"{var:V0}\"\n";
    assert_eq!(tags(&made(&all, "").fleet()), ["x-7: x-7"]);
}
