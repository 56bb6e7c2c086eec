//! Whether parents in the fleet are made for the platforms that their children take them for.

use super::connect::place;
use crate::graph::Target;
use crate::matrix::{Fleet, Variant, VariantId};
use crate::name::Platform;
use crate::render::{ImageRef, ImageRefKind, Recipe, RunsOn};
use crate::text::{Diagnostic, Diagnostics};
use std::collections::BTreeSet;

/// Finds fault with each parent that lacks a platform of its child. A stage that runs on the build platform is right with
/// any parent that the engine can run; files are copied from a parent's only platform, whichever that is.
pub(super) fn check(fleet: &Fleet, recipe: &Recipe, targets: &[Target], faults: &mut Diagnostics) {
    let child = fleet.variant(recipe.variant);
    for (image_ref, target) in recipe.image_refs.iter().zip(targets) {
        let Target::Variant(parent) = target else {
            continue;
        };
        let parent = fleet.variant(*parent);
        let lacking = lacking(child, image_ref, parent);
        if !lacking.is_empty() {
            faults.push(
                fault(child, parent, &lacking)
                    .at(place(recipe, image_ref), "named here")
                    .at(parent.span, format!("made for {}", list(&parent.platforms))),
            );
        }
    }
}

/// The platforms that a child takes a parent for and that the parent is not made for.
fn lacking(child: &Variant, image_ref: &ImageRef, parent: &Variant) -> Vec<Platform> {
    let copied = image_ref.kind != ImageRefKind::From && parent.platforms.len() == 1;
    let wanted = child.platforms.iter().zip(&image_ref.needs);
    let wanted = wanted.filter_map(|(target, need)| match need {
        Some(RunsOn::Target) if !copied => Some(target),
        Some(RunsOn::Platform(pinned)) => Some(pinned.as_ref()),
        _ => None,
    });
    // One that names no Windows version is any Windows.
    let same = |one: &Platform, other: &Platform| one.runs(other) && other.runs(one);
    let lacking: BTreeSet<&Platform> = wanted
        .filter(|platform| !parent.platforms.iter().any(|own| same(own, platform)))
        .collect();
    lacking.into_iter().cloned().collect()
}

fn fault(child: &Variant, parent: &Variant, lacking: &[Platform]) -> Diagnostic {
    let (label, lacking) = (parent.label(), list(lacking));
    Diagnostic::error(
        "graph::platform",
        format!(
            "`{}` needs `{label}` for {lacking}, and `{label}` is made for {} only",
            child.label(),
            list(&parent.platforms)
        ),
    )
    .help(format!(
        "add {lacking} to the platforms of `{label}`, or leave it out here; a stage that only builds may say `FROM --platform=$BUILDPLATFORM`"
    ))
}

fn list(platforms: &[Platform]) -> String {
    let all: Vec<String> = platforms.iter().map(Platform::to_string).collect();
    all.join(", ")
}

/// The parents that a variant takes for another platform than the one it is built for.
pub(super) fn crossed(recipe: &Recipe, targets: &[Target]) -> BTreeSet<VariantId> {
    let other = |image_ref: &ImageRef| {
        image_ref
            .needs
            .iter()
            .any(|need| matches!(need, Some(RunsOn::Build | RunsOn::Platform(_))))
    };
    recipe
        .image_refs
        .iter()
        .zip(targets)
        .filter(|(image_ref, _)| other(image_ref))
        .filter_map(|(_, target)| match target {
            Target::Variant(parent) => Some(*parent),
            Target::Base(_) => None,
        })
        .collect()
}
