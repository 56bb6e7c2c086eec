//! `kiln tags`: every reference with its owner and its rule.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(name)
}

/// Independent of the machine: only these variables are set.
fn tags(workspace: &Path, args: &[&str], env: &[(&str, &str)]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kiln"));
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .envs(env.iter().copied());
    let output = command
        .current_dir(workspace)
        .arg("tags")
        .args(args)
        .args(["--branch", "main", "--now", "2026-08-03"])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn text_has_one_line_per_reference() {
    assert_eq!(
        tags(&example("cimg-node"), &["cimg/node:lts"], &[]),
        "cimg/node:24.17.0  node:24.17.0  moving  {version}=24.17.0 (rung full), {variant}=\"\" (token)\n\
         cimg/node:24.17    node:24.17.0  moving  {version}=24.17 (rung minor), {variant}=\"\" (token)\n\
         cimg/node:lts      node:24.17.0  moving  {version}=lts (alias), {variant}=\"\" (token)\n"
    );
}

#[test]
fn markdown_is_a_table() {
    let table = tags(&example("cimg-node"), &["--format", "markdown"], &[]);
    assert!(
        table.starts_with("| reference | variant | kind | how |\n| --- | --- | --- | --- |\n| `cimg/node:26.3.1` | node:26.3.1 | moving |")
    );
    assert_eq!(table.lines().count(), 2 + 14);
}

/// The published tags of the fleet, with the owners of each shared tag.
#[test]
fn json_lists_all_owners_of_shared_tags() {
    let all: Vec<Value> =
        serde_json::from_str(&tags(&example("golang"), &["--format", "json"], &[])).unwrap();
    let shared: Vec<&Value> = all
        .iter()
        .filter(|row| row["owners"].as_array().unwrap().len() > 1)
        .collect();
    assert_eq!(
        (all.len(), shared.len()),
        (84, 18),
        "`tip` and its like say `shared` and have one owner"
    );
    let latest = all
        .iter()
        .find(|row| row["reference"] == "docker.io/library/golang:latest")
        .unwrap();
    let owners: Vec<&str> = latest["owners"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| o["variant"].as_str().unwrap())
        .collect();
    assert_eq!(
        owners,
        [
            "golang:1.27.0-trixie",
            "golang:1.27.0-windowsservercore-ltsc2025",
            "golang:1.27.0-windowsservercore-ltsc2022"
        ]
    );
    let of_one = tags(
        &example("golang"),
        &[
            "golang:1.27.0-windowsservercore-ltsc2022",
            "--format",
            "json",
        ],
        &[],
    );
    let of_one: Vec<Value> = serde_json::from_str(&of_one).unwrap();
    let latest = of_one
        .iter()
        .find(|row| row["reference"] == "docker.io/library/golang:latest")
        .unwrap();
    assert_eq!(
        latest["owners"].as_array().unwrap().len(),
        3,
        "all owners are listed, whichever is selected"
    );
}

/// The conditions of `on=` are met by the command line, by the environment, or by the CI system.
#[test]
fn events_release_held_tags() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(
        dir.path().join("kiln.kdl"),
        "workspace \"w\" { publish \"r.example/{image}\"; }\nbase \"b\" from=\"debian:12\"\n\
         image \"a\" { from base=\"b\"; template \"a.hbs\"; tag \"1\"; tag \"nightly\" on=\"schedule\"; tag \"stable\" on=\"release\" }\n",
    )
    .unwrap();
    std::fs::write(dir.path().join("a.hbs"), "FROM {{from}}\n").unwrap();
    let held = |args: &[&str], env: &[(&str, &str)]| {
        let text = tags(dir.path(), args, env);
        text.lines()
            .filter(|line| line.contains("(held: "))
            .map(|line| line.split([':', ' ']).nth(1).unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(held(&[], &[]), ["nightly", "stable"]);
    assert_eq!(held(&["--event", "schedule"], &[]), ["stable"]);
    assert_eq!(held(&[], &[("KILN_EVENT", "release")]), ["nightly"]);
    // CI systems set variables that are empty: they do not count.
    let empty = [("KILN_EVENT", ""), ("KILN_BRANCH", "")];
    assert_eq!(held(&[], &empty), held(&[], &[]));
    assert_eq!(held(&[], &[("CI_PIPELINE_SOURCE", "schedule")]), ["stable"]);
    assert_eq!(held(&[], &[("GITHUB_EVENT_NAME", "release")]), ["nightly"]);
    assert_eq!(
        held(&["--event", "none"], &[("GITHUB_EVENT_NAME", "schedule")]),
        ["nightly", "stable"]
    );
    let pull_request = [
        ("GITHUB_EVENT_NAME", "pull_request"),
        ("GITHUB_HEAD_REF", "main"),
    ];
    assert_eq!(held(&[], &pull_request), ["1", "nightly", "stable"]);
    let schedule = ["--event", "schedule"];
    assert_eq!(held(&schedule, &pull_request), ["1", "nightly", "stable"]);
    let none = ["--event", "none"];
    assert_eq!(held(&none, &pull_request), ["nightly", "stable"]);
}

/// Several workspaces may share an environment: a variable that this one does not declare is only a warning.
#[test]
fn variables_of_other_workspaces_are_ignored() {
    let run = |name: &str, value: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kiln"));
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env(name, value);
        let output = command
            .current_dir(example("quickstart"))
            .args(["tags", "core"])
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (code, tags, told) = run("KILN_VAR_REGISTY", "r.example");
    assert_eq!(code, Some(0), "{told}");
    assert!(
        tags.starts_with("127.0.0.1:5000/quickstart/core:"),
        "{tags}"
    );
    assert!(
        told.contains("KILN_VAR_REGISTY is not used: no variable `registy` is declared")
            && told.contains("did you mean `registry`?")
    );
    let (code, tags, told) = run("KILN_VAR_REGISTRY", "r.example");
    assert!(
        code == Some(0) && told.is_empty() && tags.starts_with("r.example/quickstart/core:"),
        "{tags}{told}"
    );
}

/// A git tag that matches no rule is reported by every command that reads the manifest for a run, whatever comes of the run.
#[test]
fn a_git_tag_without_a_rule_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = "workspace \"w\" { publish \"127.0.0.1:1/w/{image}\"; stage \"127.0.0.1:1/w/stage\" }\n\
         image \"a\" { dockerfile \"a/Dockerfile\"; tag \"{tag:full}\" on=\"tag:v*\" }\n";
    std::fs::create_dir(folder.path().join("a")).unwrap();
    std::fs::write(folder.path().join("a/Dockerfile"), "FROM scratch\n").unwrap();
    std::fs::write(folder.path().join("kiln.kdl"), manifest).unwrap();
    let warning =
        "the git tag `release-1` matches no `on=\"tag:…\"`: this run writes none of these tags";
    for command in [
        "validate",
        "plan",
        "build",
        "build --push",
        "nightly",
        "release",
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_kiln"))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("CIRCLE_SHA1", "fd56c4b668f9388423d4e97d4f1b2b5ebe4083d7")
            .env("CIRCLE_TAG", "release-1")
            .env(
                "DOCKER_HOST",
                format!("unix://{}/no-engine", folder.path().display()),
            )
            .current_dir(folder.path())
            .args(command.split(' '))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(said.matches(warning).count(), 1, "{command}: {said}");
    }
}
