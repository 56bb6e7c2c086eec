//! What can be said of words by themselves: of the images that are left out, and of what no image uses.
//!
//! Each is checked as an image without axes, with those of its nodes that do not depend on a cell.

use super::left::{Left, has_essential, is_image, key, name};
use crate::text::kdl::{self, Document, Entry, Node, Value};
use crate::text::{Diagnostic, Diagnostics, Severity, SourceId, Sources, Span, Spanned};
use std::collections::{BTreeSet, HashMap, HashSet};

/// What the images are based on that are checked alone.
const BASE: &str = "base \"kiln-alone\" from=\"debian\"\nimage \"x\" { from base=\"kiln-alone\" }";

/// Faults that are true of words whatever is around them.
const OWN: &[&str] = &[
    "dockerfile::arguments",
    "dockerfile::before-from",
    "dockerfile::directive",
    "dockerfile::empty",
    "dockerfile::flag",
    "dockerfile::heredoc",
    "dockerfile::instruction",
    "dockerfile::line-too-long",
    "dockerfile::list",
    "dockerfile::no-from",
    "dockerfile::stage-name",
    "matrix::alias",
    "matrix::build",
    "matrix::latest",
    "matrix::path",
    "matrix::platform",
    "matrix::platform-twice",
    "matrix::reference",
    "matrix::twice",
    "matrix::version",
    "render::check",
    "render::config",
    "render::context",
    "render::dockerfile",
    "render::ignore",
    "render::name",
    "render::outside",
    "render::unused",
    "render::value",
    "template::missing",
    "template::ring",
    "template::syntax",
    "toolset::check",
    "toolset::digest",
    "toolset::fetch",
    "toolset::file",
    "toolset::place",
    "toolset::strip",
    "toolset::value",
];

/// Nodes of an image that count for its cells only.
const OF_CELLS: [&str; 9] = [
    "axis", "exclude", "include", "when", "tag", "must", "default", "token", "path",
];

/// The images that are checked alone, with all that they name.
pub(super) struct Skeletons {
    documents: Vec<Document>,
    /// By image, the nodes that it lacks.
    lost: HashMap<(u32, u32), BTreeSet<String>>,
    /// The text that is not of the author.
    source: SourceId,
}

/// Whether something is left out, or declared and not used.
pub(super) fn has_some(left: &Left) -> bool {
    !left.gone.is_empty() || !unused(left).is_empty()
}

impl Skeletons {
    /// What is left out, and what is declared and not used.
    pub fn of(left: &Left, sources: &mut Sources) -> Option<Self> {
        let unused = unused(left);
        let source = sources.add("kiln's base", BASE);
        let own = kdl::parse(source, BASE, &mut Diagnostics::default());
        let (images, bases): (Vec<Node>, Vec<Node>) = own.nodes.into_iter().partition(is_image);
        let from = images.into_iter().next()?.children?.into_iter().next()?;
        let mut all = Self {
            documents: left.documents.clone(),
            lost: HashMap::new(),
            source,
        };
        for document in &mut all.documents {
            document.nodes.retain(|node| !is_image(node));
        }
        let gone = left.gone.iter();
        let each = gone.flat_map(|one| {
            let parts = one.node.children.iter().flatten();
            let whens = parts.filter(|node| *node.name == "when");
            let nodes = whens.chain([&one.node]);
            nodes.map(|node| (node, one.wrong.as_slice()))
        });
        let mut images: Vec<Node> = each
            .map(|(node, wrong)| all.reduced(node, wrong, &from))
            .collect();
        images.extend(unused.into_iter().map(|node| all.using(node, &from)));
        images.iter_mut().enumerate().for_each(rename);
        all.documents.push(Document {
            source,
            nodes: bases.into_iter().chain(images).collect(),
            whole: true,
        });
        Some(all)
    }

    /// The documents to check.
    pub fn documents(&self) -> Left {
        let mut left = Left::new(&self.documents);
        left.lost.clone_from(&self.lost);
        left
    }

    /// The fault, if it is one of words by themselves. It names no image.
    pub fn finds(&self, left: &Left, fault: &Diagnostic) -> Option<Diagnostic> {
        let first = fault.labels.first()?;
        let is_own = fault.severity == Severity::Error && OWN.contains(&fault.code);
        if !is_own || first.span.source == self.source || !left.is_real(fault) {
            return None;
        }
        if fault.code == "render::unused" && !is_plain_unused(left, fault) {
            return None;
        }
        let mut fault = fault.clone();
        fault.labels.truncate(1);
        Some(fault)
    }

    /// An image with those of its nodes that do not depend on a cell.
    fn reduced(&mut self, gone: &Node, wrong: &[Span], from: &Node) -> Node {
        let all = || gone.children.iter().flatten();
        let is_wrong = |node: &Node| wrong.iter().any(|place| is_in(node, *place));
        let has_recipes = all().any(|node| *node.name == "when" && has_essential(node));
        let stays = |node: &&Node| {
            let name = node.name.as_str();
            let is_recipe = matches!(name, "dockerfile" | "template");
            let is_of_cells = OF_CELLS.contains(&name) || name == "from";
            let is_unsure = is_of_cells || is_wrong(node) || is_recipe && has_recipes;
            !is_unsure && is_fixed(node)
        };
        let (kept, lost): (Vec<&Node>, Vec<&Node>) = all().partition(|node| stays(node));
        let inner = lost.iter().flat_map(|node| node.children.iter().flatten());
        let words = lost.iter().copied().chain(inner);
        let words = words.map(|node| node.name.value.clone()).collect();
        self.lost.insert(key(gone.span), words);
        let is_written = kept.iter().any(|node| *node.name == "dockerfile");
        let from = Some(from.clone()).filter(|_| !is_written);
        image(gone.span, kept.into_iter().cloned().chain(from).collect())
    }

