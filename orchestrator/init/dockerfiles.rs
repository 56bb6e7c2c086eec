//! A workspace from folders of Dockerfiles, which stay as they are.

use super::found::{Found, read};
use super::names::{self, Names, One, is_library};
use super::place::IMAGE;
use super::verify::verified;
use super::written::{Image, Row, manifest};
use super::{Begun, Place, Sourced, Written, context};
use crate::import::write::{Node, literal};
use crate::name::{Reference, Repository};
use crate::render::Texts;
use crate::text::{Diagnostic, Diagnostics};
use indexmap::IndexMap;
use std::collections::BTreeSet;

/// The workspace for these Dockerfiles, and the source of its place. `folder` is the folder that was searched; `has`
/// tests whether a path of the workspace exists. What is not imported is a warning in `out`.
///
/// # Errors
/// No Dockerfile can be built, or together they do not make a valid fleet.
pub fn dockerfiles(
    place: &Place,
    folder: &str,
    all: &[Written],
    has: &dyn Fn(&str) -> bool,
    out: &mut Diagnostics,
) -> Result<(Begun, Sourced), Diagnostic> {
    let found = read(place, folder, all, out);
    let sound: Vec<&Found<'_>> = found.iter().filter(|one| one.sound()).collect();
    if sound.is_empty() {
        return Err(Diagnostic::error("init::nothing", format!("{folder} has no Dockerfile that can be imported"))
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
    Ok((verified(text, &files)?, publish))
}

/// Where the workspace publishes: as requested, else where the FROM lines look for its images.
fn publish(place: &Place, names: &Names) -> Sourced {
    match names::above(names).filter(|_| !place.asked) {
        Some(above) => Sourced::new(
            format!("{}/{IMAGE}", literal(&above)),
            "the name that your FROM lines use",
        ),
        None => place.publish.clone(),
    }
}

fn images(
    found: &[Found<'_>],
    names: &Names,
    publish: &Sourced,
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
            let message = format!("`{}` copies `{}`, which does not exist in its folder or any folder above it", one.label(), lacks.escape_debug());
            let help = "its own folder is its build context; set `context \"…\"` in kiln.kdl, or add the file before you build";
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

/// A name in the fleet's own repositories that none of its images has: an older image, from outside.
fn outside(
    one: &Found<'_>,
    names: &Names,
    publish: &Sourced,
    latest: &BTreeSet<&str>,
    tags: &BTreeSet<String>,
    found: &[Found<'_>],
) -> Option<Reference> {
    let owned = |repository: &Repository| {
        let image = names::last(repository);
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
        let image = names::last(&reference.repository);
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

/// Decisions that the files do not show.
fn told(
    sound: &[&Found<'_>],
    names: &Names,
    place: &Place,
    publish: &Sourced,
    out: &mut Diagnostics,
) {
    for at in &names.latest {
        let message = format!(
            "`{}` is also published as `latest`: FROM lines use it without a tag",
            sound[*at].label()
        );
        out.push(Diagnostic::warning("init::latest", message).help(
            "write the tag in these FROM lines, and remove the `tag \"latest\"` from kiln.kdl",
        ));
    }
    for (image, repositories) in &names.repositories {
        let asked = publish.value.replace(IMAGE, image);
        for repository in repositories
            .iter()
            .filter(|other| place.asked && !is_library(other) && other.to_string() != asked)
        {
            let message =
                format!("`{image}` is published to {repository}, since FROM lines use that name");
            let help = format!(
                "to publish it where you asked, write FROM {asked} in these files, and remove its `publish` from kiln.kdl"
            );
            out.push(Diagnostic::warning("init::elsewhere", message).help(help));
        }
        for repository in repositories
            .iter()
            .filter(|repository| is_library(repository))
        {
            let message = format!(
                "FROM lines for `{image}` name `{}`, an official image of Docker Hub, where you cannot push",
                repository.familiar()
            );
            let help = format!(
                "`kiln build` works; to publish, write FROM {asked} in these files, and remove its `publish` from kiln.kdl"
            );
            out.push(Diagnostic::warning("init::library", message).help(help));
        }
    }
}
