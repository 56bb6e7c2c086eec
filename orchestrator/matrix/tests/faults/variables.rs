//! Variables, facts of a run, and git tags.

use super::*;

/// What uses it would have further faults with an empty value.
#[test]
fn a_variable_without_a_value_is_one_error() {
    let check = |declared: &str, nodes: &str| {
        let text = format!(
            "workspace \"w\" {{ publish \"{{var:n}}/{{image}}\" }}\nvariable \"n\" {declared}\n{nodes}"
        );
        let outcome = read(&text, &inputs());
        assert_eq!(outcome.faults(), ["variable-not-given: \"n\""], "{text}");
    };
    let image = |nodes: &str| format!("image \"a\" {{ dockerfile \"D\"; {nodes} }}");
    check("", &image("tag \"{var:n}\""));
    check(
        "",
        &image("tag \"v-{var:n}\"; publish \"docker.io/{var:n}-x/y\""),
    );
    check("kind=\"version\"", &image("tag \"{var:n:minor}\""));
    check("kind=\"bool\"", &image("tag \"{var:n}\""));
    check("one-of=\"x\"", &image("tag \"{var:n}\""));
}

#[test]
fn variables() {
    let check = |declared: &str, given: &[(&str, &str)], expect: &[&str]| {
        let text = format!("variable \"n\" {declared}\n{}", app("tag \"{var:n}\""));
        let variables = given
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect::<BTreeMap<_, _>>();
        let outcome = read(
            &text,
            &super::super::Inputs {
                variables,
                ..inputs()
            },
        );
        assert_eq!(outcome.faults(), expect, "{declared}");
        if expect.is_empty() {
            assert_eq!(
                outcome.fleet().variants.raw[0].tags[0].tag.as_str(),
                given.first().map_or("7", |(_, value)| value)
            );
        }
    };
    check("default=\"7\"", &[], &[]);
    check("default=\"7\"", &[("n", "8")], &[]);
    check("", &[("n", "8")], &[]);
    check("", &[], &["variable-not-given: \"n\""]);
    check(
        "default=\"7\"",
        &[("m", "8")],
        &["unknown-variable: (no place)"],
    );
    check(
        "kind=\"number\" default=\"7\"",
        &[("n", "x")],
        &["variable-value: variable \"n\" kind=\"number\" default=\"7\""],
    );
    check(
        "kind=\"bool\" default=\"true\"",
        &[("n", "yes")],
        &["variable-value: variable \"n\" kind=\"bool\" default=\"true\""],
    );
    check(
        "kind=\"version\" default=\"1.2\"",
        &[("n", "tip")],
        &["variable-value: variable \"n\" kind=\"version\" default=\"1.2\""],
    );
    check(
        "default=\"7\" one-of=\"7\" \"8\"",
        &[("n", "9")],
        &["variable-value: \"7\""],
    );
    check(
        "default=\"7\" pattern=\"[0-9]+\"",
        &[("n", "9x")],
        &["variable-value: \"[0-9]+\""],
    );
    check("default=\"7\" pattern=\"[0-9]+\"", &[("n", "99")], &[]);
}

/// An empty value that a variable must not have: the message says so, and what the default is.
#[test]
fn variables_that_must_not_be_empty() {
    let rows = [
        (
            "default=\"7\" pattern=\".+\"",
            "variable `n` must not be empty",
            "then it is `7`",
        ),
        (
            "pattern=\".+\"",
            "variable `n` must not be empty",
            "`--var n=…`",
        ),
        (
            "default=\"7\" one-of=\"7\"",
            "variable `n` must not be empty: it must be one of `7`",
            "`7`",
        ),
        (
            "kind=\"number\"",
            "variable `n` must not be empty: it must be a number",
            "KILN_VAR_n",
        ),
    ];
    for (rest, message, help) in rows {
        let text = format!("variable \"n\" {rest}\n{}", app("tag \"1{var:n}\""));
        let variables = BTreeMap::from([(String::from("n"), String::new())]);
        let inputs = super::super::Inputs {
            variables,
            ..inputs()
        };
        let outcome = read(&text, &inputs);
        let first = outcome.diagnostics.iter().next().expect("a fault");
        assert_eq!(first.message, message, "{rest}");
        assert!(format!("{:?}", first.help).contains(help), "{rest}");
    }
}

