//! Commands that publish, or plan to, require a staging repository.

use std::path::Path;
use std::process::Command;

const WORKSPACE: &str = "workspace \"w\" { publish \"docker.io/acme/{image}\"; }";
const STAGED: &str =
    "workspace \"w\" { publish \"docker.io/acme/{image}\"; stage \"docker.io/acme/kiln-stage\"; }";

/// A workspace with one image, and this first node.
fn workspace(first: &str, tags: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let text = format!(
        "{first}\nbase \"b\" from=\"debian:12\"\nimage \"a\" {{ from base=\"b\"; {tags} }}\n"
    );
    std::fs::write(dir.path().join("kiln.kdl"), text).unwrap();
    dir
}

/// Exit code, standard output and standard error.
fn kiln(workspace: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kiln"));
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let output = command.current_dir(workspace).args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// Checks the exit code of a command in a workspace without a `stage`, and its message.
#[track_caller]
fn check(first: &str, args: &[&str], code: i32, message: Option<(&str, &str)>) {
    let dir = workspace(first, "tag \"1\"; publish \"ghcr.io/acme/a\"");
    let (found, out, err) = kiln(dir.path(), args);
    assert_eq!(found, Some(code), "{args:?}: {out}{err}");
    match message {
        Some((severity, line)) => {
            let title = format!("{severity}[manifest::no-stage]: ");
            assert!(err.contains(&title), "{args:?}: {err}");
            assert!(err.contains(" --> kiln.kdl:1:1"), "{args:?}: {err}");
            assert!(err.contains(&format!("help: add: {line}")), "{err}");
        }
        None => assert_eq!(err, "", "{args:?}"),
    }
}

#[test]
fn only_commands_that_publish_need_a_stage() {
    let line = "stage \"docker.io/acme/kiln-stage\"";
    check(WORKSPACE, &["plan", "--offline"], 2, Some(("error", line)));
    check(WORKSPACE, &["build", "--push"], 2, Some(("error", line)));
    check(WORKSPACE, &["validate"], 0, Some(("warning", line)));
    for command in ["list", "tags", "graph", "generate"] {
        check(WORKSPACE, &[command], 0, None);
    }
    check(STAGED, &["plan", "--offline"], 0, None);
    check(STAGED, &["validate"], 0, None);
}

#[test]
fn the_suggested_stage_is_beside_the_public_repository() {
    let says = |publish: &str, stage: &str| {
        let first = format!(
            "variable \"registry\" default=\"r.example/x\"\nworkspace \"w\" {{ {publish} }}"
        );
        let dir = workspace(&first, "publish \"ghcr.io/acme/a\"");
        let (code, _, err) = kiln(dir.path(), &["plan", "--offline"]);
        assert_eq!(code, Some(2), "{err}");
        assert!(
            err.contains(&format!("help: add: stage \"{stage}\"\n")),
            "{err}"
        );
        let with = first.replace(
            "workspace \"w\" {",
            &format!("workspace \"w\" {{ stage \"{stage}\"; "),
        );
        let dir = workspace(&with, "publish \"ghcr.io/acme/a\"");
        let (code, _, err) = kiln(dir.path(), &["plan", "--offline"]);
        assert_eq!((code, err.contains("no-stage")), (Some(0), false), "{err}");
    };
    says(
        "publish \"quay.io/acme/{image}-ci/x\"",
        "quay.io/acme/kiln-stage",
    );
    says(
        "publish \"quay.io/acme/ci\" \"docker.io/acme/{image}\"",
        "quay.io/acme/kiln-stage",
    );
    says(
        "publish \"{var:registry}/{image}\"",
        "{var:registry}/kiln-stage",
    );
    says("", "ghcr.io/acme/kiln-stage");
}

/// The last line of a plan in which no tag moves.
#[track_caller]
fn check_last(tags: &str, args: &[&str], expect: &str) {
    let dir = workspace(STAGED, tags);
    let args = [&["plan", "--offline"], args].concat();
    let (code, out, err) = kiln(dir.path(), &args);
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(out.lines().last(), Some(expect), "{out}");
}

#[test]
fn a_plan_that_moves_nothing_ends_with_the_reason() {
    let topic = ["--branch", "topic"];
    let default = "this is branch `topic`, and tags move on the default branch (`main` or `master`; `CI_DEFAULT_BRANCH` names another)";
    check_last(
        "tag \"1\"; tag \"2\"",
        &topic,
        &format!("no tag will be moved: all 2 tags are held: {default}"),
    );
    check_last(
        "tag \"1\"",
        &topic,
        &format!("no tag will be moved: the only tag is held: {default}"),
    );
    check_last(
        "tag \"1\"; tag \"2\" on=\"schedule\"; tag \"{probe:echo 1}\"",
        &topic,
        &format!(
            "no tag will be moved: all 3 tags are held: 2 because {default}; 1 because this is branch `topic`, and tags with on=\"schedule\" move in scheduled runs of the default branch"
        ),
    );
    check_last(
        "tag \"1\"",
        &["--event", "pull-request"],
        "no tag will be moved: the only tag is held: this is a pull request; only tags with on=\"pull-request\" move",
    );
    check_last(
        "tag \"1\"; tag \"2\" on=\"schedule\"",
        &["--branch", "main"],
        "1 tag is held: this is branch `main`, and tags with on=\"schedule\" move in scheduled runs of the default branch: 2",
    );
}
