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

/// A part of a manifest without errors.
pub(super) struct Rest {
    pub manifest: Manifest,
    pub fleet: Fleet,
    /// Whether the settings of the workspace are complete.
    pub has_workspace: bool,
    /// What it was read from.
    pub documents: Vec<Document>,
    /// Faults that the parts which could not be read have hidden.
    pub hidden: Diagnostics,
}

/// Whether a fault of a later stage may follow from what these documents lack: nothing uses a word that other images share.
pub(super) fn may_follow(documents: &[Document], fault: &Diagnostic) -> bool {
    let place = fault.labels.first().map(|label| label.span);
    let nodes = || documents.iter().flat_map(|one| &one.nodes);
    let top = place.and_then(|place| last_before(nodes(), place));
    FOLLOWING.contains(&fault.code) && top.is_none_or(|top| *top.name != "image")
}

/// The part of a manifest that these errors leave; `None` if they concern all of it.
pub(super) fn rest(
    documents: &[Document],
    inputs: &Inputs,
    sources: &mut Sources,
    found: &Diagnostics,
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
    };
    let mut faults = found.clone();
    let mut hidden = Diagnostics::default();
    let is_whole = documents.iter().all(|document| document.whole);
    for _ in 0..ROUNDS {
        left.without(&faults)?;
        faults = Diagnostics::default();
        let manifest = manifest::parse(&left.documents, library.clone(), &mut faults);
        let fleet = matrix::expand(&manifest, &inputs, &mut faults);
        if let Some(fleet) = fleet.filter(|_| !faults.has_errors()) {
            return Some(Rest {
                fleet: left.lost.unnamed(fleet),
                has_workspace: !left.lost.workspace,
                manifest,
                documents: left.documents,
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
}

impl Left {
    /// Leaves out what the errors are about; `None` if that is nothing.
    fn without(&mut self, faults: &Diagnostics) -> Option<()> {
        if faults.iter().any(|fault| fault.code == MISSING_END) {
            return None;
        }
        let errors = faults.iter().filter(|one| one.severity == Severity::Error);
        let mut wrong = BTreeSet::new();
        for error in errors {
            wrong.extend(of(&self.documents, &mut self.lost, error)?);
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
        (!wrong.is_empty()).then_some(())
    }
}

/// The nodes that an error is about: the smallest that can be left out alone. Notes what the rest lacks then.
fn of(documents: &[Document], lost: &mut Lost, error: &Diagnostic) -> Option<Vec<(u32, u32)>> {
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
        let found = alone_at(top, &places);
        if found.iter().any(|node| *node.name == "tag") {
            lost.tags_of(top);
        }
        alone.extend(found.iter().map(|node| key(node.span)));
    }
    if !alone.is_empty() {
        return Some(alone);
    }
    let images = tops.iter().filter(|top| *top.name == "image");
    let images: Vec<_> = images.map(|top| key(top.span)).collect();
    if !images.is_empty() {
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

/// The nodes of [`ALONE`] in an image or `settings`, or a `when` in it, that contain one of the places.
fn alone_at<'n>(top: &'n Node, places: &[Span]) -> Vec<&'n Node> {
    let children = || top.children.iter().flatten();
    let whens = children().filter(|node| *node.name == "when");
    let inner = whens.flat_map(|when| when.children.iter().flatten());
    let all = children().chain(inner);
    all.filter(|node| ALONE.contains(&node.name.as_str()))
        .filter(|node| places.iter().any(|place| node.span.contains(*place)))
        .collect()
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
