//! Indexes: several images under one name, one per platform.

use crate::name::{Digest, Platform};
use crate::request::Stored;
use serde_json::{Value, json};

/// The media type that [`Stored::index`] writes: an image index of the OCI image specification.
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

impl Stored {
    /// Joins images into one index, in the given order. A part that is an index itself contributes its images,
    /// so that no index contains another. The same parts result in the same bytes, on every machine and in every
    /// run.
    ///
    /// # Errors
    /// A sentence, if the media type of a part is an index but its content is not.
    pub fn index(parts: &[(&Platform, &Stored)]) -> Result<Self, String> {
        let mut children = Vec::new();
        for (platform, stored) in parts {
            match stored.is_index() {
                true => children.extend(stored.children()?),
                false => children.push(descriptor(stored, platform)),
            }
        }
        let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": children });
        let bytes = serde_json::to_vec(&index).map_err(|why| why.to_string())?;
        Ok(Self {
            digest: Digest::of(&bytes),
            media_type: INDEX.into(),
            bytes: bytes.into(),
        })
    }

    /// Whether this is an index of several images: an OCI index or a Docker manifest list.
    pub fn is_index(&self) -> bool {
        self.media_type.contains("image.index") || self.media_type.contains("manifest.list")
    }

    fn children(&self) -> Result<Vec<Value>, String> {
        let index: Value = serde_json::from_slice(&self.bytes)
            .map_err(|why| format!("{} is not an index: {why}", self.digest.short()))?;
        let children = index["manifests"]
            .as_array()
            .ok_or_else(|| format!("{} is an index without manifests", self.digest.short()))?;
        Ok(children.clone())
    }
}

fn descriptor(stored: &Stored, platform: &Platform) -> Value {
    let mut on = json!({ "architecture": platform.architecture, "os": platform.os });
    if let Some(variant) = &platform.variant {
        on["variant"] = json!(variant);
    }
    if let Some(version) = &platform.os_version {
        on["os.version"] = json!(version);
    }
    json!({ "mediaType": stored.media_type, "size": stored.bytes.len(), "digest": stored.digest, "platform": on })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(text: &str) -> Stored {
        let bytes = text.as_bytes();
        Stored {
            digest: Digest::of(bytes),
            media_type: "application/vnd.oci.image.manifest.v1+json".into(),
            bytes: bytes.into(),
        }
    }

    fn platforms(index: &Stored) -> Vec<String> {
        let index: Value = serde_json::from_slice(&index.bytes).unwrap();
        let all = index["manifests"].as_array().unwrap().iter();
        all.map(|m| {
            format!(
                "{}/{}",
                m["platform"]["os"].as_str().unwrap(),
                m["platform"]["architecture"].as_str().unwrap()
            )
        })
        .collect()
    }

    #[test]
    fn an_index_in_an_index_contributes_its_images() {
        let [amd64, arm64, windows]: [Platform; 3] =
            ["linux/amd64", "linux/arm64", "windows/amd64"].map(|p| p.parse().unwrap());
        let (one, two, three) = (image("{1}"), image("{2}"), image("{3}"));
        let linux = Stored::index(&[(&amd64, &one), (&arm64, &two)]).unwrap();
        assert!(linux.is_index() && !one.is_index());
        let all = Stored::index(&[(&amd64, &linux), (&windows, &three)]).unwrap();
        assert_eq!(
            platforms(&all),
            ["linux/amd64", "linux/arm64", "windows/amd64"]
        );
        let flat = Stored::index(&[(&amd64, &one), (&arm64, &two), (&windows, &three)]).unwrap();
        assert_eq!(
            all, flat,
            "the same images in the same order are the same index"
        );
        let broken = Stored {
            media_type: INDEX.into(),
            ..image("{}")
        };
        assert!(
            Stored::index(&[(&amd64, &broken)])
                .unwrap_err()
                .contains("without manifests")
        );
    }
}
