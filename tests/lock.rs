//! `kiln lock` and its effect on other commands, with a file server and without an engine.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

/// Serves files by name, and records the requests.
struct Server {
    port: u16,
    files: Arc<Mutex<BTreeMap<String, String>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(files: &[(&str, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Self {
            port,
            files: Arc::default(),
            asked: Arc::default(),
        };
        files
            .iter()
            .for_each(|(name, content)| server.put(name, content));
        let (files, asked) = (server.files.clone(), server.asked.clone());
        std::thread::spawn(move || {
            listener
                .incoming()
                .flatten()
                .for_each(|stream| answer(stream, &files, &asked))
        });
        server
    }

    fn put(&self, name: &str, content: &str) {
        self.files
            .lock()
            .unwrap()
            .insert(name.to_owned(), content.to_owned());
    }

    /// The names requested since the last call, sorted.
    fn requested(&self) -> Vec<String> {
        let mut asked = std::mem::take(&mut *self.asked.lock().unwrap());
        asked.sort();
        asked
    }
}

fn answer(
    mut stream: TcpStream,
    files: &Mutex<BTreeMap<String, String>>,
    asked: &Mutex<Vec<String>>,
) {
    let head: Vec<String> = BufReader::new(&stream)
        .lines()
        .map_while(Result::ok)
        .take_while(|line| !line.is_empty())
        .collect();
    assert!(
        head.iter()
            .all(|line| !line.to_ascii_lowercase().starts_with("authorization:")),
        "{head:?}"
    );
    let name = head
        .first()
        .and_then(|line| line.strip_prefix("GET /")?.split(' ').next())
        .unwrap_or_default()
        .to_owned();
    let found = files.lock().unwrap().get(&name).cloned();
    asked.lock().unwrap().push(name);
    let (status, body) = found.map_or(("404 Not Found", String::new()), |body| ("200 OK", body));
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
}

/// A workspace with downloads from a server.
struct Workspace {
    dir: tempfile::TempDir,
    port: u16,
}

impl Workspace {
    fn new(port: u16) -> Self {
        let workspace = Self {
            dir: tempfile::tempdir().unwrap(),
            port,
        };
        workspace.manifest("1.0");
        workspace
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }

    fn manifest(&self, version: &str) {
        let at = format!("http://127.0.0.1:{}", self.port);
        let text = format!(
            r#"workspace "w" {{ publish "r.example/w/{{image}}"; stage "r.example/w/kiln-stage"; }}
base "debian" from="r.example/debian:13"
toolset "tool" {{
    param "version"
    archive "{at}/tool-{{version}}-{{arch}}.tgz" into="/opt/tool"
}}
toolset "helper" {{
    fetch "{at}/helper" into="/usr/local/bin/helper" mode="0755"
}}
image "tool" {{ from base="debian"; platforms "linux/amd64" "linux/arm64"; use "tool" version="{version}"; tag "1" }}
image "helper" {{ from base="debian"; use "helper"; tag "1" }}
"#
        );
        std::fs::write(self.path("kiln.kdl"), text).unwrap();
    }

    fn lock(&self) -> String {
        std::fs::read_to_string(self.path("kiln.lock")).unwrap_or_default()
    }

    /// The exit code, and the output of both streams without the server's port.
    fn kiln(&self, args: &[&str]) -> (Option<i32>, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kiln"));
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("DOCKER_HOST", "unix:///nothing/docker.sock");
        let output = command
            .current_dir(self.dir.path())
            .args(args)
            .output()
            .unwrap();
        let text = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stderr),
            String::from_utf8_lossy(&output.stdout)
        );
        (
            output.status.code(),
            text.replace(&format!(":{}", self.port), ":PORT"),
        )
    }

    #[track_caller]
    fn check(&self, args: &[&str], code: i32, said: &[&str]) -> String {
        let (got, text) = self.kiln(args);
        assert!(
            got == Some(code) && said.iter().all(|word| text.contains(word)),
            "{args:?} is {got:?}, not {code} with {said:?}\n{text}"
        );
        text
    }
}

const ALL: [(&str, &str); 3] = [
    ("helper", "a helper"),
    ("tool-1.0-amd64.tgz", "for amd64"),
    ("tool-1.0-arm64.tgz", "for arm64"),
];

