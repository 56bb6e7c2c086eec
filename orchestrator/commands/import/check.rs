//! `kiln import --check`: compares a file with the manifest that it was imported to.

use super::read::Texts;
use super::{Args, Failure};
use crate::commands::{Global, Host, complain, load_fleet_with_sources, print, show_all};
use crate::import::{self, Compared, File};
use crate::matrix::Inputs;
use crate::name::Reference;
use crate::text::{Diagnostics, count};
use std::path::Path;

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
    let mut faults = Diagnostics::default();
    let inputs = read.inputs(&mut sources);
    let targets = &read.call.targets;
    let compared = import::compare(args.format.into(), &inputs, targets, &fleet, &mut faults);
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
    if compared.common == 0 && compared.images > 0 && args.name.is_none() {
        complain(
            "no image of the file is in the manifest\n  if the import had a --name, or the file had another name then, give it: --name NAME",
        );
    }
    if faults.has_errors() || !changed.is_empty() {
        return Err(Failure::Differs);
    }
    let images = count(compared.images, "image");
    let references = count(compared.references, "reference");
    print(&format!("the same is published: {images}, {references}\n"));
    Ok(())
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
    if compared.unfinished > 0 {
        let images = count(compared.unfinished, "image");
        text += &format!("not compared: {images} whose tags are not in the file\n");
    }
    if !compared.conditional.is_empty() {
        let all = compared.conditional.iter().map(Reference::familiar);
        let all = all.collect::<Vec<_>>().join(", ");
        text += &format!("not compared: tags that only some runs move (`on=`): {all}\n");
    }
    if !compared.elsewhere.is_empty() {
        let all = compared.elsewhere.iter().map(ToString::to_string);
        let all = all.collect::<Vec<_>>().join(", ");
        text += &format!("not compared: repositories that the file does not name: {all}\n");
    }
    text
}