/// `KILN_VAR_GO_VERSION` sets both `Go_version` and `go-version`: the environment cannot distinguish them.
#[test]
fn variables_of_the_environment() {
    for name in ["Go_version", "go-version"] {
        let text = format!(
            "variable \"{name}\"\n{}",
            app(&format!("tag \"{{var:{name}}}\""))
        );
        let variables = BTreeMap::from([(String::from("go-version"), String::from("1.27"))]);
        let fleet = read(
            &text,
            &super::super::Inputs {
                variables,
                ..inputs()
            },
        )
        .fleet();
        assert_eq!(fleet.variants.raw[0].tags[0].tag.as_str(), "1.27");
    }
}

#[test]
fn a_variable_that_is_not_declared_shows_how() {
    let mut inputs = inputs();
    inputs.variables.insert("foo".into(), "bar".into());
    let outcome = read(&app("tag \"1\""), &inputs);
    let mut helps = outcome
        .diagnostics
        .iter()
        .map(|fault| fault.help.as_deref());
    let expect = "declare it in the manifest: `variable \"foo\" default=\"…\"`";
    assert_eq!(helps.next(), Some(Some(expect)));
}

/// The warnings of a run for a git tag.
#[track_caller]
fn check_git_tag(tag: &str, body: &str, expect: &[&str]) {
    let git = crate::tag::GitFacts {
        tag: Some(tag.into()),
        sha: Some("fd56c4b668f9388423d4e97d4f1b2b5ebe4083d7".into()),
        ..Default::default()
    };
    let inputs = crate::matrix::Inputs { git, ..inputs() };
    let outcome = read(&app(body), &inputs);
    assert_eq!(outcome.faults(), expect, "{tag}: {body}");
    assert!(outcome.fleet.is_some());
}

/// As that of a git tag, the edition of a variable moves the tags of plain versions.
#[test]
fn editions_of_variables_are_a_warning() {
    for (version, tags, expect) in [
        (
            "2.0.2-alpine",
            "tag \"{var:V:full}\"; tag \"{var:V:minor}\"; tag \"{var:V:latest}\"",
            &["warning git-tag: \"{var:V:minor}\""][..],
        ),
        (
            "2.0.2",
            "tag \"{var:V:minor}\"; tag \"{var:V:latest}\"",
            &[],
        ),
        (
            "2.0.2-alpine",
            "tag \"{var:V:minor}-alpine\"; tag \"{var:V:full}\"; tag \"{var:V:before -:minor}\"",
            &[],
        ),
    ] {
        let text = app(tags) + &format!("variable \"V\" default=\"{version}\"");
        let outcome = read(&text, &inputs());
        assert_eq!(outcome.faults(), expect, "{tags} for {version}");
    }
}

