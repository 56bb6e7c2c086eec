//! What is built between two releases, and has a time or a commit instead of a word.
//!
//! | suffix | made by |
//! | --- | --- |
//! | `1.0-20240101.120000-1` | a repository of Maven |
//! | `1.2.4-0.20191109021931-daa7c04131f5` | Go, for a commit without a tag |
//! | `8.12-20241118002626+0000` | Gradle, at night |
//! | `1.2.3-14-g2414721`, `1.2.3-14-g2414721-dirty`, `1.2.3.r14.g2414721`, `1.2.3+14.g2414`, `1.2.3-14-m2414721abcde` | `git describe`, with as few digits as it may print, and Mercurial, for a commit after a tag |
//! | `1.2.3+5.Branch.main.Sha.7f3a9c1` | GitVersion, some commits after a tag |
//! | `1.2.3-5-1234567` | `git describe` without the `g`, and a commit that has only digits |
//! | `1.2.3-7f3a9c1`, `1.2.3-20240101-abc1234` | a pipeline, from a version and the commit |

use super::suffix::Run;
use super::words::{Meaning, meaning};
use std::ops::RangeInclusive;

/// The digits of a commit, from the fewest that git prints by itself to all.
const COMMIT: RangeInclusive<usize> = 7..=40;

/// What is before a commit that follows the number of commits since a tag, and how many digits it has: git prints 4 if it is
/// to print few, and Mercurial 12.
const DESCRIBED: [(&str, RangeInclusive<usize>); 4] = [
    ("g", 4..=40),
    ("m", 12..=40),
    ("h", 12..=40),
    ("hg", 12..=40),
];

/// A word before the commit of a release: `v1.31.4-eks-2d5f260`.
const RELEASED: &str = "eks";

/// Whether a suffix has a time, as snapshots, nights and commits without a tag have.
pub(super) fn is_timed(runs: &[Run]) -> bool {
    is_snapshot(runs) || is_pseudo(runs) || is_night(runs)
}

fn is_digits(run: &Run, count: usize) -> bool {
    run.number.is_some() && run.text.len() == count
}

fn follows(run: &Run, separator: u8) -> bool {
    run.separator == Some(separator)
}

fn is_snapshot(runs: &[Run]) -> bool {
    let [day, time, build, ..] = runs else {
        return false;
    };
    (is_digits(day, 8) && follows(day, b'-'))
        && (is_digits(time, 6) && follows(time, b'.'))
        && (build.number.is_some() && follows(build, b'-'))
}

fn is_pseudo(runs: &[Run]) -> bool {
    let Some(at) = runs.iter().position(|run| is_digits(run, 14)) else {
        return false;
    };
    let hash: usize = runs[at + 1..].iter().map(|run| run.text.len()).sum();
    let mut rest = runs[at + 1..].iter().map(|run| run.separator);
    let is_one_word = rest.next() == Some(Some(b'-')) && rest.all(|one| one.is_none());
    let is_zero = |run: &Run| run.number == Some(0);
    let may = is_one_word && hash == 12;
    may && follows(&runs[0], b'-') && runs[..at].iter().all(is_zero)
}

fn is_night(runs: &[Run]) -> bool {
    let [time, zone] = runs else {
        return false;
    };
    (is_digits(time, 14) && follows(time, b'-')) && (is_digits(zone, 4) && follows(zone, b'+'))
}

/// Whether a suffix is that of `git describe`: a number and `g` with a commit, or `dirty`, with anything around it.
pub(super) fn is_described(runs: &[Run]) -> bool {
    let words: Vec<&[Run]> = words(runs).collect();
    let is_counted = |(at, pair): (usize, &[&[Run]])| {
        let is_count = pair[0].last().is_some_and(|run| run.number.is_some());
        is_count && is_after_count(pair[1]) && (at == 0 || !is_compiler(pair[1]))
    };
    let is_dirty = |word: &&[Run]| text(word) == "dirty";
    words.windows(2).enumerate().any(is_counted)
        || words.iter().any(is_dirty)
        || is_counted_metadata(&words)
}

