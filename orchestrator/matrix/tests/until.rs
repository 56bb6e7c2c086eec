//! Values that are built up to a day.

use super::{app, inputs, read, tags};
use crate::matrix::Inputs;

const WHENS: &str =
    "when v=\"1.25.0\" { env A=\"1\"; }\nexclude v=\"1.25.0\" k=\"y\"\ntag \"{v}-{k}\"\n";

fn at(day: &str, until: &str) -> super::Outcome {
    let body = format!(
        "axis \"v\" kind=\"version\" rungs=\"full minor major\" {{ value \"1.26.0\"; value \"1.25.0\" until=\"{until}\"; }}\naxis \"k\" {{ value \"x\"; value \"y\"; }}\n{WHENS}"
    );
    let now = format!("{day}T12:00:00Z").parse().unwrap();
    let inputs = Inputs { now, ..inputs() };
    read(&app(&body), &inputs)
}

#[test]
fn a_value_is_built_up_to_its_last_day() {
    let check = |day: &str, warning: Option<&str>, expect: &[&str], ended: &[&str]| {
        let outcome = at(day, "2026-12-31");
        let messages: Vec<&str> = outcome
            .diagnostics
            .iter()
            .map(|d| d.message.as_str())
            .collect();
        assert_eq!(
            messages.len(),
            usize::from(warning.is_some()),
            "{day} {messages:?}"
        );
        assert!(
            warning.is_none_or(|part| messages[0].contains(part)),
            "{day} {messages:?}"
        );
        let fleet = outcome.fleet();
        assert_eq!(tags(&fleet), expect, "{day}");
        let shown: Vec<String> = fleet.ended.keys().map(ToString::to_string).collect();
        assert_eq!(shown, ended, "{day}");
    };
    let live = [
        "1.26.0-x: 1.26.0-x 1.26-x 1-x",
        "1.26.0-y: 1.26.0-y 1.26-y 1-y",
    ];
    let both = [live[0], live[1], "1.25.0-x: 1.25.0-x 1.25-x"];
    let ended = ["example.com/app:1.25-x", "example.com/app:1.25.0-x"];
    check("2026-11-30", None, &both, &[]);
    check("2026-12-01", Some("in 30 days"), &both, &[]);
    check("2026-12-30", Some("tomorrow is the last day"), &both, &[]);
    check("2026-12-31", Some("today is the last day"), &both, &[]);
    check("2027-01-01", None, &live, &ended);
    check("2030-01-01", None, &live, &ended);
}

#[test]
fn rungs_go_to_the_values_that_are_left() {
    let body = "axis \"v\" kind=\"version\" rungs=\"full minor latest\" { value \"2.1\" until=\"2026-01-31\"; value \"2.0\"; }; tag \"{v}\"";
    let fleet = read(&app(body), &inputs()).fleet();
    assert_eq!(tags(&fleet), ["2.0: 2.0 latest"]);
    let ended: Vec<String> = fleet.ended.keys().map(ToString::to_string).collect();
    assert_eq!(ended, ["example.com/app:2.1"]);
}

#[test]
fn faults_around_values_that_have_ended() {
    let check = |body: &str, expect: &[&str]| {
        let outcome = read(&app(body), &inputs());
        assert_eq!(outcome.faults(), expect, "{body}");
    };
    check(
        "axis \"v\" { value \"a\" until=\"2026-01-01\"; value \"b\" until=\"2025-01-01\"; }",
        &["warning no-variant: \"app\""],
    );
    let child = "axis \"v\" { value \"a\"; value \"b\" until=\"2025-01-01\"; }\ntag \"{v}\" }\nimage \"child\" { axis \"v\" { value \"a\"; value \"b\"; }; from image=\"app\"; tag \"{v}\"";
    check(child, &[]);
    let both = child.replace("value \"b\";", "value \"b\" until=\"2025-01-01\";");
    check(&both, &[]);
    let named = child.replace("{ axis \"v\" { value \"a\"; value \"b\"; }; from image=\"app\";", "{ axis \"v\" { value \"a\"; value \"b\" until=\"2025-01-01\"; }; when v=\"b\" { from image=\"app\" v=\"b\"; }; when v=\"a\" { from image=\"app\" v=\"a\"; };");
    check(&named, &[]);
}

