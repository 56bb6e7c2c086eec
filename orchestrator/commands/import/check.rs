//! `kiln import --check`: compares a file with the manifest that it was imported to.

use super::read::Texts;
use super::{Args, Failure, dockerfile};
use crate::commands::{Global, Host, complain, load_fleet_with_sources, print, show_all};
use crate::import::{self, Compared, File, With};
use crate::matrix::Inputs;
use crate::name::Reference;
use crate::text::{Diagnostics, count};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// Compares, and shows every difference.
pub(super) fn check(args: &Args, global: &Global, host: &Host) -> Result<(), Failure> {
    let read = Texts::new(args)?;
    // What the file makes of the time is compared, and not the time itself.
    let timeless = Host {
        now: Inputs::default().now,
        ..host.clone()
    };
    let loaded = load_fleet_with_sources(global, &timeless);
    let (fleet, mut sources, workspace) = loaded.map_err(|_| Failure::Shown)?;
    let texts: Vec<Arc<str>> = sources.iter().map(|(_, file)| file.text.clone()).collect();
    let mut faults = Diagnostics::default();
    let inputs = read.inputs(&mut sources);
    let targets = &read.call.targets;
    let read_in = |path: &str| dockerfile(workspace.root(), path);
    let with = With {
        fleet: &fleet,
        dockerfiles: &read_in,
        texts: texts.iter().map(|text| &**text).collect(),
    };
    let compared = import::compare(args.format.into(), &inputs, targets, &with, &mut faults);
    read.call.tell_beside();
    show_all(&faults, &sources, global, host);
    let compared = compared.ok_or(Failure::Shown)?;
    let changed = changed(&compared.inside, workspace.root());
    for path in &changed {
        complain(&format!(
            "{path} is not the Dockerfile that is inside the file\n  change one of them, or import the file again to another folder and compare"
        ));
    }
    print(&left_out(&compared));
    if compared.common == 0 {
        complain(&nothing_common(&compared, args));
        return Err(Failure::Differs);
    }
    if faults.has_errors() || !changed.is_empty() {
        return Err(Failure::Differs);
    }
    print(&the_same(&compared));
    Ok(())
}

/// Why no image of the file has been compared, and what to do about it.
fn nothing_common(compared: &Compared, args: &Args) -> String {
    if compared.images == 0 {
        return String::from(
            "nothing was compared: the file has no tags, and no image of the manifest has the name of a target\n  call the images as the import did, or write the tags into the file",
        );
    }
    let why = "no image of the file is in the manifest";
    match args.name {
        None => format!(
            "{why}\n  if the import had a --name, or the file had another name then, give it: --name NAME"
        ),
        Some(_) => format!("{why}\n  import the file again to another folder and compare"),
    }
}

/// What was compared, and is the same.
fn the_same(compared: &Compared) -> String {
    let mut text = String::new();
    if compared.images > 0 {
        let images = count(compared.images, "image");
        let references = count(compared.references, "reference");
        let is_all = compared.lost.is_empty() && compared.open.is_empty() && !compared.attest;
        text += match is_all {
            true => "the same is published",
            false => "besides what is not compared, the same is published",
        };
        text += &format!(": {images}, {references}\n");
    }
    let built = compared.unnamed.len() - compared.unknown.len();
    if built > 0 {
        let images = count(built, "image");
        text += &format!("the same is built: {images} without tags in the file\n");
    }
    text
}

/// The Dockerfiles of which the workspace has another text, or none.
fn changed<'f>(inside: &'f [File], root: &Path) -> Vec<&'f str> {
    let differs = |file: &&File| {
        let text = std::fs::read_to_string(root.join(&file.path));
        !text.is_ok_and(|text| text == file.text)
    };
    let changed = inside.iter().filter(differs);
    changed.map(|file| file.path.as_str()).collect()
}

/// What was not compared.
fn left_out(compared: &Compared) -> String {
    let mut text = String::new();
    let listed = |names: &BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join(", ");
    let built = &compared.unnamed - &compared.unknown;
    if !built.is_empty() {
        text += &format!(
            "not compared: tags that the file does not have: {}\n",
            listed(&built)
        );
    }
    if !compared.unknown.is_empty() {
        text += &format!(
            "not compared: images without tags in the file, of which the manifest has none of the same name: {}\n",
            listed(&compared.unknown)
        );
    }
    for lost in &compared.lost {
        text += &format!("not compared, since the import left it out: {lost}\n");
    }
    let references = |all: &BTreeSet<Reference>| {
        let all: Vec<String> = all.iter().map(Reference::familiar).collect();
        all.join(", ")
    };
    if !compared.open.is_empty() {
        let all = references(&compared.open);
        text +=
            &format!("not compared: tags in the place of those that the import left out: {all}\n");
    }
    if compared.attest {
        text += "not compared: `attest` of the manifest, since the file does not have it\n";
    }
    if !compared.conditional.is_empty() {
        let all = references(&compared.conditional);
        text += &format!("not compared: tags that only some runs move (`on=`): {all}\n");
    }
    if !compared.elsewhere.is_empty() {
        let all = compared.elsewhere.iter().map(ToString::to_string);
        let all = all.collect::<Vec<_>>().join(", ");
        text += &format!("not compared: repositories that the file does not name: {all}\n");
    }
    text
}