#[test]
fn git_tags_that_match_nothing() {
    let rungs = "tag \"{tag:full}\" on=\"tag:*\"; tag \"{tag:minor}\" on=\"tag:*\"; tag \"{tag:latest}\" on=\"tag:*\"";
    let all = [
        "warning git-tag: \"{tag:full}\"",
        "warning git-tag: \"{tag:minor}\"",
        "warning git-tag: \"{tag:latest}\"",
    ];
    for tag in ["release-1.2.3", "app/v1.2.3", "1!2.0"] {
        check_git_tag(tag, rungs, &all);
    }
    check_git_tag("v1.2.3", rungs, &[]);
    check_git_tag("v1.2.3-rc1", rungs, &[]);
    // A rule for other git tags makes nothing of this one.
    let several =
        "tag \"{tag:match app/v(.*):full}\" on=\"tag:app/*\"; tag \"{tag}\" on=\"tag:v*\"";
    check_git_tag("app/v1.2.3", several, &[]);
    // Another rule makes a tag, but a rung of it is not possible.
    check_git_tag(
        "release-1",
        "tag \"{tag}\" on=\"tag:*\"; tag \"{tag:major}\" on=\"tag:*\"",
        &["warning git-tag: \"{tag:major}\""],
    );
    // One of several expressions is enough.
    let each = "tag \"{tag:match app/v(.*):full}\" on=\"tag:*\"; tag \"{tag:match lib/v(.*):full}\" on=\"tag:*\"";
    check_git_tag("app/v1.2.3", each, &[]);
    let none = [
        "warning git-tag: \"{tag:match app/v(.*):full}\"",
        "warning git-tag: \"{tag:match lib/v(.*):full}\"",
    ];
    check_git_tag("v1.2.3", each, &none);
    // So is one of several conditions.
    let on = "tag \"a\" on=\"tag:a*\"; tag \"b\" on=\"tag:b*\" \"branch:main\"";
    check_git_tag("a1", on, &[]);
    check_git_tag("c1", on, &["warning git-tag: \"tag:a*\""]);
    check_git_tag("c1", "tag \"a\" on=\"branch:main\"", &[]);
    check_git_tag(
        "v1.2.3",
        "tag \"{tag:full}\" on=\"tag:release-*\"",
        &["warning git-tag: \"tag:release-*\""],
    );
}

/// A version is wanted, and there is none.
#[test]
fn rungs_of_variables_that_are_not_versions() {
    let check = |value: &str, expect: &[&str]| {
        let body = app("tag \"x\"; tag \"{var:V:minor}\"");
        check_all(
            &format!("variable \"V\" default=\"{value}\"\n{body}"),
            expect,
        );
    };
    check("1.2.3", &[]);
    check("1.2.3-rc1", &[]);
    check("1.2.3-14-gabcd", &[]);
    check("1.2.3-foo", &["warning tag-not-made: \"{var:V:minor}\""]);
    check("", &[]);
    check("edge", &[]);
    check("1_2_3", &["warning tag-not-made: \"{var:V:minor}\""]);
    check("feature/x", &["warning tag-not-made: \"{var:V:minor}\""]);
}

/// An edition moves the tags of the plain version; the help leaves them to it.
#[test]
fn git_tags_of_editions() {
    let rules =
        |minor: &str| format!("tag \"{{tag:full}}\" on=\"tag:*\"; tag \"{minor}\" on=\"tag:*\"");
    for (minor, plain, prefix) in [
        ("{tag:minor}", "{tag:match ^v?([0-9.]+)$:minor}", "v"),
        ("{tag:latest}", "{tag:match ^v?([0-9.]+)$:latest}", "v"),
        (
            "{tag:match v(.*):minor}",
            "{tag:match v([0-9.]+)$:minor}",
            "v",
        ),
    ] {
        let warning = format!("warning git-tag: \"{minor}\"");
        let edition = format!("{prefix}1.2.3-alpine");
        check_git_tag(&edition, &rules(minor), &[&warning]);
        check_git_tag(&edition, &rules(plain), &[]);
        for tag in ["1.2.3", "1.2.3-1", "1.2.3-rc1", "1.2.3-5-g1234abc-dirty"] {
            check_git_tag(&format!("{prefix}{tag}"), &rules(minor), &[]);
        }
        let git = crate::tag::GitFacts {
            tag: Some(edition),
            ..Default::default()
        };
        let inputs = crate::matrix::Inputs { git, ..inputs() };
        let outcome = read(&app(&rules(minor)), &inputs);
        let help = outcome
            .diagnostics
            .iter()
            .find_map(|fault| fault.help.clone());
        assert!(
            help.is_some_and(|help| help.contains(&format!("`{plain}`"))),
            "{minor}"
        );
    }
    check_git_tag(
        "v1.2.3-alpine",
        "tag \"{tag:full}\"; tag \"{tag:minor}-alpine\"",
        &[],
    );
}
