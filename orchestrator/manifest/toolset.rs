//! `toolset "go" { param "version"; needs …; package …; archive …; fetch …; file …; env …; run …; family … { … } }`

use crate::manifest::family::FAMILIES;
use crate::manifest::workspace::child_text;
use crate::manifest::{Archive, CheckDecl, Family, Fetch, FileCopy, On, Packages, names};
use crate::text::kdl::{Node, Reader};
use crate::text::{Diagnostics, Span, Spanned};

/// Named packages, archives, files and steps. `T` is a text with placeholders: as it is written, or looked up.
#[derive(Debug, Clone)]
pub struct Toolset<T = Spanned<String>> {
    /// Where it is declared.
    pub span: Span,
    /// The tool set's name.
    pub name: Spanned<String>,
    /// The parameters: name and default. A `use` must set those without a default.
    pub params: Vec<(Spanned<String>, Option<T>)>,
    /// The items in file order.
    pub items: Vec<On<ToolsetItem<T>>>,
    /// The checks that verify that it works.
    pub checks: Vec<On<CheckDecl<T>>>,
    /// Tool sets that are installed before it.
    pub needs: Vec<On<Need<T>>>,
    /// Tool sets that cannot be in the same image.
    pub conflicts: Vec<Spanned<String>>,
    /// The families that it supports; all if empty.
    pub families: Vec<Family>,
    /// Whether it comes with kiln.
    pub library: bool,
}

/// `needs "node" version="{node}"`: without parameters, any version is enough.
#[derive(Debug, Clone)]
pub struct Need<T = Spanned<String>> {
    /// Where it is declared.
    pub span: Span,
    /// The required tool set.
    pub toolset: Spanned<String>,
    /// The required parameters: name and value.
    pub params: Vec<(Spanned<String>, T)>,
}

/// One thing a tool set installs or sets.
#[derive(Debug, Clone)]
pub enum ToolsetItem<T = Spanned<String>> {
    /// Packages of the distribution.
    Packages(Packages<T>),
    /// A shell command line.
    Run(T),
    /// An environment variable: name and value.
    Env(T, T),
    /// An archive to fetch and unpack.
    Archive(Archive<T>),
    /// A file to fetch.
    Fetch(Fetch<T>),
    /// A file of the workspace.
    File(FileCopy<T>),
}

impl Toolset {
    /// The nodes of items in a tool set and in its `family` blocks.
    const ITEMS: [&str; 8] = [
        "package", "run", "env", "archive", "fetch", "file", "check", "needs",
    ];

    pub(super) fn parse(node: &Node, out: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(node, out);
        let name = reader.name("toolset \"go\" { … }");
        let known: Vec<&'static str> = Self::ITEMS
            .into_iter()
            .chain(["param", "conflicts", "families", "family"])
            .collect();
        let children = reader.kinds(&known);
        reader.done();
        let name = names::name(name?, "tool set", out);
        let mut toolset = Self {
            span: node.span,
            name,
            params: Vec::new(),
            items: Vec::new(),
            checks: Vec::new(),
            needs: Vec::new(),
            conflicts: Vec::new(),
            families: Vec::new(),
            library: false,
        };
        children
            .into_iter()
            .for_each(|(kind, child)| toolset.child(kind, child, out));
        Some(toolset)
    }

