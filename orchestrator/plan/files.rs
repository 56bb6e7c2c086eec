//! Whether a workspace still has the files that a saved plan was made from.

use crate::matrix::{VariantId, VariantName};
use crate::memory::Details;
use crate::name::Digest;
use crate::plan::{Materials, Plan, PlannedRecipe};
use crate::tree::Content;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A variant whose build reads other files than the plan says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedFiles {
    /// The variant.
    pub variant: VariantName,
    /// What has changed, in order. Empty if the manifest does not declare the variant any more.
    pub files: Vec<ChangedFile>,
}

/// A file that is new, gone, or has another content or mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedFile {
    /// Its path in the build context, with its named context if it is in one.
    pub name: String,
    /// Where it is, or was, on the disk, if its build context is a folder there.
    pub path: Option<PathBuf>,
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
            let compared = |(v, _)| compared(&recipe.details, materials, v);
            ChangedFiles {
                files: names.next().map(compared).unwrap_or_default(),
                variant: build.variant,
            }
        })
        .collect()
}

fn compared(then: &Details, materials: &Materials<'_>, v: VariantId) -> Vec<ChangedFile> {
    let names = differences(then, materials, v);
    if names.is_empty() {
        return vec![ChangedFile {
            name: "its build context".into(),
            path: None,
        }];
    }
    let located = |name: String| ChangedFile {
        path: located(materials, v, &name),
        name,
    };
    names.into_iter().map(located).collect()
}

/// Where a file of a build context is on the disk: below the folder that another file of the context is in, since it may not exist
/// any more.
fn located(materials: &Materials<'_>, v: VariantId, name: &str) -> Option<PathBuf> {
    let mut contexts = materials.ids.contexts(v);
    contexts.find_map(|(context, files)| {
        let below = match context {
            Some(context) => name.strip_prefix(context)?.strip_prefix(':')?,
            None => name,
        };
        let mut known = files.tree.iter();
        let folder = known.find_map(|(path, entry)| match &entry.content {
            Content::File(file) if file.ends_with(path) => {
                file.ancestors().nth(Path::new(path).components().count())
            }
            _ => None,
        });
        Some(folder?.join(below))
    })
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
    all
}
