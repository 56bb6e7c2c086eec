//! The documents beside images, SBOM and provenance: a manifest has them for all images, or for none.

use super::published::Published;
use crate::manifest::Proof;
use crate::matrix::Fleet;
use crate::text::{Diagnostic, Diagnostics};
use std::collections::BTreeSet;

/// Reports that the documents of the file are not those of the manifest. A file without a word about them is not
/// compared: the result is whether this leaves nothing open.
pub(super) fn compare(published: &Published, fleet: &Fleet, out: &mut Diagnostics) -> bool {
    let Some(wanted) = published.attest.as_ref() else {
        return fleet.attest.is_empty();
    };
    if wanted.value != fleet.attest {
        let (file, manifest) = (words(&wanted.value), words(&fleet.attest));
        let message = format!("`attest` is {file} in the file and {manifest} in the manifest");
        let fault = Diagnostic::error("import::differs", message).at(wanted.span, "here");
        out.push(fault.help("the manifest has `attest` in its `workspace`"));
    }
    true
}

fn words(proofs: &BTreeSet<Proof>) -> String {
    let words: Vec<&str> = proofs.iter().map(|proof| proof.word()).collect();
    match words.is_empty() {
        true => String::from("not set"),
        false => format!("`{}`", words.join(", ")),
    }
}
