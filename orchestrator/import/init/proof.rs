//! What is about to be written, brought along the line as far as it goes without files and network.

use super::Begun;
use crate::line;
use crate::matrix::Inputs;
use crate::render::Texts;
use crate::text::{Diagnostic, Diagnostics, Sources};

/// The workspace that a text describes; else the first reason why it describes none.
pub(super) fn proven(manifest: String, files: &Texts) -> Result<Begun, Diagnostic> {
    let (mut sources, mut faults) = (Sources::default(), Diagnostics::default());
    let documents = [line::document(&manifest, &mut sources, &mut faults)];
    // Nothing that is begun depends on a clock or on git.
    let inputs = Inputs::default();
    match line::bring(&documents, &inputs, files, &mut sources, &mut faults) {
        Some(ready) => Ok(Begun {
            manifest,
            fleet: ready.fleet,
            graph: ready.graph,
        }),
        None => Err(refused(&faults)),
    }
}

/// Its places are in a text that nobody has: they are left out.
fn refused(faults: &Diagnostics) -> Diagnostic {
    let error = faults
        .iter()
        .find(|fault| fault.severity == crate::text::Severity::Error);
    let (why, help) = error.map_or_else(Default::default, |fault| {
        (fault.message.clone(), fault.help.clone())
    });
    Diagnostic::error(
        "init::refused",
        format!("what was found makes no fleet: {why}"),
    )
    .help("begin the manifest by hand: docs/manifest.md")
    .maybe_help(help)
}
