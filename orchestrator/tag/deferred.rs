//! `{revision}` and `{probe:…}`: values that are only known when the image is built.
//!
//! `{revision}` counts the published images of a tag: `{version}-r{revision}` makes `1.27.0-r1`, and
//! `1.27.0-r2` when another image is published. Each of them is fixed. `{probe:python --version}` is read
//! from the built image: the first version in the output of the command, or its only line. A tag has at most
//! one of the two.

use super::{Filled, Placeholder, PlaceholderFacts, Unfilled};

/// A value that a tag waits for.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Deferred {
    /// The number of the next image, counted in the registry from 1.
    Revision,
    /// The output of a command in the built image.
    Probe(String),
}

/// The number of the next published image.
pub fn revision(placeholder: &Placeholder, _: &PlaceholderFacts) -> Result<Filled, Unfilled> {
    match placeholder.argument {
        None => Err(Unfilled::Deferred(Deferred::Revision)),
        Some(_) => Unfilled::wrong("`{revision}` takes no argument", "write `{revision}`"),
    }
}

/// A value read from the built image.
pub fn probe(placeholder: &Placeholder, _: &PlaceholderFacts) -> Result<Filled, Unfilled> {
    match placeholder.argument.as_deref().map(str::trim) {
        None | Some("") => Unfilled::wrong(
            "`{probe}` names no command",
            "write `{probe:python --version}`",
        ),
        Some(command) => Err(Unfilled::Deferred(Deferred::Probe(command.to_owned()))),
    }
}

/// The text for a tag from the output of a command: the first word that begins with a number and a dot, after a
/// prefix such as `v` or `go`; if there is none, the only line.
///
/// # Errors
/// A sentence fragment: "it printed nothing".
pub fn probed(output: &str) -> Result<String, String> {
    let words = output.split(|c: char| {
        c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '(' | ')' | '/' | '=')
    });
    let version = |word: &str| {
        let word = word.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let number = word.split('.').next()?;
        let is_version = !number.is_empty()
            && number.len() < word.len()
            && number.bytes().all(|b| b.is_ascii_digit());
        let version = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        (is_version && version.contains('.')).then(|| version.replace('+', "-"))
    };
    if let Some(version) = words.filter_map(version).next() {
        return Ok(version);
    }
    let mut lines = output
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    match (lines.next(), lines.next()) {
        (None, _) => Err(String::from("it printed nothing")),
        (Some(line), None) => Ok(line.to_owned()),
        (Some(_), Some(_)) => Err(String::from("it printed several lines without a version")),
    }
}

#[cfg(test)]
mod tests;
