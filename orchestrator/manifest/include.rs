//! `include "bases.kdl" "images/go.kdl"`

use crate::manifest::names;
use crate::text::kdl::{Document, Reader};
use crate::text::{Diagnostics, Spanned};

/// The files that a document includes, relative to the workspace, in file order. A path outside the workspace
/// is reported and left out.
pub fn includes(document: &Document, out: &mut Diagnostics) -> Vec<Spanned<String>> {
    let mut all = Vec::new();
    for node in document
        .nodes
        .iter()
        .filter(|node| node.name.value == "include")
    {
        let mut reader = Reader::new(node, out);
        let first = reader.arg("a file", "include \"bases.kdl\"");
        let files: Vec<Spanned<String>> = first.into_iter().chain(reader.args()).collect();
        reader.done();
        let files = files
            .into_iter()
            .map(|file| names::path(file, "include", out));
        all.extend(
            files.filter(|file| {
                names::outside(&file.value).is_none() && !file.value.trim().is_empty()
            }),
        );
    }
    all
}
