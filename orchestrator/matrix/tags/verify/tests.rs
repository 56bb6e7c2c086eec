//! Each reference has one owner, or is one index over several.

use super::TWO_OWNERS;
use crate::matrix::tests::{app, check_tags, inputs, read};

#[track_caller]
fn check(body: &str, expect: &[&str]) {
    let outcome = read(&app(body), &inputs());
    let messages: Vec<&str> = outcome
        .diagnostics
        .iter()
        .map(|fault| fault.message.as_str())
        .collect();
    assert_eq!(messages, expect, "{body}");
}

#[test]
fn two_owners_are_refused() {
    let body = "axis \"k\" { value \"a\"; value \"b\"; }; tag \"{k}\"; tag \"edge\"";
    check(
        body,
        &["`example.com/app:edge` has two owners, `app:a` and `app:b`"],
    );
    let outcome = read(&app(body), &inputs());
    let fault = outcome.diagnostics.iter().next().unwrap();
    let labels: Vec<String> = fault
        .labels
        .iter()
        .map(|label| format!("{} {}", outcome.sources.place(label.span), label.text))
        .collect();
    assert_eq!(
        labels,
        [
            "kiln.kdl:6:52 `app:a` has it from this tag",
            "kiln.kdl:6:52 `app:b` has it from this tag",
            "kiln.kdl:6:12 `k` of `app:a`",
            "kiln.kdl:6:23 `k` of `app:b`"
        ]
    );
}

#[test]
fn many_conflicts_of_two_rules_are_one_fault() {
    let body = "axis \"v\" kind=\"version\" rungs=\"full minor\" { value \"1.2\"; }; axis \"k\" { value \"a\" default; value \"b\" default; value \"c\" default; }; tag \"{v}-{k}\"";
    check(
        body,
        &[
            "`example.com/app:1.2` has two owners, `app:1.2-a` and `app:1.2-b`; the same holds for 1 more reference of these rules",
        ],
    );
}

#[test]
fn owners_are_checked_across_images_and_registries() {
    let image = |name: &str| {
        format!(
            "image \"{name}\" {{ from base=\"os\"; template \"t.hbs\"; publish \"x.y/one\"; publish \"x.y/{name}\"; tag \"1\"; }}\n"
        )
    };
    let text = format!(
        "workspace \"w\" {{}}\nbase \"os\" from=\"debian\"\n{}{}",
        image("a"),
        image("b")
    );
    let outcome = read(&text, &inputs());
    assert_eq!(
        outcome
            .diagnostics
            .iter()
            .map(|fault| fault.message.as_str())
            .collect::<Vec<_>>(),
        ["`x.y/one:1` has two owners, `a:1` and `b:1`"]
    );
}

#[test]
fn shared_tags_are_indexes_over_disjoint_platforms() {
    let body = |shared: &str, second: &str| {
        format!(
            "axis \"os\" {{ value \"linux\" default {shared}; value \"windows\" default shared {{ alias \"win\"; }} }}\n\
             when os=\"linux\" {{ platforms \"linux/amd64\" \"linux/arm64\"; }}\nwhen os=\"windows\" {{ platforms \"{second}\"; }}\ntag \"1-{{os}}\""
        )
    };
    check_tags(
        &body("shared", "windows(10.0.20348)/amd64"),
        &["1-linux: 1-linux 1+", "1-windows: 1-windows 1+ 1-win+"],
    );
    check(
        &body("shared", "linux/arm64/v8"),
        &[
            "`example.com/app:1` is shared by `app:1-linux` and `app:1-windows`, and both have linux/arm64",
        ],
    );
    check(
        &body("", "windows/amd64"),
        &["`example.com/app:1` has two owners, `app:1-linux` and `app:1-windows`"],
    );
}

