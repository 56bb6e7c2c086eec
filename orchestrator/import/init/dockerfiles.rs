//! A workspace out of folders of Dockerfiles, each taken as it is.

use super::found::{Found, read};
use super::names::{self, Names, One, is_library};
use super::place::IMAGE;
use super::proof::proven;
use super::written::{Image, Row, manifest};
use super::{Begun, Place, Said, Written, context};
use crate::import::write::{Node, literal};
use crate::name::{Reference, Repository};
use crate::render::Texts;
use crate::text::{Diagnostic, Diagnostics};
use indexmap::IndexMap;
use std::collections::BTreeSet;

/// The workspace of these Dockerfiles, and where its place comes from. `folder` is what was searched, `has` says
/// whether a path of the workspace is there. What is not carried over is a warning in `out`.
///
/// # Errors
/// There is no Dockerfile that can be built, or all together make no fleet.
pub fn dockerfiles(
    place: &Place,
    folder: &str,
    all: &[Written],
    has: &dyn Fn(&str) -> bool,
    out: &mut Diagnostics,
) -> Result<(Begun, Said), Diagnostic> {
    let found = read(place, folder, all, out);
    let sound: Vec<&Found<'_>> = found.iter().filter(|one| one.sound()).collect();
    if sound.is_empty() {
        return Err(Diagnostic::error("init::nothing", format!("there is no Dockerfile in {folder} that can be carried over"))
            .help("name a folder that has <image>/Dockerfile or <image>/<tag>/Dockerfile: --from .circleci/images"));
    }
    let ones: Vec<One<'_>> = sound
        .iter()
        .map(|one| One {
            title: &one.title,
            image_refs: one.image_refs().collect(),
        })
        .collect();
    let names = names::names(&ones);
    let publish = publish(place, &names);
    let latest: BTreeSet<&str> = names
        .latest
        .iter()
        .map(|at| sound[*at].written.path.as_str())
        .collect();
    let images = images(&found, &names, &publish, &latest, has, out);
    told(&sound, &names, place, &publish, out);
    let place = Place {
        publish: publish.clone(),
        ..place.clone()
    };
    let inside = [
        Node::new("publish").arg(&place.publish.value),
        Node::new("stage").arg(&place.stage()),
    ];
    let workspace = Node::new("workspace")
        .arg(&place.name.value)
        .open()
        .spaced()
        .children(inside);
    let text = manifest(
        &format!("Begun by kiln init from the Dockerfiles in {folder}, which stay as they are."),
        workspace,
        &images,
    );
    let files = Texts(
        all.iter()
            .map(|one| (one.path.clone(), one.text.clone()))
            .collect(),
    );
    Ok((proven(text, &files)?, publish))
}

/// Where the workspace publishes: as asked, else where the FROM lines look for its images.
fn publish(place: &Place, names: &Names) -> Said {
    match names::above(names).filter(|_| !place.asked) {
        Some(above) => Said::new(
            format!("{}/{IMAGE}", literal(&above)),
            "the name under which your FROM lines ask for it",
        ),
        None => place.publish.clone(),
    }
}

fn images(
    found: &[Found<'_>],
    names: &Names,
    publish: &Said,
    latest: &BTreeSet<&str>,
    has: &dyn Fn(&str) -> bool,
    out: &mut Diagnostics,
) -> Vec<Image> {
    let tags: BTreeSet<String> = found
        .iter()
        .filter(|one| one.sound())
        .map(Found::label)
        .collect();
    let mut images: IndexMap<&str, Image> = IndexMap::new();
    for one in found {
        let name = one.title.image.as_str();
        let own = names
            .repositories
            .get(name)
            .map_or_else(Vec::new, |of| of.iter().map(ToString::to_string).collect());
        let own = if own == [publish.value.replace(IMAGE, name)] {
            Vec::new()
        } else {
            own
        };
        let image = images.entry(name).or_insert_with(|| Image {
            name: name.to_owned(),
            publish: own,
            rows: Vec::new(),
        });
        let context = context::context(&one.written.path, &one.read, has).unwrap_or_else(|lacks| {
            let message = format!("`{}` copies `{}`, which is in no folder above it", one.label(), lacks.escape_debug());
            let help = "it is built in its own folder; say `context \"…\"` in kiln.kdl, or put the file there before you build";
            out.push(Diagnostic::warning("init::context", message).at(one.span(), "in this file").help(help));
            None
        });
        image.rows.push(Row {
            tag: one.title.tag.clone(),
            path: one.written.path.clone(),
            context,
            sound: one.sound(),
            latest: latest.contains(one.written.path.as_str()),
            outside: outside(one, names, publish, latest, &tags, found),
        });
    }
    images.into_values().collect()
}

/// A name of the fleet's own repositories that none of its images has: an older image, from outside.
fn outside(
    one: &Found<'_>,
    names: &Names,
    publish: &Said,
    latest: &BTreeSet<&str>,
    tags: &BTreeSet<String>,
    found: &[Found<'_>],
) -> Option<Reference> {
    let owned = |repository: &Repository| {
        let image = repository.path().rsplit('/').next().unwrap_or_default();
        let known = found
            .iter()
            .any(|other| other.sound() && other.title.image == image);
        let own = names.repositories.get(image);
        known
            && own.map_or_else(
                || publish.value.replace(IMAGE, image) == repository.to_string(),
                |own| own.contains(repository),
            )
    };
    let has = |reference: &Reference| {
        let image = reference
            .repository
            .path()
            .rsplit('/')
            .next()
            .unwrap_or_default();
        let label = format!("{image}:{}", names::tag(reference));
        let also = || {
            names::tag(reference) == "latest"
                && found.iter().any(|other| {
                    other.title.image == image && latest.contains(other.written.path.as_str())
                })
        };
        (tags.contains(&label) && label != one.label()) || also()
    };
    one.image_refs()
        .find(|image_ref| {
            image_ref.digest.is_none() && owned(&image_ref.repository) && !has(image_ref)
        })
        .cloned()
}

/// What was decided here and cannot be seen in the files.
fn told(sound: &[&Found<'_>], names: &Names, place: &Place, publish: &Said, out: &mut Diagnostics) {
    for at in &names.latest {
        let message = format!(
            "`{}` is published as `latest`, too: FROM lines ask for it without a tag",
            sound[*at].label()
        );
        out.push(Diagnostic::warning("init::latest", message).help(
            "write the tag in these FROM lines, and take the `tag \"latest\"` out of kiln.kdl",
        ));
    }
    for (image, repositories) in &names.repositories {
        let asked = publish.value.replace(IMAGE, image);
        for repository in repositories
            .iter()
            .filter(|other| place.asked && !is_library(other) && other.to_string() != asked)
        {
            let message = format!(
                "`{image}` is published to {repository}, since FROM lines ask for it there"
            );
            let help = format!(
                "to publish it as you say, write FROM {asked} in these files, and take its `publish` out of kiln.kdl"
            );
            out.push(Diagnostic::warning("init::elsewhere", message).help(help));
        }
        for repository in repositories
            .iter()
            .filter(|repository| is_library(repository))
        {
            let message = format!(
                "`{image}` is asked for as `{}`, a name of Docker Hub's own, where nobody can push",
                repository.familiar()
            );
            let help = format!(
                "`kiln build` works; to publish, write FROM {asked} in these files, and take its `publish` out of kiln.kdl"
            );
            out.push(Diagnostic::warning("init::library", message).help(help));
        }
    }
}
