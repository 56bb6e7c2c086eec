//! Alpine's packages: paragraphs of one-letter fields, and the answer of `apk policy`.

use super::{Installed, Newest, System};

/// The database.
pub(super) const INSTALLED: &str = "/lib/apk/db/installed";

/// The database since version 3 of apk.
pub(super) const INSTALLED_3: &str = "/usr/lib/apk/db/installed";

/// Asks for the versions that the repositories have.
pub(super) const ASK: &str = "apk update --quiet >&2 && apk policy \"$@\"";

pub(super) fn is_database(path: &str) -> bool {
    path == INSTALLED || path == INSTALLED_3
}

/// The packages that are installed.
pub(super) fn read(text: &str) -> Vec<Installed> {
    text.split("\n\n").filter_map(paragraph).collect()
}

fn paragraph(text: &str) -> Option<Installed> {
    let mut one = Installed::default();
    for (field, value) in text.lines().filter_map(|line| line.split_once(':')) {
        match field {
            "P" => one.name = value.to_owned(),
            "V" => one.version = value.to_owned(),
            "A" => one.architecture = value.to_owned(),
            "o" => one.source = value.to_owned(),
            "D" => one.needs.extend(names(value)),
            "p" => one.provides.extend(names(value)),
            _ => {}
        }
    }
    (!one.name.is_empty() && !one.version.is_empty()).then_some(one)
}

/// `so:libc.musl-x86_64.so.1 pkg>=1.2 !other`: names without versions, and without what must be missing.
fn names(relations: &str) -> impl Iterator<Item = String> {
    let each = relations.split(' ').filter(|one| !one.starts_with('!'));
    each.filter_map(|one| {
        let name = one.split(['=', '<', '>', '~']).next()?;
        (!name.is_empty()).then(|| name.to_owned())
    })
}

/// ```text
/// git policy:
///   2.49.0-r0:
///     lib/apk/db/installed
///   2.49.1-r0:
///     https://dl-cdn.alpinelinux.org/alpine/v3.22/main
/// ```
///
/// A version that only the database of the image names is not in a repository any more. One of a tagged repository
/// (`@edge https://…`) is not installed without its tag.
pub(super) fn newest(answer: &str) -> Newest {
    let mut all = Newest::new();
    let (mut package, mut version) = (None, None);
    for line in answer.lines() {
        let text = line.trim();
        if let Some(name) = line.strip_suffix(" policy:") {
            (package, version) = (Some(name), None);
        } else if line.starts_with("    ") {
            let is_repository = !text.ends_with("/apk/db/installed") && !text.starts_with('@');
            if let (Some(package), Some(version), true) = (package, version, is_repository) {
                System::Apk.keep(&mut all, package, version);
            }
        } else {
            version = text.strip_suffix(':');
        }
    }
    all
}
