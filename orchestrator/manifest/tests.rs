//! Manifests, and what is said of their faults.

mod images;
mod slips;
mod toolsets;

use super::*;
use crate::name::EngineVersion;
use crate::text::{Sources, kdl, show};
use proptest::prelude::*;

/// Reads a manifest from one text.
fn read(text: &str) -> (Manifest, Diagnostics, Sources) {
    let mut sources = Sources::default();
    let id = sources.add("kiln.kdl", text);
    let mut out = Diagnostics::default();
    let document = kdl::parse(id, text, &mut out);
    (parse(&[document], Vec::new(), &mut out), out, sources)
}

/// A valid manifest.
fn good(text: &str) -> Manifest {
    let (manifest, out, sources) = read(&format!("workspace \"x\"\n{text}"));
    assert!(out.is_empty(), "{}", show::text(&out, &sources, false));
    manifest
}

/// Checks the diagnostics, each as `message @ marked text`. The workspace is added.
fn faulty(text: &str, expect: &[&str]) {
    let all = format!("workspace \"x\"\n{text}");
    let (_, out, _) = read(&all);
    let mark = |span: Span| &all[span.start as usize..span.end as usize];
    let found: Vec<String> = out
        .iter()
        .map(|d| {
            format!(
                "{} @ {}",
                d.message,
                d.labels.first().map_or("", |l| mark(l.span))
            )
        })
        .collect();
    assert_eq!(found, expect, "{text}");
    assert!(
        out.iter().all(|d| d.help.is_some()),
        "every diagnostic has a help: {text}"
    );
}

/// The same inside an image.
fn faulty_image(text: &str, expect: &[&str]) {
    faulty(&format!("image \"go\" {{\n{text}\n}}"), expect);
}

/// The only image, with these nodes in it.
fn image(text: &str) -> Image {
    good(&format!("image \"go\" {{\n{text}\n}}"))
        .images
        .pop()
        .expect("there is one image")
}

const DESIGN: &str = include_str!("tests/design.kdl");

#[test]
fn a_whole_manifest_has_no_errors() {
    let (manifest, out, sources) = read(DESIGN);
    assert!(out.is_empty(), "{}", show::text(&out, &sources, false));
    let workspace = manifest.workspace.expect("it has a workspace");
    assert_eq!(
        workspace.publish[0].repository.value,
        "docker.io/cimg/{image}"
    );
    assert_eq!(
        workspace.stage.map(|stage| stage.value).as_deref(),
        Some("docker.io/cimg/kiln-stage")
    );
    assert_eq!(manifest.bases[0].from.value, "docker.io/cimg/base:2026.03");
    assert_eq!(manifest.toolsets[1].params[0].0.value, "version");
    assert_eq!(manifest.toolsets[1].items.len(), 2);
    assert_eq!(manifest.toolsets[1].checks.len(), 1);
    let go = &manifest.images[0];
    assert_eq!(go.axes[0].kind, AxisKind::Version);
    assert_eq!(
        go.axes[0]
            .rungs
            .iter()
            .map(|rung| rung.value)
            .collect::<Vec<_>>(),
        [Rung::Full, Rung::Minor]
    );
    assert_eq!(
        go.axes[1].values[0]
            .token
            .as_ref()
            .map(|token| token.value.as_str()),
        Some("")
    );
    assert_eq!(go.whens.len(), 3);
    assert_eq!(go.settings.tags[0].pattern.value, "{version}-{variant}");
}

#[test]
fn ten_errors_are_ten_diagnostics() {
    let (_, out, sources) = read(include_str!("tests/faulty.kdl"));
    assert_eq!(out.errors(), 10);
    insta::assert_snapshot!(show::text(&out, &sources, false));
    insta::assert_snapshot!(show::json(&out, &sources));
}

#[test]
fn workspaces() {
    let workspace = good("").workspace.expect("it has a workspace");
    assert_eq!(
        (
            workspace.name.value.as_str(),
            workspace.syntax,
            workspace.stage
        ),
        ("x", Syntax::BuildKit, None)
    );
    let (manifest, out, _) = read(
        "workspace \"x\" { publish \"a/{image}\" \"b/{image}\" on=\"release\" \"tag:v*\"; syntax \"classic\" }",
    );
    let workspace = manifest.workspace.expect("it has a workspace");
    assert!(out.is_empty());
    assert_eq!(workspace.syntax, Syntax::Classic);
    assert_eq!(
        workspace
            .publish
            .iter()
            .map(|p| p.repository.value.as_str())
            .collect::<Vec<_>>(),
        ["a/{image}", "b/{image}"]
    );
    assert!(
        matches!(workspace.publish[1].on.as_slice(), [Condition::Release(_), Condition::Tag(tag)] if tag.value == "v*")
    );
    let (_, out, _) = read("base \"x\" from=\"y\"");
    assert_eq!(
        out.iter().map(|d| d.message.as_str()).collect::<Vec<_>>(),
        ["the manifest has no `workspace`"]
    );
    faulty(
        "workspace \"y\"",
        &["`workspace` is declared twice @ workspace \"y\""],
    );
    let (_, out, _) =
        read("workspace { stage \"a\"; stage \"b\"; publish; syntax \"docker\"; pubish \"x\" } ");
    let found: Vec<&str> = out.iter().map(|d| d.message.as_str()).collect();
    assert_eq!(
        found,
        [
            "`workspace` needs a name",
            "unknown node `pubish` in `workspace`",
            "`stage` is declared twice",
            "`publish` needs a repository",
            "unknown syntax: `docker`"
        ]
    );
}

