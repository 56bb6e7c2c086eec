//! A disk without free space: a command says what it cannot write, why, and where to free space.

use std::path::Path;
use std::process::{Command, Output};

const MANIFEST: &str = r#"workspace "small" { publish "ghcr.io/acme/{image}"; stage "ghcr.io/acme/stage" }
base "debian" from="docker.io/library/debian:13"
image "core" { from base="debian"; tag "1" }
"#;

/// Mounts a small disk over a folder, writes a manifest, fills the disk, and runs kiln there.
const SCRIPT: &str = r#"set -e
mount -t tmpfs -o size=64k none "$1"
cd "$1"
printf '%s' "$2" >kiln.kdl
mkdir new
kiln=$3
shift 3
dd if=/dev/zero of=fill bs=1k 2>/dev/null || true
exec "$kiln" "$@"
"#;

/// How this user may mount a disk that only one process sees; `None` if it may not.
fn apart() -> Option<&'static [&'static str]> {
    let all: [&[&str]; 2] = [&["--mount"], &["--mount", "--map-root-user"]];
    let may = |args: &&[&str]| {
        let script = "mount -t tmpfs -o size=64k none /mnt";
        let tried = Command::new("unshare")
            .args(*args)
            .args(["sh", "-c", script])
            .output();
        tried.is_ok_and(|tried| tried.status.success())
    };
    all.into_iter().find(|args| may(args))
}

fn on_full_disk(apart: &[&str], folder: &Path, args: &[&str]) -> Output {
    Command::new("unshare")
        .args(apart)
        .args(["sh", "-c", SCRIPT, "sh"])
        .arg(folder)
        .args([MANIFEST, env!("CARGO_BIN_EXE_kiln")])
        .args(args)
        .output()
        .unwrap()
}

#[test]
fn a_full_disk_has_a_way_out() {
    let Some(apart) = apart() else {
        eprintln!("not tested: this user may not mount a disk");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().canonicalize().unwrap();
    for (args, file) in [
        (&["generate"][..], ".circleci/images/.kiln-generated"),
        (
            &["ci", "github", "--install", "true", "--out", "kiln.yml"],
            "kiln.yml",
        ),
        (&["-C", "new", "init"], "new/kiln.kdl"),
    ] {
        let output = on_full_disk(apart, &folder, args);
        let said = String::from_utf8_lossy(&output.stderr);
        let shown = format!("{args:?}: {said}");
        assert_eq!(output.status.code(), Some(1), "{shown}");
        assert!(said.contains(file), "{shown}");
        assert!(
            said.contains("No space left on device") || said.contains("no storage space"),
            "{shown}"
        );
        assert!(said.contains("\n  free space in "), "{shown}");
        assert!(!said.contains(" at path "), "{shown}");
    }
}
