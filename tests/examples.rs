//! Every example has its expected plan beside it. `KILN_BLESS=1 cargo test --test examples` rewrites them.

use std::path::{Path, PathBuf};
use std::process::Command;

fn examples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path());
    let mut found: Vec<PathBuf> = entries.filter(|p| p.join("kiln.kdl").exists()).collect();
    found.sort();
    found
}

/// Independent of the machine: no variables of a CI system, a fixed time and a fixed branch.
fn kiln(workspace: &Path, args: &[&str]) -> (String, String, Option<i32>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kiln"));
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("KILN_BRANCH", "main");
    let output = command
        .current_dir(workspace)
        .args(args)
        .args(["--now", "2026-08-03"])
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        text(output.stdout),
        text(output.stderr),
        output.status.code(),
    )
}

#[test]
fn plans_are_as_expected() {
    assert!(examples().len() >= 6);
    for example in examples() {
        let (plan, faults, code) = kiln(&example, &["plan", "--offline"]);
        assert_eq!(code, Some(0), "{}: {faults}", example.display());
        let path = example.join("expected-plan.txt");
        if std::env::var_os("KILN_BLESS").is_some() {
            std::fs::write(&path, &plan).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(
            plan,
            expected,
            "{} differs; KILN_BLESS=1 writes it anew",
            path.display()
        );
    }
}

#[test]
fn examples_have_no_errors_and_no_warnings() {
    for example in examples() {
        let (_, faults, code) = kiln(&example, &["validate"]);
        assert_eq!(
            (code, faults.as_str()),
            (Some(0), ""),
            "{}",
            example.display()
        );
    }
}

/// The image that contains kiln has the version of this crate.
#[test]
fn kilns_own_image_has_this_version() {
    let manifest =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("images/kiln.kdl"))
            .unwrap();
    assert!(
        manifest.contains(&format!("value \"{}\"", env!("CARGO_PKG_VERSION"))),
        "set it in images/kiln.kdl"
    );
}

/// Their locks contain exactly their downloads, for every platform.
#[test]
fn examples_have_complete_locks() {
    for example in examples() {
        let (said, faults, code) = kiln(&example, &["lock", "--check"]);
        assert_eq!(
            (code, faults.as_str()),
            (Some(0), ""),
            "{}: {said}",
            example.display()
        );
    }
}