    /// An image that uses what is declared at the top of a manifest.
    fn using(&self, node: &Node, from: &Node) -> Node {
        let name = name(node).unwrap_or_default();
        let text = |value: &str| Spanned::new(Value::Text(value.to_owned()), node.span);
        let entry = |property: Option<&str>| Entry {
            name: property.map(|name| Spanned::new(name.to_owned(), node.span)),
            value: text(name),
            span: node.span,
        };
        let child = |word: &str, entries: Vec<Entry>| Node {
            name: Spanned::new(word.to_owned(), node.span),
            entries,
            children: None,
            span: node.span,
            faulty: false,
        };
        let word = node.name.as_str();
        let own = match word {
            "base" => vec![child("from", vec![entry(Some("base"))])],
            "axis" => vec![
                child(word, vec![entry(None), entry(Some("use"))]),
                from.clone(),
            ],
            "toolset" => vec![child("use", vec![entry(None)]), from.clone()],
            "settings" => {
                let fixed = node.children.iter().flatten();
                let fixed = fixed.filter(|node| is_fixed(node) && *node.name != "from");
                let is_written = |node: &&Node| *node.name == "dockerfile";
                let from = Some(from).filter(|_| !fixed.clone().any(|node| is_written(&node)));
                fixed.chain(from).cloned().collect()
            }
            _ => vec![child(word, vec![entry(None)]), from.clone()],
        };
        image(node.span, own)
    }
}

fn image(span: Span, children: Vec<Node>) -> Node {
    Node {
        name: Spanned::new(String::from("image"), span),
        entries: Vec::new(),
        children: Some(children),
        span,
        faulty: false,
    }
}

/// Gives an image a name of its own.
fn rename((at, image): (usize, &mut Node)) {
    let name = Value::Text(format!("kiln-alone-{at}"));
    image.entries = vec![Entry {
        name: None,
        value: Spanned::new(name, image.span),
        span: image.span,
    }];
}

/// What is declared at the top of a manifest, and named nowhere else.
fn unused(left: &Left) -> Vec<&Node> {
    let tops = || left.documents.iter().flat_map(|one| &one.nodes);
    let mut named = HashSet::new();
    tops().for_each(|top| names(top, true, &mut named));
    let gone = left.gone.iter();
    gone.for_each(|one| names(&one.node, true, &mut named));
    let is_named = |kind: &'static str, name: &str| {
        // A name with places may be any.
        let mut all = named.iter().filter(|(known, _)| *known == kind);
        all.any(|(_, text)| *text == name || text.contains('{'))
    };
    let unused = |node: &&Node| {
        let kinds = ["axis", "base", "platforms", "settings", "toolset"];
        let kind = kinds.into_iter().find(|kind| *node.name == **kind);
        kind.zip(name(node))
            .is_some_and(|(kind, name)| !is_named(kind, name))
    };
    tops().filter(unused).collect()
}

/// What a node and its children name of the top of a manifest, each with its kind.
fn names<'n>(node: &'n Node, is_top: bool, all: &mut HashSet<(&'static str, &'n str)>) {
    let word = node.name.as_str();
    for entry in node.entries.iter().skip(usize::from(is_top)) {
        let Value::Text(text) = &entry.value.value else {
            continue;
        };
        let property = entry.name.as_ref().map(|name| name.as_str());
        let kind = match (word, property) {
            (_, Some("base")) => "base",
            ("axis", Some("use")) => "axis",
            ("contexts", None) => "base",
            ("use" | "needs" | "conflicts", None) => "toolset",
            ("platforms", None) => "platforms",
            ("settings", None) => "settings",
            _ => continue,
        };
        all.insert((kind, text.trim_start_matches(['+', '-'])));
    }
    let children = node.children.iter().flatten();
    children.for_each(|child| names(child, false, all));
}

/// Whether a place is in a node or one of its children.
fn is_in(node: &Node, place: Span) -> bool {
    let mut children = node.children.iter().flatten();
    node.span.contains(place) || children.any(|child| is_in(child, place))
}

/// Whether no text of a node depends on a cell.
fn is_fixed(node: &Node) -> bool {
    let mut texts = node
        .entries
        .iter()
        .filter_map(|one| match &one.value.value {
            Value::Text(text) => Some(text.replace("{{", "").replace("{var:", "")),
            _ => None,
        });
    let mut children = node.children.iter().flatten();
    !texts.any(|text| text.contains('{')) && children.all(is_fixed)
}

/// Whether a Dockerfile that is used as it is cannot use a word, whatever is based on the image.
fn is_plain_unused(left: &Left, fault: &Diagnostic) -> bool {
    let inherited = ["`user`", "`family`"];
    let mut inherited = inherited.iter();
    let tops = left.tops(fault);
    let mut children = tops.iter().flat_map(|top| top.children.iter().flatten());
    !inherited.any(|word| fault.message.starts_with(word))
        && children.any(|node| *node.name == "dockerfile")
}
