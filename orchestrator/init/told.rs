//! Decisions that the files do not show, as warnings: one for each kind, or for each name.

use super::candidate::{Stranger, Why};
use super::found::{Found, listed};
use super::index::How;
use super::links::Links;
use super::mounts;
use super::names::{Space, is_library, is_official, last, local_name, tag};
use super::place::{IMAGE, Place};
use super::word::fold;
use crate::dockerfile::ImageRef;
use crate::import::write::literal;
use crate::name::Reference;
use crate::text::{Diagnostic, Diagnostics, Span};
use indexmap::{IndexMap, IndexSet};
use std::collections::{BTreeSet, HashSet};

/// How many names from outside get a warning of their own.
const NAMES: usize = 20;

/// How many places of one name are shown.
const PLACES: usize = 4;

/// All of them. `place` is what was decided before the Dockerfiles were read, `publish` what is in the manifest.
pub(super) fn told(
    sound: &[&Found<'_>],
    links: &Links<'_>,
    place: &Place,
    publish: &str,
    out: &mut Diagnostics,
) {
    args(sound, out);
    mounts::told(sound, out);
    locals(sound, links, out);
    tags(sound, links, out);
    strangers(sound, links, publish, out);
    pinned(sound, out);
    repositories(links, place, publish, out);
}

fn args(sound: &[&Found<'_>], out: &mut Diagnostics) {
    let all = sound.iter().flat_map(|one| &one.args);
    let all: IndexSet<String> = all
        .map(|(name, value)| format!("`{name}={value}`"))
        .collect();
    if !all.is_empty() {
        let message = format!(
            "arguments without a default get values: {}",
            listed(&all.into_iter().collect::<Vec<_>>())
        );
        let help = "write the values that your scripts give as `arg` in kiln.kdl";
        out.push(Diagnostic::warning("init::argument", message).help(help));
    }
}

fn locals(sound: &[&Found<'_>], links: &Links<'_>, out: &mut Diagnostics) {
    let named = |(at, place): &(usize, usize)| {
        let one = sound[*at].image_refs()[*place];
        format!("`{}`", local_name(&one.reference))
    };
    let names: BTreeSet<String> = links.locals.keys().map(named).collect();
    if !names.is_empty() {
        let message = format!(
            "names without a registry mean images of this fleet, not those of Docker Hub: {}",
            listed(&names.into_iter().collect::<Vec<_>>())
        );
        let help = "where you mean the image of Docker Hub, remove `contexts` from kiln.kdl; `docker build` alone does not read it";
        out.push(Diagnostic::warning("init::local", message).help(help));
    }
}

fn tags(sound: &[&Found<'_>], links: &Links<'_>, out: &mut Diagnostics) {
    let (mut only, mut also) = (Vec::new(), Vec::new());
    for (at, tags) in &links.tags {
        let one = sound[*at];
        for (tag, how) in tags.iter().filter(|(tag, _)| **tag != one.title.tag) {
            match how {
                How::Only | How::Newest if one.title.words.is_empty() => {
                    only.push(format!("`{}:{tag}`", one.title.image))
                }
                How::Exact
                | How::Newest
                | How::Only
                | How::Words
                | How::Above
                | How::Release
                | How::Generation => also.push(format!("`{}` as `{tag}`", one.label())),
            }
        }
    }
    if !only.is_empty() {
        let message = format!(
            "images get the tags by which FROM lines name them: {}",
            listed(&only)
        );
        out.push(Diagnostic::warning("init::tag", message).help(
            "if a newer build gets another tag, change it in these FROM lines and in kiln.kdl",
        ));
    }
    if !also.is_empty() {
        let message = format!(
            "images are also published under the tags by which FROM lines name them: {}",
            listed(&also)
        );
        out.push(Diagnostic::warning("init::tag", message).help("write the tag of the folder in these FROM lines, and remove the other `tag` from kiln.kdl"));
    }
}

fn strangers(sound: &[&Found<'_>], links: &Links<'_>, publish: &str, out: &mut Diagnostics) {
    let mut names: IndexMap<(String, Why, &str), Vec<&Stranger<'_>>> = IndexMap::new();
    for one in &links.strangers {
        names
            .entry((one.image_ref.reference.familiar(), one.why, one.image))
            .or_default()
            .push(one);
    }
    for ((name, why, image), places) in names.iter().take(NAMES) {
        let made = made(sound, links, image);
        let written = places.first().map_or_else(String::new, |one| {
            written(&one.image_ref.reference, image, &made)
        });
        let (why, help) = reason(*why, image, &made, publish, &written);
        let warning = Diagnostic::warning(
            "init::outside",
            format!("`{name}` is not built here: {why}"),
        );
        let places = places.iter();
        let places = places.map(|place| span(sound[place.at], place.image_ref));
        out.push(placed(warning, &places.collect::<Vec<_>>()).help(help));
    }
    let more: IndexSet<String> = names
        .keys()
        .skip(NAMES)
        .map(|(name, ..)| format!("`{name}`"))
        .collect();
    if !more.is_empty() {
        let more: Vec<String> = more.into_iter().collect();
        let message = format!(
            "more names in FROM lines look like images of these folders, and are not built here: {}",
            more.join(", ")
        );
        out.push(
            Diagnostic::warning("init::outside", message)
                .help("`kiln graph` shows all images from outside"),
        );
    }
}

/// Names of the fleet's images with a digest, which are builds of an earlier day.
fn pinned(sound: &[&Found<'_>], out: &mut Diagnostics) {
    let images: HashSet<String> = sound.iter().map(|one| fold(&one.title.image)).collect();
    let mut names: IndexMap<String, Vec<Span>> = IndexMap::new();
    for one in sound {
        for image_ref in one.pinned_refs() {
            let repository = &image_ref.reference.repository;
            let name = fold(last(repository));
            let is_outside = is_official(repository) || Space::of(repository, "").is_public();
            if images.contains(&name) && name != fold(&one.title.image) && !is_outside {
                let places = names.entry(image_ref.reference.familiar()).or_default();
                places.push(span(one, image_ref));
            }
        }
    }
    for (name, places) in names.iter().take(NAMES) {
        let message =
            format!("`{name}` is not built here: a digest is one image of an earlier day");
        let help = "remove the digest from the FROM line to build on the image of this fleet";
        let warning = Diagnostic::warning("init::outside", message).help(help);
        out.push(placed(warning, places));
    }
}

/// The warning with the first places of a name, and how many more there are.
pub(super) fn placed(warning: Diagnostic, places: &[Span]) -> Diagnostic {
    let note = "it stays an image from outside";
    let more = places.len().saturating_sub(PLACES);
    let shown = places.iter().enumerate().take(PLACES);
    shown.fold(warning, |warning, (at, place)| {
        match more > 0 && at + 1 == PLACES {
            true => warning.at(*place, format!("{note}, and in {more} more places")),
            false => warning.at(*place, note),
        }
    })
}

/// What makes an image the one that a name means: `publish "…"`, and `tag "…"` where no folder has the tag.
fn written(reference: &Reference, image: &str, made: &str) -> String {
    let publish = literal(&reference.repository.to_string());
    let tag = tag(reference);
    match made.contains(&format!("`{image}:{tag}`")) {
        true => format!("write `publish \"{publish}\"`"),
        false => format!("write `publish \"{publish}\"` and `tag \"{tag}\"`"),
    }
}

/// The images and tags that the folders make, of one name.
fn made(sound: &[&Found<'_>], links: &Links<'_>, image: &str) -> String {
    let all = sound
        .iter()
        .enumerate()
        .filter(|(_, one)| one.title.image == image);
    let label = |(at, one): (usize, &&Found<'_>)| {
        let given = links.tags.get(&at).and_then(|tags| tags.keys().next());
        let tag = given
            .filter(|_| one.title.words.is_empty())
            .copied()
            .unwrap_or(&one.title.tag);
        format!("`{image}:{tag}`")
    };
    listed(&all.map(label).collect::<Vec<_>>())
}

fn reason(why: Why, image: &str, made: &str, publish: &str, written: &str) -> (String, String) {
    let change = "change the FROM line to build on the image of this fleet";
    match why {
        Why::Tag => (
            format!("the folders make {made}"),
            format!("add a folder for this tag, or {change}"),
        ),
        Why::Tags => (
            format!("FROM lines name several tags of `{image}`, and its only folder makes {made}"),
            format!("write a `tag` in kiln.kdl if it is the same image, or {change}"),
        ),
        Why::Space => (
            format!("the images of these folders are {publish}"),
            String::from(change),
        ),
        Why::Prefix => (
            format!("only part of the name is that of the folder for {made}"),
            format!("if that folder makes it, {written} in the image `{image}` of kiln.kdl"),
        ),
        Why::Folder => (
            format!("it is only part of the name of the folder for {made}"),
            format!("if that folder makes it, {written} in the image `{image}` of kiln.kdl"),
        ),
        Why::Called => (
            format!("only its tag is called like the folder for {made}"),
            format!(
                "if that folder makes it, {written} in the image `{image}` of kiln.kdl, or {change}"
            ),
        ),
        Why::Inner => (
            format!("only a folder inside one is called like it, among those for {made}"),
            format!(
                "if such a folder makes it, {written} in the image `{image}` of kiln.kdl, or {change}"
            ),
        ),
        Why::Upstream => (
            format!("{made} is based on another version of it"),
            format!(
                "if that folder makes it, {written} in the image `{image}` of kiln.kdl, or {change}"
            ),
        ),
        Why::Cycle => (
            format!("{made} would be based on itself"),
            String::from(change),
        ),
    }
}

/// The place of a name.
pub(super) fn span(one: &Found<'_>, image_ref: &ImageRef) -> Span {
    one.place(&image_ref.bytes)
}

fn repositories(links: &Links<'_>, place: &Place, publish: &str, out: &mut Diagnostics) {
    for (image, repositories) in &links.repositories {
        let asked = publish.replace(IMAGE, image);
        for repository in repositories {
            if is_library(repository) {
                let message = format!(
                    "FROM lines for `{image}` name `{}`, an official image of Docker Hub, where you cannot push",
                    repository.familiar()
                );
                let help = format!(
                    "`kiln build` works; to publish, write FROM {asked} in these files, and remove its `publish` from kiln.kdl"
                );
                out.push(Diagnostic::warning("init::library", message).help(help));
            } else if place.asked && repository.to_string() != asked {
                let message = format!(
                    "`{image}` is published to {repository}, since FROM lines use that name"
                );
                let help = format!(
                    "to publish it where you asked, write FROM {asked} in these files, and remove its `publish` from kiln.kdl"
                );
                out.push(Diagnostic::warning("init::elsewhere", message).help(help));
            }
        }
    }
}
