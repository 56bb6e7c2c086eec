//! Values as artifacts of a registry: an OCI image manifest with a type of our own, an annotation that one GET reads, and at
//! most one layer that is read only where it is needed.

use crate::name::Digest;
use crate::request::{IndexEntry, Stored};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The `artifactType` of records.
pub const RECORD: &str = "application/vnd.kiln.record.v1+json";
/// The `artifactType` of marks.
const MARK: &str = "application/vnd.kiln.mark.v1+json";
/// The `artifactType` of failures.
pub const FAILURE: &str = "application/vnd.kiln.failure.v1+json";
/// The media type of a record's details.
pub(super) const DETAILS: &str = "application/vnd.kiln.details.v1+json+gzip";

/// The annotation with the summary.
const SUMMARY: &str = "dev.kiln.summary";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// The empty configuration of the OCI image specification 1.1, and its content.
const EMPTY: &str = "application/vnd.oci.empty.v1+json";

/// The content of the empty blob that artifacts refer to.
pub(super) const EMPTY_BLOB: &[u8] = b"{}";

/// An artifact with a summary and at most one layer, given by digest and size.
pub(super) fn artifact(kind: &str, summary: &str, layer: Option<(Digest, usize)>) -> Stored {
    let empty = empty();
    // The specification asks for at least one layer.
    let layer = layer.map_or_else(
        || empty.clone(),
        |(digest, size)| json!({ "mediaType": DETAILS, "digest": digest, "size": size }),
    );
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": kind,
        "config": empty,
        "layers": [layer],
        "annotations": { SUMMARY: summary },
    });
    stored(&manifest)
}

/// An artifact without content and without a tag, and its blob: something to look for in a repository that has nothing yet.
pub fn mark() -> (Stored, &'static [u8]) {
    (artifact(MARK, "", None), EMPTY_BLOB)
}

/// An artifact that refers to an image: one document, and annotations that lists of referrers repeat.
pub(super) fn referrer(
    kind: &str,
    document: (Digest, usize),
    subject: &IndexEntry,
    annotations: &BTreeMap<&str, String>,
) -> Stored {
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": kind,
        "config": empty(),
        "layers": [{
            "mediaType": kind, "digest": document.0, "size": document.1, "annotations": annotations,
        }],
        "subject": {
            "mediaType": subject.media_type, "digest": subject.digest, "size": subject.size,
        },
        "annotations": annotations,
    });
    stored(&manifest)
}

/// The descriptor of the empty configuration.
fn empty() -> Value {
    json!({ "mediaType": EMPTY, "digest": Digest::of(EMPTY_BLOB), "size": EMPTY_BLOB.len() })
}

fn stored(manifest: &Value) -> Stored {
    let bytes = manifest.to_string().into_bytes();
    Stored {
        digest: Digest::of(&bytes),
        media_type: MANIFEST.into(),
        bytes: bytes.into(),
    }
}

/// The summary of an artifact.
pub(super) fn summary(stored: &Stored) -> Option<String> {
    let manifest = stored.manifest().ok()?;
    manifest.annotation(SUMMARY).map(str::to_owned)
}

/// The digest and the size of an artifact's layer, if that is a record's details.
pub(super) fn details(stored: &Stored) -> Option<(Digest, usize)> {
    let layer = stored.manifest().ok()?.layers.into_iter().next()?;
    let size = usize::try_from(layer.size?).ok()?;
    (layer.media_type == DETAILS).then_some((layer.digest?, size))
}
