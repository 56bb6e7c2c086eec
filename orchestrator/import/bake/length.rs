//! How long images are to the reader of a manifest.

use crate::import::manifest;
use crate::import::published::{Image, Published};

/// What a `when` counts besides its text: it is a place that has to be changed with a value.
const WHEN: usize = 25;

/// The length of these images, in characters.
pub(super) fn length(images: &[Image]) -> usize {
    let published = Published {
        images: images.to_vec(),
        compact: true,
        ..Published::default()
    };
    let text = manifest::write(&published);
    let lines = text.lines().map(str::trim_start);
    let whens = lines.filter(|line| line.starts_with("when ")).count();
    text.split_whitespace().map(str::len).sum::<usize>() + whens * WHEN
}
