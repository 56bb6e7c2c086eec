//! What the words of a path mean: versions, distributions, folders that only group others, names of images.

use crate::import::distro;

/// Folders that group images and are called after none.
const GROUPS: [&str; 25] = [
    "apps",
    "build",
    "builds",
    "components",
    "container",
    "containers",
    "contexts",
    "dist",
    "docker",
    "docker-images",
    "dockerfile",
    "dockerfiles",
    "image",
    "images",
    "packages",
    "projects",
    "recipes",
    "service",
    "services",
    "src",
    "stacks",
    "devcontainer",
    "devcontainers",
    "docker_images",
    "container-images",
];

/// The same, which are also names of images.
const WORKSHOPS: [&str; 6] = ["infra", "misc", "tooling", "tools", "utilities", "utils"];

/// Words for the newest build of something, as folders and as tags.
const CHANNELS: [&str; 23] = [
    "latest",
    "stable",
    "mainline",
    "master",
    "main",
    "trunk",
    "develop",
    "development",
    "devel",
    "dev",
    "edge",
    "nightly",
    "tip",
    "lts",
    "testing",
    "unstable",
    "rolling",
    "current",
    "next",
    "canary",
    "beta",
    "preview",
    "snapshot",
];

/// Words for kinds of one image.
const VARIANTS: [&str; 26] = [
    "apache",
    "base",
    "browsers",
    "build",
    "builder",
    "cli",
    "cpu",
    "cuda",
    "debug",
    "extra",
    "fpm",
    "full",
    "gpu",
    "jdk",
    "jre",
    "light",
    "lite",
    "min",
    "minimal",
    "prod",
    "production",
    "rootless",
    "runtime",
    "standard",
    "test",
    "zts",
];

/// Channels that are as often the name of an image as that of a version.
const NAMES_TOO: [&str; 6] = ["dev", "devel", "develop", "development", "testing", "main"];

/// `1.27`, `v1.2`, `22`, `2026.03`, `3.12.x`, `1.27-rc.1`, `7.1.slim.apache`.
pub(super) fn is_version(word: &str) -> bool {
    let word = word.strip_prefix(['v', 'V']).unwrap_or(word);
    let digits = word.trim_start_matches(|c: char| c.is_ascii_digit());
    if digits.len() == word.len() {
        return false;
    }
    let head = digits.split(['-', '_', '+']).next().unwrap_or_default();
    let dotted = match head.strip_prefix('.') {
        Some(rest) => rest.split('.').all(|part| !part.is_empty()),
        None => head.is_empty() || pre_release(head),
    };
    dotted
        && word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._+-".contains(c))
}

/// `rc1`, `b07`, `u502`: what comes after the number of a version without a separator.
fn pre_release(rest: &str) -> bool {
    let number = rest.trim_start_matches(|c: char| c.is_ascii_lowercase());
    let word = &rest[..rest.len() - number.len()];
    matches!(word, "a" | "b" | "rc" | "alpha" | "beta" | "u" | "p")
        && number.starts_with(|c: char| c.is_ascii_digit())
}

/// A word that is a version where all words beside it are: `stable`, `bookworm`, `alpine3.22`.
pub(super) fn is_weak_version(word: &str) -> bool {
    let channel = is_channel(word) && !NAMES_TOO.contains(&word);
    let released = is_distro(word) && word.contains(|c: char| c.is_ascii_digit());
    is_version(word) || channel || distro::is_codename(word) || released
}