#[test]
fn nothing_is_generated_or_built_without_checksums() {
    let workspace = Workspace::new(9);
    let faults = [
        "the checksums of http://127.0.0.1:PORT/tool-1.0-amd64.tgz and of 1 more file",
        "run `kiln lock`",
        "kiln.kdl:5:13",
    ];
    for command in [
        &["validate"][..],
        &["generate"],
        &["generate", "--check"],
        &["build"],
    ] {
        workspace.check(command, 2, &faults);
    }
    assert!(!workspace.path(".circleci").exists());
    workspace.check(
        &["plan", "--offline"],
        0,
        &["warning[lock::missing]", "build tool:1"],
    );
    for command in ["list", "tags", "graph"] {
        assert!(!workspace.check(&[command], 0, &["tool"]).contains("lock"));
    }
    let missing = workspace.check(
        &["lock", "--check"],
        1,
        &[
            "missing  http://127.0.0.1:PORT/helper\n",
            "kiln.lock: 3 missing, 0 unused: run `kiln lock`",
        ],
    );
    assert_eq!(missing.lines().count(), 4);
    workspace.check(&["lock", "--check", "helper"], 1, &["kiln.lock: 1 missing"]);
    workspace.check(&["lock", "nobody"], 2, &["nobody"]);
    workspace.check(
        &["lock", "--check", "--update"],
        2,
        &["cannot be used with", "leave one of them out"],
    );
    assert_eq!(workspace.lock(), "");
}

#[test]
fn the_lock_records_what_was_served() {
    let server = Server::start(&ALL);
    let workspace = Workspace::new(server.port);
    let said = workspace.check(&["lock"], 0, &["kiln.lock: 3 added\n"]);
    assert_eq!(
        server.requested(),
        ["helper", "tool-1.0-amd64.tgz", "tool-1.0-arm64.tgz"],
        "each is requested once"
    );
    let lock = workspace.lock();
    let added = said
        .split_once("added ")
        .map(|(_, rest)| rest)
        .unwrap_or_default();
    insta::assert_snapshot!(format!(
        "added {added}\n{}",
        lock.replace(&format!(":{}", server.port), ":PORT")
    ));
    workspace.check(&["lock", "--check"], 0, &["kiln.lock: complete, 3 locked"]);
    workspace.check(&["validate"], 0, &["no errors found"]);
    workspace.check(&["generate"], 0, &["2 written"]);
    assert_generated(&workspace, &lock);
}

#[test]
fn a_locked_build_uses_what_was_reviewed() {
    let server = Server::start(&ALL);
    let workspace = Workspace::new(server.port);
    let locked = ["build", "--locked"];
    workspace.check(&locked, 2, &["run `kiln lock`"]);
    workspace.check(&["lock"], 0, &[]);
    let missing = "--locked: .circleci/images has no files to compare";
    workspace.check(&locked, 2, &[missing, "run `kiln generate`"]);
    // No engine is reached: exit code 3 means that nothing was refused.
    let silent = |args: &[&str]| {
        let text = workspace.check(args, 3, &[]);
        assert!(!text.contains("generate"), "{text}");
    };
    silent(&["build"]);

    workspace.check(&["generate"], 0, &["2 written"]);
    silent(&locked);
    let dockerfile = workspace.path(".circleci/images/tool/Dockerfile");
    std::fs::write(&dockerfile, "FROM scratch\n").unwrap();
    let refused = workspace.check(
        &locked,
        2,
        &["  differs  .circleci/images/tool/Dockerfile\n"],
    );
    assert!(refused.contains("  run `kiln generate`, review the changes and commit them\n"));
    let warning =
        "warning: .circleci/images/tool/Dockerfile differs from what is built; `kiln generate`";
    workspace.check(&["build"], 3, &[warning]);
    silent(&["build", "helper", "--locked"]);
    silent(&["build", "helper"]);
}

