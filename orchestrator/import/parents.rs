//! Dockerfiles of the workspace that name an image of the fleet by a name that it has only with some values of variables:
//! with others, what is built on it is built on an image from outside.

use super::build::Build;
use super::note::Notes;
use super::published::{Published, When};
use super::unused::Dockerfiles;
use super::verify::Written;
use crate::dockerfile::{self, Given, ImageRefKind};
use crate::name::Platform;
use indexmap::IndexSet;
use std::collections::{BTreeSet, HashSet};

/// A text in the place of all that a condition does not name.
const OTHER: &str = "other";

/// How many values are tried.
const MOST: usize = 32;

/// A name in a Dockerfile.
pub(super) struct Named {
    line: usize,
    /// In full.
    pub reference: String,
}

/// Notes the names that mean an image of the fleet today and none with another value of a variable.
pub(super) fn note(
    published: &Published,
    manifest: &str,
    read: Dockerfiles<'_>,
    notes: &mut Notes,
) {
    let tries = tries(published);
    if tries.is_empty() {
        return;
    }
    let written = Written::new(manifest);
    let Ok(today) = written.made(published, &[]) else {
        return;
    };
    let names: Vec<Vec<Named>> = today.iter().map(|build| named(build, read)).collect();
    let own = references(&today);
    let is_edge = |one: &Named| own.contains(&one.reference);
    if !names.iter().flatten().any(is_edge) {
        return;
    }
    for (name, value) in tries {
        let made = written.made(published, &[(name.clone(), value)]);
        let Some(made) = made.ok().filter(|made| made.len() == today.len()) else {
            continue;
        };
        let own = references(&made);
        for ((build, before), then) in today.iter().zip(&names).zip(&made) {
            let now = named(then, read);
            let is_lost = |one: &&Named| {
                let mut now = now.iter().filter(|now| now.line == one.line);
                is_edge(one) && now.any(|now| !own.contains(&now.reference))
            };
            for one in before.iter().filter(is_lost) {
                lost(&name, one, build, published, notes);
            }
        }
    }
}

fn lost(variable: &str, one: &Named, build: &Build, published: &Published, notes: &mut Notes) {
    let image = |name: &dyn Fn(&String) -> bool| {
        let mut images = published.images.iter();
        images.find(|image| {
            let names = image.variants.iter().flat_map(|variant| &variant.names);
            names
                .map(super::published::Name::full)
                .any(|full| name(&full))
        })
    };
    let child = image(&|name| build.references.contains(name));
    let parent = image(&|name| *name == one.reference);
    let (Some(child), Some(parent)) = (child, parent) else {
        return;
    };
    let message = format!(
        "with another value of `{variable}`, `{}` is not built here: line {} of {} names it, and `{}` has another name then",
        one.reference, one.line, build.dockerfile, parent.name
    );
    let help = format!(
        "write a stage of your own in its place, such as `base`, with `contexts = {{ base = \"target:{}\" }}` in the bake file",
        parent.name
    );
    notes.note("import::outside", message, &help, child.span);
}

fn references(builds: &[Build]) -> HashSet<String> {
    let all = builds.iter().flat_map(|build| &build.references);
    all.cloned().collect()
}

/// Values of variables with which images have other names than today.
fn tries(published: &Published) -> Vec<(String, String)> {
    let grids = published
        .images
        .iter()
        .filter_map(|image| image.grid.as_ref());
    let whens = grids.flat_map(|grid| {
        let tags = grid.tags.iter().map(|(when, _)| when);
        tags.chain(grid.repositories.iter().map(|(when, _)| when))
    });
    let mut all: IndexSet<(String, String)> = IndexSet::new();
    for When(conditions) in whens {
        for (name, values) in conditions {
            let Some(name) = name.strip_prefix("var:") else {
                continue;
            };
            let value = |value: &String| match value.strip_prefix('!') {
                Some(_) => OTHER.to_owned(),
                None => value.clone(),
            };
            all.extend(values.iter().map(|text| (name.to_owned(), value(text))));
        }
    }
    let is_allowed = |(name, value): &(String, String)| {
        let allowed = published.allowed.get(name);
        let is_today = published.variables.get(name) == Some(value);
        !is_today && allowed.is_none_or(|all| all.contains(value))
    };
    all.into_iter().filter(is_allowed).take(MOST).collect()
}

/// The images that a build needs by their names.
pub(super) fn named(build: &Build, read: Dockerfiles<'_>) -> Vec<Named> {
    let Some(text) = read(&build.dockerfile) else {
        return Vec::new();
    };
    let args = build.args.clone().into_iter().collect();
    let platforms: Vec<Platform> = build.platforms.iter().cloned().collect();
    let file = dockerfile::read(
        &text,
        Given {
            args: &args,
            platforms: &platforms,
            target: build.target.as_deref(),
            contexts: &[],
        },
    );
    let contexts: BTreeSet<&str> = build.contexts.keys().map(String::as_str).collect();
    let refs = file.image_refs.iter().filter(|one| {
        let name = one.reference.familiar();
        let is_context = contexts.contains(name.strip_suffix(":latest").unwrap_or(&name));
        let is_image = one.kind != ImageRefKind::Syntax && one.reference.digest.is_none();
        is_image && one.is_needed() && !is_context && !contexts.contains(name.as_str())
    });
    let one = |one: &dockerfile::ImageRef| {
        let tag = one.reference.tag.as_ref();
        let tag = tag.map_or("latest", |tag| tag.as_str());
        Named {
            line: one.line,
            reference: format!("{}:{tag}", one.reference.repository),
        }
    };
    refs.map(one).collect()
}
