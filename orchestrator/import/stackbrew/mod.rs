//! Docker Official Images' library files, such as `golang`: paragraphs of `Field: value`.
//!
//! ```text
//! Tags: 1.27.0-trixie, 1.27-trixie, trixie
//! SharedTags: 1.27.0, 1.27, latest
//! Architectures: amd64, arm64v8
//! Directory: 1.27/trixie
//! ```
//!
//! The first paragraph has no `Tags`: it holds defaults for the others. Lines with `#` are comments, and a line that
//! begins with a space continues the previous one. The format is that of `bashbrew`, the tool that builds those
//! images.

mod axes;
mod build;
mod fields;
mod lay;
mod read;
mod split;

use super::entry::{self, Entry};
use super::note::Notes;
use super::verify::{self, Published};
use super::write::{Node, document};
use super::{Import, Input, image_name};
use crate::text::Diagnostics;

/// The namespace of the official images.
const REPOSITORY: &str = "docker.io/library";

/// Imports a library file.
pub fn import(input: Input<'_>, out: &mut Diagnostics) -> Option<Import> {
    let before = out.errors();
    let mut notes = Notes::default();
    let paragraphs = fields::paragraphs(input, out);
    let entries = read::entries(&paragraphs, input, &mut notes, out);
    if out.errors() == before {
        verify::owners(&entries, out);
    }
    if out.errors() > before || entries.is_empty() {
        return None;
    }
    let name = image_name(input.name);
    let wanted: Vec<Published> = entries
        .iter()
        .map(|entry| entry.published(&format!("{REPOSITORY}/{name}")))
        .collect();
    let manifest = match with_axes(&name, &entries, &wanted) {
        Some(manifest) => manifest,
        None => {
            if entries.len() > 1 {
                let why = String::from(
                    "the tags are written out one by one: no axes produce exactly these",
                );
                notes.note(
                    "import::plain",
                    why,
                    "docs/tags.md describes axes, rungs and aliases",
                    entries[0].span,
                );
            }
            plain(&name, &entries, &wanted, out)?
        }
    };
    out.extend(notes.finish(input.text));
    Some(Import {
        manifest,
        files: Vec::new(),
    })
}

/// The first manifest with axes that publishes exactly the wanted images.
fn with_axes(name: &str, entries: &[Entry], wanted: &[Published]) -> Option<String> {
    let splits = split::splits(entries);
    let grids = splits
        .iter()
        .filter_map(|split| axes::Grid::new(entries, split));
    let images =
        grids.flat_map(|grid| [None, Some("cell")].map(|per| build::image(name, &grid, per)));
    images
        .map(|image| whole(name, image))
        .find(|manifest| verify::verify(manifest, wanted).is_ok())
}

fn plain(
    name: &str,
    entries: &[Entry],
    wanted: &[Published],
    out: &mut Diagnostics,
) -> Option<String> {
    let manifest = whole(name, entry::written(name, entries));
    match verify::verify(&manifest, wanted) {
        Ok(()) => Some(manifest),
        Err(faults) => {
            out.push(verify::refused(&faults, entries[0].span));
            None
        }
    }
}

fn whole(name: &str, image: Node) -> String {
    let publish = Node::new("publish").arg(&format!("{REPOSITORY}/{{image}}"));
    let workspace = Node::new("workspace")
        .arg("library")
        .open()
        .spaced()
        .child(publish)
        .child(Node::new("stage").arg(&format!("{REPOSITORY}/kiln-stage")));
    document(
        &format!("Imported from the library file of {name}."),
        &[workspace, image],
    )
}
