//! `toolset "go" { param "version"; package …; archive …; file …; env …; run … }`

use crate::text::{Span, Spanned};

/// Named packages, archives, files and steps.
#[derive(Debug, Clone)]
pub struct Toolset {
    pub span: Span,
    pub name: Spanned<String>,
    /// What a `use` must or may give: name and default.
    pub params: Vec<(Spanned<String>, Option<Spanned<String>>)>,
    /// In file order.
    pub items: Vec<ToolsetItem>,
}

/// One thing a tool set installs or sets.
#[derive(Debug, Clone)]
pub enum ToolsetItem {
    /// Packages by the names of the family.
    Packages(Vec<Spanned<String>>),
    /// A shell line.
    Run(Spanned<String>),
    Env(Spanned<String>, Spanned<String>),
    Archive(Archive),
    File(FileCopy),
}

/// An archive that is fetched and unpacked.
#[derive(Debug, Clone)]
pub struct Archive {
    pub span: Span,
    pub url: Spanned<String>,
    pub into: Spanned<String>,
    /// `sha256:…`
    pub digest: Option<Spanned<String>>,
}

/// A file of the workspace that is copied in.
#[derive(Debug, Clone)]
pub struct FileCopy {
    pub span: Span,
    pub path: Spanned<String>,
    pub into: Spanned<String>,
}
