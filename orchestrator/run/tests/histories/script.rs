//! Reads the files with histories, lets them happen, and compares what was written down with what came out.

use super::super::world::runtime;
use super::fleet::Fleet;
use similar::TextDiff;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Compares a file with what happens.
#[track_caller]
pub fn check(name: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("orchestrator/run/tests/histories")
        .join(format!("{name}.txt"));
    let written = std::fs::read_to_string(&path).expect("the file is readable");
    let told = told(&written);
    if told == written {
        return;
    }
    if std::env::var_os("KILN_TEST_UPDATE").is_some() {
        std::fs::write(&path, told).expect("the file is writable");
        return;
    }
    let diff = TextDiff::from_lines(&written, &told);
    let diff = diff.unified_diff().context_radius(12).to_string();
    panic!("{name}.txt: written down (-) and what came out (+)\n{diff}");
}

/// The file as it would be written today.
fn told(written: &str) -> String {
    let mut told = String::new();
    for (at, history) in written.split("\n== ").enumerate() {
        match at {
            0 => told.push_str(&format!("{}\n", history.trim_end())),
            _ => told.push_str(&format!("\n== {}", runtime().block_on(retold(history)))),
        }
    }
    told
}

/// One history: its first line, and each event with what it did.
async fn retold(history: &str) -> String {
    let mut lines = history.lines();
    let mut told = format!("{}\n", lines.next().unwrap_or_default());
    let mut fleet = Fleet::new();
    for line in lines {
        if line.starts_with('#') {
            let _ = writeln!(told, "{line}");
        }
        if let Some(event) = line.strip_prefix("> ") {
            let _ = writeln!(told, "{line}");
            for said in fleet.happens(event).await {
                let _ = writeln!(told, "  {said}");
            }
        }
    }
    told
}
