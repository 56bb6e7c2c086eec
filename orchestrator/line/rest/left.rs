//! The documents without the nodes that are wrong.

use crate::manifest::{self, Manifest};
use crate::matrix::{Fleet, Variant};
use crate::name::Repository;
use crate::text::kdl::{self, DUPLICATE, Document, Node, Value};
use crate::text::{Diagnostic, Diagnostics, Severity, Sources, Span};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Nodes without which an image is another one: the whole image is left out.
const ESSENTIAL: [&str; 7] = [
    "axis",
    "from",
    "template",
    "dockerfile",
    "exclude",
    "include",
    "settings",
];

/// Nodes of tool sets that can be left out.
const PARTS: [&str; 11] = [
    "package",
    "run",
    "env",
    "archive",
    "fetch",
    "file",
    "check",
    "refresh",
    "needs",
    "conflicts",
    "secret",
];

/// Nodes that decide the tags of an image, or where they are published.
pub(super) const NAMING: [&str; 4] = ["tag", "default", "token", "publish"];

/// The workspace of a manifest without one.
const WORKSPACE: &str = "workspace \"kiln\" { publish \"kiln.invalid/{image}\" }";

/// The repositories of a workspace whose own ones are not known.
const PUBLISH: &str = "publish \"kiln.invalid/{image}\"";

/// A place of a node: its file and first byte.
pub(super) type Key = (u32, u32);

/// The documents so far.
pub(super) struct Left {
    pub documents: Vec<Document>,
    /// Images, and `when`s of images, that are left out as a whole.
    pub gone: Vec<Gone>,
    /// Whether all files could be read completely.
    pub whole: bool,
    /// By the node at the top level, the names of the nodes in it that are left out.
    pub lost: HashMap<Key, BTreeSet<String>>,
    /// The kinds of the nodes at the top level that are left out.
    pub tops: BTreeSet<String>,
    /// What these are called, each with its kind.
    pub called: BTreeSet<(String, String)>,
    /// The texts of all that is left out.
    pub texts: String,
    /// Images without some of their tags.
    tags: BTreeSet<String>,
    /// Whether tags of any image are left out.
    shared: bool,
    /// The bases that are named and not declared.
    missing: BTreeSet<String>,
    /// Those of them that are declared for the rest.
    declared: BTreeSet<String>,
    /// Whether a repository of the workspace is left out.
    unpublished: bool,
    /// Where a fault said what is meant.
    pub mended: HashSet<Span>,
}

/// A node that is left out, and the places in it that are wrong.
pub(super) struct Gone {
    pub node: Node,
    pub wrong: Vec<Span>,
}

impl Left {
    /// Nothing is left out yet.
    pub fn new(documents: &[Document]) -> Self {
        Self {
            documents: documents.to_vec(),
            gone: Vec::new(),
            whole: manifest::is_whole(documents),
            lost: HashMap::new(),
            tops: BTreeSet::new(),
            called: BTreeSet::new(),
            texts: String::new(),
            tags: BTreeSet::new(),
            shared: false,
            missing: BTreeSet::new(),
            declared: BTreeSet::new(),
            unpublished: false,
            mended: HashSet::new(),
        }
    }

    /// Leaves out what the errors are about, or reads it as it is meant; `None` if that is nothing.
    pub fn without(&mut self, faults: &Diagnostics, sources: &mut Sources) -> Option<()> {
        let errors = faults.iter();
        let errors = errors.filter(|one| one.severity == Severity::Error);
        let (meant, errors): (Vec<_>, Vec<_>) = errors.partition(|one| self.is_new_mend(one));
        let meant: Diagnostics = meant.into_iter().cloned().collect();
        self.documents = kdl::mended(&self.documents, &meant);
        let mut wrong = BTreeSet::new();
        for error in errors {
            // What its help names is meant, and used.
            self.texts.extend(error.help.as_deref());
            wrong.extend(self.wrong(error));
        }
        wrong.extend(self.users());
        let keep = |node: &Node| !wrong.contains(&key(node.span));
        for document in &mut self.documents {
            document.nodes.retain(keep);
            let children = document.nodes.iter_mut();
            for children in children.filter_map(|node| node.children.as_mut()) {
                children.retain(keep);
                let whens = children.iter_mut().filter(|node| *node.name == "when");
                whens
                    .filter_map(|when| when.children.as_mut())
                    .for_each(|inner| inner.retain(keep));
            }
        }
        self.add_publish(sources);
        let is_new = self.add_workspace(sources) | self.add_bases(sources);
        (is_new || !meant.is_empty() || !wrong.is_empty()).then_some(())
    }

