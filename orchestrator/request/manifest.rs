//! Manifests, indexes and configurations as registries store them (OCI image specification 1.1, and Docker's image
//! manifest version 2, schema 2), as far as kiln reads them. They are only read: what has a digest is copied as bytes.

use crate::name::{Digest, Platform};
use crate::request::Stored;
use serde::de::{Deserialize as _, DeserializeOwned, Deserializer, IgnoredAny};
use serde_json::{Error, Value};
use std::collections::BTreeMap;

/// An image manifest, which has a configuration and layers, or an index, which has manifests.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// Its own media type; registries send it in a header, too.
    pub media_type: Option<String>,
    /// The configuration of an image.
    pub config: Option<Descriptor>,
    /// The layers of an image, the lowest first.
    #[serde(default, deserialize_with = "or_null")]
    pub layers: Vec<Descriptor>,
    /// The manifests that an index lists, in its order.
    #[serde(default, deserialize_with = "or_null")]
    pub manifests: Vec<Descriptor>,
    #[serde(default, deserialize_with = "or_null")]
    annotations: BTreeMap<String, Value>,
}

/// A reference to a blob or a manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// The media type; empty if there is none.
    #[serde(default, deserialize_with = "or_null")]
    pub media_type: String,
    /// The digest; `None` if it is missing, or of an algorithm that kiln does not support.
    #[serde(default, deserialize_with = "readable")]
    pub digest: Option<Digest>,
    /// In bytes.
    #[serde(default, deserialize_with = "readable")]
    pub size: Option<u64>,
    /// In an index: what the image is for.
    #[serde(default, deserialize_with = "readable")]
    pub platform: Option<PlatformFields>,
}

/// A platform as indexes and configurations have it.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
pub struct PlatformFields {
    os: Option<String>,
    architecture: Option<String>,
    variant: Option<String>,
    #[serde(rename = "os.version")]
    os_version: Option<String>,
}

/// The configuration of an image.
#[derive(Debug, Clone, Default, serde::Deserialize)]
pub struct Configuration {
    /// The platform that the image was built for.
    #[serde(flatten)]
    pub platform: PlatformFields,
    #[serde(default, deserialize_with = "or_null")]
    rootfs: RootFs,
    /// How the image is run, with all its settings: they are hashed.
    #[serde(default)]
    pub config: Value,
    /// When it was built, as RFC 3339 writes it.
    #[serde(default, deserialize_with = "readable")]
    created: Option<String>,
    #[serde(rename = "moby.buildkit.cache.v0")]
    cache: Option<IgnoredAny>,
}

#[derive(Debug, Clone, Default, serde::Deserialize)]
struct RootFs {
    #[serde(default, deserialize_with = "or_null")]
    diff_ids: Vec<Digest>,
}

impl Configuration {
    /// Its ONBUILD instructions, without that word: the builds of images based on it run them.
    pub fn onbuild(&self) -> Vec<String> {
        let list = self.config.get("OnBuild").and_then(Value::as_array);
        let texts = list.into_iter().flatten().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    }
}

impl Stored {
    /// Reads it.
    ///
    /// # Errors
    /// It is neither a manifest nor an index.
    pub fn manifest(&self) -> Result<Manifest, Error> {
        serde_json::from_slice(&self.bytes)
    }

    /// The digest of an image's configuration.
    pub fn config(&self) -> Option<Digest> {
        self.manifest().ok()?.config?.digest
    }

    /// The images of an index with the platforms that it lists for them, without attestations.
    pub fn images(&self) -> Vec<(Option<Platform>, Digest)> {
        self.manifest().unwrap_or_default().images()
    }
}

impl Manifest {
    /// The images of an index with the platforms that it lists for them, without attestations.
    pub fn images(&self) -> Vec<(Option<Platform>, Digest)> {
        let image = |entry: &Descriptor| match &entry.platform {
            Some(listed) if listed.is_unknown() => None,
            listed => Some((
                listed.as_ref().and_then(PlatformFields::read),
                entry.digest?,
            )),
        };
        self.manifests.iter().filter_map(image).collect()
    }

    /// The text of an annotation.
    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.annotations.get(name)?.as_str()
    }
}

impl PlatformFields {
    /// The platform; `None` without an operating system or an architecture.
    pub fn read(&self) -> Option<Platform> {
        let word = |field: &Option<String>| field.clone().filter(|word| !word.is_empty());
        let (os, architecture) = (word(&self.os)?, word(&self.architecture)?);
        let reported = Platform::reported(&os, &architecture, self.variant.as_deref());
        Some(reported.with_os_version(word(&self.os_version)))
    }

    /// BuildKit lists attestations with a platform of this name.
    fn is_unknown(&self) -> bool {
        [&self.os, &self.architecture]
            .iter()
            .any(|field| field.as_deref() == Some("unknown"))
    }
}

impl Configuration {
    /// Reads a configuration.
    ///
    /// # Errors
    /// It is not the configuration of an image.
    pub fn read(blob: &[u8]) -> Result<Self, Error> {
        serde_json::from_slice(blob)
    }

    /// The digests of the uncompressed layers, the lowest first.
    pub fn layers(&self) -> &[Digest] {
        &self.rootfs.diff_ids
    }

    /// When it was built, in seconds since 1970; `None` if it does not say so.
    pub fn built(&self) -> Option<i64> {
        let created: jiff::Timestamp = self.created.as_ref()?.parse().ok()?;
        Some(created.as_second()).filter(|seconds| *seconds > 0)
    }

    /// Whether the image has the inline cache of BuildKit.
    pub fn has_cache(&self) -> bool {
        self.cache.is_some()
    }
}

/// `null` counts as missing: it is how Go writes an empty list.
fn or_null<'de, D: Deserializer<'de>, T: serde::Deserialize<'de> + Default>(
    from: D,
) -> Result<T, D::Error> {
    Option::deserialize(from).map(Option::unwrap_or_default)
}

/// What cannot be read counts as missing.
fn readable<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    from: D,
) -> Result<Option<T>, D::Error> {
    Value::deserialize(from).map(|value| serde_json::from_value(value).ok())
}

#[cfg(test)]
mod tests;
