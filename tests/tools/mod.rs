//! Programs of others that tests use: validators, linters, runners. `tests/ground/cache` installs each once.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The path that the cache gives for a name. If the program is not available, `./test` fails, and other test runs skip what
/// needs it.
pub fn tool(name: &str) -> Option<PathBuf> {
    let cache = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ground/cache");
    let got = Command::new(cache).args(["get", name]).output();
    let got = got.expect("a command that starts");
    if got.status.success() {
        return Some(String::from_utf8_lossy(&got.stdout).trim().into());
    }
    let why = String::from_utf8_lossy(&got.stderr).into_owned();
    assert!(
        std::env::var_os("KILN_TEST_COMPLETE").is_none(),
        "{name} is not available: {why}"
    );
    eprintln!("LEFT OUT: {name} cannot be had: {why}");
    None
}
