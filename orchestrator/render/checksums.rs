//! What is fetched from elsewhere while an image is built, and whether anything says what it must be.

use crate::matrix::Fleet;
use crate::name::Digest;
use crate::render::Recipe;
use crate::text::{Diagnostic, Diagnostics, Severity, Span};
use indexmap::IndexMap;

/// One address that a recipe fetches from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetching {
    /// The whole address, for one platform.
    pub url: String,
    /// The `archive` or `fetch` that says so.
    pub place: Span,
    /// Where its tool set is used.
    pub used: Span,
    pub checksum: Checksum,
}

/// What says what the file must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checksum {
    /// `digest` in the manifest.
    Written(Digest),
    /// An entry of `kiln.lock`.
    Locked(Digest),
    /// Nothing: whatever is served would be taken.
    Missing,
}

impl Fetching {
    /// What to say of a file that is another one than it must be.
    pub fn mismatch(&self) -> String {
        let (says, digest) = match self.checksum {
            Checksum::Written(digest) => ("the manifest", Some(digest)),
            Checksum::Locked(digest) => ("kiln.lock", Some(digest)),
            Checksum::Missing => ("anybody", None),
        };
        let must = digest
            .map(|digest| format!(" ({digest})"))
            .unwrap_or_default();
        format!(
            "{} is not what {says} says{must}: `kiln lock` shows what is served now",
            self.url
        )
    }
}

impl Recipe {
    /// The file whose checksum this line (from 1) of the Dockerfile compares, or the lines beside it in one instruction.
    pub fn compared(&self, line: usize) -> Option<&Fetching> {
        let near: Vec<&str> = self
            .dockerfile
            .lines()
            .skip(line.saturating_sub(2))
            .take(3)
            .filter(|line| line.contains("/fetched"))
            .collect();
        self.fetching.iter().find(|one| match one.checksum {
            Checksum::Written(digest) | Checksum::Locked(digest) => {
                near.iter().any(|line| line.contains(&digest.hex()))
            }
            Checksum::Missing => false,
        })
    }
}

/// Says what would be taken unseen: one fault a line of the manifest, in however many variants and on however many
/// platforms it is fetched.
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
        let others = match all.len() - 1 {
            0 => String::new(),
            1 => String::from(", nor that of one other file of this line"),
            more => format!(", nor those of {more} other files of this line"),
        };
        let message = format!("the checksum of {} is not known{others}", first.url);
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
