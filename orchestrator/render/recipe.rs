//! What is sent to a builder, before registries and engines are queried.

use super::{Fetching, SourceMap};
use crate::matrix::VariantId;
use crate::name::{Digest, Platform, Reference};
use crate::text::SourceId;
use crate::tree::Tree;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// A variant's Dockerfile and its build context.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// The variant.
    pub variant: VariantId,
    /// The Dockerfile's path relative to the workspace: `.circleci/images/go/1.26.5/Dockerfile`.
    pub path: String,
    /// The Dockerfile's text before its image references are replaced.
    pub dockerfile: Arc<str>,
    /// The text as a source, for diagnostics.
    pub source: SourceId,
    /// The build context, without the Dockerfile itself and without the files that `.dockerignore` excludes.
    pub context: Arc<Tree>,
    /// The files that `generate` writes next to the Dockerfile: the build context if it consists of copied files, nothing
    /// if the context is a folder of the workspace.
    pub beside: Arc<Tree>,
    /// Every image the Dockerfile names, in file order.
    pub image_refs: Vec<ImageRef>,
    /// The index in `image_refs` of the image that the last stage is based on, directly or through other stages; `None` for
    /// `scratch`.
    pub final_base: Option<usize>,
    /// The line of the FROM that makes the last stage run on the engine's platform, if there is one: the image is only
    /// right if that is its own platform.
    pub native: Option<usize>,
    /// The origins of the lines of a generated Dockerfile.
    pub map: SourceMap,
    /// The downloads of the build, as far as the manifest declares them.
    pub fetching: Vec<Fetching>,
    /// Whether `generate` writes the Dockerfile and its context (false for hand-written files).
    pub generated: bool,
}

/// A place in a Dockerfile that names an image.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
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
}

/// The platform that a stage runs on, and that its image is taken for.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
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

/// Part of every recipe id: the number changes when rendering or hashing changes its meaning.
const FORMAT: u32 = 1;

impl ImageRef {
    /// The platform that an image is taken for in a build for the platform at this place of the variant's; `None` where the
    /// build does not need it.
    pub fn taken_for<'a>(
        &'a self,
        at: usize,
        target: &'a Platform,
        engine: &'a Platform,
    ) -> Option<&'a Platform> {
        match self.needs.get(at)?.as_ref()? {
            RunsOn::Target => Some(target),
            RunsOn::Build => Some(engine),
            RunsOn::Platform(pinned) => Some(pinned),
        }
    }
}

impl Recipe {
    /// A line (from 1) of the Dockerfile for people: `PATH:12`, or with its origins
    /// `PATH:12 (templates/go.hbs:7, kiln.kdl:14:5)`.
    pub fn place(&self, line: usize) -> String {
        let origins = self.map.origins(&self.dockerfile, line);
        let from = if origins.is_empty() {
            String::new()
        } else {
            format!(" ({})", origins.join(", "))
        };
        format!("{}:{line}{from}", self.path)
    }

    /// The digest of what the author controls in this variant on this platform, without its parents:
    /// the Dockerfile before its image references are replaced, the build context, the build arguments, the format version.
    /// The names of bases are part of the text and the arguments. `context` is the digest of the build context, which is the
    /// same for all platforms.
    pub fn own_digest<'a>(
        &self,
        context: Digest,
        args: impl IntoIterator<Item = (&'a str, &'a str)>,
        platform: &Platform,
    ) -> Digest {
        let args: BTreeMap<&str, &str> = args.into_iter().collect();
        let mut text = format!("kiln recipe {FORMAT}\nplatform {platform}\ncontext {context}\n");
        let mut add =
            |kind: &str, value: &str| text.push_str(&format!("{kind} {}:{value}\n", value.len()));
        add("dockerfile", &self.dockerfile);
        for (name, value) in args {
            add("arg", name);
            add("value", value);
        }
        Digest::of(text)
    }
}
