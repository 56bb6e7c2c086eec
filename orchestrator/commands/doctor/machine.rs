//! This machine: the workspace, and space for it.

use super::disk;
use super::finding::{Finding, Section};
use crate::commands::Global;
use crate::workspace;

pub(super) fn examine(global: &Global, has_manifest: bool) -> Section {
    let mut section = Section::new("machine");
    section.name = String::from("this machine");
    let root = workspace::find(&global.workspace);
    let folder = root.as_deref().unwrap_or(&global.workspace);
    let folder = folder.canonicalize().unwrap_or(folder.to_owned());
    section.findings.push(match has_manifest {
        true => Finding::good("manifest", format!("in {}", folder.display())),
        false => Finding::note(
            "manifest",
            "there is none here, so no registry is checked\nname one: `kiln doctor --registry ghcr.io`, or a workspace: `kiln -C FOLDER doctor`",
        ),
    });
    let free = disk::free(&folder);
    let way_out = "remove what is not needed from that file system";
    section
        .findings
        .extend(free.map(|free| disk::judged("the workspace", &folder, free, way_out)));
    section
}
