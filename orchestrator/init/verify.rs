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
        None => Err(refused(&faults, &sources, &texts)),
    }
}

/// Spans are removed, since they point into a text that the user has not seen; places in Dockerfiles become words.
fn refused(faults: &Diagnostics, sources: &Sources, texts: &[(String, String)]) -> Diagnostic {
    let error = faults
        .iter()
        .find(|fault| fault.severity == crate::text::Severity::Error);
    let (why, help) = error.map_or_else(Default::default, |fault| {
        let help = match fault.code {
            "graph::ring" => Some(String::from(
                "change one of these FROM lines: name an image that none of these folders makes",
            )),
            _ => fault.help.clone(),
        };
        (fault.message.clone() + &places(fault, sources, texts), help)
    });
    Diagnostic::error(
        "init::refused",
        format!("these Dockerfiles do not make a valid fleet: {why}"),
    )
    .help("begin the manifest by hand: docs/manifest.md")
    .maybe_help(help)
}

/// ` (a/Dockerfile:1:6, b/Dockerfile:3:6)`, or nothing if no Dockerfile is the place.
fn places(fault: &Diagnostic, sources: &Sources, texts: &[(String, String)]) -> String {
    let spans = fault.labels.iter().map(|label| label.span);
    let in_file = spans.filter(|span| {
        let source = sources.get(span.source);
        source.is_some_and(|source| texts.iter().all(|(path, _)| **path != *source.path))
    });
    let places: Vec<String> = in_file.map(|span| sources.place(span)).collect();
    match places.is_empty() {
        true => String::new(),
        false => format!(" ({})", places.join(", ")),
    }
}
