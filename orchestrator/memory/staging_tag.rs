//! The tags of a staging repository, as they are read again.

use crate::name::{Digest, Tag};

/// What a tag of a staging repository is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StagingTag {
    /// `b-<build id>`: an image.
    Build,
    /// `d-<digest>`: the record of the image with this digest.
    Record(Digest),
    /// `v-<hash>`: a pointer.
    Pointer,
    /// `f-<build id>`: a failure.
    Failure,
    /// `sha256-<digest>`: the list of what refers to the image with this digest, where the registry keeps no such list.
    Referrers(Digest),
}

impl StagingTag {
    /// Reads a tag; `None` if kiln did not make it.
    pub fn read(tag: &Tag) -> Option<Self> {
        let (kind, hex) = tag.as_str().split_once('-')?;
        let digest: Digest = format!("sha256:{hex}").parse().ok()?;
        match kind {
            "b" => Some(Self::Build),
            "d" => Some(Self::Record(digest)),
            "v" => Some(Self::Pointer),
            "f" => Some(Self::Failure),
            "sha256" => Some(Self::Referrers(digest)),
            _ => None,
        }
    }
}
