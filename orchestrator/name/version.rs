//! Versions as people write them: `1.27.0`, `18.3`, `3.15.0rc1`, `v1.2`, `2026.08`, `17.0.2+8`, `8u502-b07`.
//!
//! A version is an optional `v` or `R`, numbers with dots between them, and a suffix. `u` before the last number is
//! OpenJDK 8's dot: `8u502`; `B` is that of old Erlang: `R16B03`. The suffix decides how it compares with the plain version:
//!
//! | suffix | examples | meaning |
//! | --- | --- | --- |
//! | a stage | `1.27rc1`, `3.15-rc`, `2.0.0-beta.2`, `5.0.0.M1`, `7.0.0.CR2`, `1.0.dev3`, `1.0-SNAPSHOT` | pre-release |
//! | an unknown word after a hyphen | `1.0.0-foo.5`, `1.0.0-x.7` | pre-release, as in semantic versioning |
//! | before a revision 1 | `1.0.0-0.3.7` | pre-release, as in semantic versioning and in Fedora |
//! | `~` and anything, as in Debian | `1.2~rc1`, `1.2.3~git20240101` | pre-release |
//! | a time with a number, a zone or a commit | `1.0-20240101.120000-1`, `8.12-20241118002626+0000`, `1.2.4-0.20191109021931-daa7c04131f5` | pre-release |
//! | a commit after a tag, and anything after it | `1.2.3-14-g2414721`, `1.2.3-14-g2414721-dirty`, `1.2.3.r14.g2414721`, `1.2.3-14-gabcd`, Mercurial's `1.2.3-14-m2414721abcde` | pre-release, as in semantic versioning |
//! | a commit, or its day | `1.2.3-7f3a9c1`, `1.41.2-c6bbc1b53`, `1.2.3-20240101-abc1234`, Debian's `1.2.3+git20240101` | pre-release |
//! | the release | `5.0.0.RELEASE`, `4.1.9.Final`, `2.0-ga` | the plain version |
//! | an edition | `17.5.1-ce.0`, `3.9.1-alpine3.20`, `2.1.0-debian-12-r3`, `1.18.2-ent.hsm`, `4.14.2+flambda`, Python's `3.13.1t` | the plain version, too; its own revisions have an order |
//! | a revision | `1.0-1`, `1.0-r3`, `1.0-ls12`, `9.4.57.v20241219` | after the plain version |
//! | a fix | `9.9p2`, `1.0.post1`, `3.3.2_p1-r0`, `2019-CU18` | after the plain version and its revisions |
//! | a build | `17.0.2+8`, `17.0.2_8`, `8u502-b07`, `2024.2.0.0-b145` | after the plain version |
//! | a letter | `1.1.1w`, `2024a` | after the plain version and its revisions |
//!
//! `devel` with a separator is both a pre-release and, in CUDA's images, an edition. A version alone does not show which; it is a
//! pre-release until [`Version::as_edition`] is taken instead.
//!
//! `b` and one digit after a hyphen, as in `2.18.0.1-b4`, is a beta, and for some vendors a build. It is a beta here, and
//! [`Version::as_build`] is the other reading.
//!
//! Numbers compare as numbers, and missing ones count as zero. Two spellings of one version are ordered by
//! their text, so that the order is total and consistent with equality.

mod between;
mod suffix;
mod words;

use super::NameError;
use crate::text::Shown;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::Arc;
use suffix::{Suffix, Written};

/// A version with an order and a notion of pre-releases. It keeps its spelling and is cheap to clone.
#[derive(Clone)]
pub struct Version(Arc<Parts>);

#[derive(Clone)]
struct Parts {
    text: String,
    numbers: Vec<u64>,
    /// By number: where it ends in the text, in bytes.
    ends: Vec<usize>,
    suffix: Suffix,
    /// The word that makes it a pre-release only because it is unknown, or a commit.
    unknown: Option<String>,
    /// Whether `devel` makes it a pre-release, and could be an edition.
    may_be_edition: bool,
    /// Whether `b` and a small number make it a pre-release, and could be a build.
    may_be_build: bool,
}

