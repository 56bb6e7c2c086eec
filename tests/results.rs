//! The files that commands write their results to: what was there keeps its mode and its place, and nothing that is read is
//! overwritten.

#![cfg(unix)]

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

const MANIFEST: &str = r#"workspace "small" { publish "127.0.0.1:1/{image}"; stage "127.0.0.1:1/stage" }
include "more.kdl"
image "core" { dockerfile "core/Dockerfile"; tag "1"; tag "stable" on="release" }
"#;

/// A workspace without checks, so that `kiln test` needs no engine.
struct Workspace(TempDir);

impl Workspace {
    fn new() -> Self {
        let own = Self(tempfile::tempdir().unwrap());
        fs::create_dir(own.path("core")).unwrap();
        for (path, text) in [
            ("kiln.kdl", MANIFEST),
            ("more.kdl", "// more\n"),
            ("core/Dockerfile", "FROM scratch\nCOPY Dockerfile /\n"),
        ] {
            fs::write(own.path(path), text).unwrap();
        }
        own
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn kiln(&self, args: &str) -> Command {
        let mut kiln = Command::new(env!("CARGO_BIN_EXE_kiln"));
        kiln.env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("DOCKER_HOST", "unix:///does/not/exist.sock")
            .current_dir(self.0.path())
            .args(args.split(' '));
        kiln
    }

    #[track_caller]
    fn run(&self, args: &str, code: i32) -> String {
        said(self.kiln(args).output().unwrap(), code)
    }
}

#[track_caller]
fn said(output: Output, code: i32) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{said}");
    said
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn what_was_there_keeps_its_mode_and_its_place() {
    let workspace = Workspace::new();
    let [file, link] = ["results.json", "link.json"].map(|name| workspace.path(name));
    fs::write(&file, "old").unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
    symlink("results.json", &link).unwrap();
    workspace.run("test --format json --output link.json", 0);
    assert!(link.is_symlink(), "a link stays a link");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.starts_with('{'), "{text}");
    assert_eq!(mode(&file), 0o640);
    // Also where nothing is yet.
    symlink("new.json", workspace.path("later.json")).unwrap();
    workspace.run("test --format json --output later.json", 0);
    assert!(workspace.path("new.json").is_file());
    let [own, other] = ["new.json", "kiln.kdl"].map(|name| mode(&workspace.path(name)));
    assert_eq!(own, other, "the mode that the umask allows");
    let left = fs::read_dir(workspace.path("")).unwrap().count();
    assert_eq!(left, 7, "no temporary file is left");
    workspace.run("ci github --install true --out ci.yml", 0);
    fs::set_permissions(workspace.path("ci.yml"), Permissions::from_mode(0o600)).unwrap();
    workspace.run("ci github --install false --out ci.yml", 0);
    assert_eq!(mode(&workspace.path("ci.yml")), 0o600);
}

/// A file that is mounted into a container cannot be renamed over.
#[test]
fn a_mounted_file_is_written() {
    let workspace = Workspace::new();
    for (name, args) in [
        ("results.json", "test --format json --output results.json"),
        ("ci.yml", "ci github --install true --out ci.yml"),
    ] {
        let [file, outside] = [name, "outside"].map(|name| workspace.path(name));
        fs::write(&file, "").unwrap();
        fs::write(&outside, "").unwrap();
        let script = "mount --bind outside \"$1\" 2>/dev/null || exit 77; shift; exec \"$@\"";
        let mut mounted = Command::new("unshare");
        mounted
            .args(["--mount", "--map-root-user", "sh", "-c", script, "sh", name])
            .arg(env!("CARGO_BIN_EXE_kiln"))
            .args(args.split(' '))
            .current_dir(workspace.0.path());
        let output = mounted.output().unwrap();
        if output.status.code() == Some(77) || !file.is_file() {
            eprintln!("not tested: this user may not mount a file");
            return;
        }
        said(output, 0);
        assert!(!fs::read(&outside).unwrap().is_empty(), "{name}");
        assert!(fs::read(&file).unwrap().is_empty(), "{name}");
    }
}

#[test]
fn what_is_read_is_not_overwritten() {
    let workspace = Workspace::new();
    symlink("core/Dockerfile", workspace.path("link")).unwrap();
    let reads =
        "kiln reads this file of the workspace, so it is not overwritten\n  give another file";
    for file in [
        "kiln.kdl",
        "more.kdl",
        "core/Dockerfile",
        "link",
        "core/../kiln.kdl",
    ] {
        let before = fs::read(workspace.path(file)).unwrap();
        for args in [
            "test --output FILE",
            "build --junit FILE",
            "build --summary FILE",
            "nightly --junit FILE",
            "release --junit FILE",
            "release --summary FILE",
            "stale --junit FILE",
        ] {
            let args = args.replace("FILE", file);
            let (_, shown) = args.split_once(' ').unwrap();
            let said = workspace.run(&args, 2);
            assert!(
                said.contains(&format!("{shown}: {reads}")),
                "{args}: {said}"
            );
            assert_eq!(fs::read(workspace.path(file)).unwrap(), before, "{args}");
        }
    }
    let same = workspace.run("build --junit same --summary same", 2);
    assert!(
        same.contains("--junit same: --summary names the same file"),
        "{same}"
    );
    let mut kiln = workspace.kiln("build --junit ./page");
    let output = kiln
        .env("GITHUB_STEP_SUMMARY", workspace.path("page"))
        .output();
    let said = said(output.unwrap(), 2);
    assert!(
        said.contains("--junit ./page: GITHUB_STEP_SUMMARY names the same file"),
        "{said}"
    );
    for file in ["same", "page"] {
        assert!(!workspace.path(file).exists(), "{file}");
    }
}

#[test]
fn results_in_a_context_are_warned_about() {
    let workspace = Workspace::new();
    let dockerfile = |text: &str| fs::write(workspace.path("core/Dockerfile"), text).unwrap();
    let warned = |file: &str| {
        let said = workspace.run(&format!("test --output {file}"), 0);
        let why = format!("--output {file}: `core:1` has this file in its build context");
        fs::remove_file(workspace.path(file)).ok();
        said.contains(&why)
    };
    for (text, file, expect) in [
        ("FROM scratch\nCOPY . /\n", "core/out.xml", true),
        ("FROM scratch\nCOPY . /\n", "out.xml", false),
        ("FROM scratch\nCOPY *.xml /\n", "core/out.xml", true),
        ("FROM scratch\nCOPY Dockerfile /\n", "core/out.xml", false),
        ("FROM scratch\nCOPY x /\n", "core/x/out.xml", true),
    ] {
        dockerfile(text);
        fs::create_dir_all(workspace.path("core/x")).unwrap();
        assert_eq!(warned(file), expect, "{text:?} {file}");
    }
    dockerfile("FROM scratch\nCOPY . /\n");
    fs::write(workspace.path("core/.dockerignore"), "*.xml\n").unwrap();
    assert!(!warned("core/out.xml"));
}
