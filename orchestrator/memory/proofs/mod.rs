//! The proofs of an image: documents that are published beside it, made from what its record says.
//!
//! ```text
//! Part + Details (of the record)  -> SBOM (SPDX 2.3) or provenance (SLSA v1)  -> blob
//!                                 -> manifest with the image as its subject   -> a referrer of the image
//! ```
//!
//! The same record makes the same bytes, on every machine and at every time.

mod package_url;
mod provenance;
mod spdx;

use super::stored::{EMPTY_BLOB, referrer};
use super::{Details, Part};
use crate::manifest::Proof;
use crate::name::Digest;
use crate::request::{Referrer, Stored};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The predicate of provenance.
pub const SLSA: &str = "https://slsa.dev/provenance/v1";

/// Says which proof of kiln's a manifest is: others may attach documents of the same types.
const PROOF: &str = "dev.kiln.proof";

/// What a record says about one image.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The image.
    pub part: &'a Part,
    /// What its recipe consisted of, with its packages; `None` if that cannot be read.
    pub details: Option<&'a Details>,
    /// The workspaces that it was made for.
    pub workspaces: &'a [String],
    /// The version of kiln that wrote the record.
    pub kiln: &'a str,
}

/// A proof as a registry stores it: its blobs come first, then the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    /// The document.
    pub document: Arc<[u8]>,
    /// The manifest that refers to the image.
    pub manifest: Stored,
}

impl Known<'_> {
    /// The document as JSON.
    pub fn document(&self, proof: Proof) -> Value {
        match proof {
            Proof::Sbom => spdx::document(self),
            Proof::Provenance => provenance::statement(self),
        }
    }

    /// The document with the manifest that refers to the image.
    pub fn attached(&self, proof: Proof) -> Attached {
        let document = self.document(proof).to_string().into_bytes();
        let blob = (Digest::of(&document), document.len());
        let annotations = annotations(proof, self.part);
        let subject = self.part.descriptor();
        Attached {
            manifest: referrer(artifact_type(proof), blob, &subject, &annotations),
            document: document.into(),
        }
    }
}

/// The artifact type of a proof, which is also the media type of the document.
pub fn artifact_type(proof: Proof) -> &'static str {
    match proof {
        Proof::Sbom => "application/spdx+json",
        Proof::Provenance => "application/vnd.in-toto+json",
    }
}

/// Whether a referrer of an image is this proof, written by kiln.
pub fn is_own(referrer: &Referrer, proof: Proof) -> bool {
    let marked = referrer.annotations.get(PROOF).and_then(Value::as_str);
    referrer.is(artifact_type(proof)) && marked == Some(proof.word())
}

/// The blob that every manifest of a proof refers to.
pub fn empty_blob() -> Arc<[u8]> {
    Arc::from(EMPTY_BLOB)
}

fn annotations(proof: Proof, part: &Part) -> BTreeMap<&'static str, String> {
    let mut all = BTreeMap::from([
        (PROOF, proof.word().to_owned()),
        ("org.opencontainers.image.created", time(part.made.built)),
    ]);
    if proof == Proof::Provenance {
        all.insert("in-toto.io/predicate-type", SLSA.to_owned());
    }
    all
}

/// `2026-08-03T06:00:00Z`
fn time(seconds: i64) -> String {
    let time = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.to_string()
}

/// The first variant that an image was made for: `go:1.27.0`.
fn name(part: &Part) -> String {
    let first = part.variants.first();
    first.map_or_else(|| part.digest.short(), ToString::to_string)
}
