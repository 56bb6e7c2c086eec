//! `toolset "go" { param "version"; needs …; package …; archive …; fetch …; file …; env …; run …; refresh …; secret …;
//! ssh …; family … { … } }`

mod families;

use crate::manifest::block::{self, Row, words};
use crate::manifest::family::FAMILIES;
use crate::manifest::{
    Archive, CheckDecl, Family, Fetch, FileCopy, On, Packages, Refresh, Run, SecretDecl, SshDecl,
    UseDecl, mounts, names, secret, ssh,
};
use crate::text::kdl::{Node, Reader};
use crate::text::{Diagnostic, Diagnostics, Span, Spanned};
use indexmap::IndexMap;

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
    /// Tool sets that are installed before it; without parameters, any version is enough.
    pub needs: Vec<On<UseDecl<T>>>,
    /// Tool sets that cannot be in the same image.
    pub conflicts: Vec<Spanned<String>>,
    /// The families that it supports; all if empty.
    pub families: Vec<Family>,
    /// When its layers are made anew although nothing else has changed.
    pub refresh: Option<Spanned<Refresh>>,
    /// Secrets that its steps mount, by id.
    pub secrets: IndexMap<String, SecretDecl<T>>,
    /// Agents of ssh that its steps mount, by id.
    pub agents: IndexMap<String, SshDecl<T>>,
    /// Whether it comes with kiln.
    pub library: bool,
}

/// One thing a tool set installs or sets.
#[derive(Debug, Clone)]
pub enum ToolsetItem<T = Spanned<String>> {
    /// Packages of the distribution.
    Packages(Packages<T>),
    /// A shell command line.
    Run(Run<T>),
    /// An environment variable: name and value.
    Env(T, T),
    /// An archive to fetch and unpack.
    Archive(Archive<T>),
    /// A file to fetch.
    Fetch(Fetch<T>),
    /// A file of the workspace.
    File(FileCopy<T>),
}

/// A tool set while its block is read.
struct Block {
    set: Toolset,
    /// The families of the `family` block that is being read.
    families: Vec<Family>,
}

/// The nodes of items, in a tool set and in its `family` blocks.
static ITEMS: [Row<Block>; 8] = [
    Row("package", |block, child| {
        let found = Packages::parse(child.node, child.out);
        block.items(found.map(ToolsetItem::Packages));
    }),
    Row("run", |block, child| {
        block.items(Run::parse(child.node, child.out).map(ToolsetItem::Run));
    }),
    Row("env", |block, child| {
        let mut pairs = Vec::new();
        let example = "env PATH=\"/usr/local/go/bin:$PATH\"";
        names::pairs(&mut pairs, child.node, example, child.out);
        block.items(
            pairs
                .into_iter()
                .map(|(name, value)| ToolsetItem::Env(name, value)),
        );
    }),
    Row("archive", |block, child| {
        block.items(Archive::parse(child.node, child.out).map(ToolsetItem::Archive));
    }),
    Row("fetch", |block, child| {
        block.items(Fetch::parse(child.node, child.out).map(ToolsetItem::Fetch));
    }),
    Row("file", |block, child| {
        block.items(FileCopy::parse(child.node, child.out).map(ToolsetItem::File));
    }),
    Row("check", |block, child| {
        let found = CheckDecl::parse(child.node, child.out).map(|item| block.on(item));
        block.set.checks.extend(found);
    }),
    Row("needs", |block, child| {
        let found = UseDecl::parse(child.node, "needs \"node\" version=\"24.17.0\"", child.out)
            .map(|item| block.on(item));
        block.set.needs.extend(found);
    }),
];

/// The nodes of a tool set that are not items.
static ROWS: [Row<Block>; 7] = [
    Row("param", |block, child| {
        let found = param(child.node, child.out);
        let params = &mut block.set.params;
        names::declare(params, found, |(name, _)| name, "parameter", child.out);
    }),
    Row("conflicts", |block, child| {
        let mut reader = Reader::new(child.node, child.out);
        let first = reader.arg("a tool set", "conflicts \"docker\"");
        let others = first.into_iter().chain(reader.args());
        block.set.conflicts.extend(others);
        reader.done();
    }),
    Row("refresh", |block, child| {
        let found = Refresh::parse(child.node, child.out);
        child.once(&mut block.set.refresh, found);
    }),
    Row("secret", |block, child| {
        secret::read_for_steps(&mut block.set.secrets, child);
    }),
    Row("ssh", |block, child| {
        ssh::read(&mut block.set.agents, child);
    }),
    Row("families", |block, child| {
        let mut reader = Reader::new(child.node, child.out);
        block.set.families.extend(families(&mut reader));
        reader.done();
    }),
    Row("family", |block, child| {
        let mut reader = Reader::new(child.node, child.out);
        let families = families(&mut reader);
        let nodes = reader.kinds(&words(&ITEMS));
        reader.done();
        block.families = families;
        block::read(block, &[&ITEMS], &nodes, child.out);
        block.families.clear();
    }),
];

