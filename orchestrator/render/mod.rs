//! Makes the recipes of variants: the rendered (or hand-written) Dockerfile with its build context,
//! and the images it names, parsed from the text.
//!
//! Everything is read once and rendered in parallel; the order, the bytes and the diagnostics
//! depend only on the manifest, not on the machine.

mod checks;
mod context;
mod lack;
mod data;
mod prepared;
mod recipe_builder;
mod files;
mod freshness;
mod injection;
mod helper;
mod host_access;
mod hooks;
mod merged;
mod mounts;
mod named;
mod source_map;
mod checksums;
mod recipe;
mod value_kind;
mod template;
mod unused;
mod written;

#[cfg(test)]
mod tests;

pub use checks::with_checks;
pub use checksums::{Checksum, Fetching, compared, unverified};
pub use context::{NEVER_SENT, below, never_sent, normal};
pub use files::{Files, Texts, names_in};
pub use freshness::{ARGUMENT, Package, Refreshed};
pub use hooks::with_hook_places;
pub use host_access::{host_access, ungranted};
pub use lack::{Lack, Taker};
pub use recipe::{ContextOrigin, DeclaredBase, Recipe, RecipeContexts, RecipeFolder, recipe_id};
pub use source_map::SourceMap;

use crate::lockfile::Lockfile;
use crate::matrix::{BaseId, Body, Fleet, Parent, Recurring, Variant};
use crate::text::{Diagnostic, Diagnostics, Shown, Sources, Span, Spanned};
use injection::PlainTexts;
use merged::Merged;
use mounts::OneSource;
use named::Folders;
use prepared::{Portions, Prepared};
use rayon::prelude::*;
use recipe_builder::{RecipeBuilder, RenderContext};
use source_map::Names;
use std::collections::HashMap;
use std::sync::Arc;
use template::Templates;
use unused::Words;
use written::Written;

/// Makes the recipe of every variant, in the fleet's order; a variant with a fault has none. Downloads are verified
/// with the checksums of the manifest or the lock file; [`unverified`] reports those that have none.
pub fn render(
    fleet: &Fleet,
    files: &dyn Files,
    lock: &Lockfile,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Rendered {
    let (templates, found) = Templates::load(
        fleet.variants.iter().filter_map(|v| template_of(v).ok()),
        files,
        sources,
    );
    found.into_iter().for_each(|fault| diagnostics.push(fault));
    let written = Written::load(fleet, files, sources, diagnostics);
    let portions = Portions::new(fleet, lock, Folders::of(fleet, files));
    let contexts = portions.contexts(files, sources, diagnostics);
    let names = Arc::new(Names::new(templates.texts.clone()));
    let plain = PlainTexts::default();
    let mut words = Words::new(fleet, &templates);
    let mut faults = Merged::default();
    let mut mountable = OneSource::default();
    let mut alike = Recurring::default();
    let mut bases = DeclaredBases::default();
    let mut recipes: Vec<Recipe> = Vec::with_capacity(fleet.variants.len());
    let mut unsound = Vec::new();
    for prepared in portions {
        prepared.iter().for_each(|one| mountable.add(&one.mounts));
        let places = prepared.iter().flat_map(|one| &one.installed.places);
        names.add(places.copied(), sources);
        let context = RenderContext {
            templates: &templates,
            written: &written,
            contexts: &contexts,
            names: &names,
            plain: &plain,
            sources,
        };
        let builders: Vec<RecipeBuilder> =
            prepared.par_iter().map(|one| context.begin(one)).collect();
        for (one, builder) in prepared.iter().zip(builders) {
            words.variant(one, &builder);
            let last = recipes
                .last()
                .map(|last| (fleet.variant(last.variant), last));
            match builder.finish(one.variant, last, sources, &mut faults) {
                Some((recipe, true)) => recipes.push(Recipe {
                    image_refs: alike.share(recipe.image_refs),
                    based: bases.of(fleet, one.variant, sources),
                    ..recipe
                }),
                Some((recipe, false)) => unsound.push(recipe),
                None => {}
            }
        }
    }
    let unused = words.close(fleet, diagnostics);
    faults.close(fleet, &unused, diagnostics);
    mountable.close(diagnostics);
    folders(fleet, diagnostics);
    Rendered { recipes, unsound }
}

/// The recipes of a fleet.
pub struct Rendered {
    /// Those that can be built.
    pub recipes: Vec<Recipe>,
    /// Those with a fault: only the lines of their Dockerfiles can be checked further.
    pub unsound: Vec<Recipe>,
}

/// The bases that generated Dockerfiles name, each with its place.
#[derive(Default)]
struct DeclaredBases {
    all: HashMap<BaseId, Arc<DeclaredBase>>,
    /// Finding a line reads the file up to it: once per place, not once per base of a pattern.
    places: HashMap<Span, String>,
}

impl DeclaredBases {
    fn of(
        &mut self,
        fleet: &Fleet,
        variant: &Variant,
        sources: &Sources,
    ) -> Option<Arc<DeclaredBase>> {
        let (Some(Parent::Base(id)), Ok(_)) = (variant.parent, template_of(variant)) else {
            return None;
        };
        let known = self.all.entry(id).or_insert_with(|| {
            let base = fleet.base(id);
            let place = self.places.entry(base.span);
            Arc::new(DeclaredBase {
                reference: base.reference.clone(),
                place: place.or_insert_with(|| sources.place(base.span)).clone(),
            })
        });
        Some(known.clone())
    }
}

/// Reports generated variants that would be written out of the workspace. Each has a folder of its own.
fn folders(fleet: &Fleet, diagnostics: &mut Diagnostics) {
    for variant in fleet.variants.iter().filter(|v| template_of(v).is_ok()) {
        if normal(&variant.dir).as_deref() != Some(variant.dir.as_str()) {
            let message = format!(
                "`{}` cannot be the folder of `{}`",
                variant.dir.shown(),
                variant.label()
            );
            diagnostics.push(
                Diagnostic::error("render::folder", message).at(variant.span, "in this image"),
            );
        }
    }
}

fn template_of(variant: &Variant) -> Result<&Spanned<String>, &Spanned<String>> {
    match &variant.body {
        Body::Template(path) => Ok(path),
        Body::Dockerfile(path) => Err(path),
    }
}

/// How paths are taken.
pub(super) const RELATIVE: &str =
    "a path is relative to the folder of `kiln.kdl`, also if the image has a `context`";
