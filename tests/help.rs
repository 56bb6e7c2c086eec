//! Every command's help has an example, and every example runs.

mod fleet;
mod world;

use fleet::Fleet;
use std::path::Path;
use std::process::Command;
use world::{Kind, World};

fn help(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_kiln"))
        .args(args)
        .arg("--help")
        .output()
        .unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

fn commands() -> Vec<String> {
    let help = help(&[]);
    let listed = help
        .lines()
        .skip_while(|l| *l != "Commands:")
        .skip(1)
        .take_while(|l| !l.is_empty());
    let name = |line: &str| {
        line.strip_prefix("  ")
            .and_then(|l| l.split(' ').next())
            .filter(|w| !w.is_empty())
            .map(str::to_owned)
    };
    listed.filter_map(name).filter(|c| c != "help").collect()
}

fn examples(command: &str) -> Vec<String> {
    let help = help(&[command]);
    let below = help
        .lines()
        .skip_while(|l| !l.starts_with("Example"))
        .skip(1);
    below
        .filter_map(|l| l.trim().strip_prefix("kiln "))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_command_has_an_example() {
    assert!(commands().len() >= 6, "{:?}", commands());
    for command in commands() {
        assert!(
            !examples(&command).is_empty(),
            "`kiln {command} --help` has no example"
        );
    }
}

/// Runs them in a copy of the quickstart, since `generate` writes.
#[test]
fn examples_without_an_engine_run() {
    let copy = tempfile::tempdir().unwrap();
    let quickstart = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart");
    assert!(
        Command::new("cp")
            .arg("-r")
            .arg(&quickstart)
            .arg(copy.path())
            .status()
            .unwrap()
            .success()
    );
    let offline = |example: &String| match example.split(' ').next() {
        Some("lock") => example.contains("--check"),
        Some("plan") => example.contains("--offline"),
        Some("list") => !example.contains("--published"),
        _ => true,
    };
    for command in [
        "lock", "validate", "generate", "list", "tags", "graph", "plan",
    ] {
        for example in examples(command).into_iter().filter(offline) {
            let args: Vec<&str> = example.split_whitespace().collect();
            let output = Command::new(env!("CARGO_BIN_EXE_kiln"))
                .current_dir(copy.path().join("quickstart"))
                .args(&args)
                .output()
                .unwrap();
            assert!(
                output.status.success(),
                "kiln {example}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
    }
}

/// Runs them in a folder with Dockerfiles.
#[test]
fn examples_of_init_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".circleci/images/tool");
    std::fs::create_dir_all(&path).unwrap();
    std::fs::write(path.join("Dockerfile"), "FROM debian:trixie\n").unwrap();
    for example in examples("init") {
        let args: Vec<&str> = example.split_whitespace().collect();
        let output = Command::new(env!("CARGO_BIN_EXE_kiln"))
            .current_dir(folder.path())
            .args(&args)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "kiln {example}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    assert!(
        std::fs::read_to_string(folder.path().join("kiln.kdl"))
            .unwrap()
            .contains(".circleci/images/tool/Dockerfile")
    );
}

/// Runs them in a folder with the files that they name.
#[test]
fn examples_of_import_run() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/imports");
    std::fs::create_dir(folder.path().join("library")).unwrap();
    for (from, to) in [
        ("golang.stackbrew", "library/golang"),
        ("cimg-clojure.manifest", "manifest"),
        ("fleet9.hcl", "docker-bake.hcl"),
    ] {
        std::fs::copy(inputs.join(from), folder.path().join(to)).unwrap();
    }
    for example in examples("import") {
        let args: Vec<&str> = example.split_whitespace().collect();
        let output = Command::new(env!("CARGO_BIN_EXE_kiln"))
            .current_dir(folder.path())
            .args(&args)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "kiln {example}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    assert!(
        folder.path().join("kiln.kdl").is_file() && folder.path().join("fleet/kiln.kdl").is_file()
    );
    assert!(folder.path().join("dockerfiles").is_dir());
}

on_every_engine!(examples_of_build_run,);

fn examples_of_build_run(kind: Kind) {
    let world = World::shared(kind);
    let fleet = Fleet::nine(world, "help");
    for example in examples("build") {
        let args: Vec<&str> = example.split_whitespace().collect();
        let (text, code) = fleet.run(&args);
        assert_eq!(code, Some(0), "kiln {example}: {text}");
    }
}
