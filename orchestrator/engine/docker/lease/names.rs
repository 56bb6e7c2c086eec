//! The names that runs have on an engine, and which of them belong to runs that are over.
//!
//! | name | meaning |
//! | --- | --- |
//! | `localhost/kiln/<image>:<run>-…` | an image of the run |
//! | `localhost/kiln/lease:<run>-<time>` | the run is alive, at least until this time (seconds since 1970) |
//! | `localhost/kiln/mark-<hex>:<run>-t-<tag>` | the run gave an image the name `<repository>:<tag>` |
//! | `localhost/kiln/mark-<hex>:<run>-d-<hex>` | the run pulled `<repository>@sha256:<hex>` |
//!
//! `mark-<hex>` has the repository in hexadecimal, since a path component cannot have its characters. No other name
//! belongs to a run.

use crate::name::Reference;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// What all names of runs begin with.
const PREFIX: &str = "localhost/kiln/";
/// The pattern that an engine finds them by.
pub(super) const PATTERN: &str = "localhost/kiln/*";
/// The image of leases, without [`PREFIX`].
const LEASE: &str = "lease";
/// What the images of marks begin with, without [`PREFIX`].
const MARK: &str = "mark-";
/// The longest name of a repository that an engine accepts.
const LONGEST: usize = 255;
/// The longest tag.
const LONGEST_TAG: usize = 128;

/// The repository of all leases.
pub(super) fn lease_repository() -> String {
    format!("{PREFIX}{LEASE}")
}

/// The tag that says that a run is alive until this time.
pub(super) fn lease_tag(run: &str, until: i64) -> String {
    format!("{run}-{until}")
}

/// The name that says that a run put another name on the engine; `None` if that one is too long to be said.
pub(super) fn mark(run: &str, name: &Reference) -> Option<String> {
    let repository = hex(&name.repository.to_string());
    let repository = format!("{PREFIX}{MARK}{repository}");
    let tag = match (&name.digest, &name.tag) {
        (Some(digest), _) => format!("{run}-d-{}", digest.hex()),
        (None, Some(tag)) => format!("{run}-t-{tag}"),
        (None, None) => format!("{run}-t-latest"),
    };
    (repository.len() <= LONGEST && tag.len() <= LONGEST_TAG).then(|| format!("{repository}:{tag}"))
}

/// A name that a run has on an engine.
#[derive(Debug, PartialEq, Eq)]
struct Name<'a> {
    text: &'a str,
    run: &'a str,
    kind: Kind,
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Image,
    Lease { until: i64 },
    Mark { of: String },
}

/// Whether a text is the word of a run, as `run::run_id` makes it.
pub(in super::super) fn is_run(word: &str) -> bool {
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    word.strip_prefix('k')
        .is_some_and(|rest| rest.len() == 9 && rest.bytes().all(hex))
}

fn parse(text: &str) -> Option<Name<'_>> {
    let (image, tag) = text.strip_prefix(PREFIX)?.rsplit_once(':')?;
    let (run, rest) = tag.split_once('-').filter(|(run, _)| is_run(run))?;
    let kind = match (image, image.strip_prefix(MARK)) {
        (LEASE, _) => rest
            .parse()
            .map_or(Kind::Image, |until| Kind::Lease { until }),
        (_, Some(hex)) => marked(hex, rest).map_or(Kind::Image, |of| Kind::Mark { of }),
        _ => Kind::Image,
    };
    Some(Name { text, run, kind })
}

/// The name that a mark stands for.
fn marked(repository: &str, rest: &str) -> Option<String> {
    let repository = unhex(repository)?;
    let name = match rest.split_once('-')? {
        ("t", tag) => format!("{repository}:{tag}"),
        ("d", digest) => format!("{repository}@sha256:{digest}"),
        _ => return None,
    };
    name.parse::<Reference>().ok().map(|name| name.to_string())
}

/// The runs that are alive at this time.
pub(super) fn alive(names: &[String], now: i64) -> BTreeSet<&str> {
    let held = |name: &Name<'_>| matches!(name.kind, Kind::Lease { until } if until >= now);
    let names = names.iter().filter_map(|name| parse(name));
    names.filter(held).map(|name| name.run).collect()
}

/// A name of a run that is over.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Expired {
    /// The name to remove.
    pub name: String,
    /// If it is a mark, what it stands for: to be removed first.
    pub of: Option<String>,
}

/// The names of runs that are not alive, marks first. A name that a living run has marked, too, remains, with its mark.
pub(super) fn expired(names: &[String], alive: &BTreeSet<&str>) -> Vec<Expired> {
    let all: Vec<Name<'_>> = names.iter().filter_map(|name| parse(name)).collect();
    let (used, over): (Vec<Name<'_>>, Vec<Name<'_>>) =
        all.into_iter().partition(|name| alive.contains(name.run));
    let used: Vec<&Kind> = used.iter().map(|name| &name.kind).collect();
    let is_used =
        |name: &Name<'_>| matches!(name.kind, Kind::Mark { .. }) && used.contains(&&name.kind);
    let mut expired: Vec<Expired> = over
        .into_iter()
        .filter(|name| !is_used(name))
        .map(|name| Expired {
            name: name.text.to_owned(),
            of: match name.kind {
                Kind::Mark { of } => Some(of),
                Kind::Image | Kind::Lease { .. } => None,
            },
        })
        .collect();
    expired.sort_by_key(|one| one.of.is_none());
    expired
}

fn hex(text: &str) -> String {
    text.bytes().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn unhex(hex: &str) -> Option<String> {
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let pairs = hex.as_bytes().chunks(2);
    let bytes: Vec<u8> = pairs.map(byte).collect::<Option<_>>()?;
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests;
