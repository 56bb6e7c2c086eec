//! Rungs that no image of the file has: `12-jre21` if the highest 12 has no jre21. The file says so, and thus does the
//! manifest: `tag "{version}-{variant}" per="image"`. Without that, `kiln validate` would warn about the file's own choice.

use super::manifest;
use super::published::Published;
use super::write::quoted;
use crate::line;
use crate::matrix::Inputs;
use crate::text::{Diagnostic, Diagnostics};

/// The warning about a rung without an image.
const LOST: &str = "matrix::orphaned-rung";

/// The beginning of an image in a manifest.
const IMAGE: &str = "\nimage ";

/// Marks the patterns of which `kiln validate` would warn.
pub fn keep(published: &mut Published) {
    let text = manifest::write(published);
    for (image, pattern) in lost(&text, published) {
        let image = published.images.get_mut(image);
        let Some(grid) = image.and_then(|image| image.grid.as_mut()) else {
            continue;
        };
        let patterns = grid.tags.iter().map(|(_, pattern)| pattern);
        let known = patterns.filter(|known| quoted(known) == pattern);
        grid.kept = grid.kept.iter().chain(known).cloned().collect();
    }
}

/// The places of images, each with a pattern as the manifest has it.
fn lost<'t>(text: &'t str, published: &Published) -> Vec<(usize, &'t str)> {
    let mut faults = Diagnostics::default();
    let wanted = published.wanted.iter();
    let wanted = wanted.map(|(name, wanted)| (name.clone(), wanted.stand_in.clone()));
    let inputs = Inputs {
        variables: wanted.collect(),
        ..Inputs::default()
    };
    line::fleet_of(text, &inputs, &mut faults);
    let place = |fault: &Diagnostic| {
        let span = fault.labels.first()?.span;
        let (start, end) = (span.start as usize, span.end as usize);
        let before = text.get(..start)?.matches(IMAGE).count();
        Some((before.checked_sub(1)?, text.get(start..end)?))
    };
    let lost = faults.iter().filter(|fault| fault.code == LOST);
    lost.filter_map(place).collect()
}
