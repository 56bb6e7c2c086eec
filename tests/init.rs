//! `kiln init` in typical folders, without an engine.

use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

struct Folder(TempDir);

struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path().join(path)).unwrap()
    }

    /// Runs kiln with its own home: independent of this machine's Docker and git configuration.
    fn kiln(&self, args: &[&str]) -> Said {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kiln"));
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path().join("home"));
        let output = command
            .current_dir(self.path())
            .args(args)
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Said {
            code: output.status.code(),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    fn git(&self, args: &[&str]) {
        let mut command = Command::new("git");
        command
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1");
        assert!(
            command
                .arg("-C")
                .arg(self.path())
                .args(args)
                .output()
                .unwrap()
                .status
                .success()
        );
    }

    /// The written workspace is valid and has no warnings.
    fn assert_valid(&self, workspace: &str) {
        let validate = self.kiln(&["-C", workspace, "validate"]);
        assert_eq!(
            (validate.code, validate.err.as_str()),
            (Some(0), ""),
            "{}",
            self.read(&format!("{workspace}/kiln.kdl"))
        );
    }
}

#[test]
fn a_new_workspace_is_valid_at_once() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path().join("My Fleet")).unwrap();
    let said = folder.kiln(&["-C", "My Fleet", "init"]);
    assert_eq!(
        (said.code, said.err.as_str()),
        (Some(0), ""),
        "{}",
        said.out
    );
    assert!(
        said.out
            .starts_with("wrote My Fleet/kiln.kdl\n  name     my-fleet "),
        "{}",
        said.out
    );
    assert!(
        said.out.contains("└── ci:plain\n    └── ci:python\n")
            && said.out.contains("kiln -C 'My Fleet' build --push"),
        "{}",
        said.out
    );
    folder.assert_valid("My Fleet");
    assert!(folder.kiln(&["-C", "My Fleet", "generate"]).code == Some(0));
    let inside = folder.kiln(&["-C", "My Fleet/.circleci", "init"]);
    assert!(
        inside.code == Some(0) && inside.err.contains("is already a workspace"),
        "{}",
        inside.err
    );
}

#[test]
fn name_and_registry_come_from_git_and_docker() {
    let folder = Folder::new();
    folder.git(&["init", "-q"]);
    folder.git(&[
        "remote",
        "add",
        "origin",
        "https://jo:pat7777@github.com/acme/ci-images.git",
    ]);
    folder.write(
        "home/.docker/config.json",
        r#"{"auths": {"https://index.docker.io/v1/": {"auth": "am86c2VjcmV0"}, "ghcr.io": {}}}"#,
    );
    let said = folder.kiln(&["init"]);
    assert_eq!(
        (said.code, said.err.as_str()),
        (Some(0), ""),
        "{}",
        said.out
    );
    let manifest = folder.read("kiln.kdl");
    assert!(
        manifest.contains("workspace \"ci-images\" {\n    publish \"ghcr.io/acme/{image}\"\n    stage \"ghcr.io/acme/kiln-stage\"\n"),
        "{manifest}"
    );
    folder.assert_valid(".");
}

/// G12: in no output.
#[test]
fn passwords_are_not_shown() {
    let folder = Folder::new();
    folder.git(&["init", "-q"]);
    folder.git(&[
        "remote",
        "add",
        "origin",
        "https://jo:pat7777@github.com/acme/ci-images.git",
    ]);
    folder.write(
        "home/.docker/config.json",
        r#"{"auths": {"https://index.docker.io/v1/": {"auth": "am86c2VjcmV0"}}}"#,
    );
    let said = folder.kiln(&["init", "--force"]);
    assert!(
        folder.read("kiln.kdl").contains("docker.io/jo/{image}"),
        "{}",
        said.out
    );
    for text in [said.out, said.err, folder.read("kiln.kdl")] {
        assert!(
            !text.contains("secret") && !text.contains("pat7777"),
            "{text}"
        );
    }
}

#[test]
fn options_replace_what_cannot_be_read() {
    let folder = Folder::new();
    folder.write("home/.docker/config.json", "{");
    let said = folder.kiln(&[
        "init",
        "--force",
        "--name",
        "mine",
        "--registry",
        "r.example/team",
        "--base",
        "docker.io/library/alpine:3.22",
    ]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(
        said.err.contains("config.json") && said.err.contains("--registry"),
        "{}",
        said.err
    );
    assert!(
        folder
            .read("kiln.kdl")
            .contains("base \"alpine\" from=\"docker.io/library/alpine:3.22\" family=\"alpine\"")
    );
    folder.assert_valid(".");
}

#[test]
fn existing_files_stay() {
    let folder = Folder::new();
    folder.write("kiln.kdl", "mine");
    let said = folder.kiln(&["init"]);
    assert_eq!(
        (said.code, folder.read("kiln.kdl").as_str()),
        (Some(2), "mine")
    );
    assert!(
        said.err.contains("these files exist already: ./kiln.kdl") && said.err.contains("--force"),
        "{}",
        said.err
    );
    for wrong in [
        ["--name", "No Name"],
        ["--registry", "a b/c"],
        ["--base", "no base"],
        ["--from", "nowhere"],
        ["--from", "/"],
        ["--from", "."],
    ] {
        let said = folder.kiln(&["init", "--force", wrong[0], wrong[1]]);
        assert_eq!(
            (said.code, folder.read("kiln.kdl").as_str()),
            (Some(2), "mine"),
            "{wrong:?} {}",
            said.err
        );
        assert!(said.err.contains("help: "), "{}", said.err);
    }
    assert_eq!(folder.kiln(&["init", "--force"]).code, Some(0));
    let left: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["kiln.kdl"]);
}