/// Asserts that the generated Dockerfile verifies the locked digests.
fn assert_generated(workspace: &Workspace, lock: &str) {
    let dockerfile =
        std::fs::read_to_string(workspace.path(".circleci/images/tool/Dockerfile")).unwrap();
    for line in lock.lines().filter(|line| line.contains("/tool-")) {
        let words: Vec<&str> = line.split(' ').collect();
        let (url, digest) = (words[0], words[1].trim_start_matches("sha256:"));
        let stage = dockerfile
            .split("FROM ")
            .find(|stage| stage.contains(url))
            .unwrap();
        assert!(
            stage.contains(&format!("RUN echo \"{digest}  /fetched\"")),
            "{stage}"
        );
    }
}

#[test]
fn only_new_files_are_downloaded_with_new() {
    let server = Server::start(&ALL);
    let workspace = Workspace::new(server.port);
    workspace.check(&["lock"], 0, &["kiln.lock: 3 added\n"]);
    workspace.check(&["generate"], 0, &["2 written"]);
    let (lock, _) = (workspace.lock(), server.requested());
    workspace.check(&["lock"], 0, &["kiln.lock: 3 kept\n"]);
    assert_eq!((workspace.lock(), server.requested().len()), (lock, 3));
    server.put("tool-1.1-amd64.tgz", "newer");
    server.put("tool-1.1-arm64.tgz", "newer");
    workspace.manifest("1.1");
    workspace.check(
        &["lock", "--check"],
        1,
        &[
            "2 missing, 2 unused",
            "unused   http://127.0.0.1:PORT/tool-1.0-amd64.tgz",
        ],
    );
    workspace.check(
        &["lock", "--new"],
        0,
        &["kiln.lock: 2 added, 1 kept, 2 dropped\n"],
    );
    assert_eq!(
        server.requested(),
        ["tool-1.1-amd64.tgz", "tool-1.1-arm64.tgz"]
    );
    workspace.check(&["generate", "--check"], 1, &["tool-1.1-amd64"]);
}

/// After a merge, lines may be in any order, with comments between them: all of it stays.
#[test]
fn lines_of_the_lock_may_be_in_any_order() {
    let server = Server::start(&ALL);
    let workspace = Workspace::new(server.port);
    workspace.check(&["lock"], 0, &["kiln.lock: 3 added\n"]);
    assert_eq!(server.requested().len(), 3);
    let mut lines: Vec<String> = workspace.lock().lines().map(str::to_owned).collect();
    lines[3..].reverse();
    lines.insert(4, String::from("# checked on 2026-08-03"));
    let text = lines.join("\n");
    std::fs::write(workspace.path("kiln.lock"), &text).unwrap();
    workspace.check(&["validate"], 0, &[]);
    workspace.check(&["lock", "--check"], 0, &["complete, 3 locked"]);
    workspace.check(&["lock", "--new"], 0, &["3 kept"]);
    assert_eq!(workspace.lock(), text);
    assert_eq!(server.requested(), [""; 0]);
}

#[test]
fn a_changed_download_is_an_error_until_update() {
    let server = Server::start(&ALL);
    let workspace = Workspace::new(server.port);
    workspace.check(&["lock"], 0, &[]);
    let before = workspace.lock();
    let digest = |name: &str| {
        before
            .lines()
            .find(|line| line.contains(name))
            .and_then(|line| line.split(' ').nth(1))
            .unwrap()
            .to_owned()
    };
    server.put("helper", "another helper");
    let old = digest("/helper");
    let said = workspace.check(
        &["lock"],
        1,
        &[
            "/helper: the content has changed",
            &format!("locked {old}"),
            "served sha256:",
            "`kiln lock --update`",
        ],
    );
    assert_eq!(workspace.lock(), before, "{said}");
    workspace.check(&["lock", "tool"], 0, &["3 kept"]);
    workspace.check(
        &["lock", "helper", "--update"],
        0,
        &["kiln.lock: 1 updated, 2 kept", &format!("was {old}")],
    );
    assert_ne!(workspace.lock(), before);
    workspace.check(&["lock", "--check"], 0, &[]);
}

#[test]
fn completed_downloads_are_recorded() {
    let server = Server::start(&ALL[..2]);
    let workspace = Workspace::new(server.port);
    workspace.check(
        &["lock"],
        1,
        &["/tool-1.0-arm64.tgz: 404 Not Found", "kiln.lock: 2 added"],
    );
    workspace.check(&["lock", "--check"], 1, &["1 missing, 0 unused"]);
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let away = Workspace::new(closed);
    away.check(
        &["lock", "helper"],
        3,
        &["http://127.0.0.1:PORT/helper is out of reach", "(4 tries)"],
    );
    assert!(
        !away.path("kiln.lock").exists(),
        "nothing was downloaded, so nothing is written"
    );
}

