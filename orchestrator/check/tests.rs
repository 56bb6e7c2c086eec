//! Checks as they are written, and the verdicts on what containers answer.

mod verdicts;

use super::*;
use crate::request::{Ended, FileKind, Found, ImageConfig, Output, Ran, Served};
use crate::tag::{Part, Pattern};
use crate::text::{Diagnostics, SourceId, kdl};

/// Reads a `check` line: the check, or the messages about it.
fn read(line: &str) -> Result<Check, Vec<String>> {
    let mut faults = Diagnostics::default();
    let document = kdl::parse(SourceId(0), line, &mut faults);
    let node = document.nodes.first().expect("a node");
    let declared = Declared::parse(node, &mut faults);
    let filled = declared.and_then(|d| d.fill(|text| fill(text), &mut faults));
    let messages: Vec<String> = faults.iter().map(|d| d.message.clone()).collect();
    filled.filter(|_| messages.is_empty()).ok_or(messages)
}

fn fill(text: &str) -> Option<String> {
    let pattern: Pattern = text.parse().ok()?;
    let parts = pattern.parts.into_iter().map(|part| match part {
        Part::Text(text) => Some(text),
        Part::Placeholder(placeholder) => [("version", "1.26.5"), ("port", "80")]
            .iter()
            .find(|(n, _)| *n == placeholder.name)
            .map(|(_, v)| v.to_string()),
    });
    parts.collect()
}

#[track_caller]
fn good(line: &str, title: &str) -> Check {
    let check = read(line).unwrap_or_else(|faults| panic!("{line}: {faults:?}"));
    assert_eq!(check.title, title, "{line}");
    check
}

#[track_caller]
fn bad(line: &str, fault: &str) {
    match read(line) {
        Ok(check) => panic!("{line} became {check:?}"),
        Err(faults) => assert!(
            faults.iter().any(|f| f.contains(fault)),
            "{line}: {faults:?}"
        ),
    }
}

