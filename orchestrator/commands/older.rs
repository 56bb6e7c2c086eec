//! `--allow-older`: the tags that may move backwards.

use crate::commands::{Exit, complain};
use crate::matrix::{Fleet, Variant, VariantId};
use crate::name::{Reference, Tag};
use crate::text::suggest;
use std::collections::BTreeSet;

/// The tags that may move backwards.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Older {
    /// Named alone: in every repository.
    pub tags: BTreeSet<Tag>,
    /// Named with an image or a repository.
    pub references: BTreeSet<Reference>,
}

impl Older {
    /// Reads `TAG`, `IMAGE:TAG` and whole references. Shows and refuses the first one that no selected variant has.
    pub fn read(
        words: &[String],
        fleet: &Fleet,
        among: &BTreeSet<VariantId>,
    ) -> Result<Self, Exit> {
        let read = Self::parsed(words, fleet, among);
        read.map_err(|why| {
            complain(&why);
            Exit::Wrong
        })
    }

    fn parsed(
        words: &[String],
        fleet: &Fleet,
        among: &BTreeSet<VariantId>,
    ) -> Result<Self, String> {
        let variants: Vec<&Variant> = among.iter().map(|v| fleet.variant(*v)).collect();
        let mut older = Self::default();
        for word in words {
            let found = named(&variants, word);
            match word.parse::<Tag>() {
                Ok(tag) if !found.is_empty() || is_late(&variants) => drop(older.tags.insert(tag)),
                _ if found.is_empty() => return Err(unknown(&variants, word)),
                _ => older.references.extend(found),
            }
        }
        Ok(older)
    }
}

/// The references that a word names.
fn named(variants: &[&Variant], word: &str) -> BTreeSet<Reference> {
    let whole = word.parse::<Reference>().ok();
    let fits = |variant: &Variant, reference: &Reference| {
        let tag = reference.tag.as_ref().map(Tag::as_str);
        let of_image = word.split_once(':');
        tag == Some(word)
            || of_image.is_some_and(|(image, own)| image == variant.image && tag == Some(own))
            || whole.as_ref() == Some(reference)
    };
    let all = variants.iter().flat_map(|variant| {
        let references = variant.references().map(|(reference, _)| reference);
        references.filter(|reference| fits(variant, reference))
    });
    all.collect()
}

/// Tags that are read from images are not known before the build.
fn is_late(variants: &[&Variant]) -> bool {
    variants.iter().any(|variant| !variant.deferred.is_empty())
}

fn unknown(variants: &[&Variant], word: &str) -> String {
    let tags = variants.iter().flat_map(|variant| {
        let own = variant.tags.iter();
        own.map(|tag| {
            (
                tag.tag.to_string(),
                format!("{}:{}", variant.image, tag.tag),
            )
        })
    });
    let known: BTreeSet<String> = tags
        .map(|(tag, label)| if word.contains(':') { label } else { tag })
        .collect();
    let near = suggest(word, known.iter().map(String::as_str));
    let near = near.map(|near| format!("did you mean `{near}`? "));
    format!(
        "--allow-older {word}: no selected variant has this tag\n  {}write TAG, IMAGE:TAG or a whole reference; `kiln tags` lists them",
        near.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests;
