//! `workspace "name" { publish …; stage …; syntax … }`

use crate::manifest::Condition;
use crate::text::{Span, Spanned};

/// The fleet as a whole.
#[derive(Debug, Clone)]
pub struct Workspace {
    pub span: Span,
    pub name: Spanned<String>,
    /// Patterns of the public repositories: `docker.io/cimg/{image}`.
    pub publish: Vec<Publish>,
    /// Where content tags live.
    pub stage: Option<Spanned<String>>,
    pub syntax: Syntax,
}

/// A place that public tags are written to.
#[derive(Debug, Clone)]
pub struct Publish {
    /// A pattern of a repository.
    pub repository: Spanned<String>,
    /// When it may be written to; empty means the default branch.
    pub on: Vec<Condition>,
}

/// What rendered Dockerfiles may use: declared, never probed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Syntax {
    #[default]
    BuildKit,
    Classic,
}