    fn child(&mut self, kind: &str, node: &Node, out: &mut Diagnostics) {
        match kind {
            "param" => self.param(node, out),
            "conflicts" => {
                let mut reader = Reader::new(node, out);
                let first = reader.arg("a tool set", "conflicts \"docker\"");
                self.conflicts
                    .extend(first.into_iter().chain(reader.args()));
                reader.done();
            }
            "families" => {
                let mut reader = Reader::new(node, out);
                self.families.extend(families(&mut reader));
                reader.done();
            }
            "family" => {
                let mut reader = Reader::new(node, out);
                let families = families(&mut reader);
                let children = reader.kinds(&Self::ITEMS);
                reader.done();
                children
                    .into_iter()
                    .for_each(|(kind, child)| self.item(&families, kind, child, out));
            }
            _ => self.item(&[], kind, node, out),
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

    fn item(&mut self, families: &[Family], kind: &str, node: &Node, out: &mut Diagnostics) {
        let on = || families.to_vec();
        match kind {
            "check" => self
                .checks
                .extend(CheckDecl::parse(node, out).map(|item| On {
                    families: on(),
                    item,
                })),
            "needs" => self.needs.extend(Need::parse(node, out).map(|item| On {
                families: on(),
                item,
            })),
            _ => {
                let mut items = Vec::new();
                ToolsetItem::parse(kind, node, &mut items, out);
                self.items.extend(items.into_iter().map(|item| On {
                    families: on(),
                    item,
                }));
            }
        }
    }
}

impl<T> Toolset<T> {
    /// The same tool set with other texts.
    pub fn map<U>(&self, text: &mut impl FnMut(&T) -> U) -> Toolset<U> {
        Toolset {
            items: (self.items.iter().map(|on| on.map(|item| item.map(text)))).collect(),
            checks: (self.checks.iter())
                .map(|on| on.map(|check| check.map(&mut *text)))
                .collect(),
            params: (self.params.iter())
                .map(|(name, default)| (name.clone(), default.as_ref().map(&mut *text)))
                .collect(),
            needs: (self.needs.iter().map(|on| on.map(|need| need.map(text)))).collect(),
            span: self.span,
            name: self.name.clone(),
            conflicts: self.conflicts.clone(),
            families: self.families.clone(),
            library: self.library,
        }
    }
}

impl<T> Need<T> {
    fn map<U>(&self, text: &mut impl FnMut(&T) -> U) -> Need<U> {
        Need {
            span: self.span,
            toolset: self.toolset.clone(),
            params: (self.params.iter())
                .map(|(name, value)| (name.clone(), text(value)))
                .collect(),
        }
    }
}

impl<T> ToolsetItem<T> {
    fn map<U>(&self, text: &mut impl FnMut(&T) -> U) -> ToolsetItem<U> {
        match self {
            Self::Packages(packages) => ToolsetItem::Packages(packages.map(text)),
            Self::Run(line) => ToolsetItem::Run(text(line)),
            Self::Env(name, value) => ToolsetItem::Env(text(name), text(value)),
            Self::Archive(archive) => ToolsetItem::Archive(archive.map(text)),
            Self::Fetch(fetch) => ToolsetItem::Fetch(fetch.map(text)),
            Self::File(file) => ToolsetItem::File(file.map(text)),
        }
    }
}

/// One or more families as arguments.
fn families(reader: &mut Reader) -> Vec<Family> {
    let first = reader.arg("a family", "family \"alpine\" { … }");
    let words: Vec<Spanned<String>> = first.into_iter().chain(reader.args()).collect();
    words
        .iter()
        .filter_map(|word| reader.one_of(word, "family", &FAMILIES))
        .collect()
}

impl Need {
    fn parse(node: &Node, out: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(node, out);
        let toolset = reader.arg("a tool set", "needs \"node\" version=\"24.17.0\"");
        let params = reader.pairs();
        reader.done();
        Some(Self {
            span: node.span,
            toolset: toolset?,
            params,
        })
    }
}

impl ToolsetItem {
    fn parse(kind: &str, node: &Node, all: &mut Vec<Self>, out: &mut Diagnostics) {
        match kind {
            "run" => all.extend(
                child_text(node, "a shell command", "run \"git lfs install\"", out).map(Self::Run),
            ),
            "archive" => all.extend(Archive::parse(node, out).map(Self::Archive)),
            "fetch" => all.extend(Fetch::parse(node, out).map(Self::Fetch)),
            "file" => all.extend(FileCopy::parse(node, out).map(Self::File)),
            "env" => {
                let (mut pairs, mut reader) = (Vec::new(), Reader::new(node, out));
                names::add_pairs(
                    &mut pairs,
                    &mut reader,
                    "env PATH=\"/usr/local/go/bin:$PATH\"",
                );
                reader.done();
                all.extend(
                    pairs
                        .into_iter()
                        .map(|(name, value)| Self::Env(name, value)),
                );
            }
            _ => all.extend(Packages::parse(node, out).map(Self::Packages)),
        }
    }
}