    /// Whether a fault says for the first time what is meant at its place.
    fn is_new_mend(&mut self, fault: &Diagnostic) -> bool {
        fault.mended().is_some_and(|at| self.mended.insert(at))
    }

    /// Leaves out all images.
    pub fn leave_all(&mut self) {
        for document in &mut self.documents {
            let (images, others) = std::mem::take(&mut document.nodes)
                .into_iter()
                .partition(is_image);
            document.nodes = others;
            let images: Vec<Node> = images;
            let gone = |node| Gone {
                node,
                wrong: Vec::new(),
            };
            self.gone.extend(images.into_iter().map(gone));
        }
    }

    /// Whether nothing of the settings of the workspace is left out.
    pub fn has_workspace(&self) -> bool {
        !self.tops.contains("workspace")
    }

    /// Adds a workspace to a manifest without one.
    fn add_workspace(&mut self, sources: &mut Sources) -> bool {
        let mut all = self.documents.iter().flat_map(|one| &one.nodes);
        if all.any(|node| *node.name == "workspace") {
            return false;
        }
        self.tops.insert("workspace".into());
        let source = sources.add("kiln's workspace", WORKSPACE);
        let document = kdl::parse(source, WORKSPACE, &mut Diagnostics::default());
        self.documents.push(document);
        true
    }

    /// Gives a workspace whose repositories are left out another one: what its images are does not depend on that.
    fn add_publish(&mut self, sources: &mut Sources) {
        let tops = self.documents.iter_mut().flat_map(|one| &mut one.nodes);
        let mut workspaces = tops.filter(|node| *node.name == "workspace");
        let children = workspaces.find_map(|node| node.children.as_mut());
        let is_lost = |all: &Vec<Node>| all.iter().all(|node| *node.name != "publish");
        if let Some(children) = children.filter(|all| self.unpublished && is_lost(all)) {
            let source = sources.add("kiln's repository", PUBLISH);
            children.extend(kdl::parse(source, PUBLISH, &mut Diagnostics::default()).nodes);
        }
    }

    /// Declares the bases that are missing: the rest of their images does not depend on what they are.
    fn add_bases(&mut self, sources: &mut Sources) -> bool {
        let missing = std::mem::take(&mut self.missing);
        let base = |name: &String| format!("base {} from=\"debian\" onbuild\n", quoted(name));
        let text: String = missing.iter().map(base).collect();
        if text.is_empty() {
            return false;
        }
        self.tops.insert("base".into());
        let called = missing.into_iter().map(|name| ("base".into(), name));
        self.called.extend(called);
        let source = sources.add("kiln's bases", text.as_str());
        let document = kdl::parse(source, &text, &mut Diagnostics::default());
        self.documents.push(document);
        true
    }

    /// Notes the images whose tags are not all known.
    pub fn mark(&self, manifest: &mut Manifest) {
        for image in &mut manifest.images {
            image.tags_lost = self.shared || self.tags.contains(image.name.as_str());
        }
    }

    /// The nodes that an error is about: the smallest that can be left out. Notes what the rest lacks then.
    fn wrong(&mut self, error: &Diagnostic) -> Vec<Key> {
        let places: Vec<Span> = error.labels.iter().map(|label| label.span).collect();
        let documents = std::mem::take(&mut self.documents);
        let found = self.wrong_at(error, &places, &documents);
        self.documents = documents;
        found
    }

    fn wrong_at(
        &mut self,
        error: &Diagnostic,
        places: &[Span],
        documents: &[Document],
    ) -> Vec<Key> {
        let tops: Vec<&Node> = tops(documents, places).collect();
        if let (DUPLICATE, [again, first]) = (error.code, tops.as_slice())
            && again.span != first.span
        {
            self.lose_tags(again);
            if is_image(again) {
                note_texts(again, &mut self.texts);
                self.gone.push(Gone {
                    node: (*again).clone(),
                    wrong: Vec::new(),
                });
            }
            return vec![key(again.span)];
        }
        if error.code == "matrix::unknown-base" {
            let mut named = tops.iter().filter_map(|top| text_at(top, places[0]));
            if let Some(name) = named.next()
                && self.declared.insert(name.to_owned())
            {
                self.missing.insert(name.to_owned());
                return Vec::new();
            }
        }
        let mut alone = Vec::new();
        for top in &tops {
            for node in alone_at(top, places) {
                self.lose(top, node, places);
                alone.push(key(node.span));
            }
        }
        if !alone.is_empty() {
            return alone;
        }
        let images: Vec<&&Node> = tops.iter().filter(|top| is_image(top)).collect();
        if !images.is_empty() {
            images.iter().for_each(|image| self.leave(image, places));
            return images.iter().map(|image| key(image.span)).collect();
        }
        let Some(first) = tops.first() else {
            return Vec::new();
        };
        self.lose_top(first);
        let part = match first.name.as_str() {
            "workspace" => last_before(first.children.iter().flatten(), places[0]),
            _ => None,
        };
        self.unpublished |= part.is_some_and(|part| *part.name == "publish");
        let lost = part.unwrap_or(first);
        note_texts(lost, &mut self.texts);
        vec![key(lost.span)]
    }