#[test]
fn a_workspace_is_created_from_dockerfiles() {
    let folder = Folder::new();
    folder.write(
        ".circleci/images/base/Dockerfile",
        "FROM debian:trixie\nCOPY motd /etc/motd\n",
    );
    folder.write(".circleci/images/base/motd", "hello\n");
    for version in ["3.12", "3.13"] {
        folder.write(
            &format!(".circleci/images/python/{version}/Dockerfile"),
            "FROM acme/base\nRUN true\n",
        );
    }
    folder.write(
        ".circleci/images/app/Dockerfile",
        "ARG TAG=3.13\nFROM acme/python:$TAG\nCOPY src /srv\n",
    );
    folder.write("src/app.py", "print()\n");
    let said = folder.kiln(&["init", "--from", ".circleci/images"]);
    assert_eq!(
        (said.code, said.err.as_str()),
        (Some(0), ""),
        "{}",
        said.out
    );
    folder.assert_valid(".");
    let graph = folder.kiln(&["graph"]).out;
    let edges = "debian:trixie\n└── base:latest\n    ├── python:3.12\n    └── python:3.13\n        └── app:latest\n";
    assert_eq!(graph, edges, "{}", folder.read("kiln.kdl"));
    assert!(said.out.contains(edges), "{}", said.out);
    let tags = folder.kiln(&["tags"]).out;
    assert!(
        tags.contains("acme/python:3.12") && tags.contains("acme/base:latest"),
        "{tags}"
    );

    folder.write(".circleci/images/odd/Dockerfile", "ARG BASE\nFROM $BASE\n");
    let said = folder.kiln(&["init", "--force", "--from", ".circleci/images"]);
    assert_eq!(said.code, Some(0));
    assert!(
        said.err.contains("`odd:latest` is left out")
            && said.err.contains(".circleci/images/odd/Dockerfile:2:6"),
        "{}",
        said.err
    );
    folder.assert_valid(".");
}

/// `kiln init --from` with a folder that is not as it should be: the exit code, and texts of the report.
#[track_caller]
fn check_from(folder: &Folder, from: &str, code: i32, texts: &[&str]) {
    let said = folder.kiln(&["init", "--force", "--from", from]);
    assert_eq!(said.code, Some(code), "{}", said.err);
    for text in texts {
        assert!(said.err.contains(text), "{text}\n{}", said.err);
    }
}

#[test]
fn folders_that_cannot_be_read_are_reported_with_a_way_out() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    folder.write("file/Dockerfile", "FROM debian:trixie\n");
    check_from(
        &folder,
        "file/Dockerfile",
        2,
        &["--from file/Dockerfile: it is a file", "help: a folder"],
    );
    check_from(
        &folder,
        "nowhere",
        2,
        &["--from nowhere: ", "help: a folder"],
    );
    check_from(
        &folder,
        "empty",
        2,
        &["empty has no Dockerfile", "help: name a folder"],
    );
    folder.write("templates/base/Dockerfile.j2", "FROM {{ base }}\n");
    check_from(
        &folder,
        "templates",
        2,
        &[
            "they are templates: base/Dockerfile.j2",
            "templates has no Dockerfile",
        ],
    );
}

#[cfg(unix)]
#[test]
fn files_that_cannot_be_read_are_left_out() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new();
    let debian = "FROM debian:trixie\n";
    folder.write("d/base/Dockerfile", debian);
    folder.write("d/docs/Dockerfile.md", "# Dockerfiles\n");
    folder.write("d/old/Dockerfile.bak", debian);
    folder.write("d/made/Dockerfile.template", "FROM @base@\n");
    folder.write("d/latin/x", "");
    std::fs::write(
        folder.path().join("d/latin/Dockerfile"),
        b"FROM debian\nLABEL by=M\xfcller\n",
    )
    .unwrap();
    folder.write("d/comment/x", "");
    std::fs::write(
        folder.path().join("d/comment/Dockerfile"),
        b"# M\xfcller\nFROM debian:trixie\n",
    )
    .unwrap();
    symlink("..", folder.path().join("d/base/circle")).unwrap();
    symlink(
        "../base/Dockerfile",
        folder.path().join("d/latin/Dockerfile.same"),
    )
    .unwrap();
    symlink(
        "/etc/hostname",
        folder.path().join("d/latin/Dockerfile.out"),
    )
    .unwrap();
    symlink("nowhere", folder.path().join("d/latin/Dockerfile.gone")).unwrap();
    check_from(
        &folder,
        "d",
        0,
        &[
            "latin/Dockerfile (it is not UTF-8 text, from line 2 on)",
            "latin/Dockerfile.out (it is a link out of the workspace)",
            "latin/Dockerfile.gone (No such file",
            "iconv -f latin1 -t utf-8",
            "templates: made/Dockerfile.template",
        ],
    );
    folder.assert_valid(".");
    let tags = folder.kiln(&["tags"]).out;
    assert!(
        tags.contains("/base:latest")
            && tags.contains("/latin:same")
            && tags.contains("/comment:latest")
            && tags.lines().count() == 3,
        "{tags}"
    );
}

/// A thousand folders that are based on each other.
#[test]
fn large_folders_are_read_in_linear_time() {
    let folder = Folder::new();
    folder.write("d/n0/Dockerfile", "FROM debian:trixie\n");
    for number in 1..1000 {
        let text = format!(
            "FROM acme/n{}\nCOPY --from=acme/n0:latest / /\n",
            number - 1
        );
        folder.write(&format!("d/n{number}/Dockerfile"), &text);
    }
    let start = std::time::Instant::now();
    check_from(&folder, "d", 0, &[]);
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
    let graph = folder.kiln(&["graph", "--format", "json"]).out;
    assert!(graph.contains("n999:latest"));
}
