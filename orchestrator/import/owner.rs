//! Names with two owners, which no manifest can have.

use super::published::{Image, Name, Variant};
use crate::text::{Diagnostic, Diagnostics};
use std::collections::HashMap;

/// An error with both places if a name is published twice; `label` is the name as messages have it, and `help` what
/// to do if it is not shared. One error is enough: a file with one duplicate often has a hundred.
pub fn owners(images: &[Image], label: fn(&Name) -> String, help: &str, out: &mut Diagnostics) {
    let mut owners: HashMap<String, Vec<(&Variant, &Name)>> = HashMap::new();
    let variants = images.iter().flat_map(|image| &image.variants);
    for (variant, name) in variants.flat_map(|one| one.names.iter().map(move |name| (one, name))) {
        let known = owners.entry(name.full()).or_default();
        let clash = known.iter().find(|(other, first)| {
            let both = first.shared && name.shared && apart(other, variant);
            !std::ptr::eq(*other, variant) && !both
        });
        if let Some((_, first)) = clash {
            let message = format!("`{}` is published twice", label(name));
            let fault = Diagnostic::error("import::two-owners", message)
                .at(name.span, "again here")
                .at(first.span, "first here");
            out.push(fault.help(match first.shared && name.shared {
                true => "a shared tag needs images with different platforms",
                false => help,
            }));
            return;
        }
        known.push((variant, name));
    }
}

/// Whether two variants have no platform in common.
fn apart(one: &Variant, other: &Variant) -> bool {
    let mut platforms = one.platforms.iter().flatten();
    platforms.all(|platform| {
        !other
            .platforms
            .iter()
            .flatten()
            .any(|also| also == platform)
    })
}