    /// The nodes of images that use what is left out at the top by name.
    fn users(&mut self) -> Vec<Key> {
        let documents = std::mem::take(&mut self.documents);
        let mut all = Vec::new();
        let images = documents.iter().flat_map(|one| &one.nodes);
        for image in images.filter(|node| is_image(node)) {
            let children = || image.children.iter().flatten();
            let whens = children().filter(|node| *node.name == "when");
            let inner = whens.flat_map(|when| when.children.iter().flatten());
            let users: Vec<Span> = children()
                .chain(inner)
                .filter(|node| self.uses_lost(node))
                .map(|node| node.span)
                .collect();
            for user in users {
                let parts = alone_at(image, &[user]);
                parts
                    .iter()
                    .for_each(|part| self.lose(image, part, &[user]));
                all.extend(parts.iter().map(|part| key(part.span)));
                if parts.is_empty() {
                    self.leave(image, &[user]);
                    all.push(key(image.span));
                }
            }
        }
        self.documents = documents;
        all
    }

    /// Whether a node of an image names something at the top that is left out.
    fn uses_lost(&self, node: &Node) -> bool {
        let is_lost = |name: &str| {
            let mut called = self.called.iter();
            let name = name.trim_start_matches(['+', '-']);
            called.any(|(kind, lost)| *kind == *node.name && lost == name)
        };
        node.entries.iter().any(|entry| {
            let property = entry.name.as_ref().map(|name| name.as_str());
            let names = match node.name.as_str() {
                "axis" => property == Some("use"),
                "platforms" | "settings" => property.is_none(),
                _ => false,
            };
            matches!(&entry.value.value, Value::Text(text) if names && is_lost(text))
        })
    }

    /// Notes a whole image that is left out.
    fn leave(&mut self, image: &Node, places: &[Span]) {
        self.lose_top(image);
        note_texts(image, &mut self.texts);
        let known = self.gone.iter_mut();
        match known.into_iter().find(|one| one.node.span == image.span) {
            Some(known) => known.wrong.extend(places),
            None => self.gone.push(Gone {
                node: image.clone(),
                wrong: places.to_vec(),
            }),
        }
    }

    /// Notes that a node at the top level is left out.
    fn lose_top(&mut self, top: &Node) {
        let (kind, name) = (top.name.value.clone(), name(top).unwrap_or_default());
        self.tops.insert(kind.clone());
        self.called.insert((kind, name.to_owned()));
    }

    /// Notes a node of an image, a tool set or `settings` that is left out.
    fn lose(&mut self, top: &Node, node: &Node, places: &[Span]) {
        let inner = node.children.iter().flatten();
        let words: BTreeSet<String> = match node.name.as_str() {
            "when" => inner
                .chain([node])
                .map(|one| one.name.value.clone())
                .collect(),
            name => BTreeSet::from([name.to_owned()]),
        };
        if NAMING.iter().any(|name| words.contains(*name)) {
            self.lose_tags(top);
        }
        if *node.name == "when" {
            self.gone.push(Gone {
                node: node.clone(),
                wrong: places.to_vec(),
            });
        }
        note_texts(node, &mut self.texts);
        self.lost.entry(key(top.span)).or_default().extend(words);
    }

    /// Notes that tags of an image or of `settings` are left out.
    fn lose_tags(&mut self, top: &Node) {
        match (top.name.as_str(), name(top)) {
            ("image", Some(image)) => {
                self.tags.insert(image.to_owned());
            }
            ("base" | "toolset" | "variable", _) => {}
            _ => self.shared = true,
        }
    }

