//! What the errors of a manifest leave: the documents without the nodes that are wrong.
//!
//! A fault of one image does not hide those of another one: the later stages run on the rest of the fleet. Nothing is built from it.

use crate::manifest::{self, Manifest};
use crate::matrix::{self, Fleet, Inputs, Variant};
use crate::text::kdl::{DUPLICATE, Document, MISSING_END, Node, Value};
use crate::text::{Diagnostic, Diagnostics, Severity, Sources, Span};
use std::collections::BTreeSet;

/// How often nodes are left out: an image that lacks its base, then the images that lack it.
const ROUNDS: usize = 32;

/// Faults of later stages that may follow from nodes that are left out.
const FOLLOWING: [&str; 1] = ["render::unused"];

/// Nodes that can be left out of an image, or of `settings`, without another fault.
const ALONE: [&str; 4] = ["tag", "must", "check", "label"];

/// Nodes without which an image is another one: nothing can be said of what is left.
const ESSENTIAL: [&str; 12] = [
    "axis",
    "from",
    "template",
    "dockerfile",
    "target",
    "context",
    "platforms",
    "exclude",
    "include",
    "path",
    "publish",
    "settings",
];

/// Faults of later stages that are true of an image whatever of [`ALONE`] or of its other nodes is left out.
const SURE: [&str; 8] = [
    "dockerfile::instruction",
    "dockerfile::target",
    "render::check",
    "render::context",
    "render::dockerfile",
    "render::outside",
    "render::unused",
    "template::missing",
];

/// What is left out because of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// The whole image, unless nothing follows from the node that is wrong.
    Images,
    /// The node, unless the image is another one without it. What is found then may be a consequence, unless it is sure.
    Nodes,
}

/// A part of a manifest without errors.
pub(super) struct Rest {
    pub manifest: Manifest,
    pub fleet: Fleet,
    /// Whether the settings of the workspace are complete.
    pub has_workspace: bool,
    /// What it was read from.
    pub remains: Remains,
    /// Faults that the parts which could not be read have hidden.
    pub hidden: Diagnostics,
    /// Whether whole images are left out.
    pub lacks_images: bool,
}

/// What is left of the documents.
pub(super) struct Remains {
    documents: Vec<Document>,
    /// The images without some of their tool sets.
    without_uses: BTreeSet<String>,
}

impl Remains {
    /// Whether a fault of a later stage may follow from what the documents lack: nothing uses a word that other images share.
    pub fn may_follow(&self, fault: &Diagnostic) -> bool {
        let top = self.top(fault);
        FOLLOWING.contains(&fault.code) && !top.is_some_and(is_image)
    }

    /// Whether a fault of a later stage is true even if nodes of its image are left out.
    pub fn is_sure(&self, fault: &Diagnostic) -> bool {
        let image = self.top(fault).and_then(name);
        let has_uses = image.is_none_or(|image| !self.without_uses.contains(image));
        // A tool set may need what an image declares for it, except arguments.
        let is_argument = fault.message.starts_with("`arg ");
        let is_unused = fault.code != "render::unused" || has_uses || is_argument;
        let is_error = fault.severity == Severity::Error;
        is_error && SURE.contains(&fault.code) && is_unused && !self.may_follow(fault)
    }

    /// The node at the top level that a fault is about.
    fn top(&self, fault: &Diagnostic) -> Option<&Node> {
        let place = fault.labels.first()?.span;
        last_before(self.documents.iter().flat_map(|one| &one.nodes), place)
    }
}

/// The part of a manifest that these errors leave; `None` if they concern all of it.
pub(super) fn rest(
    documents: &[Document],
    inputs: &Inputs,
    sources: &mut Sources,
    found: &Diagnostics,
    cut: Cut,
) -> Option<Rest> {
    let library = manifest::library(sources, &mut Diagnostics::default());
    // A change of `--set` may be for an image that is left out.
    let inputs = Inputs {
        set: Vec::new(),
        ..inputs.clone()
    };
    let mut left = Left {
        documents: documents.to_vec(),
        lost: Lost::default(),
        cut,
    };
    let mut faults = found.clone();
    let mut hidden = Diagnostics::default();
    let is_whole = documents.iter().all(|document| document.whole);
    for _ in 0..ROUNDS {
        left.without(&faults)?;
        faults = Diagnostics::default();
        let mut manifest = manifest::parse(&left.documents, library.clone(), &mut faults);
        for image in &mut manifest.images {
            image.tags_lost = left.lost.shared || left.lost.tags.contains(image.name.as_str());
        }
        let fleet = matrix::expand(&manifest, &inputs, &mut faults);
        if let Some(fleet) = fleet.filter(|_| !faults.has_errors()) {
            return Some(Rest {
                fleet: left.lost.unnamed(fleet),
                has_workspace: !left.lost.workspace,
                manifest,
                lacks_images: left.lost.images,
                remains: Remains {
                    documents: left.documents,
                    without_uses: left.lost.uses,
                },
                hidden,
            });
        }
        let has_tags = left.lost.tags.is_empty() && !left.lost.shared;
        let is_real = |one: &&Diagnostic| {
            matrix::TOGETHER.contains(&one.code) || has_tags && one.code == "matrix::must"
        };
        let real = faults.iter().filter(is_real);
        let real = real.filter(|_| is_whole && !manifest.incomplete);
        real.for_each(|one| hidden.push(one.clone()));
    }
    None
}

/// The documents so far.
struct Left {
    documents: Vec<Document>,
    lost: Lost,
    cut: Cut,
}

