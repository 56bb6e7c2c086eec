//! A workspace where there is none: two images that are built at once.

use super::proof;
use super::{Begun, Place, Said};
use crate::import::image_name;
use crate::import::write::quoted;
use crate::manifest::Family;
use crate::name::Reference;
use crate::render::Texts;
use crate::text::Diagnostic;

/// What it is written from: a manifest with `@…@` where something is filled in.
const MANIFEST: &str = include_str!("../../../templates/init/kiln.kdl");

/// What images stand on where the call says nothing.
pub const BASE: &str = "docker.io/library/debian:trixie-slim";

/// The workspace, on a base. An error where the base is no reference.
pub fn fresh(place: &Place, base: Option<&str>) -> Result<(Begun, Said), Diagnostic> {
    let base = base.map_or_else(
        || Said::new(BASE, "public; --base says another"),
        |base| Said::new(base, "as said"),
    );
    let reference: Reference = base.value.parse().map_err(|why| {
        Diagnostic::error("init::base", format!("--base: {why}"))
            .help("an image that a registry or your engine has: --base debian:13")
    })?;
    let name = image_name(
        reference
            .repository
            .path()
            .rsplit('/')
            .next()
            .unwrap_or_default(),
    );
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
    proof::proven(text, &Texts::default()).map(|begun| (begun, base))
}

/// What a base of another family than Debian's has to say.
fn family(base: &str) -> String {
    match Family::of_name(base) {
        Some(Family::Rhel) if base.contains("minimal") => {
            String::from(" family=\"rhel\" manager=\"microdnf\"")
        }
        Some(family) => format!(" family={}", quoted(family.word())),
        None => String::new(),
    }
}
