//! `workspace "name" { publish …; stage …; syntax … }`

use crate::manifest::block::{self, Row, words};
use crate::manifest::hook::{self, Hooked};
use crate::manifest::{Condition, HookDecl, Manifest, Proof, names};
use crate::name::EngineVersion;
use crate::text::kdl::{Node, Reader};
use crate::text::{Diagnostic, Diagnostics, Severity, Shown, Span, Spanned};
use std::collections::BTreeSet;

/// Settings of the whole fleet.
#[derive(Debug, Clone)]
pub struct WorkspaceDecl {
    /// Where it is declared.
    pub span: Span,
    /// The workspace's name.
    pub name: Spanned<String>,
    /// Patterns of the public repositories: `docker.io/cimg/{image}`.
    pub publish: Vec<Publish>,
    /// The staging repository, for content tags. Commands that publish require it.
    pub stage: Option<Spanned<String>>,
    /// The hooks of all images, in file order.
    pub hooks: Vec<HookDecl>,
    /// The staging repository of pull requests, with `on="pull-request"`; other runs take nothing from it.
    pub pull_request_stage: Option<Spanned<String>>,
    /// The syntax of all Dockerfiles.
    pub syntax: Syntax,
    /// The oldest engine that must be able to build the images; 20.10 if not specified.
    pub engine: EngineVersion,
    /// What is published beside each image.
    pub attest: BTreeSet<Proof>,
}

/// A repository that public tags are written to.
#[derive(Debug, Clone)]
pub struct Publish {
    /// A pattern for the repository.
    pub repository: Spanned<String>,
    /// When tags are written to it; empty means on the default branch.
    pub on: Vec<Condition>,
}

/// The syntax that Dockerfiles may use: declared, never detected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub enum Syntax {
    /// The syntax of BuildKit's Dockerfile frontend.
    #[default]
    BuildKit,
    /// The syntax that the classic builder understands.
    Classic,
}

const SYNTAXES: [(&str, Syntax); 2] =
    [("buildkit", Syntax::BuildKit), ("classic", Syntax::Classic)];

impl WorkspaceDecl {
    /// The nodes of a workspace.
    pub(super) fn nodes() -> Vec<&'static str> {
        [words(&ROWS), words(&HOOKS)].concat()
    }

    pub(super) fn parse(node: &Node, out: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(node, out);
        let name = reader.arg(
            "a name",
            "workspace \"cimg\" { publish \"docker.io/cimg/{image}\" }",
        );
        let nodes = reader.kinds(&Self::nodes());
        reader.done();
        let mut block = Block::default();
        block::read(&mut block, &[&ROWS, &HOOKS], &nodes, out);
        let name = name
            .map(|name| names::name(name, "workspace", out))
            .unwrap_or_else(|| Spanned::new(String::from("workspace"), node.span));
        let (syntax, engine) = block.syntax.flatten().unwrap_or_default();
        Some(Self {
            span: node.span,
            name,
            publish: block.publish,
            stage: block.stage.flatten(),
            hooks: block.hooks,
            pull_request_stage: block.pull_request_stage.flatten(),
            syntax,
            engine,
            attest: block.attest.flatten().unwrap_or_default(),
        })
    }
}

/// The block of a workspace. What is `None` inside is declared, but has a fault.
#[derive(Default)]
struct Block {
    publish: Vec<Publish>,
    stage: Option<Option<Spanned<String>>>,
    hooks: Vec<HookDecl>,
    pull_request_stage: Option<Option<Spanned<String>>>,
    syntax: Option<Option<(Syntax, EngineVersion)>>,
    attest: Option<Option<BTreeSet<Proof>>>,
}

static HOOKS: [Row<Block>; 2] = hook::rows();

impl Hooked for Block {
    fn hooks(&mut self) -> &mut Vec<HookDecl> {
        &mut self.hooks
    }
}

static ROWS: [Row<Block>; 4] = [
    Row("publish", |block, child| {
        Publish::parse(child.node, &mut block.publish, child.out);
    }),
    Row("stage", |block, child| {
        let (found, is_for_pull_requests) = stage(child.node, child.out);
        let (name, slot) = match is_for_pull_requests {
            true => ("stage … on=\"pull-request\"", &mut block.pull_request_stage),
            false => ("stage", &mut block.stage),
        };
        child.once_of(name, child.node.name.span, slot, Some(found));
    }),
    Row("syntax", |block, child| {
        let found = Syntax::parse(child.node, child.out);
        child.once_of(
            "syntax",
            child.node.name.span,
            &mut block.syntax,
            Some(found),
        );
    }),
    Row("attest", |block, child| {
        let found = Proof::parse(child.node, child.out);
        child.once_of(
            "attest",
            child.node.name.span,
            &mut block.attest,
            Some(found),
        );
    }),
];

