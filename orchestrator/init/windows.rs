//! Which Dockerfiles make images for Windows: by what they are based on, or by a folder `windows`.

use super::found::Found;
use super::links::Links;
use super::names::{is_official, tag};
use crate::dockerfile::ImageRef;
use crate::name::Reference;
use std::collections::HashSet;

/// Where Microsoft publishes the images of Windows.
const PLACE: &str = "mcr.microsoft.com/windows/";

/// What the tags of other images for Windows have in them.
const TAGS: [&str; 2] = ["nanoserver", "windowsservercore"];

/// The numbers of the Dockerfiles.
pub(super) fn windows(sound: &[&Found<'_>], links: &Links<'_>) -> HashSet<usize> {
    let own = (0..sound.len()).filter(|at| is_windows(sound[*at], *at, links));
    let mut all: HashSet<usize> = own.collect();
    loop {
        let is_new = |at: &usize| {
            let parent = parent(sound[*at], *at, links);
            !all.contains(at) && parent.is_some_and(|parent| all.contains(&parent))
        };
        let based: Vec<usize> = (0..sound.len()).filter(is_new).collect();
        if based.is_empty() {
            return all;
        }
        all.extend(based);
    }
}

/// Whether it is, without those that it is based on. A folder `windows` may also have what builds programs for Windows on
/// one of Docker's official images.
fn is_windows(one: &Found<'_>, at: usize, links: &Links<'_>) -> bool {
    let Some(base) = base(one) else {
        return false;
    };
    let (folders, _) = one.written.path.rsplit_once('/').unwrap_or_default();
    let mut folders = folders.split('/');
    let is_folder = folders.any(|folder| folder.eq_ignore_ascii_case("windows"));
    let is_outside = !is_official(&base.reference.repository) && parent(one, at, links).is_none();
    is_known(&base.reference) || (is_folder && is_outside)
}

fn is_known(reference: &Reference) -> bool {
    let tag = tag(reference);
    reference.repository.to_string().starts_with(PLACE)
        || TAGS.iter().any(|word| tag.contains(word))
}

/// The outside image that its last stage is based on.
fn base<'f>(one: &'f Found<'_>) -> Option<&'f ImageRef> {
    one.read.image_refs.get(one.read.final_base?)
}

/// The Dockerfile of these folders that it is based on.
fn parent(one: &Found<'_>, at: usize, links: &Links<'_>) -> Option<usize> {
    let base = base(one)?.bytes.start;
    let refs = one.image_refs();
    let place = refs.iter().position(|one| one.bytes.start == base)?;
    links.edges.get(&(at, place)).copied()
}
