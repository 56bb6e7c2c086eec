//! What is in a build context, compared with Docker's own client on a real engine.

mod world;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use world::{Kind, World};

on_engine!(
    engine_28_5,
    V28_5,
    contexts_are_those_of_dockers_own_client,
    ignored_files_are_those_of_buildx
);

/// Debian's client, which has both of its builders without a plugin.
const DOCKER: &str = "/usr/bin/docker";

/// A row of the table.
struct Row {
    name: String,
    files: Vec<String>,
    ignore: Vec<String>,
    /// What the Dockerfile copies, if that is not everything.
    copy: Vec<String>,
    sent: Vec<String>,
}

fn rows() -> Vec<Row> {
    let text = include_str!("fixtures/contexts.txt");
    let blocks = text.split("\n== ").skip(1);
    let rows = blocks.map(|block| {
        let words = |key: &str| {
            let line = block.lines().find_map(|line| line.strip_prefix(key));
            let words = line.unwrap_or_default().split_whitespace();
            words.map(str::to_owned).collect()
        };
        Row {
            name: block.lines().next().unwrap().to_owned(),
            files: words("files "),
            ignore: words("ignore "),
            copy: words("copy "),
            sent: words("sent "),
        }
    });
    rows.collect()
}

/// Makes the folder of a row.
fn write(folder: &Path, row: &Row, base: &str) {
    let copy = match row.copy.is_empty() {
        true => ".".to_owned(),
        false => row.copy.join(" "),
    };
    for file in &row.files {
        let (path, target) = file.split_once('>').unwrap_or((file, ""));
        let full = folder.join(path);
        std::fs::create_dir_all(full.parent().unwrap()).unwrap();
        match path {
            "Dockerfile" => {
                std::fs::write(full, format!("FROM {base}\nCOPY {copy} /c/\n")).unwrap()
            }
            _ if path.ends_with('/') => std::fs::create_dir_all(full).unwrap(),
            _ if !target.is_empty() => std::os::unix::fs::symlink(target, full).unwrap(),
            _ => std::fs::write(full, path).unwrap(),
        }
    }
    if !row.ignore.is_empty() {
        std::fs::write(folder.join(".dockerignore"), row.ignore.join("\n")).unwrap();
    }
}

/// The paths of a row with the folders above them.
fn expected(row: &Row) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for path in &row.sent {
        let path = path.trim_end_matches('/');
        all.extend(path.match_indices('/').map(|(at, _)| path[..at].to_owned()));
        all.insert(path.to_owned());
    }
    all
}

fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{command:?}: {text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    text
}

/// What an image has below `/c`.
fn found(world: &World, image: &str) -> BTreeSet<String> {
    let mut docker = world.command(DOCKER);
    let docker = docker.env("DOCKER_HOST", world.docker_host());
    let text = output(docker.args(["run", "--rm", image, "find", "/c"]));
    let below = text.lines().filter_map(|path| path.strip_prefix("/c/"));
    below.map(str::to_owned).collect()
}

fn contexts_are_those_of_dockers_own_client(kind: Kind) {
    let world = World::shared(kind);
    let registry = world.registry();
    let base = format!("{registry}/base/busybox:1");
    world.import_base("busybox", &base);
    let dir = world.dir().join("contexts");
    let rows = rows();
    assert!(rows.len() > 15);
    let mut manifest = format!("workspace \"contexts\" {{ publish \"{registry}/c/{{image}}\" }}\n");
    for (at, row) in rows.iter().enumerate() {
        write(&dir.join(at.to_string()), row, &base);
        let _ = writeln!(
            manifest,
            "image \"row{at}\" {{ dockerfile \"{at}/Dockerfile\"; tag \"1\" }}"
        );
    }
    std::fs::write(dir.join("kiln.kdl"), manifest).unwrap();
    let mut wrong = String::new();
    let mut compare = |row: &Row, who: &str, found: BTreeSet<String>| {
        let expected = expected(row);
        if found != expected {
            let _ = writeln!(
                wrong,
                "{}: {who}: {found:?}\n  expected {expected:?}",
                row.name
            );
        }
    };
    for builder in ["classic", "buildkit"] {
        for (at, row) in rows.iter().enumerate() {
            let (image, modern) = (format!("context:{builder}-{at}"), builder == "buildkit");
            // This client is older than the engine, whose builder escapes names that are not ASCII: it does not find them.
            if modern && !row.copy.is_empty() {
                continue;
            }
            let mut docker = world.command(DOCKER);
            let docker = docker
                .env("DOCKER_HOST", world.docker_host())
                .env("DOCKER_BUILDKIT", if modern { "1" } else { "0" });
            output(
                docker
                    .args(["build", "-q", "-t", &image])
                    .arg(dir.join(at.to_string())),
            );
            compare(row, &format!("docker, {builder}"), found(world, &image));
        }
        output(world.kiln(&dir).args(["build", "--builder", builder]));
        for (at, row) in rows.iter().enumerate() {
            let image = format!("{registry}/c/row{at}:1");
            compare(row, &format!("kiln, {builder}"), found(world, &image));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Whether buildx leaves out what the table says. `KILN_TEST_BUILDX` is its program, of 0.29 or later: Debian's client is older.
fn ignored_files_are_those_of_buildx(kind: Kind) {
    let Some(buildx) = std::env::var_os("KILN_TEST_BUILDX") else {
        eprintln!("LEFT OUT: KILN_TEST_BUILDX names no buildx");
        return;
    };
    let world = World::shared(kind);
    let text = include_str!("fixtures/ignored.txt");
    let files = text
        .lines()
        .find_map(|line| line.strip_prefix("#   "))
        .unwrap();
    let is_row = |row: &&str| !row.is_empty() && !row.starts_with('#');
    let mut wrong = String::new();
    for (at, row) in text.lines().filter(is_row).enumerate() {
        let (patterns, left_out) = row.split_once(':').unwrap();
        let (dir, out) = (
            world.dir().join(format!("ignored/{at}")),
            world.dir().join(format!("ignored/{at}-out")),
        );
        for file in files.split(' ') {
            let full = dir.join(file);
            std::fs::create_dir_all(full.parent().unwrap()).unwrap();
            std::fs::write(full, "FROM scratch\nCOPY . /\n").unwrap();
        }
        let patterns = patterns.trim().replace(' ', "\n").replace("!\n", "! ");
        std::fs::write(dir.join(".dockerignore"), patterns).unwrap();
        let mut command = world.command(&buildx);
        let command = command.env("DOCKER_HOST", world.docker_host());
        let to = format!("type=local,dest={}", out.display());
        output(command.args(["build", "-q", "--output", &to]).arg(&dir));
        let (listed, is_left_out) = match left_out.trim().strip_prefix("all but ") {
            Some(kept) => (kept, false),
            None => (left_out, true),
        };
        for file in files.split(' ') {
            let expect = listed.split_whitespace().any(|one| one == file) == is_left_out;
            if out.join(file).exists() == expect {
                let _ = writeln!(wrong, "{row}: {file}");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
