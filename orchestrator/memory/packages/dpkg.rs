//! Debian's packages: paragraphs of fields, and the answer of `apt-cache policy`.

use super::{Installed, Newest, System};
use std::collections::HashMap;

/// The database.
pub(super) const STATUS: &str = "/var/lib/dpkg/status";

/// Images without a package manager have one file per package here.
pub(super) const STATUS_FOLDER: &str = "/var/lib/dpkg/status.d";

/// Asks for the versions that apt would install. Nothing but names and candidates is printed.
pub(super) const ASK: &str = "apt-get -qq -o Acquire::Retries=3 -o APT::Update::Error-Mode=any update >&2 && apt-cache policy \"$@\" | sed -n -e '/^[^ ]/p' -e '/^  Candidate: /p'";

pub(super) fn is_database(path: &str) -> bool {
    let is_checksum = path.ends_with(".md5sums");
    path == STATUS || (path.starts_with("/var/lib/dpkg/status.d/") && !is_checksum)
}

/// The packages that are installed.
pub(super) fn read(text: &str) -> Vec<Installed> {
    text.split("\n\n").filter_map(paragraph).collect()
}

fn paragraph(text: &str) -> Option<Installed> {
    // A line that begins with a space continues a field; no field that counts is continued.
    let fields = text.lines().filter(|line| !line.starts_with([' ', '\t']));
    let fields: HashMap<&str, &str> = fields
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name, value.trim()))
        .collect();
    let field = |name: &str| fields.get(name).copied();
    // Files of images without a package manager have no status.
    let status = field("Status").unwrap_or("install ok installed");
    if !status.ends_with(" installed") {
        return None;
    }
    let name = field("Package")?.to_owned();
    let source = field("Source").and_then(|source| source.split(' ').next());
    let needs = [field("Pre-Depends"), field("Depends")];
    Some(Installed {
        version: field("Version")?.to_owned(),
        architecture: field("Architecture").unwrap_or_default().to_owned(),
        source: source.unwrap_or(&name).to_owned(),
        needs: needs.into_iter().flatten().flat_map(names).collect(),
        provides: field("Provides").into_iter().flat_map(names).collect(),
        held: status.starts_with("hold"),
        name,
    })
}

/// `libc6 (>= 2.34), a | b:any`: every alternative counts.
fn names(relations: &str) -> impl Iterator<Item = String> {
    let each = relations.split([',', '|']);
    each.filter_map(|one| {
        let name = one.trim().split([' ', '(', ':']).next()?;
        (!name.is_empty()).then(|| name.to_owned())
    })
}

/// ```text
/// git:
///   Candidate: 1:2.39.5-0+deb12u2
/// ```
pub(super) fn newest(answer: &str) -> Newest {
    let mut all = Newest::new();
    let mut package = None;
    for line in answer.lines() {
        match line.strip_prefix("  Candidate: ") {
            None => package = line.strip_suffix(':'),
            Some("(none)") => {}
            Some(version) => {
                // Of another architecture: `git:i386`.
                let name = package.map(|name| name.split(':').next().unwrap_or(name));
                if let Some(name) = name {
                    System::Dpkg.keep(&mut all, name, version.trim());
                }
            }
        }
    }
    all
}