/// What was left out.
#[derive(Default)]
struct Lost {
    /// Images without some of their tags; their names are unknown.
    tags: BTreeSet<String>,
    /// Tags of any image.
    shared: bool,
    /// A setting of the workspace.
    workspace: bool,
    /// Whole images.
    images: bool,
    /// Tool sets of these images.
    uses: BTreeSet<String>,
}

impl Left {
    /// Leaves out what the errors are about; `None` if that is nothing.
    fn without(&mut self, faults: &Diagnostics) -> Option<()> {
        // What a missing end hides was read as if it were written.
        let is_wrong =
            |one: &&Diagnostic| one.severity == Severity::Error && one.code != MISSING_END;
        let errors: Vec<&Diagnostic> = faults.iter().filter(is_wrong).collect();
        let is_only_ends = faults.has_errors() && errors.is_empty();
        let mut wrong = BTreeSet::new();
        for error in errors {
            wrong.extend(of(&self.documents, &mut self.lost, self.cut, error)?);
        }
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
        (is_only_ends || !wrong.is_empty()).then_some(())
    }
}

/// The nodes that an error is about: the smallest that can be left out alone. Notes what the rest lacks then.
fn of(
    documents: &[Document],
    lost: &mut Lost,
    cut: Cut,
    error: &Diagnostic,
) -> Option<Vec<(u32, u32)>> {
    let places: Vec<Span> = error.labels.iter().map(|label| label.span).collect();
    let nodes = || documents.iter().flat_map(|one| &one.nodes);
    let tops = places.iter().filter_map(|at| last_before(nodes(), *at));
    let tops: Vec<&Node> = tops.collect();
    if let (DUPLICATE, [again, first]) = (error.code, tops.as_slice())
        && again.span != first.span
    {
        lost.tags_of(again);
        return Some(vec![key(again.span)]);
    }
    let mut alone = Vec::new();
    for top in &tops {
        let found = alone_at(top, &places, cut);
        if found.iter().any(|node| *node.name == "tag") {
            lost.tags_of(top);
        }
        if let (true, Some(image)) = (found.iter().any(|node| *node.name == "use"), name(top)) {
            lost.uses.insert(image.to_owned());
        }
        alone.extend(found.iter().map(|node| key(node.span)));
    }
    if !alone.is_empty() {
        return Some(alone);
    }
    let images = tops.iter().filter(|top| *top.name == "image");
    let images: Vec<_> = images.map(|top| key(top.span)).collect();
    if !images.is_empty() {
        lost.images = true;
        return Some(images);
    }
    let first = tops.first()?;
    if *first.name != "workspace" {
        return Some(vec![key(first.span)]);
    }
    let child = last_before(first.children.iter().flatten(), places[0])?;
    lost.workspace = true;
    Some(vec![key(child.span)])
}

/// The last node that begins before a place in its file. Spans of nodes do not include their children.
fn last_before<'n>(nodes: impl Iterator<Item = &'n Node>, at: Span) -> Option<&'n Node> {
    let before = nodes.filter(|node| node.span.source == at.source && node.span.start <= at.start);
    before.max_by_key(|node| node.span.start)
}

/// The nodes in an image or `settings`, or a `when` in it, that contain one of the places and can be left out.
fn alone_at<'n>(top: &'n Node, places: &[Span], cut: Cut) -> Vec<&'n Node> {
    let children = || top.children.iter().flatten();
    let whens = children().filter(|node| *node.name == "when");
    let inner = whens.flat_map(|when| when.children.iter().flatten());
    let all = children().chain(inner);
    let may_be_cut = |node: &Node| cut == Cut::Nodes && is_image(top) && !has_essential(node);
    let is_alone = |node: &&Node| ALONE.contains(&node.name.as_str()) || may_be_cut(node);
    all.filter(is_alone)
        .filter(|node| places.iter().any(|place| node.span.contains(*place)))
        .collect()
}

/// Whether a node is an image.
fn is_image(node: &Node) -> bool {
    *node.name == "image"
}

/// Whether a node, or what a `when` has, decides which image it is.
fn has_essential(node: &Node) -> bool {
    let is_when = *node.name == "when";
    let inner = node.children.iter().flatten().filter(|_| is_when);
    let mut all = inner.chain([node]);
    all.any(|node| ESSENTIAL.contains(&node.name.as_str()))
}

/// The first argument of a node.
fn name(node: &Node) -> Option<&str> {
    let first = node.entries.first()?;
    match &first.value.value {
        Value::Text(name) => Some(name),
        _ => None,
    }
}

fn key(span: Span) -> (u32, u32) {
    (span.source.0, span.start)
}

impl Lost {
    /// Notes that tags of an image or of `settings` are left out.
    fn tags_of(&mut self, top: &Node) {
        match (top.name.as_str(), name(top)) {
            ("image", Some(image)) => {
                self.tags.insert(image.to_owned());
            }
            ("base" | "toolset" | "variable", _) => {}
            _ => self.shared = true,
        }
    }

    /// The fleet without the public names of images that may have others: a Dockerfile that names one of those is not wrong.
    fn unnamed(&self, fleet: Fleet) -> Fleet {
        let is_own = |variant: &Variant| {
            let mut all = variant.publish.iter();
            let own = |path: &str| path.rsplit('/').next() == Some(variant.image.as_str());
            all.all(|repository| own(&repository.to_string()))
        };
        let is_known = |variant: &Variant| {
            !self.shared && !self.tags.contains(&variant.image) && is_own(variant)
        };
        let variants = fleet
            .variants
            .into_iter()
            .map(|variant| match is_known(&variant) {
                true => variant,
                false => Variant {
                    publish: Default::default(),
                    ..variant
                },
            });
        Fleet {
            variants: variants.collect(),
            ..fleet
        }
    }
}
