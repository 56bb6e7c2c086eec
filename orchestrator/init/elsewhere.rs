//! Images of which a Dockerfile outside of the folder that was searched may be the source: `acme/shop-base` with
//! `docker/Dockerfile.base`.

use super::found::Found;
use super::links::Links;
use super::names::{Space, is_library, last};
use super::told::{placed, span};
use crate::dockerfile::ImageRef;
use crate::text::{Diagnostic, Diagnostics};
use indexmap::IndexMap;
use std::collections::HashSet;

/// Folders of a workspace that often have Dockerfiles, with their slashes.
const FOLDERS: [&str; 8] = [
    "",
    "docker/",
    "dockerfiles/",
    "images/",
    "containers/",
    "build/",
    "base/",
    ".docker/",
];

/// How many names get a warning.
const NAMES: usize = 20;

/// Warns about names that no folder makes where a Dockerfile outside of these is called like them; `has` tests whether
/// the workspace has a path.
pub(super) fn told(
    sound: &[&Found<'_>],
    links: &Links<'_>,
    has: &dyn Fn(&str) -> bool,
    out: &mut Diagnostics,
) {
    let known: HashSet<&str> = sound.iter().map(|one| one.written.path.as_str()).collect();
    let mut names: IndexMap<String, Vec<(usize, &ImageRef)>> = IndexMap::new();
    for (at, image_ref) in unknown(sound, links) {
        let name = image_ref.reference.familiar();
        names.entry(name).or_default().push((at, image_ref));
    }
    let found = names.iter().filter_map(|(name, places)| {
        let (_, image_ref) = places.first()?;
        let mut paths = paths(last(&image_ref.reference.repository)).into_iter();
        let path = paths.find(|path| !known.contains(path.as_str()) && has(path))?;
        Some((name, places, path))
    });
    for (name, places, path) in found.take(NAMES) {
        let message = format!(
            "`{name}` is not built here: `{path}` may make it, and is outside of the folder of --from"
        );
        let warning = Diagnostic::warning("init::outside", message);
        let places = places.iter();
        let places = places.map(|(at, image_ref)| span(sound[*at], image_ref));
        out.push(placed(warning, &places.collect::<Vec<_>>()).help(
            "begin with a folder that has both, such as the workspace: kiln init --force --from .",
        ));
    }
}

/// The names that are neither images of the fleet, nor known to be from others, nor reported already.
fn unknown<'a>(
    sound: &'a [&Found<'_>],
    links: &'a Links<'_>,
) -> impl Iterator<Item = (usize, &'a ImageRef)> {
    let strangers: HashSet<String> = links
        .strangers
        .iter()
        .map(|one| one.image_ref.reference.familiar())
        .collect();
    let refs = sound.iter().enumerate().flat_map(|(at, one)| {
        let refs = one.image_refs().into_iter().enumerate();
        refs.map(move |(place, image_ref)| (at, place, image_ref))
    });
    refs.filter_map(move |(at, place, image_ref)| {
        let repository = &image_ref.reference.repository;
        let is_public = is_library(repository) || Space::of(repository, "").is_public();
        let is_known = links.edges.contains_key(&(at, place))
            || strangers.contains(&image_ref.reference.familiar());
        (!is_public && !is_known).then_some((at, image_ref))
    })
}

/// Where a Dockerfile of this name would be: of the whole name, and of what is behind each of its signs.
fn paths(name: &str) -> Vec<String> {
    let signs = name.match_indices(['-', '_', '.']);
    let ends = signs.map(|(at, sign)| &name[at + sign.len()..]);
    let words = std::iter::once(name)
        .chain(ends)
        .filter(|word| !word.is_empty());
    let files = words.flat_map(|word| {
        [
            format!("Dockerfile.{word}"),
            format!("Dockerfile-{word}"),
            format!("{word}.Dockerfile"),
            format!("{word}/Dockerfile"),
        ]
    });
    let below = files.flat_map(|file| FOLDERS.map(|folder| format!("{folder}{file}")));
    below.collect()
}
