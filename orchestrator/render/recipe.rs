//! What is sent to a builder, before registries and engines are queried.

use super::{Fetching, SourceMap};
use crate::dockerfile::{Feature, ImageRef, Reads};
use crate::matrix::VariantId;
use crate::name::{Digest, Platform};
use crate::request::BuildOptions;
use crate::text::{SourceId, Span};
use crate::tree::Tree;
use std::collections::BTreeMap;
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
    /// The build context without what `.dockerignore` excludes.
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
    /// For each platform of the variant in order, what its build reads from the context.
    pub reads: Vec<Reads>,
    /// Whether ONBUILD makes the builds of images based on this one read their contexts.
    pub onbuild_reads: bool,
    /// What only BuildKit builds, in file order.
    pub features: Vec<Feature>,
    /// The origins of the lines of a generated Dockerfile.
    pub map: SourceMap,
    /// The downloads of the build, as far as the manifest declares them.
    pub fetching: Vec<Fetching>,
    /// Whether `generate` writes the Dockerfile and its context (false for hand-written files).
    pub generated: bool,
}

/// Part of every recipe id: the number changes when rendering or hashing changes its meaning.
const FORMAT: u32 = 1;

impl Recipe {
    /// Where the Dockerfile names an image.
    pub fn span(&self, image_ref: &ImageRef) -> Span {
        let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span {
            source: self.source,
            start: byte(image_ref.bytes.start),
            end: byte(image_ref.bytes.end),
        }
    }

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
    /// Limits of RUN steps do not count. The names of bases are part of the text and the arguments. `context` is the digest of the files that the build
    /// reads.
    pub fn own_digest<'a>(
        &self,
        context: Digest,
        args: impl IntoIterator<Item = (&'a str, &'a str)>,
        options: &BuildOptions,
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
        let hosts = options.extra_hosts.iter().map(|host| ("host", host));
        let target = options.target.iter().map(|stage| ("target", stage));
        let network = options.network.iter().map(|network| ("network", network));
        for (kind, value) in target.chain(network).chain(hosts) {
            add(kind, value);
        }
        Digest::of(text)
    }
}