#[test]
fn variables() {
    let all = good("variable \"a\" default=\"x\" one-of=\"x\" \"y\"\nvariable \"b\" kind=\"number\" default=3\nvariable \"c\" kind=\"bool\" default=#true\nvariable \"d\" kind=\"version\" pattern=#\"\\d+\"#").variables;
    assert_eq!(
        all.iter().map(|v| v.kind).collect::<Vec<_>>(),
        [
            VariableKind::Text,
            VariableKind::Number,
            VariableKind::Bool,
            VariableKind::Version
        ]
    );
    assert_eq!(
        all.iter()
            .map(|v| v.default.as_ref().map_or("-", |d| d.value.as_str()))
            .collect::<Vec<_>>(),
        ["x", "3", "true", "-"]
    );
    assert_eq!(all[0].one_of.len(), 2);
    faulty("variable", &["`variable` needs a name @ variable"]);
    let all = good(
        "variable \"a\" kind=\"number\" default=1 { when var:b=\"x\" \"y\" var:c=\"\" default=2; }",
    )
    .variables;
    let when = &all[0].whens[0];
    assert_eq!((when.variables.len(), when.default.as_str()), (2, "2"));
    for (when, fault) in [
        ("when default=\"x\"", "`when` needs a variable @ when"),
        ("when var:b=\"x\"", "`when` needs `default` @ when"),
        (
            "when var:b=\"x\" default=7",
            "`when` takes text here, not a number @ 7",
        ),
        (
            "when var:b=\"x\" b=\"1\" default=\"y\"",
            "`b` is not a variable @ b",
        ),
        (
            "when var:b=\"x\" default=\"y\" { tag \"1\"; }",
            "`when` takes no block @ tag",
        ),
        ("tag \"1\"", "unknown node `tag` in `variable` @ tag"),
    ] {
        faulty(&format!("variable \"a\" {{ {when} }}"), &[fault]);
    }
    faulty(
        "variable \"a\" kind=\"text\" default=3",
        &["`variable` takes text here, not a number @ 3"],
    );
    faulty(
        "variable \"a\" kind=\"int\"",
        &["unknown value of `kind`: `int` @ \"int\""],
    );
    faulty(
        "variable \"a\" pattern=\"(\"",
        &["`pattern` is not a regular expression: unclosed group @ \"(\""],
    );
    faulty(
        "variable \"a\" one-of=\"x\" \"x\" y=\"\"",
        &[
            "unknown property `y` on `variable` @ y",
            "value of `one-of` `x` appears twice @ \"x\"",
        ],
    );
    faulty(
        "variable \"a b\"",
        &["`a b` cannot be the name of a variable @ \"a b\""],
    );
}

#[test]
fn attest() {
    let attest = |text: &str| {
        let (manifest, faults, _) = read(&format!("workspace \"w\" {{ {text} }}"));
        let found = manifest.workspace.expect("a workspace").attest;
        let words: Vec<&str> = found.into_iter().map(Proof::word).collect();
        let messages: Vec<String> = faults.iter().map(|d| d.message.clone()).collect();
        (words.join(" "), messages.join("; "))
    };
    for (text, words, messages) in [
        ("", "", ""),
        ("attest \"provenance\" \"sbom\"", "sbom provenance", ""),
        ("attest \"sbom\"", "sbom", ""),
        ("attest", "", "`attest` needs `sbom` or `provenance`"),
        ("attest \"spdx\"", "", "unknown proof: `spdx`"),
        (
            "attest \"sbom\" \"sbom\"",
            "sbom",
            "proof `sbom` appears twice",
        ),
        (
            "attest \"sbom\"; attest \"sbom\"",
            "sbom",
            "`attest` is declared twice",
        ),
    ] {
        assert_eq!(attest(text), (words.into(), messages.into()), "{text}");
    }
}

#[test]
fn engine_versions() {
    let engine = |text: &str| {
        let (manifest, ..) = read(&format!("workspace \"w\" {{ syntax {text} }}"));
        manifest.workspace.expect("a workspace").engine
    };
    assert_eq!(engine("\"buildkit\""), EngineVersion(20, 10));
    assert_eq!(
        engine("\"buildkit\" engine=\"23.0.1\""),
        EngineVersion(23, 0)
    );
    let (_, faults, _) = read("workspace \"w\" { syntax \"buildkit\" engine=\"new\" }");
    let messages: Vec<&str> = faults.iter().map(|d| d.message.as_str()).collect();
    assert_eq!(messages, ["`new` is not a version of an engine"]);
}

/// Words of the manifest in any order: they reach more of the parser than random characters.
fn words() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "workspace",
        "variable",
        "base",
        "toolset",
        "image",
        "include",
        "axis",
        "value",
        "when",
        "from",
        "template",
        "platforms",
        "use",
        "tag",
        "must",
        "check",
        "exclude",
        "archive",
        "env",
        "param",
        "alias",
        "set",
        "publish",
        "{",
        "}",
        "\n",
        "\n",
        "\n",
        " ",
        "\"x\"",
        "\"\"",
        "\"é y\"",
        "1.30",
        "#true",
        "k=\"v\"",
        "kind=\"version\"",
        "rungs=\"full \\t minor\"",
        "on=\"schedule\"",
        "fixed",
        "default",
        "image=\"go\"",
        "exit=1",
        "run=#\"x\"#",
        "/-",
        "=",
    ]);
    prop::collection::vec(word, 0..300).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn any_words_are_parsed(text in words()) {
        let (_, out, _) = read(&text);
        for span in out.iter().flat_map(|d| &d.labels).map(|label| label.span) {
            prop_assert!(text.get(span.start as usize..span.end as usize).is_some(), "{:?}", span);
        }
    }
}