/// Whether the metadata of a version begin with how many commits it is after the tag, and say of which branch or commit.
fn is_counted_metadata(words: &[&[Run]]) -> bool {
    let [[count], name, ..] = words else {
        return false;
    };
    let is_counted = follows(count, b'+') && count.number.is_some_and(|count| count > 0);
    is_counted && ["branch", "sha"].contains(&text(name).as_str())
}

/// Whether a word behind the number of commits is a commit: `g2414721`.
fn is_after_count(word: &[Run]) -> bool {
    let word = text(word);
    DESCRIBED.into_iter().any(|(before, digits)| {
        let hash = word.strip_prefix(before);
        hash.is_some_and(|hash| is_hash(hash, digits))
    })
}

/// Whether a word is `gcc12`, as in `1.2.3-ubuntu22.04-gcc12`.
fn is_compiler(word: &[Run]) -> bool {
    matches!(word, [name, number] if name.text == "gcc" && number.text.len() < 3)
}

/// Whether a suffix begins with a commit, whatever word its first letters are: `c6bbc1b53`.
pub(super) fn is_led_by_commit(runs: &[Run]) -> bool {
    let separator = runs.first().and_then(|run| run.separator);
    separator.is_some_and(|one| one != b'+') && words(runs).next().is_some_and(is_commit)
}

/// The commit in a suffix, or its day after `git`: Debian's `1.2.3+git20240101`. Behind any other `+`, it is metadata of a
/// release, as in semantic versioning.
pub(super) fn commit(runs: &[Run]) -> Option<String> {
    let is_metadata = |run: &Run| follows(run, b'+') && run.text != "git";
    let plain = runs.iter().position(is_metadata);
    let plain = &runs[..plain.unwrap_or(runs.len())];
    if let [[count], [digits], ..] = words(plain).collect::<Vec<_>>().as_slice()
        && count.number.is_some()
        && is_plain_commit(digits)
        && [count, digits].iter().all(|run| follows(run, b'-'))
    {
        return Some(digits.text.clone());
    }
    let mut before = String::new();
    for word in words(plain).filter(|word| word[0].separator.is_some()) {
        let own = text(word);
        if before != RELEASED && (is_commit(word) || is_day(word)) {
            return Some(own);
        }
        before = own;
    }
    None
}

/// Whether a number is a commit behind the count of commits: as long as git prints it, and not a day.
fn is_plain_commit(run: &Run) -> bool {
    let is_day = run.text.len() == 8 && (run.text.starts_with("19") || run.text.starts_with("20"));
    run.number.is_some() && (7..=9).contains(&run.text.len()) && !is_day
}

/// Whether a word is a commit, perhaps with `g` before it, and no word that a suffix may have.
pub(super) fn is_commit(word: &[Run]) -> bool {
    let own = text(word);
    let digits = own.strip_prefix('g').unwrap_or(&own);
    let has = |of: fn(&u8) -> bool| digits.bytes().any(|byte| of(&byte));
    let is_mixed = has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic);
    is_mixed && is_hash(digits, COMMIT) && !is_known(word)
}

/// Whether a word is `git` with a day, perhaps with a time: `git20241120`.
fn is_day(word: &[Run]) -> bool {
    matches!(word, [name, day, ..] if name.text == "git" && day.text.len() >= 8)
}

/// Whether a word of hexadecimal digits has another meaning: `deb1234567`, `b20241118`, or a day and a letter, `20241118a`.
/// `b1234567` is rather a commit than a beta.
fn is_known(word: &[Run]) -> bool {
    match word {
        [name, number] if name.text.len() == 1 && number.number.is_some() => {
            number.text.len() > 7 && number.text.starts_with("20")
        }
        [name, number] if number.number.is_some() => meaning(&name.text) != Meaning::Unknown,
        [day, letter] => is_digits(day, 8) && day.text.starts_with("20") && letter.text.len() == 1,
        _ => false,
    }
}

fn is_hash(text: &str, digits: RangeInclusive<usize>) -> bool {
    digits.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The words of a suffix: runs without a separator between them.
fn words(runs: &[Run]) -> impl Iterator<Item = &[Run]> {
    runs.chunk_by(|_, next| next.separator.is_none())
}

fn text(word: &[Run]) -> String {
    word.iter().map(|run| run.text.as_str()).collect()
}
