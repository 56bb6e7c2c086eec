//! The tags of a paragraph.

use super::fields::Field;
use crate::import::note::Notes;
use crate::name::Tag;
use crate::text::{Diagnostic, Diagnostics, Span, Spanned};
use std::collections::HashSet;

/// The most tags that an image may have.
const MOST_TAGS: usize = 1000;

/// Valid tags, each once. One that is not valid is left out with a note if there are others: no registry has it. Errors
/// are in `out`.
pub(super) fn tags(
    field: &Field,
    notes: &mut Notes,
    out: &mut Diagnostics,
) -> Vec<Spanned<String>> {
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
    let fault = |tag: &Spanned<String>| Some((tag.span, tag.parse::<Tag>().err()?.to_string()));
    let faults: Vec<(Span, String)> = tags.iter().filter_map(fault).collect();
    let is_empty = faults.len() == tags.len();
    for (span, why) in faults {
        if is_empty {
            let fault = Diagnostic::error("import::tag", why).at(span, "here");
            out.push(fault.help("such as `1.27.0-trixie`"));
        } else {
            let help = "the image keeps its other tags; no registry has a tag of this name";
            notes.note("import::tag", why, help, span);
        }
    }
    if !is_empty {
        tags.retain(|tag| tag.parse::<Tag>().is_ok());
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
