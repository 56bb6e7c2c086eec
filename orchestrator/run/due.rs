//! Tags that are due, and what they are moved to.

use crate::matrix::{DeferredTag, TagKind, VariantName};
use crate::memory::{Line, Versions};
use crate::name::{Digest, Reference};
use crate::plan::Move;
use crate::request::Stored;
use crate::run::RunContext;
use std::sync::Arc;

/// A tag that is due.
#[derive(Debug, Clone)]
pub(super) struct Due {
    pub reference: Reference,
    pub kind: TagKind,
    /// What it named when the plan was made.
    pub was: Option<Digest>,
    /// Whether that is known: the plan does not know tags that are read from images.
    pub seen: bool,
    pub versions: Arc<Versions>,
    /// The pattern of a counted tag.
    pub counted: Option<Box<DeferredTag>>,
    /// Whether the tag differs from run to run.
    pub varies: bool,
}

/// What tags are moved to.
pub(super) struct Target<'a> {
    pub v: &'a VariantName,
    pub stored: &'a Stored,
    /// It is the index over what several variants have published by now: another run of the same commit has no newer parts.
    pub combined: bool,
}

impl Due {
    pub(super) fn of(m: &Move) -> Self {
        Self {
            reference: m.reference.clone(),
            kind: m.kind,
            was: m.was,
            seen: true,
            versions: m.versions.clone(),
            counted: m.counted.clone(),
            varies: m.varies,
        }
    }

    /// What the record of an image says about the tag that names it.
    pub(super) fn line(&self, ctx: &RunContext, image: Digest) -> (Reference, Line) {
        let was = self.was.filter(|was| *was != image);
        let line = Line {
            varies: self.varies,
            once: self.varies && self.kind == TagKind::Fixed && self.counted.is_none(),
            ..ctx.plan.origin.line(&self.versions, was)
        };
        (self.reference.clone(), line)
    }
}