/// The longest version, in bytes; longer text is a name.
const LONGEST: usize = 128;

/// Words that name a channel and not a version, whatever follows.
const CHANNELS: [&str; 16] = [
    "canary", "current", "daily", "dev", "edge", "head", "latest", "main", "master", "nightly",
    "rolling", "snapshot", "stable", "tip", "trunk", "weekly",
];

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
        self.0.suffix.is_prerelease()
    }

    /// The unknown word that makes it a pre-release, as semantic versioning has it: `foo` of `1.0.0-foo.5`, in lower case; or
    /// the commit of `1.0.0-7f3a9c1`.
    pub fn unknown_word(&self) -> Option<&str> {
        self.0.unknown.as_deref()
    }

    /// Why it is taken for a pre-release, if it is one only by an unknown word or a commit: a part of a sentence.
    pub fn guess(&self) -> Option<String> {
        let word = self.unknown_word()?;
        Some(match word.contains(|c: char| c.is_ascii_digit()) {
            true => format!("since `{word}` looks like a commit"),
            false => format!("since `{word}` is not a known word"),
        })
    }

    /// The version with `devel` read as an edition; `None` if it has no such word, or one that is never an edition.
    pub fn as_edition(&self) -> Option<Version> {
        match self.0.may_be_edition {
            true => Self::read(self.as_str(), true),
            false => None,
        }
    }

    /// The version with `b` read as the word of a build, `2.18.0.1-build4` of `2.18.0.1-b4`; `None` if it has no such `b`, or one
    /// that is always a build.
    pub fn as_build(&self) -> Option<String> {
        let (plain, suffix) = self.as_str().split_at(*self.0.ends.last()?);
        let number = suffix.get(2..).filter(|_| self.0.may_be_build)?;
        Some(format!("{plain}-build{number}"))
    }

    /// Whether both are releases with the same numbers whose editions differ: `1.2-pg16` and `1.2-pg17`.
    pub fn is_other_edition(&self, other: &Self) -> bool {
        let is_stable = !self.is_prerelease() && self.numbers() == other.numbers();
        is_stable && self.0.suffix.is_other_edition(&other.0.suffix)
    }

    fn read(text: &str, editions: bool) -> Option<Self> {
        let read = Numbers::read(text)?;
        let end = read.ends.last().copied().unwrap_or_default();
        let rest = match &text[end..] {
            // Erlang's `R16A` leads to `R16B`.
            "A" if text.starts_with('R') && read.numbers.len() == 1 => "-a",
            rest => rest,
        };
        let suffix = Suffix::read(&Written {
            text: rest,
            update: read.update,
            editions,
            // OpenSSL has such letters, but none since 3.0.
            free_threaded: matches!(*read.numbers, [3, (13..), ..]),
        })?;
        Some(Self(Arc::new(Parts {
            text: text.into(),
            numbers: read.numbers,
            ends: read.ends,
            suffix: suffix.suffix,
            unknown: suffix.unknown,
            may_be_edition: suffix.may_be_edition,
            may_be_build: suffix.may_be_build,
        })))
    }

    /// The edition of a release, in lower case: `alpine` of `1.2.3-alpine3.20`.
    pub fn edition(&self) -> Option<&str> {
        self.0.suffix.edition().filter(|_| !self.is_prerelease())
    }

    /// The version of numbers with underscores between them: `1.77.0` of `1_77_0`. `None` if there are dots, too, so that an
    /// underscore is before a build: `17.0.2_8`.
    pub fn underscored(text: &str) -> Option<String> {
        let is_other = |c: char| !c.is_ascii_digit() && c != '_';
        let end = text.find(is_other).unwrap_or(text.len());
        let (numbers, rest) = text.split_at(end);
        let dotted = format!("{}{rest}", numbers.replace('_', "."));
        let is_meant = numbers.contains('_') && !text.contains('.');
        (is_meant && dotted.parse::<Self>().is_ok()).then_some(dotted)
    }

    /// Whether a text begins with a word for what is not a release: `git-2025-01-10`.
    pub fn is_development(text: &str) -> bool {
        let word = text.split(|c: char| !c.is_ascii_alphabetic()).next();
        let word = word.unwrap_or_default().to_ascii_lowercase();
        word.len() > 1 && matches!(words::meaning(&word), words::Meaning::Stage(..))
    }

    /// Whether a text that is not a version probably means one: it has a digit, and does not begin with the name of a
    /// channel, as `nightly-20260801` does.
    pub fn is_meant(text: &str) -> bool {
        !Self::is_channel(text) && text.contains(|c: char| c.is_ascii_digit())
    }

    /// Whether a text begins with the name of a channel: `edge`, `nightly-20260801`.
    pub fn is_channel(text: &str) -> bool {
        let word = text.split(|c: char| !c.is_ascii_alphabetic()).next();
        word.is_some_and(|word| CHANNELS.contains(&word))
    }

    /// The text of the first `count` numbers, `v` and leading zeros as written: `2026.08` of `2026.08.1`, `8u502` of
    /// `8u502-b07`. `None` if there are fewer.
    pub fn series(&self, count: usize) -> Option<&str> {
        match count {
            0 => Some(""),
            _ => self.0.text.get(..*self.0.ends.get(count - 1)?),
        }
    }

    /// Whether there is no suffix.
    pub fn is_plain(&self) -> bool {
        self.0.suffix == Suffix::none()
    }

    /// The version with the same numbers and no suffix: the release that a pre-release leads to.
    pub fn release_of(&self) -> Version {
        Self(Arc::new(Parts {
            suffix: Suffix::none(),
            may_be_edition: false,
            may_be_build: false,
            ..Parts::clone(&self.0)
        }))
    }

    /// Compares by meaning: two spellings of one version are equal, and so are two editions of it, since neither is later.
    pub fn compare(&self, other: &Self) -> Ordering {
        compare_numbers(&self.0.numbers, &other.0.numbers)
            .then_with(|| self.0.suffix.compare(&other.0.suffix))
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
                text.shown()
            ))
        };
        if text.len() > LONGEST || !text.is_ascii() {
            return Err(fault());
        }
        Self::read(text, false).ok_or_else(fault)
    }
}

