//! `workspace "name" { publish …; stage …; syntax … }`

use crate::manifest::{Condition, names};
use crate::text::kdl::{Node, Reader};
use crate::text::{Diagnostics, Span, Spanned};

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

const SYNTAXES: [(&str, Syntax); 2] = [("buildkit", Syntax::BuildKit), ("classic", Syntax::Classic)];

impl Workspace {
    pub(super) fn parse(node: &Node, out: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(node, out);
        let name = reader.arg("a name", "workspace \"cimg\" { publish \"docker.io/cimg/{image}\" }");
        let children = reader.kinds(&["publish", "stage", "syntax"]);
        reader.done();
        let (mut publish, mut stage, mut syntax) = (Vec::new(), None, None);
        for (kind, child) in children {
            match kind {
                "publish" => Publish::parse(child, &mut publish, out),
                "stage" => names::set_once(
                    &mut stage,
                    Spanned::new(child_text(child, "a repository", "stage \"docker.io/cimg/kiln-stage\"", out), child.name.span),
                    "stage",
                    out,
                ),
                _ => names::set_once(&mut syntax, Spanned::new(Syntax::parse(child, out), child.name.span), "syntax", out),
            }
        }
        let name =
            name.map(|name| names::name(name, "workspace", out)).unwrap_or_else(|| Spanned::new(String::from("workspace"), node.span));
        let syntax = syntax.and_then(|syntax| syntax.value).unwrap_or_default();
        Some(Self { span: node.span, name, publish, stage: stage.and_then(|stage| stage.value), syntax })
    }
}

/// The one argument of a child that has nothing else.
pub(super) fn child_text(node: &Node, what: &str, example: &str, out: &mut Diagnostics) -> Option<Spanned<String>> {
    let mut reader = Reader::new(node, out);
    let text = reader.arg(what, example);
    reader.done();
    Some(names::filled(text?, &node.name.value, out))
}

impl Publish {
    /// `publish "docker.io/cimg/{image}" "…" on="branch:main"`: one entry a repository.
    pub(super) fn parse(node: &Node, all: &mut Vec<Self>, out: &mut Diagnostics) {
        let mut reader = Reader::new(node, out);
        let on = Condition::list(&mut reader);
        let first = reader.arg("a repository", "publish \"docker.io/cimg/{image}\"");
        let repositories: Vec<Spanned<String>> = first.into_iter().chain(reader.args()).collect();
        reader.done();
        names::once(&repositories, "repository", out);
        for repository in repositories {
            let repository = names::filled(repository, "publish", out);
            all.push(Self { repository, on: on.clone() });
        }
    }
}

impl Syntax {
    fn parse(node: &Node, out: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(node, out);
        let word = reader.arg("`buildkit` or `classic`", "syntax \"buildkit\"");
        let syntax = word.and_then(|word| reader.one_of(&word, "syntax", &SYNTAXES));
        reader.done();
        syntax
    }
}
