//! Finds the build context of a Dockerfile: the nearest folder that has all the files it copies.

use crate::dockerfile::{CopiedPath, Dockerfile};
use crate::import::path::dot;
use crate::render::below;
use crate::text::Shown;
use std::collections::BTreeSet;
use std::ops::Range;

/// The nearest folder, from the Dockerfile's own upwards, that has everything it copies: `None` for its own. An error
/// says what no folder has, and where the file copies it.
pub(super) fn context(
    path: &str,
    file: &Dockerfile,
    has: &dyn Fn(&str) -> bool,
) -> Result<Option<String>, (String, Range<usize>)> {
    let own = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let copied = file.own_paths();
    let has_all = |folder: &&str| copied.iter().all(|path| has(&below(folder, path)));
    match folders(own).find(has_all) {
        Some(folder) => Ok((folder != own).then(|| dot(folder).to_owned())),
        None => {
            let (lacks, path) = lacking(own, &copied, has);
            Err((lacks, place(file, path)))
        }
    }
}

/// A folder and those above it, up to the workspace.
fn folders(own: &str) -> impl Iterator<Item = &str> {
    let folders = std::iter::successors((!own.is_empty()).then_some(own), |folder| {
        folder.rsplit_once('/').map(|(above, _)| above)
    });
    folders.chain([""])
}

/// The first instruction that copies a path.
fn place(file: &Dockerfile, path: &str) -> Range<usize> {
    let is_it = |one: &&CopiedPath| one.context.is_none() && one.path == path;
    let first = file.copied.iter().find(is_it);
    first.map_or(0..0, |one| one.bytes.clone())
}

/// What no folder has: a path, or the paths that only different folders have. With the first of them.
fn lacking<'a>(
    own: &str,
    copied: &BTreeSet<&'a str>,
    has: &dyn Fn(&str) -> bool,
) -> (String, &'a str) {
    let is_nowhere = |path: &&&str| !folders(own).any(|folder| has(&below(folder, path)));
    if let Some(path) = copied.iter().find(is_nowhere) {
        let shown = path.shown();
        let lacks = format!("`{shown}`, which does not exist in its folder or any folder above it");
        return (lacks, path);
    }
    let first = copied.first().copied().unwrap_or_default();
    let paths = copied.iter().map(|path| format!("`{}`", path.shown()));
    let paths: Vec<String> = paths.collect();
    let paths = paths.join(", ");
    let lacks = format!(
        "{paths}: its folder and the folders above it have some of these each, and none has all"
    );
    (lacks, first)
}
