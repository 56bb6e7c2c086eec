//! What refers to an image: manifests with a `subject`, such as SBOMs, provenance and signatures.

use crate::name::Digest;
use crate::request::Stored;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// A manifest that refers to an image, as registries list it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Referrer {
    /// The media type of the manifest.
    #[serde(default)]
    pub media_type: String,
    /// The digest of the manifest.
    pub digest: Digest,
    /// The size of the manifest in bytes.
    #[serde(default)]
    pub size: u64,
    /// What kind of document it is: `application/spdx+json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// The annotations of the manifest.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, Value>,
    /// Fields that kiln does not use: they stay as they are when the list is written again.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

impl Referrer {
    /// How a list names this manifest; `None` if it is not a manifest with a subject.
    pub fn of(stored: &Stored) -> Option<(Digest, Self)> {
        let manifest: Value = serde_json::from_slice(&stored.bytes).ok()?;
        let subject = manifest["subject"]["digest"].as_str()?.parse().ok()?;
        let text = |value: &Value| {
            value
                .as_str()
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let annotations = manifest["annotations"].as_object();
        // Without a type of its own, an image manifest has that of its configuration.
        let kind = text(&manifest["artifactType"]);
        let referrer = Self {
            media_type: stored.media_type.clone(),
            digest: stored.digest,
            size: u64::try_from(stored.bytes.len()).unwrap_or(u64::MAX),
            artifact_type: kind.or_else(|| text(&manifest["config"]["mediaType"])),
            annotations: annotations
                .cloned()
                .unwrap_or_default()
                .into_iter()
                .collect(),
            others: Map::new(),
        };
        Some((subject, referrer))
    }

    /// Whether it is a document of this type.
    pub fn is(&self, artifact_type: &str) -> bool {
        self.artifact_type.as_deref() == Some(artifact_type)
    }

    /// The list in an index; entries that cannot be read are left out.
    pub fn list(index: &[u8]) -> Option<Vec<Self>> {
        #[derive(Deserialize)]
        struct Index {
            #[serde(default)]
            manifests: Option<Vec<Value>>,
        }
        let index: Index = serde_json::from_slice(index).ok()?;
        let entries = index.manifests.unwrap_or_default().into_iter();
        Some(
            entries
                .filter_map(|one| serde_json::from_value(one).ok())
                .collect(),
        )
    }
}

/// The list of what refers to an image, as an index that a tag can name.
pub fn referrers_index(list: &[Referrer]) -> Stored {
    let media_type = "application/vnd.oci.image.index.v1+json";
    let index = json!({ "schemaVersion": 2, "mediaType": media_type, "manifests": list });
    let bytes = index.to_string().into_bytes();
    Stored {
        digest: Digest::of(&bytes),
        media_type: media_type.into(),
        bytes: bytes.into(),
    }
}
