//! What a word on the command line means that names an image.

use super::short;
use crate::commands::{Exit, Global, Host, complain, show_all, tell};
use crate::line::Ready;
use crate::matrix::VariantId;
use crate::name::{Digest, NameError, Reference, Repository, Tag};
use crate::text::{Diagnostics, Sources};
use indexmap::IndexSet;
use std::collections::BTreeSet;

/// What a word on the command line means.
pub(super) enum Meant {
    /// A variant of the fleet.
    Variant(VariantId),
    /// What a registry has under this name.
    Name(Reference),
    /// A tag that no variant has, in the repositories of an image of the fleet; and why it means no variant.
    Unowned(Vec<Reference>, Diagnostics),
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
        return by_digest(digest).map_err(|why| wrong(format!("{name}: {why}")));
    }
    match ready.select(&[name.to_owned()]) {
        Ok(variants) => one(name, &variants, ready).map(Meant::Variant),
        Err(faults) => match of_fleet(name, ready) {
            all if !all.is_empty() => Ok(Meant::Unowned(all, faults)),
            _ => Err(match short::is_bare(name) {
                true => wrong(format!("{name}: a digest is written with @: @{name}")),
                false => nothing(&faults, global, host),
            }),
        },
    }
}

/// A digest, whole or abbreviated, with `sha256:` or without.
fn by_digest(text: &str) -> Result<Meant, String> {
    if let Some(hex) = short::hex(text) {
        return Ok(Meant::Short(hex));
    }
    if let Some(why) = short::too_short(text) {
        return Err(why);
    }
    let hex = text.strip_prefix("sha256:").unwrap_or(text);
    let whole = format!("sha256:{hex}").parse().map(Meant::Digest);
    whole.map_err(|why: NameError| with_forms(&why))
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

/// `IMAGE:TAG` with a tag that no variant has any more, in the repositories of the fleet: those of the image with this
/// name, or the one that is written as on Docker Hub.
pub(in crate::commands) fn of_fleet(name: &str, ready: &Ready) -> Vec<Reference> {
    let Some((image, tag)) = name.split_once(':') else {
        return Vec::new();
    };
    let Ok(tag) = tag.parse::<Tag>() else {
        return Vec::new();
    };
    let whole: Option<Repository> = image.parse().ok();
    let variants = ready.fleet.variants.iter();
    let public = variants.flat_map(|v| v.publish.iter().map(|all| (&v.image, all)));
    let own = public.filter(|(of, all)| **of == image || whole.as_ref() == Some(*all));
    let repositories: IndexSet<&Repository> = own.map(|(_, repository)| repository).collect();
    let tagged = |one: &Repository| Reference::tagged(one.clone(), tag.clone());
    repositories.into_iter().map(tagged).collect()
}

/// No repository of the fleet has the tag.
pub(super) fn absent(
    names: &[Reference],
    faults: &Diagnostics,
    global: &Global,
    host: &Host,
) -> Exit {
    show_all(faults, &Sources::default(), global, host);
    let names: Vec<String> = names.iter().map(Reference::familiar).collect();
    tell(&format!(
        "  no registry has such a tag either: {}",
        names.join(", ")
    ));
    Exit::Wrong
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
    wrong(format!("{name}: {}", with_forms(why)))
}

fn with_forms(why: &NameError) -> String {
    format!("{why}\n  name a variant, a reference, or a digest as @sha256:…")
}

#[cfg(test)]
mod tests;
