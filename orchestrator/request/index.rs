//! Indexes: several images under one name, one per platform.

use crate::name::{Digest, Platform};
use crate::request::Stored;
use serde_json::{Value, json};

/// The media type that [`Stored::index`] writes: an image index of the OCI image specification.
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// One image in an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexEntry {
    /// The platform that it is for.
    pub platform: Platform,
    /// The digest of its manifest.
    pub digest: Digest,
    /// The media type of its manifest.
    pub media_type: String,
    /// The size of its manifest in bytes.
    pub size: u64,
}

impl Stored {
    /// Joins images into one index, sorted by platform. The same images result in the same bytes, on every machine and in
    /// every run.
    pub fn index(parts: impl IntoIterator<Item = IndexEntry>) -> Self {
        let mut parts: Vec<IndexEntry> = parts.into_iter().collect();
        parts.sort_by(|one, other| {
            (&one.platform, one.digest).cmp(&(&other.platform, other.digest))
        });
        let children: Vec<Value> = parts.iter().map(entry).collect();
        let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": children });
        let bytes = index.to_string().into_bytes();
        Self {
            digest: Digest::of(&bytes),
            media_type: INDEX.into(),
            bytes: bytes.into(),
        }
    }

    /// Whether this is an index of several images: an OCI index or a Docker manifest list.
    pub fn is_index(&self) -> bool {
        self.media_type.contains("image.index") || self.media_type.contains("manifest.list")
    }
}

fn entry(part: &IndexEntry) -> Value {
    let mut on = json!({ "architecture": part.platform.architecture, "os": part.platform.os });
    if let Some(variant) = &part.platform.variant {
        on["variant"] = json!(variant);
    }
    if let Some(version) = &part.platform.os_version {
        on["os.version"] = json!(version);
    }
    json!({ "mediaType": part.media_type, "size": part.size, "digest": part.digest, "platform": on })
}

#[cfg(test)]
mod tests;
