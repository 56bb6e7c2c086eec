//! A `from` that the Dockerfile does not name.

use crate::graph::Target;
use crate::matrix::{Body, Fleet, Parent, Variant, VariantId};
use crate::render::Recipe;
use crate::text::{Diagnostic, Diagnostics, Span};
use indexmap::IndexMap;
use std::collections::HashSet;

/// Collects each `from` that Dockerfiles name, and each that they do not name.
#[derive(Default)]
pub(super) struct Declared<'a> {
    named: HashSet<Span>,
    /// By place, the first variant.
    unnamed: IndexMap<Span, (VariantId, &'a Recipe)>,
}

impl<'a> Declared<'a> {
    pub fn add(&mut self, fleet: &Fleet, recipe: &'a Recipe, targets: &[Target]) {
        let variant = fleet.variant(recipe.variant);
        let wanted = match variant.parent {
            None => return,
            Some(Parent::Variant(parent)) => Target::Variant(parent),
            Some(Parent::Base(base)) => Target::Base(fleet.base(base).reference.clone()),
        };
        if targets.contains(&wanted) {
            self.named.insert(place(variant));
        } else {
            let first = (variant.id, recipe);
            self.unnamed.entry(place(variant)).or_insert(first);
        }
    }

    /// Passes over the `from` of a variant whose Dockerfile is not known.
    pub fn excuse(&mut self, variant: &Variant) {
        self.unnamed.shift_remove(&place(variant));
        self.named.insert(place(variant));
    }

    /// A warning for a template, and for a hand-written Dockerfile an error if no other variant uses the `from`: the
    /// build would wait for the parent in vain.
    pub fn close(self, fleet: &Fleet, faults: &mut Diagnostics) {
        for (span, (id, recipe)) in self.unnamed {
            let variant = fleet.variant(id);
            match variant.body {
                Body::Dockerfile(_) if self.named.contains(&span) => {}
                Body::Dockerfile(_) => {
                    faults.push(unnamed(fleet, variant, recipe, Diagnostic::error))
                }
                Body::Template(_) => {
                    faults.push(unnamed(fleet, variant, recipe, Diagnostic::warning))
                }
            }
        }
    }
}

/// The `from` that counts for a variant: the last one; its image without one.
pub(super) fn place(variant: &Variant) -> Span {
    let mut said = variant.said.iter().rev();
    said.find(|said| said.word == "from")
        .map_or(variant.span, |said| said.span)
}

fn unnamed(
    fleet: &Fleet,
    variant: &Variant,
    recipe: &Recipe,
    severity: fn(&'static str, String) -> Diagnostic,
) -> Diagnostic {
    let parent = match variant.parent {
        Some(Parent::Variant(parent)) => fleet.variant(parent).label(),
        Some(Parent::Base(base)) => fleet.base(base).reference.familiar(),
        None => String::new(),
    };
    let message = format!(
        "`{}` declares `from` `{parent}`, but {} never names it",
        variant.label(),
        recipe.path
    );
    let help = match variant.body {
        Body::Template(_) => {
            String::from("write `FROM {{from}}` in the template, or remove `from`")
        }
        Body::Dockerfile(_) => format!(
            "remove `from`: kiln reads the FROM lines of {}, or write the image there",
            recipe.path
        ),
    };
    severity("graph::unnamed-parent", message)
        .at(place(variant), "declared here")
        .help(help)
}