#[test]
fn an_unreadable_lock_stops_every_command_that_renders() {
    let workspace = Workspace::new(9);
    let write = |text: &str| std::fs::write(workspace.path("kiln.lock"), text).unwrap();
    write("version 1\n<<<<<<< HEAD\n=======\n>>>>>>> theirs\n");
    for command in [
        &["validate"][..],
        &["lock"],
        &["lock", "--check"],
        &["graph"],
        &["build"],
    ] {
        workspace.check(
            command,
            2,
            &[
                "kiln.lock:2:1",
                "kiln.lock has unresolved merge conflicts",
                "run `kiln lock`",
            ],
        );
    }
    workspace.check(&["list"], 0, &["tool:1"]);
    write("version 7\n");
    workspace.check(&["validate"], 2, &["kiln.lock has version 7 of the format"]);
    std::fs::remove_file(workspace.path("kiln.lock")).unwrap();
    std::fs::create_dir(workspace.path("kiln.lock")).unwrap();
    workspace.check(&["validate"], 2, &["`kiln.lock` is not a file"]);
    std::fs::remove_dir(workspace.path("kiln.lock")).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", workspace.path("kiln.lock")).unwrap();
    workspace.check(
        &["validate"],
        2,
        &["`kiln.lock` is a link out of the workspace"],
    );
    assert!(Path::new("/etc/hostname").exists());
}

/// A fleet without downloads needs no lock, and kiln writes none.
#[test]
fn nothing_to_lock() {
    let workspace = Workspace::new(9);
    std::fs::write(workspace.path("kiln.kdl"), "workspace \"w\" { publish \"r.example/w/{image}\"; stage \"r.example/w/kiln-stage\" }\nbase \"b\" from=\"r.example/b:1\"\nimage \"i\" { from base=\"b\"; tag \"1\"; env A=\"1\" }\n").unwrap();
    workspace.check(&["lock", "--check"], 0, &["complete, 0 locked"]);
    workspace.check(&["lock"], 0, &["nothing to fetch"]);
    assert!(!workspace.path("kiln.lock").exists());
}

const DIGESTS: [&str; 2] = [
    "sha256:1111111111111111111111111111111111111111111111111111111111111111",
    "sha256:2222222222222222222222222222222222222222222222222222222222222222",
];

