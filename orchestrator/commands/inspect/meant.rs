//! What the word on the command line of `kiln inspect` means.

use super::short;
use crate::commands::{Exit, Global, Host, complain, show_all, tell};
use crate::line::Ready;
use crate::matrix::VariantId;
use crate::name::{Digest, NameError, Reference, Repository};
use crate::text::{Diagnostics, Sources};
use std::collections::BTreeSet;

/// What a word on the command line means.
pub(super) enum Meant {
    /// A variant of the fleet.
    Variant(VariantId),
    /// What a registry has under this name.
    Name(Reference),
    /// A whole digest.
    Digest(Digest),
    /// The first hex digits of a digest.
    Short(String),
}

/// A name with its domain is what a registry has; any other one is looked for in the fleet first, as `kiln why` does.
pub(super) fn meant(
    name: &str,
    ready: &Ready,
    global: &Global,
    host: &Host,
) -> Result<Meant, Exit> {
    if Repository::has_domain(name) {
        let parsed = name.parse().map(Meant::Name);
        return parsed.map_err(|why| refused(name, &why));
    }
    if let Some((_, digest)) = name.split_once('@') {
        return by_digest(digest).map_err(|why| refused(name, &why));
    }
    match ready.select(&[name.to_owned()]) {
        Ok(variants) => one(name, &variants, ready).map(Meant::Variant),
        Err(faults) => match of_fleet(name, ready) {
            Some(reference) => Ok(Meant::Name(reference)),
            None => Err(nothing(&faults, global, host)),
        },
    }
}

/// A digest, whole or abbreviated, with `sha256:` or without.
fn by_digest(text: &str) -> Result<Meant, NameError> {
    if let Some(hex) = short::hex(text) {
        return Ok(Meant::Short(hex));
    }
    let hex = text.strip_prefix("sha256:").unwrap_or(text);
    format!("sha256:{hex}").parse().map(Meant::Digest)
}

/// The only variant of a selection.
fn one(name: &str, variants: &BTreeSet<VariantId>, ready: &Ready) -> Result<VariantId, Exit> {
    let mut all = variants.iter();
    if let (Some(only), None) = (all.next(), all.next()) {
        return Ok(*only);
    }
    let names = variants
        .iter()
        .map(|v| ready.names[v.0 as usize].to_string());
    let names: Vec<String> = names.collect();
    Err(wrong(format!(
        "{name} means several variants: name one of {}",
        names.join(", ")
    )))
}

/// A tag that no variant has any more, in a repository of the fleet.
fn of_fleet(name: &str, ready: &Ready) -> Option<Reference> {
    let reference: Reference = name.parse().ok()?;
    let mut variants = ready.fleet.variants.iter();
    let own = variants.any(|v| v.publish.contains(&reference.repository));
    own.then_some(reference)
}

fn nothing(faults: &Diagnostics, global: &Global, host: &Host) -> Exit {
    show_all(faults, &Sources::default(), global, host);
    tell(
        "  an image from outside the fleet is named with its registry: docker.io/library/debian:13",
    );
    Exit::Wrong
}

pub(super) fn wrong(why: String) -> Exit {
    complain(&why);
    Exit::Wrong
}

fn refused(name: &str, why: &NameError) -> Exit {
    wrong(format!(
        "{name}: {why}\n  name a variant, a reference, or a digest as @sha256:…"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::tests::bring;
    use crate::matrix::Inputs;

    const FLEET: &str = r#"
workspace "w" { publish "docker.io/acme/{image}"; stage "docker.io/acme/stage" }
base "b" from="debian:13"
toolset "t" { run "make" }
image "core" {
    axis "version" kind="version" rungs="full latest" { value "1.2.0"; value "1.1.0" }
    from base="b"; use "t"; tag "{version}"
}
"#;

    fn ready() -> Ready {
        bring(FLEET, &Inputs::default(), &[]).made()
    }

    /// The words of `kiln why` name a variant: Docker Hub is queried for none of them.
    #[test]
    fn a_selector_means_a_variant_of_the_fleet() {
        let ready = ready();
        for word in [
            "core:latest",
            "acme/core:latest",
            "core[version=1.2.0]",
            "core:1.2.0",
        ] {
            let variants = ready.select(&[word.to_owned()]).expect(word);
            let found = one(word, &variants, &ready).expect(word);
            assert_eq!(
                ready.names[found.0 as usize].as_str(),
                "core:1.2.0",
                "{word}"
            );
        }
        let both = ready.select(&["core".to_owned()]).expect("a selector");
        assert_eq!(one("core", &both, &ready).err(), Some(Exit::Wrong));
    }

    /// A tag that no variant has any more is read from the fleet's repository; an image of others is not.
    #[test]
    fn other_tags_of_the_fleet_are_references() {
        let ready = ready();
        assert!(of_fleet("acme/core:1.0.0", &ready).is_some());
        for word in ["core:nope", "debian:13", "cor"] {
            assert!(of_fleet(word, &ready).is_none(), "{word}");
        }
    }

    #[test]
    fn a_digest_is_whole_or_abbreviated() {
        let digest = Digest::of("an image");
        for text in [digest.to_string(), digest.hex()] {
            let whole = by_digest(&text).expect("a digest");
            assert!(
                matches!(whole, Meant::Digest(found) if found == digest),
                "{text}"
            );
        }
        let short = by_digest(&digest.short()).expect("an abbreviation");
        assert!(matches!(short, Meant::Short(hex) if hex == digest.short()));
        assert!(by_digest("nothing").is_err());
    }
}
