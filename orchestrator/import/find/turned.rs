//! Words before the version: `ee-6.3.0` and `ce-6.3.0` are an axis as `6.3.0-ee` and `6.3.0-ce` would be, and only the places in
//! patterns are turned:
//!
//! ```kdl
//! axis "variant" { value "ee" default; value "ce"; }
//! tag "{variant}-{version}"
//! ```

use super::best;
use super::entry::{Affix, behind};
use super::length;
use crate::import::published::{Image, Published, Text, Variant};
use crate::import::verify::verified;
use indexmap::IndexSet;

/// The place of the words.
const PLACE: &str = "{variant}";

/// The image with an axis of these words, and the length of its manifest; `None` if this does not publish the same.
pub(super) fn image(
    image: &Image,
    words: &[String],
    published: &mut Published,
) -> Option<(Image, usize)> {
    let variants = image.variants.iter().map(|one| turned(one, words));
    let turned = Image {
        variants: variants.collect(),
        ..image.clone()
    };
    let (found, _) = best::image(&turned, &Affix::default(), published);
    let found = back(image, found, words)?;
    published.images = vec![found];
    let holds = verified(published).is_ok();
    let found = published.images.pop().filter(|_| holds)?;
    let length = length::of(&found, published);
    Some((found, length))
}

/// The image with the words behind the versions.
fn turned(variant: &Variant, words: &[String]) -> Variant {
    let mut variant = variant.clone();
    for name in &mut variant.names {
        let tag = name.tag.real.as_str();
        let rest = |word: &String| {
            Some(format!(
                "{}-{word}",
                behind(tag, word).filter(|rest| !rest.is_empty())?
            ))
        };
        if let Some(tag) = words.iter().find_map(rest) {
            name.tag = Text::literal(tag);
        }
    }
    let mut seen = IndexSet::new();
    variant.names.retain(|name| seen.insert(name.full()));
    variant
}

/// What was found, with the words before the versions again. Tags may have nothing else.
fn back(image: &Image, mut found: Image, words: &[String]) -> Option<Image> {
    let grid = found.grid.as_mut().filter(|grid| !grid.plain)?;
    let is_versioned = grid.axes.first().is_some_and(|axis| axis.rungs.is_some());
    // Words with other versions each are better off as images of their own.
    if !is_versioned || grid.axes.len() != 2 || grid.excludes.len() > 1 {
        return None;
    }
    for (_, pattern) in &mut grid.tags {
        let mut ends = words.iter().map(String::as_str).chain([PLACE]);
        let turned = ends.find_map(|end| {
            let rest = pattern.strip_suffix(end)?.strip_suffix('-')?;
            Some(format!("{end}-{rest}"))
        });
        // A place and a word besides it: there are further words, or further axes.
        let has_more = match &turned {
            Some(turned) => turned.matches('-').count() > 1,
            None => pattern.contains("}-"),
        };
        if has_more {
            return None;
        }
        if let Some(turned) = turned {
            *pattern = turned;
        }
    }
    for (variant, whole) in found.variants.iter_mut().zip(&image.variants) {
        variant.names.clone_from(&whole.names);
    }
    Some(found)
}
