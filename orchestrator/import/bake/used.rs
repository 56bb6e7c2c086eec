//! The variables of the file that the manifest has, and those that it does not follow everywhere.

use super::fleet::Fleet;
use super::place::{How, Names, places, variable_of};
use super::variable::Variables;
use crate::import::note::{Notes, listed};
use crate::import::published::{Image, Made, Published, Variant};
use crate::text::Spanned;
use indexmap::IndexMap;
use std::collections::BTreeSet;

/// Notes which variables the manifest does not follow everywhere.
pub(super) fn decided(fleet: &Fleet, variables: &Variables, notes: &mut Notes) {
    let has = |how, name: &str| fleet.decided.contains(&(how, name.to_owned()));
    let names = variables.declared.iter();
    let (fixed, others): (Vec<_>, Vec<_>) = names.partition(|name| has(How::Fixed, name.as_str()));
    let unedited = others.into_iter();
    let unedited: Vec<_> = unedited.filter(|name| has(How::Unedited, name)).collect();
    computed(&fixed, notes);
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

/// Notes that something computed from these variables is that of their defaults.
pub(super) fn computed(fixed: &[&Spanned<String>], notes: &mut Notes) {
    let (them, defaults) = number(fixed, "its default", "their defaults");
    let computed = format!("values that the file computes from {them} are those of {defaults}");
    let help = "with another value of the variable, change them in the manifest, too";
    for name in fixed {
        notes.note("import::fixed", computed.clone(), help, name.span);
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
    let defaults = published.made.values().flat_map(Made::conditions);
    let conditions: BTreeSet<&str> = published.conditions().chain(defaults).collect();
    let mut used = IndexMap::new();
    for name in &variables.declared {
        let default = variables.defaults.get(name.as_str());
        let is_condition = conditions.contains(name.as_str());
        // In a manifest, the empty text takes the place of null.
        let none = String::new();
        let null = variables.nulls.contains(name.as_str()).then_some(&none);
        let default = default.or(null.filter(|_| is_condition));
        let Some(default) = default.filter(|_| uses(published, name)) else {
            if variables.made.contains_key(name.as_str()) {
                notes.note(
                    "import::resolved",
                    String::from("a variable that is made of others is not in the manifest: its texts have these others in its place"),
                    "set these in each run, or write a `variable` of your own in the place of the texts",
                    name.span,
                );
            } else if !known.contains(name.as_str()) && variables.named.contains(name.as_str()) {
                notes.note(
                    "import::resolved",
                    String::from("a variable is not in the manifest: what the file makes of its default is written out there"),
                    "change these texts where they are, or write a `variable` of your own in their place: docs/manifest.md",
                    name.span,
                );
            } else if !known.contains(name.as_str()) {
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

/// Whether a text or a condition of an image names a variable, or one whose default is made of it.
pub(in crate::import) fn uses(published: &Published, name: &str) -> bool {
    let is_direct =
        |name: &str| published.conditions().any(|known| known == name) || inserts(published, name);
    let mut all = vec![name];
    let mut at = 0;
    while let Some(name) = all.get(at).copied() {
        if is_direct(name) {
            return true;
        }
        let made = published.made.iter();
        let is_made_of = |made: &Made| sources(made).any(|one| one == name);
        let made = made.filter(|(_, made)| is_made_of(made));
        let new: Vec<&str> = made.map(|(made, _)| made.as_str()).collect();
        all.extend(
            new.into_iter()
                .filter(|made| !all.contains(made))
                .collect::<Vec<&str>>(),
        );
        at += 1;
    }
    false
}

/// The variables that a default names.
pub(super) fn sources(made: &Made) -> impl Iterator<Item = &str> {
    let inserted = made.patterns().flat_map(places).filter_map(variable_of);
    inserted.chain(made.conditions())
}

/// Whether a text of an image names a variable.
pub(super) fn inserts(published: &Published, name: &str) -> bool {
    let places = [format!("{{var:{name}}}"), format!("{{var:{name}:")];
    let has = |text: &str| places.iter().any(|place| text.contains(place));
    published.images.iter().flat_map(texts).any(has)
}

/// Whether a text of an image names both variables.
pub(super) fn share(published: &Published, one: &str, other: &str) -> bool {
    let names =
        |text: &str, name: &str| places(text).filter_map(variable_of).any(|own| own == name);
    let mut all = published.images.iter().flat_map(texts);
    all.any(|text| names(text, one) && names(text, other))
}

/// Every text of an image that may have placeholders.
fn texts(image: &Image) -> Vec<&str> {
    let variants = image.variants.iter().flat_map(|variant| variant.texts());
    let axes = image.grid.iter().flat_map(|grid| &grid.axes);
    let values = axes.flat_map(|axis| &axis.values);
    let data = values.flat_map(|value| value.data.iter().map(|(_, text)| text.as_str()));
    let grid = image.grid.iter();
    let tags = grid.clone().flat_map(|grid| &grid.tags);
    let repositories = grid.clone().flat_map(|grid| &grid.repositories);
    let places = grid.clone().flat_map(|grid| &grid.places);
    let switched = grid.flat_map(|grid| &grid.switched);
    let others = switched.flat_map(|(_, variants)| variants);
    let switched = others.clone().flat_map(Variant::built_from);
    let listed = image
        .variants
        .iter()
        .chain(others)
        .flat_map(|one| &one.listed);
    variants
        .chain(switched)
        .map(|text| text.pattern.as_str())
        .chain(listed.flatten().map(String::as_str))
        .chain(data)
        .chain(tags.map(|(_, pattern)| pattern.as_str()))
        .chain(repositories.flat_map(|(_, all)| all).map(String::as_str))
        .chain(places.map(String::as_str))
        .collect()
}
