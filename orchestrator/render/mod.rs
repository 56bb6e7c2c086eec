//! Makes the recipes of variants: the rendered (or hand-written) Dockerfile with its build context,
//! and the images it names, parsed from the text.
//!
//! Everything is read once and rendered in parallel; the order, the bytes and the diagnostics
//! depend only on the manifest, not on the machine.

mod checks;
mod context;
mod data;
mod recipe_builder;
mod files;
mod injection;
mod helper;
mod merged;
mod source_map;
mod checksums;
mod recipe;
mod value_kind;
mod template;
mod unused;

#[cfg(test)]
mod tests;

pub use checks::with_checks;
pub use checksums::{Checksum, Fetching, compared, unverified};
pub use context::{below, normal};
pub use files::{Files, Texts};
pub use recipe::Recipe;
pub use source_map::SourceMap;

use crate::lockfile::Lockfile;
use crate::matrix::{Body, Fleet, Variant};
use crate::text::{Diagnostic, Diagnostics, SourceId, Sources, Spanned};
use context::{Contexts, Key};
use data::{Installed, TemplateData};
use merged::Merged;
use rayon::prelude::*;
use recipe_builder::{RecipeBuilder, RenderContext};
use source_map::Names;
use std::collections::BTreeMap;
use std::sync::Arc;
use template::Templates;

/// Makes the recipe of every variant, in the fleet's order; a variant with a fault has none. Downloads are verified
/// with the checksums of the manifest or the lock file; [`unverified`] reports those that have none.
pub fn render(
    fleet: &Fleet,
    files: &dyn Files,
    lock: &Lockfile,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Vec<Recipe> {
    let (templates, found) = Templates::load(
        fleet.variants.iter().filter_map(|v| template_of(v).ok()),
        files,
        sources,
    );
    found.into_iter().for_each(|fault| diagnostics.push(fault));
    let written = Written::load(fleet, files, sources, diagnostics);
    let prepared: Vec<Prepared<'_>> = fleet
        .variants
        .raw
        .par_iter()
        .map(|variant| Prepared::new(fleet, variant, lock))
        .collect();
    let contexts = contexts(&prepared, files, sources, diagnostics);
    let spans = prepared
        .iter()
        .flat_map(|one| one.installed.places.iter().copied());
    let names = Arc::new(Names::new(templates.paths.clone(), spans, sources));
    let context = RenderContext {
        templates: &templates,
        written: &written,
        contexts: &contexts,
        names: &names,
        sources,
    };
    let builders: Vec<RecipeBuilder> = prepared.par_iter().map(|one| context.begin(one)).collect();
    unused::unused(fleet, &prepared, &builders, &templates, diagnostics);
    let mut faults = Merged::default();
    let recipes = builders
        .into_iter()
        .zip(&fleet.variants)
        .filter_map(|(builder, variant)| builder.finish(variant, sources, &mut faults))
        .collect();
    faults.close(fleet, diagnostics);
    folders(fleet, diagnostics);
    recipes
}

/// Reports generated variants whose folders overlap, since they would overwrite each other.
fn folders(fleet: &Fleet, diagnostics: &mut Diagnostics) {
    let mut taken: BTreeMap<&str, &Variant> = BTreeMap::new();
    for variant in fleet.variants.iter().filter(|v| template_of(v).is_ok()) {
        if let Some(first) = taken.insert(&variant.dir, variant) {
            let message = format!(
                "`{}` and `{}` are both generated in {}",
                first.label(),
                variant.label(),
                variant.dir
            );
            let fault = Diagnostic::error("render::same-folder", message)
                .at(variant.span, "the second")
                .at(first.span, "the first");
            diagnostics.push(fault.help("name every axis in which they differ in `path`"));
        }
        if normal(&variant.dir).as_deref() != Some(variant.dir.as_str()) {
            let message = format!(
                "`{}` cannot be the folder of `{}`",
                variant.dir.escape_debug(),
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

/// Hand-written Dockerfiles by normalized path, each read once.
struct Written(BTreeMap<String, (SourceId, Arc<str>)>);

impl Written {
    fn load(
        fleet: &Fleet,
        files: &dyn Files,
        sources: &mut Sources,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let mut wanted = BTreeMap::new();
        for variant in &fleet.variants {
            let Err(path) = template_of(variant) else {
                continue;
            };
            if let Some(normal) = normal(path) {
                let context = variant.context.as_ref();
                wanted.entry(normal).or_insert((path.span, context));
            }
        }
        let mut read = BTreeMap::new();
        for (path, (span, context)) in wanted {
            let missing = |message| {
                Diagnostic::error("render::dockerfile", message)
                    .at(span, "named here")
                    .help(RELATIVE)
                    .maybe_help(near(&path, context, files))
            };
            match files.text(&path) {
                Ok(Some(text)) => {
                    drop(read.insert(path.clone(), (sources.add(path, text.clone()), text)))
                }
                Ok(None) => diagnostics.push(missing(format!("file `{path}` does not exist"))),
                Err(why) => diagnostics.push(missing(why)),
            }
        }
        Self(read)
    }
}

/// How paths are taken.
pub(super) const RELATIVE: &str =
    "a path is relative to the folder of `kiln.kdl`, also if the image has a `context`";

/// A Dockerfile that the author probably meant: in the context, below the path, or beside it.
fn near(path: &str, context: Option<&Spanned<String>>, files: &dyn Files) -> Option<String> {
    let beside = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let context = context.and_then(|context| normal(context));
    let mut all = [
        context.map(|folder| below(&folder, path)),
        Some(below(path, "Dockerfile")),
        Some(below(beside, "Dockerfile")),
    ]
    .into_iter()
    .flatten();
    let found = all.find(|one| one != path && matches!(files.text(one), Ok(Some(_))))?;
    Some(format!("did you mean `{found}`? {RELATIVE}"))
}

/// A variant before anything is rendered.
struct Prepared<'a> {
    variant: &'a Variant,
    data: TemplateData<'a>,
    installed: Installed<'a>,
    key: Option<Result<(Key, crate::text::Span), Diagnostic>>,
}

impl<'a> Prepared<'a> {
    fn new(fleet: &'a Fleet, variant: &'a Variant, lock: &'a Lockfile) -> Self {
        let (data, installed) = data::of(fleet, variant, lock);
        Self {
            variant,
            data,
            installed,
            key: context::key(variant),
        }
    }
}

fn contexts(
    prepared: &[Prepared<'_>],
    files: &dyn Files,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Contexts {
    let keys = prepared
        .iter()
        .filter_map(|one| one.key.as_ref()?.as_ref().ok().cloned())
        .collect();
    let copied = prepared
        .iter()
        .filter(|one| template_of(one.variant).is_ok())
        .flat_map(|one| one.installed.files.clone())
        .collect();
    let mut faults = Vec::new();
    let contexts = Contexts::load(keys, copied, files, sources, &mut faults);
    // The folder of a Dockerfile that does not exist is not reported as well.
    diagnostics.extend_unrelated(faults.into_iter().collect(), |_| false);
    contexts
}
