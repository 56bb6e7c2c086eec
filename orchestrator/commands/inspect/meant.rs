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
    let names = variants.iter().map(|v| ready.names[*v].to_string());
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
mod tests;
