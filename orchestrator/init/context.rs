//! Finds the build context of a Dockerfile: the nearest folder that has all the files it copies.

use crate::dockerfile::Dockerfile;
use crate::import::path::dot;
use crate::render::below;
use crate::text::Shown;
use std::collections::BTreeSet;

/// The nearest folder, from the Dockerfile's own upwards, that has everything it copies: `None` for its own. An error
/// says what no folder has.
pub(super) fn context(
    path: &str,
    file: &Dockerfile,
    has: &dyn Fn(&str) -> bool,
) -> Result<Option<String>, String> {
    let own = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let copied = file.own_paths();
    let has_all = |folder: &&str| copied.iter().all(|path| has(&below(folder, path)));
    match folders(own).find(has_all) {
        Some(folder) => Ok((folder != own).then(|| dot(folder).to_owned())),
        None => Err(lacking(own, &copied, has)),
    }
}

/// A folder and those above it, up to the workspace.
fn folders(own: &str) -> impl Iterator<Item = &str> {
    let folders = std::iter::successors((!own.is_empty()).then_some(own), |folder| {
        folder.rsplit_once('/').map(|(above, _)| above)
    });
    folders.chain([""])
}

/// What no folder has: a path, or the paths that only different folders have.
fn lacking(own: &str, copied: &BTreeSet<&str>, has: &dyn Fn(&str) -> bool) -> String {
    let is_nowhere = |path: &&&str| !folders(own).any(|folder| has(&below(folder, path)));
    if let Some(path) = copied.iter().find(is_nowhere) {
        let path = path.shown();
        return format!("`{path}`, which does not exist in its folder or any folder above it");
    }
    let paths = copied.iter().map(|path| format!("`{}`", path.shown()));
    let paths: Vec<String> = paths.collect();
    let paths = paths.join(", ");
    format!(
        "{paths}: its folder and the folders above it have some of these each, and none has all"
    )
}