/// What `--check`, `validate` and `build --locked` say about bases in the lock; none of them asks a registry.
#[test]
fn locked_bases_are_checked_without_a_network() {
    let workspace = Workspace::new(9);
    let text = "workspace \"w\" { publish \"r.example/w/{image}\"; stage \"r.example/w/kiln-stage\" }
base \"b\" from=\"r.example/b:1\"
image \"i\" { from base=\"b\"; platforms \"linux/amd64\" \"linux/arm64\"; tag \"1\"; env A=\"1\" }\n";
    std::fs::write(workspace.path("kiln.kdl"), text).unwrap();
    let write = |lines: &str| {
        let text = format!("version 1\n{lines}");
        std::fs::write(workspace.path("kiln.lock"), text).unwrap();
    };
    // A fleet may live without locked bases.
    workspace.check(&["lock", "--check"], 0, &["complete, 0 locked"]);
    workspace.check(&["generate"], 0, &[]);
    workspace.check(&["build", "--locked"], 3, &[]);
    let begin = [
        "missing  r.example/b:1 linux/amd64\n",
        "missing  r.example/b:1 linux/arm64\n",
        "2 missing, 0 unused",
    ];
    workspace.check(&["lock", "--check", "--bases"], 1, &begin);
    let nothing = "kiln.lock locks no outside images, so `r.example/b:1` is not looked up";
    workspace.check(
        &["lock", "--update", "b"],
        2,
        &[nothing, "`kiln lock --bases`"],
    );

    let [one, two] = DIGESTS;
    write(&format!(
        "r.example/b:1 linux/amd64 {one}\nr.example/b:1 linux/arm46 {two}\n"
    ));
    workspace.check(
        &["validate"],
        2,
        &["`linux/arm46` is not a platform", "kiln.lock:3:15"],
    );
    write(&format!(
        "r.example/b:1 linux/amd64 {one}\nr.example/bb:1 linux/arm64 {two}\n"
    ));
    let missing = "kiln.lock locks bases, but not `r.example/b:1` for linux/arm64, which i:1 needs";
    let unused = [
        "no build needs `r.example/bb:1 linux/arm64`",
        "kiln.lock:3:1",
        "did you mean `r.example/b:1 linux/arm64`?",
    ];
    let said = [&[missing, "warning[lock::base-missing]"], &unused[..]].concat();
    workspace.check(&["validate"], 0, &said);
    workspace.check(
        &["build", "--locked"],
        2,
        &[missing, "error[lock::base-missing]", "run `kiln lock`"],
    );
    let said = [
        "missing  r.example/b:1 linux/arm64\n",
        "unused   r.example/bb:1 linux/arm64\n",
        "1 missing, 1 unused: run `kiln lock`",
    ];
    workspace.check(&["lock", "--check"], 1, &said);
    workspace.check(
        &["lock", "--update", "r.example/b:2"],
        2,
        &[
            "no build needs an outside image `r.example/b:2`",
            "did you mean `r.example/b:1`?",
        ],
    );
    for (word, near) in [("bb", "b"), ("r.example/c", "r.example/b")] {
        let said = format!("no build needs an outside image `{word}`\n  did you mean `{near}`?");
        workspace.check(&["lock", "--update", word], 2, &[&said]);
    }
    write(&format!(
        "r.example/b:1 linux/amd64 {one}\nr.example/b:1 linux/amd64 {two}\n"
    ));
    workspace.check(
        &["validate"],
        2,
        &["has two digests", "kiln.lock:3:1", "the first"],
    );
    write(&format!(
        "r.example/b:1 linux/amd64 {one}\nr.example/b:1 linux/arm64 {two}\n"
    ));
    workspace.check(&["lock", "--check"], 0, &["complete, 2 locked"]);
    let quiet = workspace.check(&["validate"], 0, &[]);
    assert!(!quiet.contains("lock"), "{quiet}");
}

/// Nothing is locked that no build needs: other stages than those of the last one, or of `target`, and what `--set` leaves out.
#[test]
fn only_bases_that_a_build_needs_are_locked() {
    let workspace = Workspace::new(10);
    let text = "workspace \"w\" { publish \"r.example/w/{image}\"; stage \"r.example/w/kiln-stage\" }
image \"last\" { dockerfile \"Dockerfile\"; tag \"1\" }
image \"tools\" { dockerfile \"Dockerfile\"; target \"tools\"; platforms \"linux/arm64\"; tag \"1\" }\n";
    std::fs::write(workspace.path("kiln.kdl"), text).unwrap();
    let dockerfile = "# syntax=r.example/front:1
FROM r.example/tools:1 AS tools\nRUN true
FROM r.example/gone:1 AS unneeded\nCOPY --from=r.example/lost:1 / /
FROM r.example/last:1\nCOPY --from=r.example/copied:1 /a /a\n";
    std::fs::write(workspace.path("Dockerfile"), dockerfile).unwrap();
    let all = [
        "missing  r.example/copied:1 linux/amd64\n",
        "missing  r.example/last:1 linux/amd64\n",
        "missing  r.example/tools:1 linux/arm64\n",
        "3 missing, 0 unused",
    ];
    workspace.check(&["lock", "--check", "--bases"], 1, &all);
    let [one, two] = DIGESTS;
    let lock = format!(
        "version 1\nr.example/copied:1 linux/amd64 {one}\nr.example/gone:1 linux/amd64 {one}\nr.example/last:1 linux/amd64 {two}\nr.example/tools:1 linux/arm64 {two}\n"
    );
    std::fs::write(workspace.path("kiln.lock"), lock).unwrap();
    let unused = [
        "unused   r.example/gone:1 linux/amd64\n",
        "0 missing, 1 unused",
    ];
    workspace.check(&["lock", "--check", "--bases"], 1, &unused);
}
