//! `{revision}` and `{probe:…}`: what is known only when the image is built.
//!
//! `{revision}` counts the published builds of a tag (`1.27.0-r3`), `{probe:…}` is read from the
//! built image (`{probe:python --version}`). Both are proved after the checks and before the first
//! move; this version of kiln names them and makes no tag of them yet.

use super::{Facts, Filled, Slot, Unfilled};

/// A counter over what is published.
pub fn revision(_: &Slot, _: &Facts) -> Result<Filled, Unfilled> {
    Err(Unfilled::Later(String::from("`{revision}` is counted from the registry, which is not done yet")))
}

/// A value read from the built image.
pub fn probe(slot: &Slot, _: &Facts) -> Result<Filled, Unfilled> {
    match slot.argument.as_deref() {
        None | Some("") => Unfilled::wrong("`{probe}` names no command", "write `{probe:python --version}`"),
        Some(_) => Err(Unfilled::Later(String::from("`{probe:…}` is read from the built image, which is not done yet"))),
    }
}
