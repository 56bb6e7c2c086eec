//! What is sent to a builder, before anything outside is known.

use crate::matrix::VariantId;
use crate::name::Reference;
use crate::text::SourceId;
use crate::tree::Tree;
use std::ops::Range;
use std::sync::Arc;

/// A variant's Dockerfile and its build context.
#[derive(Debug, Clone)]
pub struct Recipe {
    pub variant: VariantId,
    /// The Dockerfile's path relative to the workspace: `.circleci/images/go/1.26.5/Dockerfile`.
    pub path: String,
    /// The Dockerfile's text before any FROM is rewritten.
    pub dockerfile: Arc<str>,
    /// The text as a source, for diagnostics.
    pub source: SourceId,
    /// Files beside the Dockerfile, without the Dockerfile itself; what `.dockerignore` names is left out.
    pub context: Arc<Tree>,
    /// Every image the Dockerfile names, in file order.
    pub stands: Vec<Stand>,
    /// Whether `generate` writes the Dockerfile and its context (false for hand-written files).
    pub generated: bool,
}

/// A place in a Dockerfile that names an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stand {
    pub kind: StandKind,
    /// The image, after ARG defaults are filled in.
    pub reference: Reference,
    /// The bytes of the Dockerfile that name it: what is replaced when the file is sent.
    pub bytes: Range<usize>,
    /// From 1.
    pub line: usize,
    /// `--platform=` of a FROM.
    pub platform: Option<String>,
}

/// Which instruction names an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StandKind {
    From,
    CopyFrom,
    MountFrom,
    /// `# syntax=`: the frontend's own image.
    Syntax,
}
