//! What `kiln lock` was asked to lock: variants with all that they fetch, and outside images.

use crate::commands::{Exit, Global, Host, complain, select};
use crate::line::Ready;
use crate::lockfile::BaseKey;
use crate::matrix::VariantId;
use crate::name::Reference;
use crate::text::suggest;
use std::collections::BTreeSet;

/// The variants and outside images that words name.
pub(super) struct Scope {
    /// Their files, and the outside images that they need.
    pub variants: BTreeSet<VariantId>,
    /// Outside images that are named by themselves.
    pub named: BTreeSet<Reference>,
}

impl Scope {
    /// Reads the words; all variants if there are none. Shows those that name nothing.
    pub fn read(
        ready: &Ready,
        words: &[String],
        global: &Global,
        host: &Host,
    ) -> Result<Self, Exit> {
        let all = references(ready);
        let (mut named, mut selectors) = (BTreeSet::new(), Vec::new());
        for word in words {
            let found: Vec<&Reference> = all.iter().filter(|one| is(ready, one, word)).collect();
            match found.is_empty() {
                true => selectors.push(word.clone()),
                false => named.extend(found.into_iter().cloned()),
            }
        }
        let variants = match selectors.is_empty() && !named.is_empty() {
            true => BTreeSet::new(),
            false => {
                check(ready, &all, &selectors)?;
                select(ready, &selectors, global, host)?
            }
        };
        Ok(Self { variants, named })
    }
}

/// Shows a word that names no variant and is close to the name of an outside image.
fn check(ready: &Ready, all: &BTreeSet<Reference>, selectors: &[String]) -> Result<(), Exit> {
    let names = names(ready, all);
    let unknown = |word: &&String| ready.select(std::slice::from_ref(*word)).is_err();
    for word in selectors.iter().filter(unknown) {
        if let Some(near) = suggest(word, names.iter().map(String::as_str)) {
            complain(&format!(
                "no build needs an outside image `{word}`\n  did you mean `{near}`?"
            ));
            return Err(Exit::Wrong);
        }
    }
    Ok(())
}

/// What may name an outside image: its base in the manifest, its repository, or its whole name.
fn names(ready: &Ready, all: &BTreeSet<Reference>) -> BTreeSet<String> {
    let bases = ready.fleet.bases.iter().map(|base| &base.name);
    let bases = bases.filter(|name| all.iter().any(|one| is(ready, one, name)));
    let repositories = all.iter().map(|one| one.repository.familiar());
    let whole = all.iter().map(Reference::familiar);
    let own = repositories.chain(whole);
    bases.map(ToString::to_string).chain(own).collect()
}

/// The outside images of the fleet that a lock may name.
fn references(ready: &Ready) -> BTreeSet<Reference> {
    let variants = ready.fleet.variants.iter().map(|v| v.id);
    let all = ready.materials().lockable(variants).into_keys();
    all.map(|key| key.reference).collect()
}

/// Whether a word names an outside image: the name of its base in the manifest, its repository, or its whole name.
fn is(ready: &Ready, reference: &Reference, word: &str) -> bool {
    let mut bases = ready.fleet.bases.iter().filter(|base| base.name == word);
    let parsed = word.parse::<Reference>().ok();
    bases.any(|base| BaseKey::of(&base.reference, None).reference == *reference)
        || parsed.is_some_and(|own| match &own.tag {
            Some(_) => own == *reference,
            None => own.repository == reference.repository,
        })
}
