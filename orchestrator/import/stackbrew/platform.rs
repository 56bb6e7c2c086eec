//! Architectures as bashbrew names them, and the platforms that they are.

use super::entry::Entry;
use crate::import::note::{Lost, Notes};
use crate::name::Platform;
use crate::text::{Diagnostic, Shown, Span, Spanned, did_you_mean};

/// Bashbrew's architectures as platforms.
const ARCHITECTURES: [(&str, &str); 11] = [
    ("amd64", "linux/amd64"),
    ("arm32v5", "linux/arm/v5"),
    ("arm32v6", "linux/arm/v6"),
    ("arm32v7", "linux/arm/v7"),
    ("arm64v8", "linux/arm64"),
    ("i386", "linux/386"),
    ("mips64le", "linux/mips64le"),
    ("ppc64le", "linux/ppc64le"),
    ("riscv64", "linux/riscv64"),
    ("s390x", "linux/s390x"),
    ("windows-amd64", "windows/amd64"),
];

/// Windows releases, as constraints end, and their versions as images name them.
const WINDOWS: [(&str, &str); 13] = [
    ("ltsc2025", "10.0.26100"),
    ("ltsc2022", "10.0.20348"),
    ("20h2", "10.0.19042"),
    ("2004", "10.0.19041"),
    ("1909", "10.0.18363"),
    ("1903", "10.0.18362"),
    ("ltsc2019", "10.0.17763"),
    ("1809", "10.0.17763"),
    ("1803", "10.0.17134"),
    ("1709", "10.0.16299"),
    ("ltsc2016", "10.0.14393"),
    ("sac2016", "10.0.14393"),
    ("1607", "10.0.14393"),
];

/// The architectures of an image with their platforms; none if it has no known one. Others are notes.
pub(super) fn platforms(entry: &Entry, notes: &mut Notes) -> Vec<(String, Platform)> {
    let default = || (String::from("amd64"), Platform::linux_amd64());
    let Some(field) = entry.field("Architectures") else {
        return vec![default()];
    };
    let release = windows(entry);
    let mut all = Vec::new();
    let mut is_known = true;
    for item in field.items() {
        let known = ARCHITECTURES
            .iter()
            .find(|(name, _)| *name == item.as_str());
        let Some(Ok(mut platform)) = known.map(|(_, platform)| platform.parse::<Platform>()) else {
            not_known(&item, notes);
            is_known = false;
            continue;
        };
        if platform.os == "windows" {
            platform = platform.with_os_version(release.map(str::to_owned));
            if release.is_none() {
                let help = "set it in `platforms`: \"windows(10.0.26100)/amd64\" is ltsc2025";
                let (message, place) = unknown(entry, item.span);
                notes.assumed(message, help, place);
            }
        }
        all.push((item.value.clone(), platform));
    }
    match (all.is_empty(), is_known) {
        (true, true) => vec![default()],
        (true, false) => {
            notes.not_imported(NO_ARCHITECTURE, ARCHITECTURE_HELP, field.span());
            notes.lost(Lost::part(String::from(NO_ARCHITECTURE), field.span()));
            all
        }
        (false, _) => all,
    }
}

/// What an entry is of whose architectures none is known.
pub(super) const NO_ARCHITECTURE: &str = "an entry without a known architecture";

const ARCHITECTURE_HELP: &str = "name one that bashbrew has in `Architectures`, such as `amd64` or `arm64v8`, and import the file again";

/// The error if the file has no other entries.
pub(super) fn no_architecture(span: Span) -> Diagnostic {
    let message = "the file has no image with a known architecture";
    let fault = Diagnostic::error("import::architecture", message);
    fault.at(span, "such as here").help(ARCHITECTURE_HELP)
}

/// Notes a word that is not an architecture.
fn not_known(item: &Spanned<String>, notes: &mut Notes) {
    let near = did_you_mean(item, ARCHITECTURES.map(|(name, _)| name));
    let what = format!("the architecture `{}`", item.shown());
    let message = format!("{what} is left out: bashbrew has none of this name");
    let help = near.unwrap_or_else(|| String::from("such as `amd64`, `arm64v8`, `windows-amd64`"));
    notes.note("import::left-out", message, &help, item.span);
    notes.lost(Lost::part(what, item.span));
}

/// The Windows version that `Constraints` names.
fn windows(entry: &Entry) -> Option<&'static str> {
    let constraints = entry.field("Constraints")?.items();
    let ends = |constraint: &str, release: &str| {
        let last = constraint.rsplit('-').next();
        last.is_some_and(|last| last.eq_ignore_ascii_case(release))
    };
    let found = WINDOWS.into_iter().find(|(release, _)| {
        constraints
            .iter()
            .any(|constraint| ends(constraint, release))
    });
    found.map(|(_, version)| version)
}

/// What to report about a release that is not known, and where: the constraints, if there are any.
fn unknown(entry: &Entry, architecture: Span) -> (String, Span) {
    match entry.field("Constraints").map(|field| field.text()) {
        Some(text) => (
            format!("the Windows release of `{}` is not known", text.shown()),
            text.span,
        ),
        None => (
            String::from("the Windows release of this image is not known"),
            architecture,
        ),
    }
}