/// The generation of the recipes of all images, as in `php:7.4-v3-slim`.
pub(super) fn is_generation(word: &str) -> bool {
    let number = word.strip_prefix('v').unwrap_or_default();
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// How words are ordered: versions by their numbers, before all other words.
pub(super) fn order(word: &str) -> (bool, Vec<u64>, &str) {
    let numbers = word.strip_prefix(['v', 'V']).unwrap_or(word);
    let numbers = numbers.split(|c: char| !c.is_ascii_digit());
    let numbers = numbers.map_while(|number| number.parse().ok());
    match is_version(word) {
        true => (false, numbers.collect(), word),
        false => (true, Vec::new(), word),
    }
}

/// A word for the newest build: `latest`, `master`, `stable`.
pub(super) fn is_channel(word: &str) -> bool {
    CHANNELS.contains(&word)
}

/// The name of a distribution, of one of its releases, or of a smaller one.
pub(super) fn is_distro(word: &str) -> bool {
    let name = word.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let is_slim = name == "slim" || word.starts_with("slim-");
    is_slim || distro::is_distro(word)
}

/// A word for a kind of an image, or for its newest build.
pub(super) fn is_variant(word: &str) -> bool {
    let mut parts = word.split(['-', '_']);
    parts.any(|part| VARIANTS.contains(&part)) || is_channel(word)
}

/// A folder that groups images, and is called after none.
pub(super) fn is_group(word: &str) -> bool {
    GROUPS.contains(&word.trim_start_matches('.').to_ascii_lowercase().as_str())
}

/// A folder that groups images, unless it has a Dockerfile itself.
pub(super) fn is_workshop(word: &str) -> bool {
    WORKSHOPS.contains(&word)
}

/// A name and the version after it: `golang-1.27`, `r-ver_4.5.1`, `ubuntu-22.04-cuda`, `patroni.13`.
pub(super) fn name_and_version(word: &str) -> Option<(&str, &str)> {
    let splits = word
        .match_indices(['-', '_', '.'])
        .filter(|(at, sign)| *sign != "." || ends_in_letter(&word[..*at]))
        .map(|(at, _)| (&word[..at], &word[at + 1..]));
    let versioned = |(name, version): &(&str, &str)| {
        let number = version.split(['-', '_']).next().unwrap_or_default();
        let whole = number.len() == version.len() || number.contains('.');
        let lettered = name.contains(|c: char| c.is_ascii_alphabetic());
        is_version(number) && whole && lettered
    };
    splits.into_iter().find(versioned)
}

/// Whether a point after it ends the word: not in `1.27` and `alpine3.22`.
fn ends_in_letter(word: &str) -> bool {
    word.ends_with(|c: char| c.is_ascii_alphabetic())
}

/// The letters and digits of a name, for comparison: `BuildBase`, `build-base` and `build_base` are one name.
pub(super) fn fold(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.map(|c| c.to_ascii_lowercase()).collect()
}

/// What versions of one name have in common: `py#` for `py3.11` and `py3.12`.
pub(super) fn shape(word: &str) -> String {
    if is_version(word) {
        return String::from("#");
    }
    let mut shape = String::new();
    for c in word.chars() {
        match c.is_ascii_digit() || (c == '.' && shape.ends_with('#')) {
            true if shape.ends_with('#') => {}
            true => shape.push('#'),
            false => shape.push(c),
        }
    }
    shape
}

/// Whether the word is written in CamelCase.
pub(super) fn is_camel(word: &str) -> bool {
    hyphened(word).len() > word.len()
}

/// `BuildBase` as `build-base`.
pub(super) fn hyphened(word: &str) -> String {
    let chars: Vec<char> = word.chars().collect();
    let starts = |at: usize| {
        let before = at.checked_sub(1).map(|before| chars[before]);
        let after = chars.get(at + 1);
        chars[at].is_ascii_uppercase()
            && before.is_some_and(|c| {
                c.is_ascii_lowercase()
                    || (c.is_ascii_uppercase() && after.is_some_and(char::is_ascii_lowercase))
            })
    };
    let spaced = |at: usize| [starts(at).then_some('-'), Some(chars[at])];
    (0..chars.len())
        .flat_map(spaced)
        .flatten()
        .collect::<String>()
        .to_ascii_lowercase()
}

/// The parts of words between `-` and `_`, and points that are not in a number, without order: those of a tag and of a path
/// are compared.
pub(super) fn pieces<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let split = words.into_iter().flat_map(|word| word.split(['-', '_']));
    let split = split.flat_map(dotless);
    let mut pieces: Vec<&str> = split.filter(|piece| !piece.is_empty()).collect();
    pieces.sort_unstable();
    pieces.dedup();
    pieces
}

/// `7.1`, `slim` and `node10` of `7.1.slim.node10`.
fn dotless(word: &str) -> impl Iterator<Item = &str> {
    let is_start = |at: usize, after: &str| {
        let is_word = after.starts_with(|c: char| c.is_ascii_alphabetic());
        (is_word && after != "x") || ends_in_letter(&word[..at])
    };
    let ends = word.match_indices('.').map(|(at, _)| at);
    let ends: Vec<usize> = ends.filter(|at| is_start(*at, &word[at + 1..])).collect();
    let starts = std::iter::once(0).chain(ends.clone().into_iter().map(|at| at + 1));
    let ends = ends.into_iter().chain([word.len()]);
    starts.zip(ends).map(|(start, end)| &word[start..end])
}

#[cfg(test)]
mod tests;