/// The nodes of a tool set.
pub(super) fn nodes() -> Vec<&'static str> {
    [words(&ITEMS), words(&ROWS)].concat()
}

/// The help for a node of a tool set that is written in an image.
pub(super) fn elsewhere(word: &str) -> Option<String> {
    let found = words(&ITEMS).contains(&word) || word == "refresh";
    found.then(|| format!("`{word}` belongs in a `toolset`; declare one and `use` it"))
}

impl Block {
    fn on<T>(&self, item: T) -> On<T> {
        let families = self.families.clone();
        On { families, item }
    }

    fn items(&mut self, items: impl IntoIterator<Item = ToolsetItem>) {
        for item in items {
            let item = self.on(item);
            self.set.items.push(item);
        }
    }
}

impl Toolset {
    pub(super) fn parse(node: &Node, out: &mut Diagnostics) -> Option<Self> {
        let before = out.errors();
        let mut reader = Reader::new(node, out);
        let name = reader.name("toolset \"go\" { … }");
        let nodes = reader.kinds(&nodes());
        reader.done();
        let set = Self {
            span: node.span,
            name: names::name(name?, "tool set", out),
            params: Vec::new(),
            items: Vec::new(),
            checks: Vec::new(),
            needs: Vec::new(),
            conflicts: Vec::new(),
            families: Vec::new(),
            refresh: None,
            secrets: IndexMap::new(),
            agents: IndexMap::new(),
            library: false,
        };
        let families = Vec::new();
        let mut block = Block { set, families };
        block::read(&mut block, &[&ITEMS, &ROWS], &nodes, out);
        block.set.check_refresh(&nodes, out);
        let families = match block.set.families.as_slice() {
            [] => &Family::ALL,
            families => families,
        };
        families::check(&nodes, families, out);
        block.set.check_effect(node, out);
        let is_whole = out.errors() == before;
        mounts::check(&block.set, is_whole, out);
        Some(block.set)
    }

    /// A tool set cannot conflict with itself, and should do something.
    fn check_effect(&self, node: &Node, out: &mut Diagnostics) {
        let own = self
            .conflicts
            .iter()
            .find(|other| other.value == self.name.value);
        if let Some(own) = own {
            let message = "a tool set does not conflict with itself";
            let fault = Diagnostic::error("manifest::conflicts", message).at(own.span, "here");
            out.push(fault.help("name the other tool set, or remove it"));
        }
        if node.children.iter().flatten().next().is_none() {
            let message = format!("tool set `{}` has no effect: it is empty", self.name.value);
            let fault = Diagnostic::warning("manifest::empty", message).at(self.name.span, "here");
            out.push(fault.help("add a `package` or a `run`, or remove it and its `use`"));
        }
    }

    /// Only a step that runs can come out differently: files and downloads with checksums cannot.
    fn check_refresh(&self, nodes: &[(&str, &Node)], out: &mut Diagnostics) {
        let Some(refresh) = &self.refresh else {
            return;
        };
        let runs =
            |item: &ToolsetItem| matches!(item, ToolsetItem::Packages(_) | ToolsetItem::Run(_));
        // What could not be read has a fault of its own.
        let is_meant = nodes
            .iter()
            .any(|(word, _)| matches!(*word, "package" | "run"));
        if is_meant || self.items.iter().any(|on| runs(&on.item)) {
            return;
        }
        let message = format!(
            "`refresh \"{}\"` has no effect: tool set `{}` installs nothing",
            refresh.value, self.name.value
        );
        let fault = Diagnostic::error("manifest::refresh", message);
        out.push(
            fault
                .at(refresh.span, "nothing to refresh")
                .help("add a `package` or a `run` to the tool set, or remove `refresh`"),
        );
    }
}

/// `param "version"`, `param "channel" default="stable"`
fn param(node: &Node, out: &mut Diagnostics) -> Option<(Spanned<String>, Option<Spanned<String>>)> {
    let mut reader = Reader::new(node, out);
    let name = reader.arg("a name", "param \"version\"");
    let default = reader.prop("default");
    reader.done();
    Some((names::word(name?, "parameter", &["arch"], out), default))
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
            refresh: self.refresh.clone(),
            secrets: (self.secrets.iter())
                .map(|(id, secret)| (id.clone(), secret.map(text)))
                .collect(),
            agents: (self.agents.iter())
                .map(|(id, agent)| (id.clone(), agent.map(text)))
                .collect(),
            library: self.library,
        }
    }
}

impl<T> ToolsetItem<T> {
    fn map<U>(&self, text: &mut impl FnMut(&T) -> U) -> ToolsetItem<U> {
        match self {
            Self::Packages(packages) => ToolsetItem::Packages(packages.map(text)),
            Self::Run(run) => ToolsetItem::Run(run.map(text)),
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
