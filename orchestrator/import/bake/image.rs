//! Images from outside that contexts name: `docker-image://alpine:3.20`.

use crate::import::published::Text;
use crate::import::write::literal;
use crate::name::{Reference, Tag};

/// The empty image, which no registry has.
pub(super) const SCRATCH: &str = "scratch";

/// The text after these words. A variable that contains them is written out.
pub(super) fn without(context: &Text, words: &str) -> Option<Text> {
    let real = context.real.strip_prefix(words)?.to_owned();
    let pattern = context.pattern.strip_prefix(words).map(str::to_owned);
    Some(Text {
        pattern: pattern.unwrap_or_else(|| literal(&real)),
        real,
    })
}

/// An image with its tag: a name alone could also be one of the manifest.
pub(super) fn image_text(image: Text) -> Option<Text> {
    let mut reference: Reference = image.real.parse().ok().filter(|_| image.real != SCRATCH)?;
    let tagged = reference.digest.is_some() || reference.tag.is_some();
    if image.pattern == literal(&image.real) {
        if !tagged {
            reference.tag = Some(Tag::latest());
        }
        return Some(Text::literal(reference.familiar()));
    }
    let end = if tagged { "" } else { ":latest" };
    Some(Text {
        real: image.real + end,
        pattern: image.pattern + end,
    })
}
