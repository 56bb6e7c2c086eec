//! All errors in a manifest are reported at once, over all stages, and each one once.

use kiln::line;
use kiln::matrix::Inputs;
use kiln::text::{self, Diagnostics, Sources, show};

/// The problems found in a manifest by the stages that need no other file.
fn faults(source: &str) -> (Diagnostics, Sources) {
    let mut sources = Sources::default();
    let mut found = Diagnostics::default();
    let document = line::document(source, &mut sources, &mut found);
    let now = "2026-08-03T00:00:00Z".parse().expect("this is a time");
    let inputs = Inputs {
        now,
        ..Inputs::default()
    };
    line::fleet(&[document], &inputs, &mut sources, &mut found);
    (found, sources)
}

/// Expects these messages, in the order of the text.
fn check(source: &str, expect: &[&str]) {
    let (found, sources) = faults(source);
    let mut all: Vec<(Option<text::Span>, &str)> = found
        .iter()
        .map(|d| (d.labels.first().map(|l| l.span), d.message.as_str()))
        .collect();
    all.sort_by_key(|(span, _)| *span);
    let messages: Vec<&str> = all.into_iter().map(|(_, message)| message).collect();
    assert_eq!(messages, expect, "{}", show::text(&found, &sources, false));
}

#[test]
fn twelve_errors_of_all_stages_are_twelve_diagnostics() {
    check(
        r#"
workspace "cimg" { publsh "docker.io/cimg/{image}" }
base "debian" form="debian:trixie"
base "ubuntu" from=ubuntu:24.04/x
toolset "go" { param "version"; packages "git" }
image "go" {
    axis "version" kind="version" rungs="full minro" { value 1.30; value "1.26" }
    axis "variant" { value "plain" token=""; value "node" }
    when variant="plain" { from base="debian"; template "../x.hbs"; use "go" version={version} }
    when variant="nodde" { from base="ubunto"; template "x.hbs"; use "go" version="1" }
    when variant="node" { from image="go" variant="plain"; template "x.hbs"; use "rust" }
    tag "{versoin}-{variant}"
}
"#,
        &[
            "unknown node `publsh` in `workspace`",
            "unknown property `form` on `base`",
            "`ubuntu:24.04/x` needs quotes",
            "unknown node `packages` in `toolset`",
            "unknown rung: `minro`",
            "`value` takes text here, not a number",
            "the path contains `..`: `../x.hbs`",
            "there is a `{` instead of a value",
            "axis `variant` has no value `nodde`",
            "no base `ubunto` is declared",
            "no tool set `rust` is declared",
            "`{versoin}` is neither an axis nor a placeholder",
        ],
    );
}

#[test]
fn each_error_is_reported_once() {
    let head =
        "workspace \"x\" { publish \"docker.io/x/{image}\" }\nbase \"b\" from=\"debian:13\"\n";
    let one = |text: &str, message: &str| check(&format!("{head}{text}"), &[message]);
    let image = |name: &str, rest: &str| {
        format!("image \"{name}\" {{ from base=\"b\"; template \"t\"; tag \"x\"; {rest} }}")
    };
    one(&image("a/b", ""), "`a/b` cannot be the name of an image");
    one(
        &format!(
            "{}\nvariable \"v\" pattern=\"(\" default=\"x\"",
            image("a", "env X=\"{var:v}\"")
        ),
        "`pattern` is not a regular expression: unclosed group",
    );
    one(
        &image("a", "axis \"a.b\" { value \"x\" }"),
        "`a.b` cannot be the name of an axis",
    );
    one(
        &image("a", "axis \"v\" { value \"x\"; value \"x\" }"),
        "value `x` appears twice in axis `v`",
    );
    one(
        &format!("{}\nbase \"b\" from=\"y\"", image("a", "")),
        "base `b` is declared twice",
    );
    one(
        "image \"a\" { from base=\"b\"; tmplate \"t\"; tag \"x\" }",
        "unknown node `tmplate` in `image`",
    );
    one(
        "imag \"a\" { from base=\"b\"; template \"t\"; tag \"x\" }",
        "unknown node `imag` in the manifest",
    );
    one(
        "image \"a\" { from base=b/c; template \"t\"; tag \"x\" }",
        "`b/c` needs quotes",
    );
    one(
        "image \"a\" { from bas=\"b\"; template \"t\"; tag \"x\" }",
        "unknown property `bas` on `from`",
    );
    one(
        &image("a", "path \"../x\""),
        "the path contains `..`: `../x`",
    );
}

#[test]
fn a_missing_workspace_is_reported_once() {
    check("", &["the manifest has no `workspace`"]);
}
