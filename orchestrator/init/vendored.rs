//! Folders whose images are those of others, or for tests: `vendor/…/Dockerfile`, `testdata/app/Dockerfile`.

use super::found::{Found, listed};
use crate::text::{Diagnostic, Diagnostics};

/// The folders, in lower case.
const FOLDERS: [&str; 11] = [
    "vendor",
    "vendors",
    "third_party",
    "third-party",
    "thirdparty",
    "external",
    "testdata",
    "test",
    "tests",
    "fixtures",
    "examples",
];

/// One warning for all of them.
pub(super) fn told(sound: &[&Found<'_>], out: &mut Diagnostics) {
    let of_others = sound.iter().filter(|one| is_of_others(&one.written.below));
    let named = of_others.map(|one| format!("`{}` of {}", one.label(), one.written.path));
    let named: Vec<String> = named.collect();
    if !named.is_empty() {
        let message = format!(
            "images are published that may be of other projects or for tests: {}",
            listed(&named)
        );
        let help = "remove those that you do not want from kiln.kdl, or begin with another folder";
        out.push(Diagnostic::warning("init::vendored", message).help(help));
    }
}

/// Whether one of the folders of a path is such a folder.
fn is_of_others(below: &str) -> bool {
    let (folders, _) = below.rsplit_once('/').unwrap_or_default();
    let mut folders = folders.split('/').map(str::to_ascii_lowercase);
    folders.any(|folder| FOLDERS.contains(&folder.as_str()))
}
