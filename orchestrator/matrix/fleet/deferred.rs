//! Tags that are known only once the image is built: those with `{revision}` or `{probe:…}`.

use crate::matrix::fleet::public_tag::{Permission, TagKind};
use crate::name::{NameError, Tag};
use crate::tag::deferred::Deferred;
use crate::text::Span;
use serde::{Deserialize, Serialize};

/// A tag with a part that the matrix cannot know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeferredTag {
    /// The parts in order.
    pub parts: Vec<DeferredPart>,
    /// Whether it is written once or follows the newest image.
    pub kind: TagKind,
    /// The pattern that it comes from; not saved.
    #[serde(skip)]
    pub span: Span,
    /// How it was derived, in words, like [`crate::matrix::PublicTag::how`].
    pub how: Option<String>,
    /// Whether this run may write it.
    pub permission: Permission,
}

/// A part of such a tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeferredPart {
    /// Literal text.
    Text(String),
    /// A value that is known after the build.
    Value(Deferred),
}

/// Stands for the first deferred placeholder of a text while tags are joined; the next ones follow. These are
/// private-use characters, which tags cannot have.
const FIRST: u32 = 0xe100;

/// The character that stands for a text's deferred placeholder with this index.
pub(in crate::matrix) fn mark(place: usize) -> char {
    u32::try_from(place)
        .ok()
        .and_then(|place| char::from_u32(FIRST + place))
        .unwrap_or('\u{e1ff}')
}

/// Whether a text is the mark of a deferred placeholder.
pub(in crate::matrix) fn is_mark(text: &str) -> bool {
    text.starts_with(|c: char| (FIRST..FIRST + 256).contains(&(c as u32)))
}

/// Splits a joined text at its marks.
pub(in crate::matrix) fn parts(joined: &str, deferred: &[Deferred]) -> Vec<DeferredPart> {
    let mut parts = Vec::new();
    let mut text = String::new();
    for c in joined.chars() {
        let found = (c as u32)
            .checked_sub(FIRST)
            .and_then(|place| deferred.get(place as usize));
        let Some(found) = found else {
            text.push(c);
            continue;
        };
        if !text.is_empty() {
            parts.push(DeferredPart::Text(std::mem::take(&mut text)));
        }
        parts.push(DeferredPart::Value(found.clone()));
    }
    if !text.is_empty() {
        parts.push(DeferredPart::Text(text));
    }
    parts
}

impl DeferredTag {
    /// The tag as it is written: `1.27.0-r{revision}`.
    pub fn written(&self) -> String {
        let part = |part: &DeferredPart| match part {
            DeferredPart::Text(text) => text.clone(),
            DeferredPart::Value(Deferred::Revision) => String::from("{revision}"),
            DeferredPart::Value(Deferred::Probe(command)) => format!("{{probe:{command}}}"),
        };
        self.parts.iter().map(part).collect()
    }

    /// The commands that must be run for it, in the order of its parts.
    pub fn probes(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            DeferredPart::Value(Deferred::Probe(command)) => Some(command.as_str()),
            _ => None,
        })
    }

    /// The tag with its deferred parts filled in.
    ///
    /// # Errors
    /// If the result is not a valid tag.
    pub fn fill(&self, known: impl Fn(&Deferred) -> String) -> Result<Tag, NameError> {
        let part = |part: &DeferredPart| match part {
            DeferredPart::Text(text) => text.clone(),
            DeferredPart::Value(deferred) => known(deferred),
        };
        self.parts.iter().map(part).collect::<String>().parse()
    }

    /// The revision of a published tag; `None` if it is not a revision of this tag.
    pub fn revision_of(&self, published: &str) -> Option<u64> {
        let place = self
            .parts
            .iter()
            .position(|part| *part == DeferredPart::Value(Deferred::Revision))?;
        let text = |parts: &[DeferredPart]| -> Option<String> {
            parts
                .iter()
                .map(|part| {
                    if let DeferredPart::Text(text) = part {
                        Some(text.as_str())
                    } else {
                        None
                    }
                })
                .collect()
        };
        let (before, after) = (text(&self.parts[..place])?, text(&self.parts[place + 1..])?);
        let number = published
            .strip_prefix(before.as_str())?
            .strip_suffix(after.as_str())?;
        // Kiln never writes `r01`, and `r1` must not be counted twice.
        let plain = number.bytes().all(|b| b.is_ascii_digit()) && !number.starts_with('0');
        if plain { number.parse().ok() } else { None }
    }
}

#[cfg(test)]
mod tests;