#[test]
fn every_kind_is_read() {
    good(
        r#"check run="go version" contains="go{version}""#,
        "run go version",
    );
    good(
        r#"check argv="/app" "--version" exit=2 within="5s" memory="512MiB""#,
        "run /app --version",
    );
    good(
        r#"check run="id -un" user="circleci" workdir="/tmp" network { env A="b" C="$PATH" }"#,
        "run id -un",
    );
    good(r#"check run="x" network=#true"#, "run x");
    good(
        "check file=\"/usr/bin/go\" mode=0755 owner=\"0:0\"",
        "file /usr/bin/go",
    );
    good(
        r#"check file="/root/.npmrc" absent"#,
        "no file /root/.npmrc",
    );
    good(
        r##"check file="/etc/os-release" contains="a" "b" matches=#"^ID=\w+"#  lacks="c""##,
        "file /etc/os-release",
    );
    good(r#"check env="GOPATH" value="/go""#, "env GOPATH=/go");
    good(r#"check env="CI" absent=#true"#, "no env CI");
    good(
        r#"check label="org.opencontainers.image.title""#,
        "label org.opencontainers.image.title",
    );
    good(r#"check user="!root""#, "user !root");
    good(r#"check size="<500MB""#, "size at most 499.9 MB");
    good(r#"check "circleci-primary""#, "circleci-primary");
    good("check circleci-primary", "circleci-primary");
    good(
        r#"check serve port=5432 within="30s" run="pg_isready" user="postgres""#,
        "serve port 5432 run pg_isready",
    );
    good(r#"check serve port="{port}""#, "serve port 80");
    good(
        r#"check structure="checks/go-{version}.yaml" network"#,
        "structure checks/go-1.26.5.yaml",
    );
}

#[test]
fn wrong_combinations_are_reported() {
    bad("check", "does not say what to check");
    for word in [
        "run",
        "argv",
        "file",
        "env",
        "label",
        "user",
        "size",
        "structure",
    ] {
        bad(&format!("check {word}"), &format!("`{word}` has no value"));
        bad(
            &format!("check \"{word}\""),
            &format!("`{word}` has no value"),
        );
    }
    bad("check run \"curl\"", "`run` has no value");
    bad("check run=\"x\" user \"root\"", "`user` has no value");
    bad(r#"check contains="x""#, "does not say what to check");
    bad(r#"check run="a" file="/b""#, "`file` is the second");
    bad(r#"check run="a" argv="b""#, "`argv` is the second");
    bad(r#"check env="A" label="b""#, "`label` is the second");
    bad(
        r#"check run="a" mode="0755""#,
        "`mode` does not apply to a command",
    );
    bad(
        r#"check file="/a" exit=1"#,
        "`exit` does not apply to a file",
    );
    bad(
        r#"check size="1MB" contains="x""#,
        "`contains` does not apply to the size",
    );
    bad(
        r#"check user="a" network"#,
        "`network` does not apply to the user",
    );
    bad(
        r#"check file="/a" { env A="b" }"#,
        "`env` does not apply to a file",
    );
    bad(r#"check circleci-primary run="x""#, "`run` is the second");
    bad(r#"check serve file="/a" port=1"#, "`file` is the second");
    bad("check serve", "does not say when the service is ready");
    bad(
        r#"check serve port=80 contains="x""#,
        "without a command there is no output",
    );
    bad("check circleci-primry", "not a known word");
    bad(
        r#"check file="/a" absent mode="0755""#,
        "has no mode, owner or content",
    );
    bad(
        r#"check env="A" absent value="1""#,
        "must be absent has no value",
    );
    bad(r#"check rnu="x""#, "unknown property `rnu`");
    bad(r#"check run=#true"#, "takes text here");
    bad(r#"check run="x" { nev A="b" }"#, "unknown node `nev`");
}

#[test]
fn wrong_values_are_reported() {
    bad(r#"check run=" ""#, "`run` is empty");
    bad(r#"check argv="""#, "names no program");
    bad(r#"check run="x" exit=256"#, "not an exit code");
    bad(r#"check run="x" within="soon""#, "not a duration");
    bad(r#"check run="x" memory="1MB""#, "at least 6 MiB");
    bad(r#"check run="x" workdir="tmp""#, "not an absolute path");
    bad(r#"check run="x" matches="(""#, "not a regular expression");
    bad(
        r#"check run="x" matches="({version}""#,
        "not a regular expression",
    );
    bad(
        r#"check run="x" { env A-B="b" }"#,
        "cannot be the name of a variable",
    );
    bad(
        r#"check run="x" { env A="1"; env A="2" }"#,
        "`A` is set twice",
    );
    bad(r#"check run="x" { env }"#, "needs a name and a value");
    for body in [
        r#"run="x" contains="y" """#,
        r#"file="/x" contains="""#,
        r#"label="x" matches="""#,
    ] {
        bad(&format!("check {body}"), "is true of any text");
    }
    bad(
        r#"check serve port=1 run="x" lacks="""#,
        "is true of no text",
    );
    good(r#"check run="x" contains="{version}""#, "run x");
    bad(r#"check file="bin/go""#, "not an absolute path");
    bad(r#"check file="/x" mode="999""#, "octal");
    bad(r#"check file="/x" owner="a b""#, "not an owner");
    bad(r#"check env="A=b""#, "not a name");
    bad(r#"check user="!""#, "not a user");
    bad(r#"check size="<0""#, "smaller than 0 bytes");
    bad(r#"check size="big""#, "not a size");
    bad("check serve port=0", "not a port");
    bad(r#"check structure="../x.yaml""#, "inside the workspace");
}

/// Texts with placeholders are checked after they are filled in.
#[test]
fn placeholders_stay_open_until_they_are_filled() {
    let line = r#"check file="{path}" mode="{mode}" matches="{a|b"#.to_owned() + "\"";
    let mut faults = Diagnostics::default();
    let document = kdl::parse(SourceId(0), &line, &mut faults);
    let declared = Declared::parse(&document.nodes[0], &mut faults).expect("a check");
    assert!(faults.is_empty(), "{faults:?}");
    let texts: Vec<&str> = declared.open().iter().map(|t| t.as_str()).collect();
    assert_eq!(texts, ["{path}", "{mode}", "{a|b"]);
    assert!(declared.fill(|_| None, &mut faults).is_none());
    assert!(faults.is_empty());
    assert!(declared.fill(|_| Some("8".into()), &mut faults).is_none());
    assert_eq!(
        faults.total(),
        2,
        "a relative path and an invalid mode: {faults:?}"
    );
}

#[test]
fn the_id_depends_on_the_requirements_only() {
    let id_of = |line: &str| id(&read(line).unwrap());
    let (a, b) = (r#"check run="a""#, r#"check   run="b" exit=1"#);
    assert_eq!(id_of(b), id_of(r#"check run="b" exit=1"#));
    assert_ne!(id_of(b), id_of(r#"check run="b" exit=2"#));
    assert_ne!(id_of(a), id_of(b));
    assert_eq!(id_of(a).len(), 32);
}
