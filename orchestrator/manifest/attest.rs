//! `attest "sbom" "provenance"`: the proofs that are published beside images.

use crate::manifest::names;
use crate::text::Diagnostics;
use crate::text::kdl::{Node, Reader};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A document about an image that is published beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Proof {
    /// The software that the image contains.
    Sbom,
    /// What the image was built from, and how.
    Provenance,
}

const PROOFS: [(&str, Proof); 2] = [("sbom", Proof::Sbom), ("provenance", Proof::Provenance)];

impl Proof {
    /// The word for it in the manifest.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sbom => "sbom",
            Self::Provenance => "provenance",
        }
    }

    /// What messages call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Sbom => "SBOM",
            Self::Provenance => "provenance",
        }
    }

    /// What messages call them.
    pub fn titles(proofs: &BTreeSet<Self>) -> Vec<&'static str> {
        proofs.iter().map(|proof| proof.title()).collect()
    }

    /// Reads the node; `None` if a word of it has a fault.
    pub(super) fn parse(node: &Node, out: &mut Diagnostics) -> Option<BTreeSet<Self>> {
        let mut reader = Reader::new(node, out);
        let first = reader.arg("`sbom` or `provenance`", "attest \"sbom\" \"provenance\"");
        let words: Vec<_> = first.into_iter().chain(reader.args()).collect();
        let known = words
            .iter()
            .map(|word| reader.one_of(word, "proof", &PROOFS));
        let known: Vec<Option<Self>> = known.collect();
        reader.done();
        names::once(&words, "proof", out);
        let all: Option<BTreeSet<Self>> = known.into_iter().collect();
        all.filter(|all| !all.is_empty())
    }
}
