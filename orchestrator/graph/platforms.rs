//! Checks that parents in the fleet are built for the platforms that their children need.

use crate::dockerfile::{ImageRef, RunsOn};
use crate::graph::Target;
use crate::matrix::{Fleet, Variant, VariantId};
use crate::name::Platform;
use crate::render::Recipe;
use crate::text::Diagnostic;
use std::collections::BTreeSet;

/// A fault for each parent that lacks a platform that its child needs. A stage on the build platform may use any parent that
/// the engine can run. An engine looks for the
/// target platform of an image that files are copied from, so such a parent needs it as well.
pub(super) fn check<'a>(
    fleet: &'a Fleet,
    recipe: &'a Recipe,
    targets: &'a [Target],
) -> impl Iterator<Item = Diagnostic> + 'a {
    let child = fleet.variant(recipe.variant);
    let named = recipe.image_refs.iter().zip(targets);
    named.filter_map(move |(image_ref, target)| {
        let Target::Variant(parent) = target else {
            return None;
        };
        let parent = fleet.variant(*parent);
        let lacking = lacking(child, image_ref, parent);
        if lacking.is_empty() {
            return None;
        }
        let fault = recipe.named(fault(child, parent, &lacking), image_ref);
        let built = format!("built for {}", list(&parent.platforms));
        Some(fault.at(parent.span, built))
    })
}

/// The platforms that a child needs and its parent lacks.
fn lacking(child: &Variant, image_ref: &ImageRef, parent: &Variant) -> Vec<Platform> {
    let wanted = child.platforms.iter().zip(&image_ref.needs);
    let wanted = wanted.filter_map(|(target, need)| match need {
        Some(RunsOn::Target) => Some(target),
        Some(RunsOn::Platform(pinned)) => Some(pinned.as_ref()),
        _ => None,
    });
    // A platform without a Windows version matches all versions.
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
            "`{}` needs `{label}` for {lacking}, but `{label}` is built only for {}",
            child.label(),
            list(&parent.platforms)
        ),
    )
    .help(format!(
        "add {lacking} to the platforms of `{label}`, or remove it here; to copy files from `{label}`, name its platform in a stage: `FROM --platform={} … AS files`",
        parent.platforms.first().map(Platform::to_string).unwrap_or_default()
    ))
}

fn list(platforms: &[Platform]) -> String {
    let all: Vec<String> = platforms.iter().map(Platform::to_string).collect();
    all.join(", ")
}

/// The parents that a variant uses for a platform other than its own.
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
