//! hadolint has no findings in the Dockerfiles that kiln renders for its examples and its library, on every family and
//! with every syntax, except that packages are not pinned to a version.

mod tools;

use std::path::{Path, PathBuf};
use std::process::Command;
use tools::tool;

/// "Pin versions", for apt, apk, yum and dnf: a fleet that is built every night wants the newest.
const UNPINNED: [&str; 4] = ["DL3008", "DL3018", "DL3033", "DL3041"];

fn generate(workspace: &Path) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kiln"));
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let made = command
        .current_dir(workspace)
        .args(["generate", "--branch", "main", "--now", "2026-08-03"])
        .output()
        .unwrap();
    assert!(
        made.status.success(),
        "{}: {}",
        workspace.display(),
        String::from_utf8_lossy(&made.stderr)
    );
}

/// Locks all downloads to an invalid digest: nothing is built here.
fn lock(workspace: &Path) {
    let listed = Command::new(env!("CARGO_BIN_EXE_kiln"))
        .current_dir(workspace)
        .args(["lock", "--check"])
        .output()
        .unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let missing = listed
        .lines()
        .filter_map(|line| line.strip_prefix("missing  "));
    let lines: String = missing
        .map(|url| format!("{url} sha256:{}\n", "0".repeat(64)))
        .collect();
    assert!(!lines.is_empty(), "{listed}");
    std::fs::write(workspace.join("kiln.lock"), format!("version 1\n{lines}")).unwrap();
}

fn dockerfiles(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for path in std::fs::read_dir(&folder)
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().path())
        {
            match path.is_dir() {
                true => open.push(path),
                false if path.file_name().is_some_and(|name| name == "Dockerfile") => {
                    found.push(path)
                }
                false => {}
            }
        }
    }
    found.sort();
    found
}

fn lint(workspace: &Path, least: usize) {
    let files = dockerfiles(&workspace.join(".circleci/images"));
    assert!(
        files.len() >= least,
        "{} has {} Dockerfiles",
        workspace.display(),
        files.len()
    );
    let Some(hadolint) = tool("hadolint") else {
        return;
    };
    let mut command = Command::new(hadolint);
    command
        .arg("--no-color")
        .args(UNPINNED.iter().flat_map(|rule| ["--ignore", rule]))
        .args(&files);
    let said = command.output().unwrap();
    let findings = String::from_utf8_lossy(&said.stdout);
    assert!(
        said.status.success() && findings.trim().is_empty(),
        "{findings}{}",
        String::from_utf8_lossy(&said.stderr)
    );
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), target).unwrap()),
        }
    }
}

#[test]
fn examples_have_no_findings() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let scratch = tempfile::tempdir().unwrap();
    for example in std::fs::read_dir(examples)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("kiln.kdl").exists())
    {
        let workspace = scratch.path().join(example.file_name().unwrap());
        copy(&example, &workspace);
        generate(&workspace);
        lint(&workspace, 1);
    }
}

#[test]
fn a_new_workspace_has_no_findings() {
    for base in [
        "docker.io/library/debian:trixie-slim",
        "docker.io/library/alpine:3.22",
        "registry.access.redhat.com/ubi9/ubi-minimal:9.6",
    ] {
        let scratch = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_kiln"));
        command.env_clear().current_dir(scratch.path()).args([
            "init",
            "--name",
            "x",
            "--registry",
            "r.example/x",
            "--base",
            base,
        ]);
        assert!(command.output().unwrap().status.success());
        generate(scratch.path());
        lint(scratch.path(), 2);
    }
}

#[test]
fn kilns_own_image_has_no_findings() {
    let scratch = tempfile::tempdir().unwrap();
    copy(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("images"),
        scratch.path(),
    );
    // The files that are copied into it need not exist for this.
    std::fs::create_dir_all(scratch.path().join("bin")).unwrap();
    std::fs::write(scratch.path().join("bin/kiln"), "").unwrap();
    generate(scratch.path());
    lint(scratch.path(), 1);
}

