//! What is fetched from elsewhere while an image is built, and whether anything says what it must be.

use crate::matrix::Fleet;
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
    Written,
    /// An entry of `kiln.lock`.
    Locked,
    /// Nothing: whatever is served would be taken.
    Missing,
}

/// Says what would be taken unseen: one fault a line of the manifest, in however many variants and on however many
/// platforms it is fetched.
pub fn unverified(fleet: &Fleet, recipes: &[Recipe], severity: Severity, out: &mut Diagnostics) {
    let mut places: IndexMap<Span, Vec<(&Fetching, &Recipe)>> = IndexMap::new();
    for recipe in recipes {
        for one in recipe.fetching.iter().filter(|one| one.checksum == Checksum::Missing) {
            let known = places.entry(one.place).or_default();
            if known.iter().all(|(other, _)| other.url != one.url) {
                known.push((one, recipe));
            }
        }
    }
    for (place, all) in places {
        let Some((first, recipe)) = all.first() else { continue };
        let others = match all.len() - 1 {
            0 => String::new(),
            1 => String::from(", nor that of one other file of this line"),
            more => format!(", nor those of {more} other files of this line"),
        };
        let message = format!("the checksum of {} is not known{others}", first.url);
        let fault = Diagnostic { severity, ..Diagnostic::error("lock::missing", message) };
        let used = format!("used here, for {}", fleet.variant(recipe.variant).label());
        out.push(fault.at(place, "fetched here").at(first.used, used).help(HELP));
    }
}

const HELP: &str = "run `kiln lock`: it fetches the files once and records their checksums in kiln.lock; or write the vendor's as `digest`";
