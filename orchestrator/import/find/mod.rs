//! Finds axes in the tags of an image: `1.27.0-alpine3.24` and `1.26.7-trixie` are versions and variants.
//!
//! ```text
//! variants -> entries -> split: version and label of each -> table: what its tags have in common
//!          -> ladder: which rungs versions own -> patterns of tags, of paths -> a grid
//! ```
//!
//! Everything found is a guess, and there are several at each step. Of those that publish exactly the same, the one
//! with the shortest manifest is taken: a person would not write down what an axis says already. If there is none, or it
//! is longer than a list, every tag is written out, which is hard to maintain but always correct:
//!
//! ```kdl
//! axis "variant" {
//!     value "1.27.0-trixie" { alias "1.27-trixie" "trixie"; set dockerfile="1.27/trixie/Dockerfile"; }
//! }
//! tag "{variant}"
//! ```

mod best;
mod column_data;
mod end;
mod entry;
mod factor;
mod fold;
mod folders;
mod form;
mod grid;
mod halves;
mod label;
mod ladder;
mod length;
mod omit;
mod part;
mod paths;
mod pattern;
mod places;
mod plain;
mod release;
mod row_data;
mod shorts;
mod split;
mod start;
mod straddle;
mod table;
mod turned;
mod worded;

use super::manifest;
use super::next::missed;
use super::note::Notes;
use super::published::{Image, Published};
use super::unique;
use part::Part;
use std::collections::HashSet;
use std::mem;

/// The length that another image in the manifest must save, in characters.
const IMAGE: usize = 60;

/// Gives each image without a grid one; an image may become several with parts of its tags.
pub fn grids(published: &mut Published, notes: &mut Notes) {
    let images = mem::take(&mut published.images);
    let mut taken: HashSet<String> = images.iter().map(|image| image.name.clone()).collect();
    let mut all = Vec::new();
    for image in images {
        if image.grid.is_some() {
            all.push(image);
            continue;
        }
        let name = image.name.clone();
        for mut found in found(&image, published, notes) {
            if found.name != name {
                found.name = unique(&found.name, |name| taken.contains(name));
                taken.insert(found.name.clone());
            }
            all.push(found);
        }
    }
    published.images = all;
}

/// The images of these parts, and the length of their manifest.
fn apart(image: &Image, parts: &[Part], published: &mut Published) -> (usize, Vec<Image>) {
    let images = parts
        .iter()
        .map(|part| release::image(image, part, published));
    let (images, lengths): (Vec<Image>, Vec<usize>) = images.unzip();
    let length = lengths.iter().sum::<usize>() + lengths.len() * IMAGE;
    (length, images)
}

/// The first kind of parts that has axes for all, or else the shortest; of the same kind, always the shortest.
fn found(image: &Image, published: &mut Published, notes: &mut Notes) -> Vec<Image> {
    let mut shortest: Option<(usize, Vec<Image>)> = None;
    for ways in part::ways(image) {
        let ways = ways.iter().map(|parts| apart(image, parts, published));
        let Some((length, images)) = ways.min_by_key(|(length, _)| *length) else {
            continue;
        };
        let is_list = |image: &Image| image.variants.len() > 1 && best::is_plain(image);
        let is_done = !images.iter().any(is_list);
        if is_done || shortest.as_ref().is_none_or(|(known, _)| length < *known) {
            shortest = Some((length, images));
        }
        if is_done {
            break;
        }
    }
    let images = shortest.map(|(_, images)| images).unwrap_or_default();
    let plain = images.iter().filter(|image| best::is_plain(image));
    for image in plain.filter(|image| image.variants.len() > 1) {
        let why =
            String::from("the tags are written out one by one: no axes produce exactly these");
        let help = "docs/tags.md describes axes, rungs and aliases";
        notes.note("import::plain", why, help, image.span);
    }
    let images: Vec<Image> = images
        .into_iter()
        .map(|image| fold::folded(image, published))
        .collect();
    images
        .iter()
        .for_each(|image| follow(image, published, notes));
    images
}

/// Adds a note if a version that is added does not have the tags or the folder that the file would give it.
fn follow(image: &Image, published: &mut Published, notes: &mut Notes) {
    published.images = vec![image.clone()];
    let text = manifest::write(published);
    let missed = missed(&text, published);
    published.images.clear();
    if let Some(missed) = missed {
        let message = format!("the next version does not follow from the axes: {missed}");
        let help = "`kiln tags` shows what a new version changes: move aliases and the versions in `when` with it";
        notes.note("import::next", message, help, image.span);
    }
}
