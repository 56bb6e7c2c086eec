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

/// The output of `kiln` with these words, and what it says besides; it must end with this code.
#[track_caller]
fn ends_with(code: i32, words: &str, folder: &Path) -> (String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_kiln"))
        .current_dir(folder)
        .args(words.split_whitespace())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, said) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "kiln {words}: {said}");
    (out, said)
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
        "lock", "validate", "generate", "list", "tags", "graph", "plan", "ci",
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

/// Options that would change nothing are refused with exit code 2, before anything is read from the network.
/// Help shows an option about a run where the command takes it.
#[test]
fn help_shows_no_option_without_effect() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (command, shown, hidden) in [
        ("build", "--var --set --now --branch --event", ""),
        ("why", "--var --set --now --branch --event", ""),
        ("import", "--var --set --now --branch --event", ""),
        ("init", "--untrusted", "--var --set --now --branch --event"),
        ("apply", "--untrusted", "--var --set --now --branch --event"),
        ("lock", "--var --now", "--set --branch --event"),
        ("graph", "--var --set --now", "--branch --event"),
        ("release", "--var --now --branch", "--set --event"),
        ("tags", "--var --now --branch --event", "--set"),
        ("ci", "--var", "--set --now --branch --event"),
    ] {
        let (help, _) = ends_with(0, &format!("{command} --help"), folder);
        let has = |option: &str| {
            help.contains(&format!(" {option} <")) || help.contains(&format!(" {option}\n"))
        };
        for option in shown.split_whitespace() {
            assert!(has(option), "{command}: {option}\n{help}");
        }
        for option in hidden.split_whitespace() {
            assert!(!has(option), "{command}: {option}\n{help}");
        }
    }
}

#[test]
fn options_without_effect_are_refused() {
    let quickstart = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart");
    let set = "--set core.platforms=linux/arm64";
    for words in [
        format!("generate {set}"),
        format!("lock {set}"),
        format!("nightly {set}"),
        format!("prune {set}"),
        format!("release {set}"),
        format!("rollback core:stable {set}"),
        format!("stale {set}"),
        format!("inspect core {set}"),
        format!("diff core lang {set}"),
        format!("tags {set}"),
        format!("doctor {set}"),
        "list core --set lang.platforms=linux/arm64".into(),
        "plan core --offline --set lang.platforms=linux/arm64".into(),
        "why core --set lang.platforms=linux/arm64".into(),
        "why core --set lang.arg.NOPE=1".into(),
        "list --set lang.arg.NOPE=1".into(),
        "lock --branch main".into(),
        "graph --branch main".into(),
        "graph --event release".into(),
        format!("list --published {set}"),
        format!("plan core --offline --branch main --event none {set}"),
        "plan --offline --retry".into(),
        "plan --all --format json".into(),
        "stale --all --format json".into(),
        "build --retry".into(),
        "build --allow-older core:stable".into(),
        "build --force --cache".into(),
        "build --quiet --format json".into(),
        "nightly --quiet --format bars".into(),
        "nightly --dry-run --retries 2".into(),
        "nightly --dry-run --jobs 2".into(),
        "release --event schedule".into(),
        "apply plan.json --publish --engine default".into(),
        "apply plan.json --publish --jobs 2".into(),
        "apply plan.json --publish --retries 2".into(),
        "apply plan.json --publish --builder classic".into(),
        "apply plan.json --publish --no-cache-from".into(),
        "import bake docker-bake.hcl --stdout --force".into(),
        "import bake docker-bake.hcl --set a.arg.B=c".into(),
        "init --now 2026-08-03".into(),
        "import bake docker-bake.hcl --now 2026-08-03".into(),
        "plan --show plan.json --now 2026-08-03".into(),
        "apply plan.json --now 2026-08-03".into(),
        "apply plan.json --var x=y".into(),
    ] {
        let (_, said) = ends_with(2, &words, &quickstart);
        assert!(
            said.contains("no effect")
                || said.contains("cannot be used")
                || said.contains("stays")
                || said.contains("would move"),
            "kiln {words}: {said}"
        );
    }
}

/// What is wrong with an option is said with what to do instead, and without a tip that leads elsewhere.
#[test]
fn wrong_options_have_a_way_out() {
    let quickstart = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart");
    for (words, expect, not) in [
        ("apply plan.json --force", "the plan says it", "similar"),
        ("apply plan.json --push", "leave it out", "-- --push"),
        ("build --jobs -1", "1..=256", "-- -1"),
        ("build --retries -1", "0..=", "-- -1"),
        ("ci github --image -x", "--help", "-- -x"),
    ] {
        let (_, said) = ends_with(2, words, &quickstart);
        assert!(
            said.contains(expect) && !said.contains(not),
            "kiln {words}: {said}"
        );
    }
}

/// Programs that read events must see that the command has ended, also if it ends before it has run anything.
#[test]
fn events_end_with_the_exit_code() {
    let quickstart = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart");
    let closed = "--var registry=127.0.0.1:9 --branch main";
    for (words, code) in [
        (format!("build --push --format json {closed}"), 3),
        (format!("nightly --format json {closed}"), 3),
        (
            format!("release lang:lua --as stable2 --format json {closed}"),
            3,
        ),
        ("build nothing --format json".into(), 2),
        ("build --retry --format json".into(), 2),
        ("nightly --format json --set core.arg.A=1".into(), 2),
        ("release --event schedule --format json".into(), 2),
    ] {
        let (out, said) = ends_with(code, &words, &quickstart);
        let end = format!(
            "{{\"event\":\"finished\",\"success\":false,\"exit\":{code},\"stopped\":false,\"ms\":0}}\n"
        );
        assert_eq!(out, end, "kiln {words}");
        assert!(said.starts_with("error"), "kiln {words}: {said}");
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
