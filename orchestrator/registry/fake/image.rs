//! Small images to put into a registry.

use crate::name::Digest;
use crate::request::Stored;

/// A small image manifest: the same seed makes the same bytes. Its configuration is the blob [`config`] of the seed.
pub fn image(seed: &str) -> Stored {
    let config = config(seed);
    let descriptor = serde_json::json!({
        "mediaType": "application/vnd.docker.container.image.v1+json", "size": config.len(), "digest": Digest::of(&config),
    });
    stored(
        "application/vnd.docker.distribution.manifest.v2+json",
        "config",
        descriptor,
    )
}

/// The configuration of [`image`], whose digest is the image's id on an engine.
pub fn config(seed: &str) -> Vec<u8> {
    serde_json::json!({ "os": "linux", "architecture": "amd64", "config": { "Labels": { "seed": seed } } }).to_string().into_bytes()
}

/// An index over these images.
pub fn index(children: &[Stored]) -> Stored {
    let child = |c: &Stored| serde_json::json!({ "mediaType": c.media_type, "size": c.bytes.len(), "digest": c.digest });
    stored(
        "application/vnd.oci.image.index.v1+json",
        "manifests",
        children.iter().map(child).collect(),
    )
}

fn stored(media_type: &str, key: &str, value: serde_json::Value) -> Stored {
    let mut body = serde_json::json!({ "schemaVersion": 2, "mediaType": media_type, key: value });
    if key == "config" {
        body["layers"] = serde_json::json!([]);
    }
    let bytes = body.to_string().into_bytes();
    Stored {
        digest: Digest::of(&bytes),
        media_type: media_type.to_owned(),
        bytes: bytes.into(),
    }
}

/// The children of an index.
pub(super) fn children(stored: &Stored) -> Vec<Digest> {
    let index = stored.manifest().unwrap_or_default();
    index
        .manifests
        .iter()
        .filter_map(|child| child.digest)
        .collect()
}