/// The numbers at the beginning of a text, and where each of them ends.
struct Numbers {
    numbers: Vec<u64>,
    ends: Vec<usize>,
    /// Whether the last one is an update: 502 of `8u502`.
    update: bool,
}

impl Numbers {
    fn read(text: &str) -> Option<Self> {
        let mut at = usize::from(text.starts_with(['v', 'V', 'r', 'R']));
        let mut read = Self {
            numbers: Vec::new(),
            ends: Vec::new(),
            update: false,
        };
        loop {
            let rest = &text[at..];
            let digits = rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len());
            read.numbers.push(rest[..digits].parse().ok()?);
            at += digits;
            read.ends.push(at);
            let mut next = text[at..].bytes();
            let (separator, number) = (next.next(), next.next());
            let is_update = matches!(separator, Some(b'u' | b'U')) || is_erlang(text, at);
            let goes_on = number.is_some_and(|byte| byte.is_ascii_digit())
                && (separator == Some(b'.') || is_update);
            if read.update || !goes_on {
                return Some(read);
            }
            read.update = is_update;
            at += 1;
        }
    }
}

/// Whether a text is one of Erlang's old releases up to this place, at which `B` and two digits follow: `R16B03`.
fn is_erlang(text: &str, at: usize) -> bool {
    let (before, after) = text.split_at(at);
    let number = before.strip_prefix('R').unwrap_or_default();
    let digits = after.strip_prefix('B').unwrap_or_default();
    let count = digits.bytes().take_while(u8::is_ascii_digit).count();
    !number.is_empty() && !number.contains('.') && count == 2
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
        compare_numbers(&self.0.numbers, &other.0.numbers)
            .then_with(|| self.0.suffix.cmp(&other.0.suffix))
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

#[cfg(test)]
mod tests;
