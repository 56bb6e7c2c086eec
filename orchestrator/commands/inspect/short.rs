//! Digests that are abbreviated, as tables print them.

use crate::name::Digest;
use crate::plan::Facts;
use std::collections::BTreeSet;

/// The fewest hex digits that name an image.
const FEWEST: usize = 6;

/// The hex digits of an abbreviated digest: `933b3745ee7b`, `sha256:933b3745ee7b…`. `None` if it is whole, or none at all.
pub(super) fn hex(text: &str) -> Option<String> {
    let text = text.strip_prefix("sha256:").unwrap_or(text);
    let hex = text.trim_end_matches(['…', '.']).to_ascii_lowercase();
    let is_hex = hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_hex && (FEWEST..64).contains(&hex.len())).then_some(hex)
}

/// The image that begins with these digits, among those that the names of the fleet lead to.
pub(super) fn resolved(hex: &str, facts: &Facts) -> Result<Digest, String> {
    let all = known(facts);
    let found: Vec<&Digest> = all
        .iter()
        .filter(|one| one.hex().starts_with(hex))
        .collect();
    match found[..] {
        [only] => Ok(*only),
        [] => Err(format!(
            "@{hex}: no public tag or branch of the fleet leads to such an image\n  write all 64 hex digits: \
             `--format json` of `kiln plan`, `kiln why` and `kiln build` has them"
        )),
        _ => {
            let names: Vec<String> = found.iter().map(|one| format!("@{one}")).collect();
            Err(format!(
                "@{hex} means several images: name one of {}",
                names.join(", ")
            ))
        }
    }
}

/// Every image that was read: what names lead to, and its platforms.
fn known(facts: &Facts) -> BTreeSet<Digest> {
    let records = facts.records.values().flatten();
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
        .collect()
}

#[cfg(test)]
mod tests;
