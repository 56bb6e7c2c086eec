//! The files that a build downloads, and whether their checksums are known.

use crate::matrix::Fleet;
use crate::name::Digest;
use crate::render::Recipe;
use crate::text::{Diagnostic, Diagnostics, Severity, Span};
use indexmap::IndexMap;

/// One URL that a recipe downloads.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Fetching {
    /// The complete URL, for one platform.
    pub url: String,
    /// The `archive` or `fetch` in the manifest; not saved in plans.
    #[serde(skip)]
    pub place: Span,
    /// The `use` of its tool set; not saved in plans.
    #[serde(skip)]
    pub used: Span,
    /// How its content is verified.
    pub checksum: Checksum,
}

/// The source of a file's expected checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Checksum {
    /// A `digest` in the manifest.
    Written(Digest),
    /// An entry of `kiln.lock`.
    Locked(Digest),
    /// None: the build would accept any content.
    Missing,
}

impl Fetching {
    /// The message for a file whose checksum differs from the expected one.
    pub fn mismatch(&self) -> String {
        let (source, digest) = match self.checksum {
            Checksum::Written(digest) => ("the manifest", Some(digest)),
            Checksum::Locked(digest) => ("kiln.lock", Some(digest)),
            Checksum::Missing => ("no source", None),
        };
        let expected = digest
            .map(|digest| format!(" ({digest})"))
            .unwrap_or_default();
        format!(
            "{} does not match the checksum in {source}{expected}: `kiln lock` shows what is served now",
            self.url
        )
    }
}

/// The file whose checksum is compared in this line (from 1) of a Dockerfile or elsewhere in the same instruction.
pub fn compared<'a>(
    dockerfile: &str,
    line: usize,
    fetching: &'a [Fetching],
) -> Option<&'a Fetching> {
    let near: Vec<&str> = dockerfile
        .lines()
        .skip(line.saturating_sub(2))
        .take(3)
        .filter(|line| line.contains("/fetched"))
        .collect();
    fetching.iter().find(|one| match one.checksum {
        Checksum::Written(digest) | Checksum::Locked(digest) => {
            near.iter().any(|line| line.contains(&digest.hex()))
        }
        Checksum::Missing => false,
    })
}

/// Reports downloads that nothing verifies: one fault per line of the manifest, regardless of the number of variants and
/// platforms.
pub fn unverified(fleet: &Fleet, recipes: &[Recipe], severity: Severity, out: &mut Diagnostics) {
    let mut places: IndexMap<Span, Vec<(&Fetching, &Recipe)>> = IndexMap::new();
    for recipe in recipes {
        for one in recipe
            .fetching
            .iter()
            .filter(|one| one.checksum == Checksum::Missing)
        {
            let known = places.entry(one.place).or_default();
            if known.iter().all(|(other, _)| other.url != one.url) {
                known.push((one, recipe));
            }
        }
    }
    for (place, all) in places {
        let Some((first, recipe)) = all.first() else {
            continue;
        };
        let url = &first.url;
        let message = match all.len() - 1 {
            0 => format!("the checksum of {url} is not known"),
            1 => format!("the checksums of {url} and of 1 more file from this line are not known"),
            n => {
                format!("the checksums of {url} and of {n} more files from this line are not known")
            }
        };
        let fault = Diagnostic {
            severity,
            ..Diagnostic::error("lock::missing", message)
        };
        let used = format!("used here, for {}", fleet.variant(recipe.variant).label());
        out.push(
            fault
                .at(place, "fetched here")
                .at(first.used, used)
                .help(HELP),
        );
    }
}

const HELP: &str = "run `kiln lock`: it fetches the files once and records their checksums in kiln.lock; or write the vendor's as `digest`";
