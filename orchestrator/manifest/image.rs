//! `image "go" { axis …; when …; from …; template …; use …; tag …; exclude …; include … }`

use crate::manifest::{Axis, Publish, TagRule, When};
use crate::text::{Span, Spanned};

/// A declared family of variants.
#[derive(Debug, Clone)]
pub struct Image {
    pub span: Span,
    pub name: Spanned<String>,
    pub axes: Vec<Axis>,
    pub exclude: Vec<Cells>,
    pub include: Vec<Cells>,
    /// What holds for every cell.
    pub settings: Settings,
    /// In file order.
    pub whens: Vec<When>,
    /// Repositories of its own instead of the workspace's.
    pub publish: Vec<Publish>,
    /// A pattern of the folder below `.circleci/images/<image>/`.
    pub path: Option<Spanned<String>>,
    /// Tags that must exist.
    pub must: Vec<Must>,
}

/// Settings of an image or of the cells a `when` matches: later ones replace or add.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    pub from: Option<Spanned<From>>,
    pub recipe: Option<Recipe>,
    pub context: Option<Context>,
    pub platforms: Option<Vec<Spanned<String>>>,
    pub uses: Vec<Use>,
    pub tags: Vec<TagRule>,
    pub args: Vec<(Spanned<String>, Spanned<String>)>,
    pub env: Vec<(Spanned<String>, Spanned<String>)>,
    /// `default <axis> "value"`: the value of an axis that answers to the empty token here.
    pub defaults: Vec<(Spanned<String>, Spanned<String>)>,
    /// `token <axis> "text"`: what stands for an axis in the tags of these cells.
    pub tokens: Vec<(Spanned<String>, Spanned<String>)>,
}

/// What an image stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum From {
    /// `from base="name"`
    Base(Spanned<String>),
    /// `from image="go" variant="node"`: the axes given win, the others agree.
    Image { image: Spanned<String>, cells: Vec<(Spanned<String>, Spanned<String>)> },
}

/// Where the Dockerfile comes from; the path is relative to the workspace and may hold placeholders.
#[derive(Debug, Clone)]
pub enum Recipe {
    Template(Spanned<String>),
    Dockerfile(Spanned<String>),
}

/// `context "path"`: a folder of the workspace.
#[derive(Debug, Clone)]
pub struct Context {
    pub path: Spanned<String>,
}

/// `use "toolset" param="value"`
#[derive(Debug, Clone)]
pub struct Use {
    pub span: Span,
    pub toolset: Spanned<String>,
    pub params: Vec<(Spanned<String>, Spanned<String>)>,
}

/// Cells by axis and value, as `exclude` and `include` name them.
#[derive(Debug, Clone)]
pub struct Cells {
    pub span: Span,
    pub cells: Vec<crate::manifest::Match>,
}

/// `must "latest"`
#[derive(Debug, Clone)]
pub struct Must {
    pub tag: Spanned<String>,
}
