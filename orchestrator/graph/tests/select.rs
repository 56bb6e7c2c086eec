//! Selectors.

use crate::graph::select;
use crate::line::tests::bring;
use crate::matrix::Inputs;

const FLEET: &str = r#"
workspace "cimg" { publish "docker.io/cimg/{image}"; }
base "os" from="debian:13"
image "base" { from base="os"; template "t.hbs"; tag "2026.03"; }
image "go" {
    axis "version" kind="version" rungs="full minor" { value "1.26.5"; value "1.25.12"; }
    axis "variant" { value "plain" token=""; value "node"; }
    template "t.hbs"
    when variant="plain" { from image="base"; }
    when variant="node" { from image="go" variant="plain"; }
    tag "{version}-{variant}"
}
image "gopher" { from image="go" version="1.26.5" variant="plain"; template "t.hbs"; publish "ghcr.io/x/{image}"; }
"#;

/// The labels of the selected variants, or the messages and helps of the faults.
fn check(selectors: &[&str], expect: &[&str]) {
    let ready = bring(FLEET, &Inputs::default(), &[("t.hbs", "FROM {{from}}")]).made();
    let selectors: Vec<String> = selectors
        .iter()
        .map(|selector| (*selector).to_owned())
        .collect();
    let got: Vec<String> = match select(&ready.fleet, Some(&ready.graph), &selectors) {
        Ok(ids) => ids
            .into_iter()
            .map(|id| ready.fleet.variant(id).label())
            .collect(),
        Err(faults) => faults
            .iter()
            .map(|fault| {
                format!(
                    "{}; {}",
                    fault.message,
                    fault.help.as_deref().unwrap_or_default()
                )
            })
            .collect(),
    };
    assert_eq!(got, expect, "{selectors:?}");
}

const GO: [&str; 4] = [
    "go:1.26.5",
    "go:1.26.5-node",
    "go:1.25.12",
    "go:1.25.12-node",
];

#[test]
fn names_tags_and_references() {
    check(&["go"], &GO);
    check(&["go:1.26.5-node"], &["go:1.26.5-node"]);
    check(&["go:1.26"], &["go:1.26.5"]);
    check(&["go:*-node"], &["go:1.26.5-node", "go:1.25.12-node"]);
    check(&["go*"], &[&GO[..], &["gopher:latest"]].concat());
    check(&["docker.io/cimg/go:1.26-node"], &["go:1.26.5-node"]);
    check(&["cimg/go:1.25"], &["go:1.25.12"]);
    check(&["cimg/base"], &["base:2026.03"]);
    check(&["ghcr.io/x/gopher:latest"], &["gopher:latest"]);
}

#[test]
fn values() {
    check(&["go[version=1.26.*]"], &GO[..2]);
    check(&["go[version>=1.26]"], &GO[..2]);
    check(&["go[version=<1.26,variant=node]"], &["go:1.25.12-node"]);
    check(&["go[variant=!node]"], &["go:1.26.5", "go:1.25.12"]);
    check(&["go[variant!=node]"], &["go:1.26.5", "go:1.25.12"]);
    check(&["*[variant=node]"], &["go:1.26.5-node", "go:1.25.12-node"]);
}

#[test]
fn neighbours_and_unions() {
    check(
        &[],
        &[
            "base:2026.03",
            "go:1.26.5",
            "go:1.26.5-node",
            "go:1.25.12",
            "go:1.25.12-node",
            "gopher:latest",
        ],
    );
    check(
        &["+go:1.26.5-node"],
        &["base:2026.03", "go:1.26.5", "go:1.26.5-node"],
    );
    check(
        &["dependencies+go:1.26.5-node"],
        &["base:2026.03", "go:1.26.5", "go:1.26.5-node"],
    );
    check(
        &["go:1.26.5+dependents"],
        &["go:1.26.5", "go:1.26.5-node", "gopher:latest"],
    );
    check(
        &["go:1.26.5+"],
        &["go:1.26.5", "go:1.26.5-node", "gopher:latest"],
    );
    check(
        &["+go:1.26.5+"],
        &[
            "base:2026.03",
            "go:1.26.5",
            "go:1.26.5-node",
            "gopher:latest",
        ],
    );
    check(
        &["base+"],
        &[
            "base:2026.03",
            "go:1.26.5",
            "go:1.26.5-node",
            "go:1.25.12",
            "go:1.25.12-node",
            "gopher:latest",
        ],
    );
    check(&["base", "gopher"], &["base:2026.03", "gopher:latest"]);
}

#[test]
fn what_names_nothing() {
    check(&["goo"], &["`goo` matches no variant; did you mean `go`?"]);
    check(
        &["x/gopher"],
        &["`x/gopher` matches no variant; did you mean `ghcr.io/x/gopher`?"],
    );
    check(
        &["python"],
        &["`python` matches no variant; the images are `base`, `go`, `gopher`"],
    );
    check(
        &["go:1.26.5-nod"],
        &["`go:1.26.5-nod` matches no variant; did you mean `go:1.26.5-node`?"],
    );
    check(
        &["go[version=1.26.6]"],
        &["`go[version=1.26.6]` matches no variant; did you mean `1.26.5`?"],
    );
    check(
        &["go[version=2.*]"],
        &["`go[version=2.*]` matches no variant; the images are `base`, `go`, `gopher`"],
    );
    check(
        &["go[verson=1.26.*]"],
        &["`go` has no axis `verson`; did you mean `version`?"],
    );
    check(
        &["go[version"],
        &[
            "`go[version` is not a selector: the `[` is never closed; use a selector such as `go`, `go:1.26.5-node`, `go[version=1.26.*]`, `+go`, `go+`",
        ],
    );
    let range = |selector: &str, range: &str| {
        let expect = format!(
            "`{selector}` is not a selector: write a range after `=`: `{range}`; use a selector such as `go`, `go:1.26.5-node`, `go[version=1.26.*]`, `+go`, `go+`"
        );
        check(&[selector], &[&expect]);
    };
    range("go[version<1.26]", "version=<1.26");
    range("go[variant=node,version > 1]", "version=> 1");
    check(
        &["go[version]"],
        &[
            "`go[version]` is not a selector: inside `[…]` use `axis=value`; use a selector such as `go`, `go:1.26.5-node`, `go[version=1.26.*]`, `+go`, `go+`",
        ],
    );
    check(
        &["goo", "pyhton", "go"],
        &[
            "`goo` matches no variant; did you mean `go`?",
            "`pyhton` matches no variant; the images are `base`, `go`, `gopher`",
        ],
    );
    check(
        &[""],
        &["`` matches no variant; the images are `base`, `go`, `gopher`"],
    );
    check(
        &["+"],
        &["`` matches no variant; the images are `base`, `go`, `gopher`"],
    );
}
