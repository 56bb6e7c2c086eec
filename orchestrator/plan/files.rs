//! Whether a workspace still has the files that a saved plan was made from.

use crate::matrix::{VariantId, VariantName};
use crate::memory::Details;
use crate::name::Digest;
use crate::plan::{Materials, Plan, PlannedRecipe};
use std::collections::BTreeSet;

/// A variant whose build reads other files than the plan says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedFiles {
    /// The variant.
    pub variant: VariantName,
    /// What has changed: a path, with its named context if it is in one. Empty if the manifest does not declare the variant any
    /// more.
    pub files: BTreeSet<String>,
}

/// What the builds of a plan read, and the workspace does not have. `has` says which contexts it has.
pub fn changed_files(
    plan: &Plan,
    materials: &Materials<'_>,
    has: impl Fn(&Digest) -> bool,
) -> Vec<ChangedFiles> {
    let is_changed = |recipe: &PlannedRecipe| {
        let mut builds = recipe.builds.iter().flatten();
        builds.any(|build| !has(&build.context) || !build.folders.values().all(&has))
    };
    let mut seen = BTreeSet::new();
    let built = plan
        .recipes()
        .filter(|(build, _)| seen.insert(build.variant.clone()));
    let changed = built.filter(|(_, recipe)| is_changed(recipe));
    changed
        .map(|(build, recipe)| {
            let names = materials.names.iter_enumerated();
            let mut names = names.filter(|(_, name)| **name == build.variant);
            let files = names
                .next()
                .map(|(v, _)| differences(&recipe.details, materials, v));
            ChangedFiles {
                variant: build.variant,
                files: files.unwrap_or_default(),
            }
        })
        .collect()
}

/// The files that are new, gone, or have another content or mode.
fn differences(then: &Details, materials: &Materials<'_>, v: VariantId) -> BTreeSet<String> {
    let now = materials.details(v);
    let other = |a: &Details, b: &Details| -> BTreeSet<String> {
        let files = a.files.iter();
        let files = files.filter(|(path, digest)| b.files.get(*path) != Some(digest));
        let modes = a.executable.iter();
        let modes = modes.filter(|path| !b.executable.contains(*path));
        files
            .map(|(path, _)| path.clone())
            .chain(modes.cloned())
            .collect()
    };
    let mut all = other(then, &now);
    all.extend(other(&now, then));
    match all.is_empty() {
        true => [String::from("its build context")].into(),
        false => all,
    }
}
