//! What the manifest has of one Dockerfile.

use crate::name::Reference;

/// One Dockerfile of an image.
pub(super) struct Row {
    /// The first names it.
    pub tags: Vec<String>,
    /// The words of the path that make its first tag, if that is their text.
    pub words: Vec<String>,
    pub path: String,
    pub context: Option<String>,
    /// Whether it can be built as it is; if not, its node in the manifest is commented out with `/-`.
    pub sound: bool,
    /// Values for arguments that have none in the file.
    pub args: Vec<(String, String)>,
    /// Names without a registry, each with the path of the Dockerfile that makes the image.
    pub locals: Vec<(String, String)>,
    /// Names in the fleet's repositories that none of its images has.
    pub outside: Vec<Reference>,
}

impl Row {
    /// The tag that names it.
    pub fn tag(&self) -> &str {
        self.tags.first().map_or("latest", String::as_str)
    }
}
