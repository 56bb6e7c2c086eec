//! The values with which files are tried: like the default of a variable, like nothing that it says, and the texts that
//! the file compares it with.

use crate::name::{Platform, Reference, Version};
use crate::tag::git_tag;
use indexmap::IndexSet;

/// A value that is not a version.
pub const PLAIN: &str = "trial-7";

/// Another one.
pub const OTHER: &str = "probe-8";

/// A value that is one.
pub const VERSION: &str = "17.28.39";

/// A text that most edits change.
pub const EDITED: &str = "Trial/7_b";

/// Texts that files edit before a tag may have them.
const SAMPLES: [&str; 5] = [
    EDITED,
    "v17.28.39",
    "refs/heads/trial/7",
    "refs/tags/v17.28.39",
    LONG,
];

/// A text that is cut where a file takes the start of it.
const LONG: &str = "1234567890123456789012345678901234567890";

/// How many of the texts that the file compares a variable with are tried.
const MOST_COMPARED: usize = 4;

/// How the value of a run is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Like the default.
    Alike,
    /// With a `v`, if the default has none, or without.
    Other,
    /// As a pre-release.
    PreRelease,
    /// As a branch, a git tag or a reference to one: texts that files edit. Where a tag cannot have it, the file has none.
    Sample,
    /// Like nothing that the default says, to see what the file switches on.
    Switch,
}

/// Values that show whether texts follow a variable: like its default, and those that the file compares it with.
/// With each, whether it is one of the latter, and may be any text.
pub(in crate::import::bake) fn samples(
    default: &str,
    compared: Option<&IndexSet<String>>,
) -> Vec<(String, bool)> {
    let is_version = version_of(default).is_some();
    let is_sample = |(value, form): &(String, Form)| match form {
        Form::Alike | Form::Switch => true,
        // A version may take the place of a word.
        Form::Sample => !is_version && value == SAMPLES[1],
        Form::Other | Form::PreRelease => false,
    };
    let all = values(Some(default), compared).into_iter();
    let all = all.filter(is_sample);
    let is_text = |value: &str| match (default, value) {
        ("true", "false") | ("false", "true") => true,
        _ => compared.is_some_and(|all| all.contains(value)),
    };
    // A variable whose default is a number has numbers, which lose the last of so many digits.
    let is_cut = !matches!(default, "" | "true" | "false") && default.parse::<f64>().is_err();
    let long = is_cut.then(|| LONG.to_owned());
    all.map(|(value, _)| value)
        .chain(long)
        .map(|value| (value.clone(), is_text(&value)))
        .collect()
}

/// A value that is written like a default.
pub(in crate::import::bake) fn base(default: &str) -> String {
    let first = alike(default).into_iter().next();
    first.unwrap_or_else(|| VERSION.to_owned())
}

/// Values that are written like a text.
pub(in crate::import::bake) fn alike(text: &str) -> Vec<String> {
    let all = values(Some(text).filter(|text| !text.is_empty()), None).into_iter();
    let all = all.filter(|(_, form)| *form == Form::Alike);
    all.map(|(text, _)| text).collect()
}

/// Values that are written in another way than a default that is a version.
pub(in crate::import::bake) fn others(default: &str) -> Vec<String> {
    let all = values(Some(default), None).into_iter();
    let all = all.filter(|(_, form)| matches!(form, Form::Other | Form::PreRelease));
    all.map(|(text, _)| text).collect()
}

/// A text in the place of all those that the file does not compare a variable with. Where the default is a number, the
/// variable may have no other values.
pub fn other(default: &str) -> &'static str {
    match default.parse::<f64>() {
        _ if default.is_empty() => VERSION,
        Ok(_) if default.contains('.') => "71.28",
        Ok(_) => "71",
        Err(_) => PLAIN,
    }
}

/// Values to try in the place of a default, and of none.
pub fn values(default: Option<&str>, compared: Option<&IndexSet<String>>) -> Vec<(String, Form)> {
    let compared = compared.into_iter().flatten().take(MOST_COMPARED);
    let compared = compared.filter(|text| Some(text.as_str()) != default);
    let switches = compared.map(|text| (text.clone(), Form::Switch));
    let own = match default {
        None => vec![(PLAIN, Form::Switch), (VERSION, Form::Switch)],
        Some("") => vec![
            (PLAIN, Form::Alike),
            (EDITED, Form::Sample),
            (VERSION, Form::Switch),
        ],
        Some("true") => vec![(PLAIN, Form::Alike), ("false", Form::Switch)],
        Some("false") => vec![(PLAIN, Form::Alike), ("true", Form::Switch)],
        Some(default) => return versions(default).into_iter().chain(switches).collect(),
    };
    let own = own.into_iter().map(|(text, form)| (text.to_owned(), form));
    own.chain(switches).collect()
}

/// Versions in the place of a default that is one; another word in the place of a word.
fn versions(default: &str) -> Vec<(String, Form)> {
    let version = version_of(default).filter(|version| !version.is_prerelease());
    let Some(version) = version else {
        let samples = SAMPLES.map(|text| (text, Form::Sample)).into_iter();
        let plain = if default == PLAIN { OTHER } else { PLAIN };
        let alike = like(default).iter().map(|text| (*text, Form::Alike));
        return [(plain, Form::Alike)]
            .into_iter()
            .chain(alike)
            .chain(samples)
            .map(|(text, form)| (text.to_owned(), form))
            .collect();
    };
    let count = version.numbers().len().min(3);
    // What follows the numbers may be edited, too.
    let is_number = |c: char| c.is_ascii_digit() || c == '.';
    let end = default
        .trim_start_matches(['v', 'V'])
        .trim_start_matches(is_number);
    let (plain, with_v) = (["17", "28", "39"], ["46", "57", "68"]);
    let is_plain = !default.starts_with(['v', 'V']);
    let value = |numbers: &[&str], v: bool| {
        (if v { "v" } else { "" }).to_owned() + &numbers[..count].join(".")
    };
    vec![
        (value(&plain, !is_plain), Form::Alike),
        (value(&with_v, !is_plain) + end, Form::Alike),
        (value(&plain, is_plain), Form::Other),
        (value(&plain, !is_plain) + "-rc.1", Form::PreRelease),
        (PLAIN.to_owned(), Form::Sample),
        (SAMPLES[0].to_owned(), Form::Sample),
    ]
}

/// The version that a default is. One long number is rather a commit or a day.
fn version_of(default: &str) -> Option<Version> {
    const LONGEST: usize = 5;
    let is_number = default.bytes().all(|digit| digit.is_ascii_digit());
    git_tag::version(default).filter(|_| !is_number || default.len() <= LONGEST)
}

/// Further values in the place of a platform, of several, of an architecture or of a reference.
fn like(default: &str) -> &'static [&'static str] {
    let is_platform = |text: &str| text.parse::<Platform>().is_ok();
    let is_reference = |one: Reference| one.tag.is_some() && one.digest.is_none();
    if default.split(',').all(is_platform) {
        &["linux/s390x", "linux/ppc64le,linux/s390x"]
    } else if is_platform(&format!("linux/{default}")) {
        &["s390x"]
    } else if default.parse().is_ok_and(is_reference) {
        &["example.com/trial-8/probe-9:probe-7"]
    } else {
        &[]
    }
}