#[test]
fn os_versions_are_disjoint_and_none_is_any() {
    let body = |first: &str, second: &str| {
        format!(
            "axis \"os\" {{ value \"a\" default shared; value \"b\" default shared; }}\n\
             when os=\"a\" {{ platforms \"{first}\"; }}\nwhen os=\"b\" {{ platforms \"{second}\"; }}\ntag \"1-{{os}}\""
        )
    };
    check(&body("windows(10.0.1)/amd64", "windows(10.0.2)/amd64"), &[]);
    check(
        &body("windows(10.0.1)/amd64", "windows/amd64"),
        &["`example.com/app:1` is shared by `app:1-a` and `app:1-b`, and both have windows/amd64"],
    );
}

#[test]
fn one_variant_may_derive_a_tag_twice() {
    check_tags("tag \"a\"; tag \"a\" fixed=#true", &["a: a!"]);
}

#[test]
fn a_fixed_rule_fixes_what_nothing_newer_takes_over() {
    let body = "axis \"v\" kind=\"version\" rungs=\"full minor\" { value \"1.2.3\" { alias \"lts\"; } }; tag \"{v}\" fixed=#true";
    check_tags(body, &["1.2.3: 1.2.3! 1.2 lts"]);
}

#[test]
fn rungs_per_image_and_per_cell() {
    let body = |per: &str| {
        format!(
            "axis \"v\" kind=\"version\" rungs=\"full major\" {{ value \"1.2\"; value \"1.1\"; }}; axis \"k\" {{ value \"a\"; value \"b\"; }}\n\
             exclude v=\"1.2\" k=\"b\"; tag \"{{v}}-{{k}}\" {per}"
        )
    };
    check_tags(
        &body(""),
        &["1.2-a: 1.2-a 1-a", "1.1-a: 1.1-a", "1.1-b: 1.1-b"],
    );
    check_tags(
        &body("per=\"cell\""),
        &["1.2-a: 1.2-a 1-a", "1.1-a: 1.1-a", "1.1-b: 1.1-b 1-b"],
    );
    check(&body(""), &["no variant owns `1-b` any more"]);
    check(&body("per=\"cell\""), &[]);
    check(&body("per=\"image\""), &[]);
}

/// A default that differs by version: the tokens are shared, not the values.
#[test]
fn per_cell_looks_at_tokens() {
    let body = "axis \"v\" kind=\"version\" rungs=\"full none\" { value \"2\"; value \"1\"; }; axis \"k\" { value \"a\"; value \"b\"; }
        when v=\"2\" { default k=\"a\"; }
        when v=\"1\" { default k=\"b\"; }
        tag \"{v}-{k}\" per=\"cell\"";
    check_tags(
        body,
        &[
            "2-a: 2-a a 2 latest",
            "2-b: 2-b b",
            "1-a: 1-a",
            "1-b: 1-b 1",
        ],
    );
}

/// A run for a git tag is a release, and too late to find what stops it; so every run looks for that.
#[test]
fn two_owners_of_a_tag_that_only_a_git_tag_makes() {
    let axes = r#"axis "v" kind="version" { value "1.2.3"; value "1.3.0" }; axis "k" { value "a"; value "b" }"#;
    for (rule, is_taken) in [
        (r#"tag "{tag:full}-{k}" on="tag:v*""#, true),
        (r#"tag "{tag:latest}" on="tag:v*""#, true),
        (r#"tag "{tag:slug}-{v}" on="tag:v*""#, true),
        (r#"tag "{tag:full}-{v:full}-{k}" on="tag:v*""#, false),
        (
            r#"when v="1.3.0" k="a" { tag "{tag:full}" on="tag:v*" }"#,
            false,
        ),
        // What no version of the sample matches is not known.
        (r#"tag "{tag:match app/v(.*):full}" on="tag:app/*""#, false),
    ] {
        let text = app(&format!("{axes}; tag \"{{v}}-{{k}}\"; {rule}"));
        let found = read(&text, &inputs());
        let mut said = found.diagnostics.iter();
        let fault = said.find(|one| one.code == TWO_OWNERS);
        assert_eq!(fault.is_some(), is_taken, "{rule}: {fault:?}");
        if let Some(fault) = fault {
            let start = "in a run for a git tag such as `v987.65.43`, `example.com/app:";
            assert!(fault.message.starts_with(start), "{rule}: {fault:?}");
        }
    }
}
