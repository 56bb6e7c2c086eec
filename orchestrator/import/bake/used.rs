//! The variables of the file that the manifest has, and those that it does not follow everywhere.

use super::fleet::Fleet;
use super::place::{How, Names};
use super::variable::Variables;
use crate::import::note::{Notes, listed};
use crate::import::published::{Image, Published};
use crate::text::Spanned;
use indexmap::IndexMap;

/// Notes which variables the manifest does not follow everywhere.
pub(super) fn decided(fleet: &Fleet, variables: &Variables, notes: &mut Notes) {
    let has = |how, name: &str| fleet.decided.contains(&(how, name.to_owned()));
    let names = variables.declared.iter();
    let (fixed, others): (Vec<_>, Vec<_>) = names.partition(|name| has(How::Fixed, name.as_str()));
    let unedited = others.into_iter();
    let unedited: Vec<_> = unedited.filter(|name| has(How::Unedited, name)).collect();
    let (them, defaults) = number(&fixed, "its default", "their defaults");
    let computed = format!("values that the file computes from {them} are those of {defaults}");
    let help = "with another value of the variable, change them in the manifest, too";
    for name in &fixed {
        notes.note("import::fixed", computed.clone(), help, name.span);
    }
    let (them, are) = number(
        &unedited,
        "is inserted where the file edits it",
        "are inserted where the file edits them",
    );
    let inserted = format!("{them} {are} first, which changes nothing today");
    let help = "give the variable values that need no editing, such as one item instead of a list";
    for name in &unedited {
        notes.note("import::fixed", inserted.clone(), help, name.span);
    }
}

/// The names in one line, and the words for one or for several.
fn number<'w>(all: &[&Spanned<String>], one: &'w str, several: &'w str) -> (String, &'w str) {
    let names: Vec<&str> = all.iter().map(|name| name.as_str()).collect();
    let words = if names.len() == 1 { one } else { several };
    (listed(&names, names.len()), words)
}

/// The variables that the manifest uses, with their defaults; a note names each of the others, unless
/// it is `known` from another note.
pub(super) fn used(
    variables: &Variables,
    published: &Published,
    known: &Names,
    notes: &mut Notes,
) -> IndexMap<String, String> {
    let texts: Vec<&str> = published.images.iter().flat_map(texts).collect();
    let mut used = IndexMap::new();
    for name in &variables.declared {
        let places = [
            format!("{{var:{}}}", name.as_str()),
            format!("{{var:{}:", name.as_str()),
        ];
        let is_used = |text: &&str| places.iter().any(|place| text.contains(place));
        let default = variables.defaults.get(name.as_str());
        let Some(default) = default.filter(|_| texts.iter().any(is_used)) else {
            if !known.contains(name.as_str()) {
                notes.note(
                    "import::left-out",
                    String::from(
                        "a variable that no imported text contains is not in the manifest",
                    ),
                    "declare it in the manifest where you need it: docs/manifest.md",
                    name.span,
                );
            }
            continue;
        };
        let help = "set it with `--var NAME=VALUE` or KILN_VAR_NAME, no longer with NAME alone";
        notes.assumed(
            "variables keep their names, but their environment variables change",
            help,
            name.span,
        );
        used.insert(name.value.clone(), default.clone());
    }
    used
}

/// Every text of an image that may have placeholders.
fn texts(image: &Image) -> Vec<&str> {
    let variants = image.variants.iter().flat_map(|variant| variant.texts());
    let axes = image.grid.iter().flat_map(|grid| &grid.axes);
    let values = axes.flat_map(|axis| &axis.values);
    let data = values.flat_map(|value| value.data.iter().map(|(_, text)| text.as_str()));
    variants
        .map(|text| text.pattern.as_str())
        .chain(data)
        .collect()
}
