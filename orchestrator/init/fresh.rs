//! A new workspace: two images that can be built at once.

use super::{Begun, Place, Sourced, names, verify};
use crate::import::image_name;
use crate::import::write::quoted;
use crate::manifest::Family;
use crate::name::Reference;
use crate::render::Texts;
use crate::text::Diagnostic;

/// The template of the manifest, with `@…@` where something is filled in.
const MANIFEST: &str = include_str!("../../templates/init/kiln.kdl");

/// The base of the images if the user names none.
pub const BASE: &str = "docker.io/library/debian:trixie-slim";

/// The workspace, on a base. It is an error if the base is not a reference.
pub fn fresh(place: &Place, base: Option<&str>) -> Result<(Begun, Sourced), Diagnostic> {
    let base = base.map_or_else(
        || Sourced::new(BASE, "public; choose another with --base"),
        |base| Sourced::new(base, "as requested"),
    );
    let reference: Reference = base.value.parse().map_err(|why| {
        Diagnostic::error("init::base", format!("--base: {why}"))
            .help("name an image of a registry or of your engine: --base debian:13")
    })?;
    let name = image_name(names::last(&reference.repository));
    let marks = [
        ("\"@name@\"", quoted(&place.name.value)),
        ("\"@publish@\"", quoted(&place.publish.value)),
        ("\"@stage@\"", quoted(&place.stage())),
        ("\"@base-name@\"", quoted(&name)),
        ("\"@base@\"", quoted(&base.value)),
        ("@family@", family(&base.value)),
    ];
    let text = marks
        .iter()
        .fold(MANIFEST.to_owned(), |text, (mark, value)| {
            text.replace(mark, value)
        });
    verify::verified(vec![(String::from("kiln.kdl"), text)], &Texts::default())
        .map(|begun| (begun, base))
}

/// Settings that a base outside of the Debian family needs.
fn family(base: &str) -> String {
    match Family::of_name(base) {
        Some(Family::Rhel) if base.contains("minimal") => {
            String::from(" family=\"rhel\" manager=\"microdnf\"")
        }
        Some(family) => format!(" family={}", quoted(family.word())),
        None => String::new(),
    }
}
