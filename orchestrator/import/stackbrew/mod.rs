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

mod entry;
mod fields;
mod leftover;
mod other;
mod platform;
mod read;
mod same;
mod tags;

use super::note::Notes;
use super::owner::owners;
use super::published::{Image, Published};
use super::{Input, image_name};
use crate::text::Diagnostics;

/// The namespace of the official images.
const NAMESPACE: &str = "docker.io/library";

/// Reads a library file; errors are in `out`.
pub fn read(input: Input<'_>, notes: &mut Notes, out: &mut Diagnostics) -> Option<Published> {
    if let Some(fault) = other::format(input) {
        out.push(fault);
        return None;
    }
    let before = out.errors();
    let name = image_name(input.name);
    let paragraphs = fields::paragraphs(input, out);
    let variants = read::variants(
        &paragraphs,
        &format!("{NAMESPACE}/{name}"),
        input,
        notes,
        out,
    );
    let image = Image {
        name: name.clone(),
        span: variants.first()?.span,
        comment: None,
        grid: None,
        variants,
    };
    let images = vec![image];
    if out.errors() == before {
        let help = "give it to one of them, or let both share it";
        owners(&images, |name| name.tag.real.clone(), help, out);
    }
    (out.errors() == before).then(|| Published {
        comment: format!("Imported from the library file of {name}."),
        workspace: String::from("library"),
        publish: Some(format!("{NAMESPACE}/{{image}}")),
        images,
        ..Published::default()
    })
}