#[test]
fn what_is_based_on_an_ended_value_has_ended() {
    let check = |children: &str, expect: &[&str], ended: &[&str]| {
        let app = app("axis \"v\" { value \"a\"; value \"b\" until=\"2025-01-01\"; }\ntag \"{v}\"");
        let outcome = read(&format!("{app}\n{children}"), &inputs());
        let fleet = outcome.fleet();
        assert_eq!(tags(&fleet), expect, "{children}");
        let shown = fleet.ended.keys().map(|one| one.familiar());
        assert_eq!(shown.collect::<Vec<String>>(), ended, "{children}");
    };
    let named = "image \"k\" { from image=\"app\" v=\"b\"; tag \"1\"; template \"t\"; }\nimage \"top\" { from image=\"k\"; tag \"1\"; template \"t\"; }";
    let gone = ["example.com/app:b", "example.com/k:1", "example.com/top:1"];
    check(named, &["a: a"], &gone);
    let same = "image \"k\" { axis \"v\" { value \"a\"; value \"b\"; }; from image=\"app\"; tag \"{v}\"; template \"t\"; }";
    let gone = ["example.com/app:b", "example.com/k:b"];
    check(same, &["a: a", "a: a"], &gone);
    let moved = "image \"k\" { axis \"w\" kind=\"version\" rungs=\"full latest\" { value \"2\" { set base=\"b\"; }; value \"1\" { set base=\"a\"; }; }; from image=\"app\" v=\"{w.base}\"; tag \"{w}\"; template \"t\"; }";
    let gone = ["example.com/app:b", "example.com/k:2"];
    check(moved, &["a: a", "1: 1 latest"], &gone);
    let rungs = "image \"k\" { axis \"w\" kind=\"version\" rungs=\"full minor major\" { value \"2.1.0\" { set base=\"a\"; }; value \"1.2.3\" { set base=\"b\"; }; value \"1.1.0\" { set base=\"a\"; }; }; from image=\"app\" v=\"{w.base}\"; tag \"{w}\"; template \"t\"; }";
    let live = ["a: a", "2.1.0: 2.1.0 2.1 2", "1.1.0: 1.1.0 1.1 1"];
    let gone = [
        "example.com/app:b",
        "example.com/k:1.2",
        "example.com/k:1.2.3",
    ];
    check(rungs, &live, &gone);
}

#[test]
fn what_still_names_an_ended_value_says_so() {
    let check = |axis: &str, rest: &str, expect: &[(&str, &str)]| {
        let body = format!(
            "axis \"v\" kind=\"version\" rungs=\"full minor latest\" {axis} {{ value \"2.8.1\"; value \"2.7.3\" until=\"2025-01-31\"; }}; tag \"{{v}}\"\n{rest}"
        );
        let outcome = read(&app(&body), &inputs());
        let found: Vec<_> = outcome
            .diagnostics
            .iter()
            .map(|d| (d.code, d.message.as_str()))
            .collect();
        assert_eq!(found, expect, "{axis} {rest}");
        outcome.fleet()
    };
    let must = "`2.7` of `app` is not built any more: its value ended on 2025-01-31";
    check("", "must \"2.7\"", &[("matrix::must", must)]);
    check("", "must \"2.8\" \"latest\"", &[]);
    let latest = "every stable value of axis `v` in `2.7` has ended, so `none` and `latest` stay where they are";
    let fleet = check("latest=\"2.7\"", "", &[("matrix::latest", latest)]);
    assert_eq!(tags(&fleet), ["2.8.1: 2.8.1 2.8"]);
    let ended: Vec<String> = fleet.ended.keys().map(|one| one.familiar()).collect();
    let all = [
        "example.com/app:2.7",
        "example.com/app:2.7.3",
        "example.com/app:latest",
    ];
    assert_eq!(ended, all);
    let fleet = check("latest=\">=2.7\"", "", &[]);
    assert_eq!(tags(&fleet), ["2.8.1: 2.8.1 2.8 latest"]);
}
