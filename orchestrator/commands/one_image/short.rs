//! Digests that are abbreviated, as tables print them.

use crate::name::Digest;
use crate::plan::Facts;
use std::collections::BTreeSet;

/// The fewest hex digits that name an image.
const FEWEST: usize = 6;

/// The hex digits of a digest that tables print.
const SHORTENED: usize = 12;

/// The hex digits of an abbreviated digest: `933b3745ee7b`, `sha256:933b3745ee7b…`. `None` if it is whole, or none at all.
pub(in crate::commands) fn hex(text: &str) -> Option<String> {
    let hex = digits(text)?;
    (FEWEST..64)
        .contains(&hex.len())
        .then(|| hex.to_ascii_lowercase())
}

/// The hex digits of a word, without what stands around them; `None` if there is anything else.
fn digits(text: &str) -> Option<&str> {
    let text = text.strip_prefix("sha256:").unwrap_or(text);
    let hex = text.trim_end_matches(['…', '.']);
    hex.bytes()
        .all(|byte| byte.is_ascii_hexdigit())
        .then_some(hex)
}

/// Whether a word is a digest without the `@` before it: with `sha256:`, or at least as long as tables abbreviate it.
pub(super) fn is_bare(word: &str) -> bool {
    let digits = word.strip_prefix("sha256:");
    let is_long = word.trim_end_matches(['…', '.']).len() >= SHORTENED;
    let is_hex =
        |text: &str| hex(text).is_some() || format!("sha256:{text}").parse::<Digest>().is_ok();
    digits.is_some() || is_long && is_hex(word)
}

/// What is missing in a digest of hex digits that are too few.
pub(super) fn too_short(text: &str) -> Option<String> {
    let is_short = digits(text)?.len() < FEWEST;
    is_short.then(|| format!("a digest needs at least {FEWEST} of its hex digits"))
}

/// Why an abbreviation does not name an image.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unresolved {
    /// No image begins with it.
    Absent(String),
    /// Several do.
    Several(String),
}

/// The image among these that begins with these digits.
pub(super) fn resolved(hex: &str, all: &BTreeSet<Digest>) -> Result<Digest, Unresolved> {
    let found: Vec<&Digest> = all
        .iter()
        .filter(|one| one.hex().starts_with(hex))
        .collect();
    match found[..] {
        [only] => Ok(*only),
        [] => Err(Unresolved::Absent(format!(
            "@{hex}: no public tag or branch of the fleet leads to such an image, and no staging repository has a record of one\n  \
             write all 64 hex digits: `--format json` of `kiln plan`, `kiln why` and `kiln build` has them"
        ))),
        _ => {
            let names: Vec<String> = found.iter().map(|one| format!("@{one}")).collect();
            Err(Unresolved::Several(format!(
                "@{hex} means several images: name one of {}",
                names.join(", ")
            )))
        }
    }
}

/// Every image that was read: what names lead to, its platforms, and what its tags named before.
pub(super) fn known(facts: &Facts) -> BTreeSet<Digest> {
    let records = facts.records.values().flatten();
    let lines = records.clone().flat_map(|record| record.lines.values());
    let before = lines.flat_map(|line| line.was.iter().chain(&line.withdrew));
    let parts = records.flat_map(|record| record.parts.iter().map(|part| part.digest));
    let strangers = facts
        .strangers
        .values()
        .flatten()
        .map(|(_, digest)| *digest);
    let current = facts.current.values().map(|current| current.digest);
    let public = facts.public.values().copied();
    public
        .chain(current)
        .chain(parts)
        .chain(strangers)
        .chain(before.copied())
        .collect()
}

#[cfg(test)]
mod tests;
