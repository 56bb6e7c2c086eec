//! Checks that builds have the files that ONBUILD of a parent in the fleet reads: a parent's file says what its children need.

use super::{Graph, Target};
use crate::dockerfile::{ImageRef, ImageRefKind, Reads};
use crate::matrix::{Fleet, Variant, VariantId};
use crate::render::{Lack, Recipe, Taker, never_sent};
use crate::text::{Diagnostic, Diagnostics};
use std::collections::HashMap;
use typed_index_collections::TiSlice;

/// A path that never reaches a build is a fault; one that its context lacks is a warning, since another step may write it.
pub(super) fn check(
    fleet: &Fleet,
    recipes: &TiSlice<VariantId, Recipe>,
    graph: &Graph,
    out: &mut Diagnostics,
) {
    let triggers = recipes.iter().filter(|one| !one.onbuild_reads.is_nothing());
    let triggers: HashMap<VariantId, &Reads> = triggers
        .map(|one| (one.variant, &one.onbuild_reads))
        .collect();
    let mut found = Diagnostics::by_place();
    for recipe in recipes.iter().filter(|_| !triggers.is_empty()) {
        let named = recipe.image_refs.iter();
        for (image, target) in named.zip(graph.targets(recipe.variant)) {
            if image.kind == ImageRefKind::From
                && image.is_needed()
                && let Target::Variant(parent) = target
                && let Some(reads) = triggers.get(parent)
            {
                let paths = reads.literal();
                let parent = fleet.variant(*parent);
                let faults = paths.filter_map(|path| fault(fleet, recipe, image, parent, &path));
                faults.for_each(|fault| found.push(fault));
            }
        }
    }
    out.extend(found);
}

fn fault(
    fleet: &Fleet,
    recipe: &Recipe,
    image: &ImageRef,
    parent: &Variant,
    path: &str,
) -> Option<Diagnostic> {
    let (label, child) = (parent.label(), fleet.variant(recipe.variant));
    let taker = Taker::Onbuild(&label);
    let diagnostic = match never_sent(child, path) {
        Some(folder) => {
            let lack = Lack::unsent(taker, path, folder);
            Diagnostic::error(lack.code, lack.message).help(lack.help)
        }
        None => {
            let lack = Lack::absent(taker, path, &recipe.context)?;
            Diagnostic::warning(lack.code, lack.message).help(lack.help)
        }
    };
    Some(recipe.named(diagnostic, image))
}
