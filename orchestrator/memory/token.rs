//! Tokens: inputs that make an image new although its recipe, its parents and its bases are the same.
//!
//! A token of a tool set with `refresh` is made by `nightly` and taken over by `build`, so that a pull request and its
//! merge have the same inputs. A token of a forced build is in the build id and in no comparison.

use crate::manifest::Period;
use crate::name::Digest;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The name of the token of a forced build.
pub const FORCE: &str = "force";

/// The token of a tool set that was never refreshed. It is the value of the argument in the Dockerfile.
pub const UNREFRESHED: &str = "0";

const FRESH: &str = "fresh:";

/// A package of an image with a newer version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Upgrade {
    /// The package.
    pub name: String,
    /// Its version in the image.
    pub from: String,
    /// The newest version that the image's package sources have.
    pub to: String,
}

impl fmt::Display for Upgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} -> {}", self.name, self.from, self.to)
    }
}

/// The name of the token of a tool set.
pub fn fresh(toolset: &str) -> String {
    format!("{FRESH}{toolset}")
}

/// The tool set of a token; `None` if it is not that of one.
pub fn toolset(name: &str) -> Option<&str> {
    name.strip_prefix(FRESH)
}

/// The token of a period: its number since 1970. Periods of different images begin at different times, so that a fleet is
/// not rebuilt in one night. `now` is in seconds since 1970. A recorded token of a later period stays, since clocks differ.
pub fn epoch(period: Period, now: i64, image: &str, recorded: Option<&str>) -> String {
    let seconds = period.seconds();
    let hash = u64::from_str_radix(&Digest::of(image).hex()[..15], 16).unwrap_or_default();
    let shift = i64::try_from(hash).unwrap_or_default() % seconds;
    let number = now.saturating_add(shift).div_euclid(seconds);
    let later = recorded.and_then(|recorded| {
        let (of, recorded) = recorded.split_once('-')?;
        let recorded: i64 = recorded.parse().ok()?;
        (of == period.to_string()).then_some(recorded)
    });
    format!("{period}-{}", later.unwrap_or(number).max(number))
}

/// The token of newer versions: their hash. While none are known, the recorded token stays.
pub fn upgrades(known: &[Upgrade], recorded: Option<&str>) -> String {
    if known.is_empty() {
        return recorded.unwrap_or(UNREFRESHED).to_owned();
    }
    let mut lines: Vec<String> = (known.iter())
        .map(|one| format!("{} {}\n", one.name, one.to))
        .collect();
    lines.sort_unstable();
    lines.dedup();
    Digest::of(lines.concat()).hex()[..16].to_owned()
}
