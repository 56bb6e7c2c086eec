//! `toolset "go" { param "version"; package …; archive …; file …; env …; run … }`

use crate::manifest::workspace::child_text;
use crate::manifest::{Check, names};
use crate::name::Digest;
use crate::text::kdl::{Node, Reader};
use crate::text::{Diagnostic, Diagnostics, Span, Spanned};

/// Named packages, archives, files and steps.
#[derive(Debug, Clone)]
pub struct Toolset {
    pub span: Span,
    pub name: Spanned<String>,
    /// What a `use` must or may give: name and default.
    pub params: Vec<(Spanned<String>, Option<Spanned<String>>)>,
    /// In file order.
    pub items: Vec<ToolsetItem>,
    /// What proves that it works.
    pub checks: Vec<Check>,
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

impl Toolset {
    pub(super) fn parse(node: &Node, out: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(node, out);
        let name = reader.name("toolset \"go\" { … }");
        let children = reader.kinds(&["param", "package", "run", "env", "archive", "file", "check"]);
        reader.done();
        let name = names::name(name?, "tool set", out);
        let mut toolset = Self { span: node.span, name, params: Vec::new(), items: Vec::new(), checks: Vec::new() };
        children.into_iter().for_each(|(kind, child)| toolset.child(kind, child, out));
        Some(toolset)
    }

    fn child(&mut self, kind: &str, node: &Node, out: &mut Diagnostics) {
        match kind {
            "param" => self.param(node, out),
            "check" => self.checks.extend(Check::parse(node, out)),
            _ => ToolsetItem::parse(kind, node, &mut self.items, out),
        }
    }

    /// `param "version"`, `param "channel" default="stable"`
    fn param(&mut self, node: &Node, out: &mut Diagnostics) {
        let mut reader = Reader::new(node, out);
        let name = reader.arg("a name", "param \"version\"");
        let default = reader.prop("default");
        reader.done();
        let found = name.map(|name| (names::word(name, "parameter", &["arch"], out), default));
        names::declare(&mut self.params, found, |(name, _)| name, "parameter", out);
    }
}

impl ToolsetItem {
    fn parse(kind: &str, node: &Node, all: &mut Vec<Self>, out: &mut Diagnostics) {
        match kind {
            "run" => all.extend(child_text(node, "a shell command", "run \"git lfs install\"", out).map(Self::Run)),
            "archive" => all.extend(Archive::parse(node, out).map(Self::Archive)),
            "file" => all.extend(FileCopy::parse(node, out).map(Self::File)),
            "env" => {
                let (mut pairs, mut reader) = (Vec::new(), Reader::new(node, out));
                names::add_pairs(&mut pairs, &mut reader, "env PATH=\"/usr/local/go/bin:$PATH\"");
                reader.done();
                all.extend(pairs.into_iter().map(|(name, value)| Self::Env(name, value)));
            }
            _ => {
                let mut reader = Reader::new(node, out);
                let first = reader.arg("a package", "package \"git\" \"curl\"");
                let packages: Vec<Spanned<String>> = first.into_iter().chain(reader.args()).collect();
                reader.done();
                names::once(&packages, "package", out);
                let packages = packages.into_iter().map(|package| names::filled(package, "package", out)).collect();
                all.push(Self::Packages(packages));
            }
        }
    }
}

impl Archive {
    fn parse(node: &Node, out: &mut Diagnostics) -> Option<Self> {
        let example = "archive \"https://go.dev/dl/go{version}.linux-{arch}.tar.gz\" into=\"/usr/local\"";
        let mut reader = Reader::new(node, out);
        let url = reader.arg("a URL", example);
        let digest = reader.prop("digest");
        let into = reader.required("into", example);
        reader.done();
        if let Some(digest) = digest.as_ref().filter(|digest| !digest.value.contains('{'))
            && let Err(error) = digest.value.parse::<Digest>()
        {
            out.push(
                Diagnostic::error("manifest::digest", error.to_string())
                    .at(digest.span, "not a digest")
                    .help("without `digest`, kiln.lock keeps the one that was found first"),
            );
        }
        Some(Self { span: node.span, url: names::filled(url?, "archive", out), into: names::filled(into?, "into", out), digest })
    }
}

impl FileCopy {
    fn parse(node: &Node, out: &mut Diagnostics) -> Option<Self> {
        let example = "file \"files/motd\" into=\"/etc/motd\"";
        let mut reader = Reader::new(node, out);
        let path = reader.arg("a path in the workspace", example);
        let into = reader.required("into", example);
        reader.done();
        Some(Self { span: node.span, path: names::path(path?, "file", out), into: names::filled(into?, "into", out) })
    }
}
