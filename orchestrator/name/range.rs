//! Sets of versions: `>=3.8`, `>=1.25,<1.27`, `1.26.*`.
//!
//! A pre-release counts as the version it leads to: `3.15.0rc1` is in `>=3.15` and not in `<3.15`, so
//! that it is always in exactly one of two opposite ranges. If the bound is a pre-release itself, the two
//! are compared as they are. `1.26.*` contains every version whose numbers start with 1.26.

use super::{NameError, Version};
use crate::text::Shown;
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// A set of versions: all conditions must hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Range(Vec<Bound>);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Bound {
    Any,
    /// The first numbers of the version.
    Series(Vec<u64>),
    Compare(Comparison, Version),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Comparison {
    AtLeast,
    Above,
    AtMost,
    Below,
    Equal,
    NotEqual,
}

/// Longest first, so that `>=` is not read as `>`.
const COMPARISONS: [(&str, Comparison); 7] = [
    (">=", Comparison::AtLeast),
    ("<=", Comparison::AtMost),
    ("!=", Comparison::NotEqual),
    ("==", Comparison::Equal),
    (">", Comparison::Above),
    ("<", Comparison::Below),
    ("=", Comparison::Equal),
];

impl Range {
    /// Reads a range in which a plain version stands for its series: `25` contains `25.0.2`.
    ///
    /// # Errors
    /// If it is not a range.
    pub fn of_series(text: &str) -> Result<Self, NameError> {
        let series = || format!("{text}.*").parse();
        match Self::looks_like(text) {
            true => text.parse(),
            false => series().or_else(|_: NameError| text.parse()),
        }
    }

    /// Whether the version is in the set.
    pub fn contains(&self, version: &Version) -> bool {
        self.0.iter().all(|bound| bound.contains(version))
    }

    /// Whether a text is written as a range and not as a plain value.
    pub fn looks_like(text: &str) -> bool {
        text.contains(['<', '>', '=', '*'])
    }
}

impl Bound {
    fn contains(&self, version: &Version) -> bool {
        match self {
            Bound::Any => true,
            Bound::Series(numbers) => version.numbers().starts_with(numbers),
            Bound::Compare(comparison, bound) => comparison.holds(order(version, bound)),
        }
    }
}

/// Compares by meaning. A pre-release counts as its release, unless the bound is a pre-release too.
fn order(version: &Version, bound: &Version) -> Ordering {
    if version.is_prerelease() && !bound.is_prerelease() {
        return version.release_of().compare(bound);
    }
    version.compare(bound)
}

impl Comparison {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Comparison::AtLeast => order.is_ge(),
            Comparison::Above => order.is_gt(),
            Comparison::AtMost => order.is_le(),
            Comparison::Below => order.is_lt(),
            Comparison::Equal => order.is_eq(),
            Comparison::NotEqual => order.is_ne(),
        }
    }
}

impl FromStr for Range {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let fault = || {
            NameError::new(format!(
                "`{}` is not a version range: expected one such as `>=1.25,<1.27` or `1.26.*`",
                text.shown()
            ))
        };
        let bounds = text
            .split(',')
            .map(|part| bound(part.trim()).ok_or_else(fault))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self(bounds))
    }
}

fn bound(text: &str) -> Option<Bound> {
    if text == "*" {
        return Some(Bound::Any);
    }
    if let Some(series) = text.strip_suffix(".*") {
        let version: Version = series.parse().ok()?;
        return (version.is_plain()).then(|| Bound::Series(version.numbers().to_vec()));
    }
    let (comparison, version) = COMPARISONS
        .iter()
        .find_map(|(sign, c)| Some((*c, text.strip_prefix(sign)?)))
        .unwrap_or((Comparison::Equal, text));
    Some(Bound::Compare(comparison, version.trim().parse().ok()?))
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, bound) in self.0.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { "," })?;
            match bound {
                Bound::Any => f.write_str("*")?,
                Bound::Series(numbers) => numbers
                    .iter()
                    .try_for_each(|n| write!(f, "{n}."))
                    .and_then(|()| f.write_str("*"))?,
                Bound::Compare(comparison, version) => {
                    let sign = COMPARISONS
                        .iter()
                        .find(|(_, c)| c == comparison)
                        .map_or("", |(sign, _)| sign);
                    write!(f, "{sign}{version}")?;
                }
            }
        }
        Ok(())
    }
}
