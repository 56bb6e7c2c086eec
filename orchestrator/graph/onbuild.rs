//! Checks that builds have the files that ONBUILD of a parent in the fleet reads: a parent's file says what its children need.

use super::{Graph, Target};
use crate::dockerfile::{ImageRef, ImageRefKind, Reads, has};
use crate::matrix::{Fleet, Variant, VariantId};
use crate::render::{Recipe, never_sent};
use crate::text::{Diagnostic, Diagnostics, Shown, did_you_mean};
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
    let copies = format!("ONBUILD of `{}` copies `{}`", parent.label(), path.shown());
    let child = fleet.variant(recipe.variant);
    let fault = match never_sent(child, path) {
        Some(name) => unsent(&copies, name),
        None if has(&recipe.context, path) => return None,
        None => absent(&copies, path, recipe),
    };
    Some(recipe.named(fault, image))
}

fn unsent(copies: &str, name: &str) -> Diagnostic {
    let message = format!("{copies}, and kiln never sends the `{name}` at the top of a workspace");
    let help = match name {
        ".git" => {
            "copy it in this image, not by ONBUILD: `contexts \"git\" \"./.git\"` in the image, and `COPY --from=git` in its Dockerfile"
        }
        _ => "move the files to another folder: this one is kiln's own",
    };
    Diagnostic::error("render::unsent", message).help(help)
}

fn absent(copies: &str, path: &str, recipe: &Recipe) -> Diagnostic {
    let message = format!("{copies}, and the build context has no such file: the build fails");
    let near = did_you_mean(path, recipe.context.iter().map(|(path, _)| path));
    let help = near.unwrap_or_else(|| {
        "paths are relative to the context of this image; an ignore file may leave it out, or another step may write it before the build".into()
    });
    Diagnostic::warning("render::absent", message).help(help)
}
