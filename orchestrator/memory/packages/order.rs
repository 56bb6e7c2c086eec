//! The order of versions in each system. All of them compare runs of digits as numbers; they differ in the rest.

use std::cmp::Ordering;

/// Debian's order: `[epoch:]upstream[-revision]`; `~` comes before the end, letters before everything else.
pub(super) fn debian(one: &str, other: &str) -> Ordering {
    let (one, other) = (epoch(one), epoch(other));
    let parts = |text: &str| match text.rsplit_once('-') {
        Some((upstream, revision)) => (upstream.to_owned(), revision.to_owned()),
        None => (text.to_owned(), String::from("0")),
    };
    let ((upstream, revision), (other_upstream, other_revision)) = (parts(one.1), parts(other.1));
    let numbers = one.0.cmp(&other.0);
    let upstream = numbers.then_with(|| part(&upstream, &other_upstream));
    upstream.then_with(|| part(&revision, &other_revision))
}

/// Alpine's order: `1.2.3_rc1-r0`. What comes before a release is written with these words.
pub(super) fn alpine(one: &str, other: &str) -> Ordering {
    let text = |version: &str| {
        let before = ["_alpha", "_beta", "_pre", "_rc"];
        let text = before.iter().fold(version.to_owned(), |text, word| {
            text.replace(word, &word.replace('_', "~"))
        });
        // What comes after a release, `_p1`, comes before the next number.
        text.replace('_', "+").replace("-r", "-")
    };
    debian(&text(one), &text(other))
}

/// Red Hat's order: `[epoch:]version-release`. Other characters only separate; `~` comes before the end, `^` after it.
pub(super) fn rpm(one: &str, other: &str) -> Ordering {
    let (one, other) = (epoch(one), epoch(other));
    let split = |text: &str| match text.rsplit_once('-') {
        Some((version, release)) => (version.to_owned(), release.to_owned()),
        None => (text.to_owned(), String::new()),
    };
    let ((version, release), (other_version, other_release)) = (split(one.1), split(other.1));
    let numbers = one.0.cmp(&other.0);
    let version = numbers.then_with(|| segments(&version, &other_version));
    version.then_with(|| segments(&release, &other_release))
}

/// The epoch, 0 if there is none, and the rest.
fn epoch(version: &str) -> (u64, &str) {
    match version.split_once(':') {
        Some((epoch, rest)) => (epoch.parse().unwrap_or(0), rest),
        None => (0, version),
    }
}

/// Compares by turns what is not digits, and digits.
fn part(one: &str, other: &str) -> Ordering {
    let (mut one, mut other) = (one, other);
    while !one.is_empty() || !other.is_empty() {
        let (word, other_word) = (taken(&mut one, false), taken(&mut other, false));
        let words = words(word, other_word);
        let (number, other_number) = (taken(&mut one, true), taken(&mut other, true));
        let order = words.then_with(|| number_order(number, other_number));
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

/// Takes the digits, or what is not digits, from the beginning of a text.
fn taken<'a>(text: &mut &'a str, digits: bool) -> &'a str {
    let end = text.find(|c: char| c.is_ascii_digit() != digits);
    let (taken, rest) = text.split_at(end.unwrap_or(text.len()));
    *text = rest;
    taken
}

fn words(one: &str, other: &str) -> Ordering {
    let rank = |c: Option<char>| match c {
        Some('~') => 0,
        None => 1,
        Some(c) if c.is_ascii_alphabetic() => 2 + u32::from(c),
        Some(c) => 1000 + u32::from(c),
    };
    let (mut one, mut other) = (one.chars(), other.chars());
    loop {
        let (a, b) = (one.next(), other.next());
        let order = rank(a).cmp(&rank(b));
        if order.is_ne() || (a.is_none() && b.is_none()) {
            return order;
        }
    }
}

/// Numbers of any length.
fn number_order(one: &str, other: &str) -> Ordering {
    let (one, other) = (one.trim_start_matches('0'), other.trim_start_matches('0'));
    let lengths = one.len().cmp(&other.len());
    lengths.then_with(|| one.cmp(other))
}

/// Compares segments of digits or letters, one after the other.
fn segments(one: &str, other: &str) -> Ordering {
    let is_separator = |c: char| !c.is_ascii_alphanumeric() && c != '~' && c != '^';
    let (mut one, mut other) = (one, other);
    loop {
        one = one.trim_start_matches(is_separator);
        other = other.trim_start_matches(is_separator);
        let marks = (mark(one), mark(other));
        if marks != (Mark::Other, Mark::Other) && marks != (Mark::End, Mark::End) {
            let order = marks.0.cmp(&marks.1);
            if order.is_ne() {
                return order;
            }
            (one, other) = (&one[1..], &other[1..]);
            continue;
        }
        if one.is_empty() && other.is_empty() {
            return Ordering::Equal;
        }
        let digits = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
        // Digits are newer than letters.
        let kinds = digits(one).cmp(&digits(other));
        if kinds.is_ne() {
            return kinds;
        }
        let order = match digits(one) {
            true => number_order(taken(&mut one, true), taken(&mut other, true)),
            false => letters(&mut one).cmp(letters(&mut other)),
        };
        if order.is_ne() {
            return order;
        }
    }
}

fn letters<'a>(text: &mut &'a str) -> &'a str {
    let end = text.find(|c: char| !c.is_ascii_alphabetic());
    let (taken, rest) = text.split_at(end.unwrap_or(text.len()));
    *text = rest;
    taken
}

/// How the rest of a version compares with the end of another one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    Tilde,
    End,
    Caret,
    Other,
}

fn mark(text: &str) -> Mark {
    match text.chars().next() {
        Some('~') => Mark::Tilde,
        Some('^') => Mark::Caret,
        Some(_) => Mark::Other,
        None => Mark::End,
    }
}
