//! Versions as people write them: `1.27.0`, `18.3`, `3.15.0rc1`, `v1.2`, `2026.08`, `17.0.2+8`.
//!
//! A version is an optional `v`, numbers with dots between them, and a suffix. The suffix decides
//! whether it comes before or after the plain version:
//!
//! | suffix | examples | meaning |
//! | --- | --- | --- |
//! | a stage | `1.27rc1`, `3.15-rc`, `2.0.0-beta.2`, `3.15.0a1`, `1.0.dev3`, `1.0-SNAPSHOT` | pre-release |
//! | any other word after a hyphen | `1.0.0-next.5` | pre-release, as in semantic versioning |
//! | a revision | `1.0-1`, `1.0-r3`, `1.0.post1`, `1.0-p2`, `1.0-ls12` | after the plain version |
//! | build metadata | `17.0.2+8` | after the plain version |
//!
//! Numbers compare as numbers, and missing ones count as zero. Two spellings of one version are ordered by
//! their text, so that the order is total and consistent with equality.

use super::NameError;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::Arc;

/// A version with an order and a notion of pre-releases. It keeps its spelling and is cheap to clone.
#[derive(Clone)]
pub struct Version(Arc<Parts>);

#[derive(Clone)]
struct Parts {
    text: String,
    /// The length of the `v`, in bytes; 0 without one.
    prefix: usize,
    numbers: Vec<u64>,
    suffix: Suffix,
}

/// What follows the numbers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Suffix {
    Before(Vec<Piece>),
    None,
    After(Vec<Piece>),
}

/// A run of letters or digits in a suffix. Words are ordered by stage, then by text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Piece {
    Word(u8, String),
    Number(u64),
}

/// The longest version, in bytes; longer text is a name.
const LONGEST: usize = 128;

impl Version {
    /// The version as it is written.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// The numbers before any suffix.
    pub fn numbers(&self) -> &[u64] {
        &self.0.numbers
    }

    /// Whether it comes before the version that its numbers name.
    pub fn is_prerelease(&self) -> bool {
        matches!(self.0.suffix, Suffix::Before(_))
    }

    /// The text of the first `count` numbers, `v` and leading zeros as written: `2026.08` of `2026.08.1`.
    /// `None` if there are fewer.
    pub fn series(&self, count: usize) -> Option<&str> {
        if count > self.0.numbers.len() {
            return None;
        }
        let mut end = self.0.prefix;
        for number in self.0.text[self.0.prefix..]
            .split(|c: char| !c.is_ascii_digit())
            .take(count)
        {
            end += number.len() + 1;
        }
        self.0.text.get(..end.checked_sub(1)?)
    }

    /// Whether there is no suffix.
    pub fn is_plain(&self) -> bool {
        self.0.suffix == Suffix::None
    }

    /// The version with the same numbers and no suffix: the release that a pre-release leads to.
    pub fn release_of(&self) -> Version {
        Self(Arc::new(Parts {
            suffix: Suffix::None,
            ..Parts::clone(&self.0)
        }))
    }

    /// Compares by meaning: two spellings of one version are equal.
    pub fn compare(&self, other: &Self) -> Ordering {
        compare_numbers(&self.0.numbers, &other.0.numbers)
            .then_with(|| self.0.suffix.cmp(&other.0.suffix))
    }
}

/// Compares the numbers; missing ones count as zero.
fn compare_numbers(left: &[u64], right: &[u64]) -> Ordering {
    let at = |numbers: &[u64], index: usize| numbers.get(index).copied().unwrap_or(0);
    let places = 0..left.len().max(right.len());
    places
        .map(|i| at(left, i).cmp(&at(right, i)))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

impl FromStr for Version {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let fault = || {
            NameError::new(format!(
                "`{}` is not a version: expected numbers with dots between them, such as `1.27.0`",
                text.escape_debug()
            ))
        };
        let prefix = usize::from(text.starts_with(['v', 'V']));
        if text.len() > LONGEST || !text.is_ascii() {
            return Err(fault());
        }
        let (numbers, rest) = leading_numbers(&text[prefix..]).ok_or_else(fault)?;
        let suffix = suffix(rest).ok_or_else(fault)?;
        Ok(Self(Arc::new(Parts {
            text: text.into(),
            prefix,
            numbers,
            suffix,
        })))
    }
}

/// The numbers at the beginning of a text, and the rest.
fn leading_numbers(text: &str) -> Option<(Vec<u64>, &str)> {
    let mut numbers = Vec::new();
    let mut rest = text;
    loop {
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        numbers.push(rest[..end].parse().ok()?);
        rest = &rest[end..];
        match rest.strip_prefix('.') {
            Some(next) if next.starts_with(|c: char| c.is_ascii_digit()) => rest = next,
            _ => return Some((numbers, rest)),
        }
    }
}

/// Parses a suffix; `None` if it is not valid.
fn suffix(text: &str) -> Option<Suffix> {
    if text.is_empty() {
        return Some(Suffix::None);
    }
    if !text
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b".-_+".contains(&b))
    {
        return None;
    }
    let pieces = pieces(text)?;
    match (text.as_bytes()[0], pieces.first()?) {
        (b'+', _) | (b'-', Piece::Number(_)) => Some(Suffix::After(pieces)),
        (_, Piece::Word(_, word)) if is_revision(word) => Some(Suffix::After(pieces)),
        (b'-', Piece::Word(..)) => Some(Suffix::Before(pieces)),
        (_, Piece::Word(stage, _)) if *stage != UNKNOWN => Some(Suffix::Before(pieces)),
        _ => None,
    }
}

fn pieces(text: &str) -> Option<Vec<Piece>> {
    let mut found = Vec::new();
    for piece in text
        .split(['.', '-', '_', '+'])
        .filter(|piece| !piece.is_empty())
    {
        let mut rest = piece;
        while let Some(first) = rest.chars().next() {
            let digits = first.is_ascii_digit();
            let end = rest
                .find(|c: char| c.is_ascii_digit() != digits)
                .unwrap_or(rest.len());
            let word = rest[..end].to_ascii_lowercase();
            found.push(if digits {
                Piece::Number(word.parse().ok()?)
            } else {
                Piece::Word(stage(&word), word)
            });
            rest = &rest[end..];
        }
    }
    Some(found)
}

const UNKNOWN: u8 = 4;

/// The stages of a release in order. An unknown word is sorted between milestone and preview.
fn stage(word: &str) -> u8 {
    match word {
        "dev" | "nightly" | "canary" => 0,
        "a" | "alpha" => 1,
        "b" | "beta" => 2,
        "m" | "milestone" => 3,
        "pre" | "preview" | "ea" => 5,
        "c" | "rc" => 6,
        "snapshot" => 7,
        _ => UNKNOWN,
    }
}

/// Words that count rebuilds and fixes of a released version.
fn is_revision(word: &str) -> bool {
    matches!(
        word,
        "r" | "rev" | "revision" | "p" | "patch" | "post" | "ls" | "u"
    )
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.0.text == other.0.text
    }
}

impl Eq for Version {}

impl Hash for Version {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.text.hash(state);
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.compare(other)
            .then_with(|| self.0.numbers.len().cmp(&other.0.numbers.len()))
            .then_with(|| self.0.text.cmp(&other.0.text))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)
    }
}

impl<'de> serde::Deserialize<'de> for Version {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl serde::Serialize for Version {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.0.text)
    }
}
