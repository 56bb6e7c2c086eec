//! Targets that build the same as one of a matrix, and share a tag with it: their tags are those of this one.
//!
//! ```text
//! matrix v = 1.18.0 1.19.0: "m:${v}"; "m:1.19.0", "m:latest"     tag "{v}"; when v="1.19.0" { tag "latest"; }
//! ```

use crate::import::bake::built::Built;
use crate::import::build::Build;
use crate::import::note::Notes;
use crate::import::published::{Name, Text, Variant};

/// Gives the targets of a matrix the names of those others that build the same, and takes them from these.
pub(super) fn join(all: &mut [&mut Built], notes: &mut Notes) {
    let is_cell = |built: &Built| built.label != built.target;
    for at in 0..all.len() {
        let own = &all[at];
        if is_cell(own) || !own.is_named() || !own.later.is_empty() {
            continue;
        }
        let is_it = |cell: &Built| is_cell(cell) && share(own, cell) && are_same(own, cell);
        let Some(cell) = all.iter().position(|cell| is_it(cell)) else {
            continue;
        };
        let message = format!(
            "`{}` builds the same as `{}` of `{}`: its tags are those of this image",
            own.target, all[cell].target, all[cell].label
        );
        let help = "kiln builds it once, and tags it with all of them";
        notes.note("import::resolved", message, help, own.span);
        let names = std::mem::take(&mut all[at].names);
        let known: Vec<String> = all[cell]
            .names
            .iter()
            .flatten()
            .map(Name::pattern)
            .collect();
        let is_new = |name: &Name| !known.contains(&name.pattern());
        let new = names.into_iter().flatten().filter(is_new);
        let new: Vec<Option<Name>> = new.map(Some).collect();
        all[cell].guests += new.len();
        all[cell].names.extend(new);
    }
}

/// Whether two targets have a tag in common with any values of variables.
fn share(one: &Built, other: &Built) -> bool {
    let mut names = one.names.iter().flatten();
    names.any(|name| {
        let mut others = other.names.iter().flatten();
        others.any(|other| other.pattern() == name.pattern() && other.when == name.when)
    })
}

/// Whether two targets build the same with any values of variables.
fn are_same(one: &Built, other: &Built) -> bool {
    let is_plain = |built: &Built| built.moved.is_empty() && built.switched.is_empty();
    let patterns = |variant: &Variant| -> Vec<Text> {
        let mut texts: Vec<Text> = variant.built_from().cloned().collect();
        texts.sort_by(|one, other| one.pattern.cmp(&other.pattern));
        texts
    };
    let variants = [one, other].map(|built| built.variant(Vec::new()));
    let attest = |built: &Built| built.attest.as_ref().map(|proofs| proofs.value.clone());
    let [own, others] = &variants;
    is_plain(one)
        && is_plain(other)
        && Build::wanted(own) == Build::wanted(others)
        && patterns(own) == patterns(others)
        && own.listed == others.listed
        && own.some_args == others.some_args
        && one.contexts == other.contexts
        && one.keys == other.keys
        && one.inline == other.inline
        && attest(one) == attest(other)
}