/// `stage "docker.io/cimg/kiln-stage"`, `stage "docker.io/cimg/kiln-pr" on="pull-request"`: the repository, and whether it is
/// that of pull requests.
fn stage(node: &Node, out: &mut Diagnostics) -> (Option<Spanned<String>>, bool) {
    let mut reader = Reader::new(node, out);
    let on = Condition::list(&mut reader);
    let found = reader.arg("a repository", "stage \"docker.io/cimg/kiln-stage\"");
    reader.done();
    for condition in &on {
        if !matches!(condition, Condition::PullRequest(_)) {
            let fault = Diagnostic::error(
                "manifest::stage",
                "a staging repository is for all runs, or for pull requests",
            );
            out.push(
                fault
                    .at(condition.span(), "not a condition of `stage`")
                    .help("leave it out, or write `on=\"pull-request\"`"),
            );
        }
    }
    let found = found.map(|found| names::filled(found, &node.name.value, out));
    (found, !on.is_empty())
}

/// Reports a workspace without a `stage`, with the line to write.
pub fn unstaged(manifest: &Manifest, severity: Severity, out: &mut Diagnostics) {
    let Some(workspace) = manifest.workspace.as_ref().filter(|w| w.stage.is_none()) else {
        return;
    };
    let images = manifest.images.iter();
    let images = images.flat_map(|image| &image.settings.publish);
    let first = workspace.publish.iter().chain(images).next();
    let beside = first.map_or("docker.io/you/{image}", |first| &first.repository.value);
    let fault = Diagnostic {
        severity,
        ..Diagnostic::error(
            "manifest::no-stage",
            "the workspace does not specify where images are staged before they are published",
        )
    };
    out.push(
        fault
            .at(workspace.span, "it has no `stage`")
            .help(format!("add: stage \"{}\"", stage_beside(beside))),
    );
}

/// A repository for staged images beside the public ones, above the parts of the path that depend on the image.
pub fn stage_beside(publish: &str) -> String {
    let parts: Vec<&str> = publish.split('/').collect();
    let is_fixed = |part: &&str| !part.replace("{var:", "").contains('{');
    let mut kept: Vec<&str> = parts.iter().copied().take_while(is_fixed).collect();
    if kept.len() == parts.len() {
        kept.pop();
    }
    kept.push("kiln-stage");
    kept.join("/")
}

/// The text of a child with a single argument.
pub(super) fn child_text(
    node: &Node,
    what: &str,
    example: &str,
    out: &mut Diagnostics,
) -> Option<Spanned<String>> {
    let mut reader = Reader::new(node, out);
    let text = reader.arg(what, example);
    reader.done();
    Some(names::filled(text?, &node.name.value, out))
}

impl Publish {
    /// `publish "docker.io/cimg/{image}" "…" on="branch:main"`: one entry per repository.
    pub(super) fn parse(node: &Node, all: &mut Vec<Self>, out: &mut Diagnostics) {
        let mut reader = Reader::new(node, out);
        let on = Condition::list(&mut reader);
        reader.bare_properties(&[]);
        let first = reader.arg("a repository", "publish \"docker.io/cimg/{image}\"");
        let repositories: Vec<Spanned<String>> = first.into_iter().chain(reader.args()).collect();
        reader.done();
        if let Some(word) = repositories.iter().find(|one| *one.value == *"on") {
            let fault =
                Diagnostic::error("manifest::missing", "`on` has no value").at(word.span, "here");
            out.push(fault.help("write `on=\"release\"`"));
            return;
        }
        names::once(&repositories, "repository", out);
        for repository in repositories {
            let repository = names::filled(repository, "publish", out);
            all.push(Self {
                repository,
                on: on.clone(),
            });
        }
    }
}

impl Syntax {
    /// `syntax "classic"`, `syntax "buildkit" engine="23.0"`
    fn parse(node: &Node, out: &mut Diagnostics) -> Option<(Self, EngineVersion)> {
        let mut reader = Reader::new(node, out);
        let word = reader.arg("`buildkit` or `classic`", "syntax \"buildkit\"");
        let engine = reader.numeral("engine");
        let syntax = word.and_then(|word| reader.one_of(&word, "syntax", &SYNTAXES));
        reader.done();
        let oldest = engine.as_ref().map(|text| EngineVersion::read(&text.value));
        if let (Some(None), Some(text)) = (oldest, &engine) {
            let fault = Diagnostic::error(
                "manifest::engine",
                format!("`{}` is not a version of an engine", text.value.shown()),
            );
            out.push(
                fault
                    .at(text.span, "not a version")
                    .help("write the oldest Docker Engine that must be able to build the images: `engine=\"23.0\"`"),
            );
        }
        if let (Some(Self::Classic), Some(text)) = (syntax, &engine) {
            let message = "`engine` has no effect beside `classic`, which every engine can build";
            let fault = Diagnostic::error("manifest::engine", message).at(text.span, "here");
            out.push(fault.help("remove it, or write `syntax \"buildkit\"`"));
        }
        Some((syntax?, oldest.flatten().unwrap_or_default()))
    }
}
