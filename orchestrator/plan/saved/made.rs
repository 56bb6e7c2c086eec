//! Whether the builds of a plan that was read from a file are those of its ids. What a build stages is found by its build id, also
//! by runs that know nothing of the plan.

use crate::dockerfile::{
    self, ContextSource, Given, ImageRefKind, NamedContext, RunsOn, needed_text,
};
use crate::matrix::VariantName;
use crate::name::{Digest, Platform, Reference};
use crate::plan::inputs::base_key;
use crate::plan::{ImageSource, Plan, PlannedBuild, PlannedRecipe, PlannedVariant, locked_for};
use crate::render::recipe_id;
use std::collections::BTreeMap;

/// Says what is wrong with the builds of a variant.
pub(super) fn check(
    plan: &Plan,
    name: &VariantName,
    variant: &PlannedVariant,
) -> Result<(), String> {
    let Some(recipe) = &variant.recipe else {
        return Ok(());
    };
    let details = &recipe.details;
    if *details.dockerfile != *recipe.dockerfile || details.args != recipe.args {
        return Err(format!(
            "the Dockerfile of {name} is not the one that its record would have"
        ));
    }
    if !has_its_places(recipe, &variant.platforms) {
        return Err(format!(
            "the places at which the Dockerfile of {name} is changed are not those of its images and stages"
        ));
    }
    for (at, (platform, build)) in variant.platforms.iter().zip(&recipe.builds).enumerate() {
        let Some(build) = build else { continue };
        if id(recipe, build, (at, platform)) != build.inputs.inputs.recipe {
            return Err(format!(
                "the Dockerfile of {name}, or what it is built with, is not that of its recipe id"
            ));
        }
        check_bases(plan, recipe, build, (at, platform))
            .map_err(|base| format!("base {base} of {name} is not the one of its build id"))?;
    }
    Ok(())
}

/// Whether what a build changes in the Dockerfile is what the file says: the ids cover its text, and not the byte ranges of images
/// that are replaced and of stages that are left out.
fn has_its_places(recipe: &PlannedRecipe, platforms: &[Platform]) -> bool {
    let images = recipe.images.iter().filter_map(|one| {
        let name = one.at.context.as_ref()?.to_string();
        let source = ContextSource::Image(one.at.reference.clone());
        Some(NamedContext { name, source })
    });
    let folders = recipe.folders.iter().map(|one| NamedContext {
        name: one.context.to_string(),
        source: ContextSource::Folder,
    });
    let contexts: Vec<NamedContext> = images.chain(folders).collect();
    let args = recipe.args.iter().map(|(k, v)| (k.clone(), v.clone()));
    let read = dockerfile::read(
        &recipe.dockerfile,
        Given {
            args: &args.collect(),
            platforms,
            target: recipe.options.target.as_deref(),
            contexts: &contexts,
        },
    );
    let images = recipe.images.iter().map(|one| &one.at);
    read.image_refs.iter().eq(images)
        && *read.folder_refs == *recipe.folders
        && *read.replaced == *recipe.replaced
        && *read.unneeded == *recipe.unneeded
        && *read.idle == *recipe.idle
        && (read.final_base, read.native) == (recipe.final_base, recipe.native)
        && *read.executed == *recipe.executed
}

/// The recipe id of a build.
fn id(recipe: &PlannedRecipe, build: &PlannedBuild, (at, platform): (usize, &Platform)) -> Digest {
    let is_needed = |needs: &[Option<RunsOn>]| needs.get(at).is_some_and(Option::is_some);
    let images = recipe.images.iter().filter(|one| is_needed(&one.at.needs));
    let images =
        images.filter_map(|one| Some((one.at.context.as_deref()?, one.at.reference.to_string())));
    let folders = build.folders.iter();
    let folders = folders.map(|(name, digest)| (name.as_str(), digest.to_string()));
    let named: BTreeMap<&str, String> = images.chain(folders).collect();
    let args = recipe.args.iter().map(|(k, v)| (k.as_str(), v.as_str()));
    let text = needed_text(&recipe.dockerfile, &recipe.unneeded, &recipe.idle);
    recipe_id(
        &text,
        build.context,
        &named,
        args,
        (&recipe.options, platform),
    )
}

/// The base that is built on must be the one that the build id names.
fn check_bases(
    plan: &Plan,
    recipe: &PlannedRecipe,
    build: &PlannedBuild,
    (at, target): (usize, &Platform),
) -> Result<(), String> {
    for image in recipe.images.iter() {
        let on = image.at.needs.get(at).and_then(Option::as_ref);
        let (ImageSource::Base(reference), Some(on)) = (&image.source, on) else {
            continue;
        };
        let is_input = image.at.kind != ImageRefKind::Syntax;
        if is_input && !is_same(plan, build, reference, (on, target)) {
            return Err(reference.familiar());
        }
    }
    Ok(())
}

fn is_same(
    plan: &Plan,
    build: &PlannedBuild,
    reference: &Reference,
    (on, target): (&RunsOn, &Platform),
) -> bool {
    let input = build.inputs.inputs.bases.get(&base_key(reference, on));
    match (input, plan.bases.get(reference)) {
        (Some(input), Some(lock)) => match lock.locked_for(locked_for(on, target)) {
            Some(locked) => input.digest == locked.digest,
            None => input.index.unwrap_or(input.digest) == lock.digest,
        },
        (Some(_), None) => false,
        // Its build fails.
        (None, _) => build.inputs.unknown.contains(reference),
    }
}
