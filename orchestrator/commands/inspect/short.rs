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
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_read_abbreviated() {
        for text in [
            "933b3745ee7b",
            "sha256:933b3745ee7b",
            "933B3745EE7B…",
            "sha256:933b3745ee7b...",
        ] {
            assert_eq!(hex(text).as_deref(), Some("933b3745ee7b"), "{text}");
        }
        let whole = Digest::of("an image").to_string();
        for text in [whole.as_str(), "933", "not hex", ""] {
            assert_eq!(hex(text), None, "{text}");
        }
    }

    #[test]
    fn an_abbreviation_means_one_image_of_the_fleet() {
        let mut facts = Facts::default();
        let digest = Digest::of("an image");
        facts
            .public
            .insert("r.example/a:1".parse().expect("a reference"), digest);
        assert_eq!(resolved(&digest.short(), &facts), Ok(digest));
        let why = resolved("000000", &facts).expect_err("there is none");
        assert!(why.contains("write all 64 hex digits"), "{why}");
    }
}
