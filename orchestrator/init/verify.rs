//! Checks the manifest that is about to be written: runs all stages that need no files and no network.

use super::Begun;
use crate::line;
use crate::matrix::Inputs;
use crate::render::Texts;
use crate::text::kdl::LARGEST_FILE;
use crate::text::{Diagnostic, Diagnostics, Sources};

/// The workspace for a manifest, or the first reason why it is not valid. `texts` are `kiln.kdl` and the files that it
/// includes.
pub(super) fn verified(texts: Vec<(String, String)>, files: &Texts) -> Result<Begun, Diagnostic> {
    if let Some((path, _)) = texts.iter().find(|(_, text)| text.len() > LARGEST_FILE) {
        let limit = LARGEST_FILE >> 10;
        let message = format!(
            "the images of these Dockerfiles are too many: {path} would be larger than {limit} KiB"
        );
        return Err(Diagnostic::error("init::large", message)
            .help("name a folder with fewer Dockerfiles: --from images/go"));
    }
    let (mut sources, mut faults) = (Sources::default(), Diagnostics::default());
    let documents = texts
        .iter()
        .map(|(_, text)| line::document(text, &mut sources, &mut faults));
    let documents: Vec<_> = documents.collect();
    // Nothing that is begun depends on a clock or on git.
    let inputs = Inputs::default();
    match line::bring(&documents, &inputs, files, &mut sources, &mut faults) {
        Some(ready) => Ok(Begun {
            files: texts,
            fleet: ready.fleet,
            graph: ready.graph,
        }),
        None => Err(refused(&faults)),
    }
}

/// Spans are removed: they point into a text that the user has not seen.
fn refused(faults: &Diagnostics) -> Diagnostic {
    let error = faults
        .iter()
        .find(|fault| fault.severity == crate::text::Severity::Error);
    let (why, help) = error.map_or_else(Default::default, |fault| {
        (fault.message.clone(), fault.help.clone())
    });
    Diagnostic::error(
        "init::refused",
        format!("these Dockerfiles do not make a valid fleet: {why}"),
    )
    .help("begin the manifest by hand: docs/manifest.md")
    .maybe_help(help)
}
