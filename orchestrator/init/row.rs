//! What the manifest has of one Dockerfile.

use super::word::order;
use crate::dockerfile::MountKind;
use crate::name::Reference;

/// One Dockerfile of an image.
pub(super) struct Row {
    /// The first names it.
    pub tags: Vec<String>,
    /// The words of the path that make its first tag, if that is their text.
    pub words: Vec<String>,
    pub path: String,
    /// Whether FROM lines name it by a tag.
    pub is_named: bool,
    /// The platform that its path names.
    pub platform: Option<&'static str>,
    pub context: Option<String>,
    /// Whether it can be built as it is; if not, its node in the manifest is commented out with `/-`.
    pub sound: bool,
    /// Values for arguments that have none in the file.
    pub args: Vec<(String, String)>,
    /// Whether a step asks for the network of the machine.
    pub network: bool,
    /// The secrets and ssh agents that it mounts.
    pub mounts: Vec<(MountKind, String)>,
    /// Names without a registry, each with the path of the Dockerfile that makes the image.
    pub locals: Vec<(String, String)>,
    /// Names in the fleet's repositories that none of its images has.
    pub outside: Vec<Reference>,
}

impl Row {
    /// Its place among the others.
    pub fn order(&self) -> impl Iterator<Item = (bool, Vec<u64>, &str)> {
        self.words.iter().map(|word| order(word))
    }

    /// The tag that names it.
    pub fn tag(&self) -> &str {
        self.tags.first().map_or("latest", String::as_str)
    }
}