/// Each tool set of the library, with values for its parameters.
const LIBRARY: [(&str, &str); 12] = [
    ("aws", ""),
    ("browsers", ""),
    ("build-tools", ""),
    ("circleci", ""),
    ("docker", ""),
    ("gcloud", "version=\"540.0.0\""),
    ("go", "version=\"1.26.5\""),
    ("java", ""),
    ("kubectl", "version=\"1.34.2\""),
    ("netcat", ""),
    ("node", "version=\"24.17.0\""),
    ("python", ""),
];

const BASES: [(&str, &str); 5] = [
    ("debian", "from=\"docker.io/library/debian:trixie-slim\""),
    (
        "ubuntu",
        "from=\"docker.io/library/ubuntu:24.04\" family=\"ubuntu\"",
    ),
    (
        "alpine",
        "from=\"docker.io/library/alpine:3.22\" family=\"alpine\"",
    ),
    (
        "fedora",
        "from=\"registry.fedoraproject.org/fedora:42\" family=\"rhel\"",
    ),
    (
        "ubi",
        "from=\"registry.access.redhat.com/ubi9/ubi-minimal:9.6\" family=\"rhel\" manager=\"microdnf\" user=1001",
    ),
];

/// Each set alone, and all of them in an image with every setting, on each base.
fn library(syntax: &str) -> String {
    let mut text = format!(
        "workspace \"library\" {{ publish \"r.example/library/{{image}}\"; syntax {syntax} }}\n"
    );
    for (base, from) in BASES {
        text.push_str(&format!("base \"{base}\" {from}\n"));
        // Red Hat has no package of Amazon's command line.
        let sets = || {
            LIBRARY
                .iter()
                .filter(|(set, _)| *set != "aws" || !from.contains("rhel"))
        };
        for (set, params) in sets() {
            text.push_str(&format!("image \"{base}-{set}\" {{ from base=\"{base}\"; use \"{set}\" {params}; tag \"1\" }}\n"));
        }
        let all: String = sets()
            .map(|(set, params)| format!("use \"{set}\" {params}; "))
            .collect();
        let both = if syntax.contains("classic") {
            ""
        } else {
            "platforms \"linux/amd64\" \"linux/arm64\";"
        };
        text.push_str(&format!(
            "image \"{base}\" {{ from base=\"{base}\"; {both} {all} tag \"1\"; user \"circleci\" uid=3434 shell=\"/bin/bash\"\n\
             workdir \"/home/circleci/project\"; cmd \"bash\"; entrypoint \"env\"; expose 8080; volume \"/data\"; stopsignal \"SIGINT\"\n\
             label org.opencontainers.image.licenses=\"MIT\"; env LANG=\"C.UTF-8\" }}\n\
             image \"{base}-child\" {{ from image=\"{base}\"; tag \"1\"; {both} use \"extra\" }}\n"
        ));
    }
    text.push_str("toolset \"extra\" { needs \"python\"; file \"f\" into=\"/etc/extra/f\" mode=\"0600\"; run \"true\" }\n");
    text
}

fn linted(syntax: &str) {
    let scratch = tempfile::tempdir().unwrap();
    std::fs::write(scratch.path().join("kiln.kdl"), library(syntax)).unwrap();
    std::fs::write(scratch.path().join("f"), "").unwrap();
    lock(scratch.path());
    generate(scratch.path());
    lint(scratch.path(), 60);
}

#[test]
fn the_library_has_no_findings() {
    linted("\"buildkit\"");
}

#[test]
fn the_library_has_no_findings_on_newer_engines() {
    linted("\"buildkit\" engine=\"28.0\"");
}

#[test]
fn the_library_has_no_findings_for_the_classic_builder() {
    linted("\"classic\"");
}

#[test]
fn every_tool_set_of_the_library_is_linted() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/toolsets");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| {
            e.unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    assert_eq!(names, LIBRARY.map(|(name, _)| name));
}
