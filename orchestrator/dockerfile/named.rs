//! The images that a Dockerfile names.

use crate::name::{Platform, Reference};
use std::ops::Range;

/// A place in a Dockerfile that names an image.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct ImageRef {
    /// The kind of instruction.
    pub kind: ImageRefKind,
    /// The image, after ARG defaults are filled in.
    pub reference: Reference,
    /// The byte range of its name in the Dockerfile, which is replaced when the file is sent.
    pub bytes: Range<usize>,
    /// From 1.
    pub line: usize,
    /// For each platform of the variant in order, where the image is taken for; `None` where a build for that platform
    /// does not need the image.
    pub needs: Vec<Option<RunsOn>>,
    /// The named context that the image is taken from, if it is not the one that the file names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Box<str>>,
}

/// A place in a Dockerfile that names a context which is a folder.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FolderRef {
    /// The kind of instruction.
    pub kind: ImageRefKind,
    /// The name of the context.
    pub context: Box<str>,
    /// The byte range of its name in the Dockerfile, which is replaced when the file is sent.
    pub bytes: Range<usize>,
    /// From 1.
    pub line: usize,
    /// As in [`ImageRef::needs`]: the platform that the files are laid out for.
    pub needs: Vec<Option<RunsOn>>,
}

/// What a name in a Dockerfile means that is not a stage.
#[derive(Debug)]
pub(super) enum Named {
    Image(ImageRef),
    Folder(FolderRef),
}

/// The platform that a stage runs on, and that its image is taken for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum RunsOn {
    /// The platform that the image is built for.
    Target,
    /// The platform of the engine, whichever that is.
    Build,
    /// This one, which is not the target's.
    Platform(Box<Platform>),
}

/// The kind of instruction that names an image.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub enum ImageRefKind {
    /// `FROM`
    From,
    /// `COPY --from`
    CopyFrom,
    /// `RUN --mount=from=`
    MountFrom,
    /// `# syntax=`: the frontend's own image.
    Syntax,
}

impl ImageRef {
    /// Whether any build needs the image: a frontend always, others as far as a needed stage names them.
    pub fn is_needed(&self) -> bool {
        let is_used = self.needs.is_empty() || self.needs.iter().any(Option::is_some);
        self.kind == ImageRefKind::Syntax || is_used
    }
}

/// The platform that an image or folder with these `needs` is taken for, in a build for the platform at this place of the
/// variant's; `None` where the build does not need it.
pub fn taken_for<'a>(
    needs: &'a [Option<RunsOn>],
    at: usize,
    target: &'a Platform,
    engine: &'a Platform,
) -> Option<&'a Platform> {
    Some(needs.get(at)?.as_ref()?.platform(target, engine))
}

impl RunsOn {
    /// The platform in a build for `target` on `engine`.
    pub fn platform<'a>(&'a self, target: &'a Platform, engine: &'a Platform) -> &'a Platform {
        match self {
            RunsOn::Target => target,
            RunsOn::Build => engine,
            RunsOn::Platform(pinned) => pinned,
        }
    }
}
