//! Rungs: the levels of the ladder of tags that a version can have.
//!
//! | rung | of `1.27.0` | owned by |
//! | --- | --- | --- |
//! | `full` | `1.27.0` | every value: it is its own name |
//! | `minor` | `1.27` | the highest stable value of `1.27.*` |
//! | `major` | `1` | the highest stable value of `1.*` |
//! | `none` | (the empty token) | the highest stable value |
//! | `latest` | `latest` | the highest stable value |
//!
//! A pre-release owns only `full`, and a value that is not a version only has its name. A version with
//! fewer numbers than a rung needs does not have that rung. `18.3` is the same text on the rungs `full` and
//! `minor`, and so makes one tag.
//!
//! ```
//! use kiln::tag::{Rung, owned};
//! let values = ["1.27.0", "1.26.7", "1.26.6", "1.28rc1", "tip"].map(|v| v.parse().ok());
//! let owned = owned(&values, &[Rung::Full, Rung::Minor, Rung::Major]);
//! assert_eq!(owned[0], [Rung::Full, Rung::Minor, Rung::Major]); // 1.27.0, 1.27, 1
//! assert_eq!(owned[1], [Rung::Full, Rung::Minor]);              // 1.26.7, 1.26
//! assert_eq!(owned[2], [Rung::Full]);                           // 1.26.6
//! assert_eq!(owned[3], [Rung::Full]);                           // 1.28rc1
//! assert_eq!(owned[4], [Rung::Full]);                           // tip
//! ```

use crate::name::Version;
use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

/// A rung of a version's ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rung {
    /// The value's own name.
    Full,
    /// `1.27`
    Minor,
    /// `1`
    Major,
    /// The empty token.
    None,
    /// The word `latest`.
    Latest,
}

impl Rung {
    /// From the narrowest series to the widest.
    pub const ALL: [Rung; 5] = [
        Rung::Full,
        Rung::Minor,
        Rung::Major,
        Rung::None,
        Rung::Latest,
    ];

    /// The word for it in a manifest.
    pub fn as_str(self) -> &'static str {
        match self {
            Rung::Full => "full",
            Rung::Minor => "minor",
            Rung::Major => "major",
            Rung::None => "none",
            Rung::Latest => "latest",
        }
    }

    /// Whether a newer value takes it over.
    pub fn moves(self) -> bool {
        self != Rung::Full
    }

    /// Whether it belongs to one version of the whole axis, which a policy may limit.
    pub fn is_top(self) -> bool {
        matches!(self, Rung::None | Rung::Latest)
    }

    /// The token of a version on this rung, if there is one.
    pub fn text(self, version: &Version) -> Option<&str> {
        match self {
            Rung::Full => Some(version.as_str()),
            Rung::Minor => version.series(2),
            Rung::Major => version.series(1),
            Rung::None => Some(""),
            Rung::Latest => Some("latest"),
        }
    }

    /// The numbers of the series that share this rung.
    fn series(self, version: &Version) -> Option<&[u64]> {
        let count = match self {
            Rung::Minor => 2,
            Rung::Major => 1,
            Rung::Full | Rung::None | Rung::Latest => 0,
        };
        version.numbers().get(..count)
    }
}

/// The rungs that each value owns, in the order of `rungs`. `None` is a value that is not a version.
pub fn owned(values: &[Option<Version>], rungs: &[Rung]) -> Vec<Vec<Rung>> {
    let mut highest: HashMap<(Rung, &[u64]), usize> = HashMap::new();
    for (index, version) in stable(values) {
        for rung in rungs.iter().filter(|rung| rung.moves()) {
            let Some(series) = rung.series(version) else {
                continue;
            };
            let owner = highest.entry((*rung, series)).or_insert(index);
            if values[*owner].as_ref() < Some(version) {
                *owner = index;
            }
        }
    }
    let owns = |index: usize, rung: Rung| match &values[index] {
        Some(version) if rung.moves() => rung
            .series(version)
            .is_some_and(|series| highest.get(&(rung, series)) == Some(&index)),
        _ => !rung.moves(),
    };
    (0..values.len())
        .map(|index| {
            rungs
                .iter()
                .copied()
                .filter(|rung| owns(index, *rung))
                .collect()
        })
        .collect()
}

fn stable(values: &[Option<Version>]) -> impl Iterator<Item = (usize, &Version)> {
    values
        .iter()
        .enumerate()
        .filter_map(|(index, version)| Some((index, version.as_ref()?)))
        .filter(|(_, version)| !version.is_prerelease())
}

impl FromStr for Rung {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Rung::ALL
            .into_iter()
            .find(|rung| rung.as_str() == text)
            .ok_or(())
    }
}

impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
