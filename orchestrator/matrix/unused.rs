//! Declarations that nothing uses, and parts of them.

use crate::manifest::{AxisDecl, Image, Settings, Toolset};
use crate::matrix::faults::Faults;
use crate::matrix::scope::Scope;
use crate::matrix::variables::reached;
use crate::tag::Pattern;
use crate::text::{Diagnostic, Span, Spanned};
use indexmap::IndexMap;
use std::collections::HashSet;

/// A warning for each base, tool set and variable that nothing names, unless a fault suggests it.
pub(super) fn unused(scope: &Scope, faults: &Faults) -> Vec<Diagnostic> {
    let (bases, toolsets, variables) = (
        scope.used.bases.borrow(),
        scope.used.toolsets.borrow(),
        scope.used.variables.borrow(),
    );
    let manifest = scope.manifest;
    let variables = reached(&manifest.variables, &variables);
    let mut idle = Vec::new();
    let mut tell = |kind: &str, name: &Spanned<String>| {
        idle.extend((!faults.suggests(name)).then(|| never(kind, name)));
    };
    manifest
        .bases
        .iter()
        .enumerate()
        .filter(|(index, _)| !bases.contains(index))
        .for_each(|(_, base)| tell("base", &base.name));
    let mut reached: HashSet<usize> = toolsets.clone();
    let mut open: Vec<usize> = reached.iter().copied().collect();
    while let Some(set) = open.pop().and_then(|index| manifest.toolsets.get(index)) {
        let needed = set
            .needs
            .iter()
            .filter_map(|need| scope.toolsets.get(need.item.toolset.as_str()));
        open.extend(needed.filter(|index| reached.insert(**index)));
    }
    let idle_set = |(index, set): &(usize, &crate::manifest::Toolset)| {
        !reached.contains(index) && !set.library
    };
    manifest
        .toolsets
        .iter()
        .enumerate()
        .filter(idle_set)
        .for_each(|(_, set)| tell("tool set", &set.name));
    manifest
        .variables
        .iter()
        .filter(|variable| !variables.contains(variable.name.as_str()))
        .for_each(|one| tell("variable", &one.name));
    idle
}

/// A warning for each parameter, rung and datum that nothing names. A fault may be the reason why nothing does, so there must be
/// none.
pub(super) fn unused_parts(scope: &Scope) -> Vec<Diagnostic> {
    let own = scope.manifest.toolsets.iter().filter(|set| !set.library);
    let params = own.flat_map(idle_params);
    let params = params.map(|name| never("parameter", name));
    let rungs = idle_rungs(scope).into_iter();
    params.chain(rungs).chain(idle_data(scope)).collect()
}

fn never(kind: &str, name: &Spanned<String>) -> Diagnostic {
    let message = format!("{kind} `{}` is never used", name.as_str());
    let fault = Diagnostic::warning("matrix::unused", message);
    fault.at(name.span, "declared here").help("remove it")
}

/// The parameters of a tool set that none of its texts names. A name that is not known may be one of them, misspelt.
fn idle_params(set: &Toolset) -> Vec<&Spanned<String>> {
    let mut named = HashSet::new();
    set.map(&mut |text: &Spanned<String>| {
        let (pattern, _) = Pattern::read(text);
        named.extend(pattern.placeholders().map(|one| one.name.clone()));
    });
    let names = set.params.iter().map(|(name, _)| name);
    let known: HashSet<&str> = names.clone().map(|name| name.as_str()).collect();
    let is_known = |name: &String| known.contains(&**name) || ["arch", "var"].contains(&&**name);
    match named.iter().all(is_known) {
        true => names.filter(|name| !named.contains(&name.value)).collect(),
        false => Vec::new(),
    }
}

/// The rungs of which no tag is made. Images may share an axis, and then one of them is enough.
fn idle_rungs(scope: &Scope) -> Vec<Diagnostic> {
    let used = scope.used.rungs.borrow();
    let axes = scope.manifest.images.iter().flat_map(|image| &image.axes);
    let rungs = axes.flat_map(|axis| axis.rungs.iter().map(move |rung| (axis, rung)));
    let mut seen = HashSet::new();
    let idle = rungs.filter(|(_, rung)| !used.contains(&rung.span) && seen.insert(rung.span));
    idle.map(|(axis, rung)| {
        let message = format!(
            "rung `{}` of axis `{}` is never used",
            rung.value,
            axis.name.as_str()
        );
        let fault = Diagnostic::warning("matrix::unused", message).at(rung.span, "declared here");
        fault.help("no `tag` is made of it: write the axis into one, or remove the rung")
    })
    .collect()
}

/// The place that names an axis, also if several images share it.
pub(super) fn first_value(axis: &AxisDecl) -> Option<Span> {
    axis.values.first().map(|value| value.span)
}

/// The data that no text names, in images for which kiln writes the whole Dockerfile: a template gets all data, and beside a
/// Dockerfile they may be there for its author.
fn idle_data(scope: &Scope) -> Vec<Diagnostic> {
    let used = scope.used.data.borrow();
    let templated = templated(scope);
    let mut idle: IndexMap<(Span, &str), Diagnostic> = IndexMap::new();
    for image in &scope.manifest.images {
        for axis in &image.axes {
            let Some(first) = first_value(axis) else {
                continue;
            };
            for (key, _) in axis.values.iter().flat_map(|value| &value.data) {
                if used.contains(&(first, key.value.clone())) {
                    continue;
                }
                idle.entry((first, key.as_str())).or_insert_with(|| {
                    let (axis, key) = (axis.name.as_str(), key);
                    let message = format!("`{}` of axis `{axis}` is never used", key.as_str());
                    let fault = Diagnostic::warning("matrix::unused", message);
                    let fault = fault.at(key.span, "set here");
                    fault.help(format!(
                        "write `{{{axis}.{}}}` where it is needed, or remove it",
                        key.as_str()
                    ))
                });
            }
        }
    }
    idle.retain(|(first, _), _| !templated.contains(first));
    idle.into_values().collect()
}

/// The axes of images with templates, which get all data, or with Dockerfiles, beside which they may be there for the author.
pub(super) fn templated(scope: &Scope) -> HashSet<Span> {
    let has_recipe = |image: &&Image| blocks(image).any(|all| all.recipe.is_some());
    let images = scope.manifest.images.iter().filter(has_recipe);
    let axes = images.flat_map(|image| &image.axes);
    axes.filter_map(first_value).collect()
}

/// The settings of an image and of its `when`s.
pub(super) fn blocks(image: &Image) -> impl Iterator<Item = &Settings> {
    let whens = image.whens.iter().map(|when| &when.settings);
    whens.chain([&image.settings])
}
