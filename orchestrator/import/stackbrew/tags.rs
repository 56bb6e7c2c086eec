//! The tags of a paragraph.

use super::fields::Field;
use crate::name::Tag;
use crate::text::{Diagnostic, Diagnostics, Spanned};
use std::collections::HashSet;

/// The most tags that an image may have.
const MOST_TAGS: usize = 1000;

/// Valid tags, each once; errors are in `out`.
pub(super) fn tags(field: &Field, out: &mut Diagnostics) -> Vec<Spanned<String>> {
    let mut seen = HashSet::new();
    let mut tags = field.items();
    tags.retain(|tag| seen.insert(tag.value.clone()));
    if tags.len() > MOST_TAGS {
        let fault = Diagnostic::error(
            "import::too-many-tags",
            format!("one image has more than {MOST_TAGS} tags"),
        );
        out.push(
            fault
                .at(tags[MOST_TAGS].span, "this one is too many")
                .help("import a file with fewer"),
        );
        tags.truncate(MOST_TAGS);
    }
    for tag in &tags {
        if let Err(why) = tag.parse::<Tag>() {
            out.push(
                Diagnostic::error("import::tag", why.to_string())
                    .at(tag.span, "here")
                    .help("such as `1.27.0-trixie`"),
            );
        }
    }
    tags
}

/// The tags with that of the longest version first: it names the image, whatever the order in the file.
pub(super) fn first_the_longest(mut tags: Vec<Spanned<String>>) -> Vec<Spanned<String>> {
    let numbers = |tag: &Spanned<String>| {
        let head = tag.split('-').next().unwrap_or_default();
        let parts = head.split('.');
        parts
            .take_while(|part| part.starts_with(|c: char| c.is_ascii_digit()))
            .count()
    };
    let longest = tags.iter().map(numbers).max().unwrap_or_default();
    if let Some(at) = tags.iter().position(|tag| numbers(tag) == longest) {
        tags[..=at].rotate_right(1);
    }
    tags
}