    /// The fleet without the public names of images that may have others: a Dockerfile that names one of those is not wrong.
    pub fn unnamed(&self, fleet: Fleet) -> Fleet {
        let is_own = |variant: &Variant| {
            let mut all = variant.publish.iter();
            let own = |path: &str| path.rsplit('/').next() == Some(variant.image.as_str());
            all.all(|repository| own(&repository.to_string()))
        };
        let is_known = |variant: &Variant| {
            !self.shared && !self.tags.contains(&variant.image) && is_own(variant)
        };
        // What is based on the image needs some name.
        let other = |variant: &Variant| {
            let name = format!("kiln.invalid/{}", variant.image);
            name.parse::<Repository>().into_iter().collect()
        };
        let variants = fleet
            .variants
            .into_iter()
            .map(|variant| match is_known(&variant) {
                true => variant,
                false => Variant {
                    publish: other(&variant),
                    ..variant
                },
            });
        Fleet {
            variants: variants.collect(),
            ..fleet
        }
    }
}

/// The nodes at the top level that these places are in.
pub(super) fn tops<'d>(
    documents: &'d [Document],
    places: &[Span],
) -> impl Iterator<Item = &'d Node> {
    let nodes = || documents.iter().flat_map(|one| &one.nodes);
    places
        .iter()
        .filter_map(move |at| last_before(nodes(), *at))
}

/// The last node that begins before a place in its file. Spans of nodes do not include their children.
fn last_before<'n>(nodes: impl Iterator<Item = &'n Node>, at: Span) -> Option<&'n Node> {
    let before = nodes.filter(|node| node.span.source == at.source && node.span.start <= at.start);
    before.max_by_key(|node| node.span.start)
}

/// The nodes in a node at the top level, or a `when` in it, that contain one of the places and can be left out.
fn alone_at<'n>(top: &'n Node, places: &[Span]) -> Vec<&'n Node> {
    let children = || top.children.iter().flatten();
    let whens = children().filter(|node| *node.name == "when");
    let inner = whens.flat_map(|when| when.children.iter().flatten());
    let can_be_left = |node: &Node| match top.name.as_str() {
        "image" | "settings" => !has_essential(node),
        "toolset" => PARTS.contains(&node.name.as_str()),
        _ => false,
    };
    let all = children().chain(inner).filter(|node| can_be_left(node));
    all.filter(|node| places.iter().any(|place| contains(node, *place)))
        .collect()
}

/// Whether a place is in a node. The children of a `when` are nodes by themselves.
fn contains(node: &Node, place: Span) -> bool {
    let inner = node.children.iter().flatten();
    let mut inner = inner.filter(|_| *node.name != "when");
    node.span.contains(place) || inner.any(|child| contains(child, place))
}

/// The text at a place in a node or its children.
fn text_at(node: &Node, place: Span) -> Option<&str> {
    let mut values = node.entries.iter().map(|entry| &entry.value);
    let at_place = values.find(|value| value.span.contains(place));
    match at_place.map(|value| &value.value) {
        Some(Value::Text(text)) => Some(text),
        _ => {
            let mut children = node.children.iter().flatten();
            children.find_map(|child| text_at(child, place))
        }
    }
}

/// A text as a manifest has it.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Whether a node is an image.
pub(super) fn is_image(node: &Node) -> bool {
    *node.name == "image"
}

/// Whether a node, or what a `when` has, decides which image it is.
pub(super) fn has_essential(node: &Node) -> bool {
    let is_when = *node.name == "when";
    let inner = node.children.iter().flatten().filter(|_| is_when);
    let mut all = inner.chain([node]);
    all.any(|node| ESSENTIAL.contains(&node.name.as_str()))
}

/// The first argument of a node.
pub(super) fn name(node: &Node) -> Option<&str> {
    match &node.entries.first()?.value.value {
        Value::Text(name) => Some(name),
        _ => None,
    }
}

pub(super) fn key(span: Span) -> Key {
    (span.source.0, span.start)
}

/// The texts in a node and its children, each in a line.
pub(super) fn note_texts(node: &Node, all: &mut String) {
    for entry in &node.entries {
        let name = entry.name.as_ref().map(|name| name.as_str());
        let value = match &entry.value.value {
            Value::Text(text) | Value::Number(text) => Some(text.as_str()),
            _ => None,
        };
        for text in name.into_iter().chain(value) {
            all.push_str(text);
            all.push('\n');
        }
    }
    let children = node.children.iter().flatten();
    children.for_each(|child| note_texts(child, all));
}
