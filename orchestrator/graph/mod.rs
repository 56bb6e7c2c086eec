//! Which variant is based on which.
//!
//! Edges come from the manifest's `from` and from every image that a Dockerfile names: FROM, COPY --from and
//! RUN --mount=from. Every reference that is a public name of the fleet is an edge, in generated and in hand-written files.

mod connect;
mod declared;
mod onbuild;
mod platforms;
mod ring;
mod select;
mod show;

pub use select::{needs_graph, select};

use crate::matrix::VariantId;
use crate::name::Reference;
use crate::text::Diagnostic;
use petgraph::Direction::{Incoming, Outgoing};
use petgraph::graphmap::DiGraphMap;
use petgraph::visit::{Dfs, DfsPostOrder, IntoNeighbors, Reversed, Visitable};
use std::collections::BTreeSet;
use std::sync::Arc;
use typed_index_collections::{TiVec, ti_vec};

/// What an image name in a Dockerfile refers to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// An image of this fleet.
    Variant(VariantId),
    /// An image from outside.
    Base(Reference),
}

/// The fleet as a directed acyclic graph.
#[derive(Debug, Clone)]
pub struct Graph {
    /// From parent to child; nodes and their neighbours are in the order of the manifest.
    edges: DiGraphMap<VariantId, ()>,
    /// By variant: one target per image reference of its recipe, in the same order.
    targets: TiVec<VariantId, Arc<[Target]>>,
    /// By variant: the place among its targets of what its image is based on, directly or through stages; `None` for `scratch`.
    grounds: TiVec<VariantId, Option<usize>>,
    /// The parents that a variant takes for another platform than its own.
    crossed: TiVec<VariantId, BTreeSet<VariantId>>,
    lacking: Vec<(VariantId, Diagnostic)>,
    order: Vec<VariantId>,
}

impl Graph {
    /// The parents of a variant, in the order of the manifest: it is built after all of them.
    pub fn parents(&self, v: VariantId) -> impl Iterator<Item = VariantId> {
        self.edges.neighbors_directed(v, Incoming)
    }

    /// The children of a variant, in the order of the manifest.
    pub fn children(&self, v: VariantId) -> impl Iterator<Item = VariantId> {
        self.edges.neighbors_directed(v, Outgoing)
    }

    /// What each image name in a variant's Dockerfile refers to, in the order of [`crate::render::Recipe::image_refs`].
    pub fn targets(&self, v: VariantId) -> &[Target] {
        &self.targets[v]
    }

    /// What a variant's image is based on; `None` for `scratch`.
    pub fn ground(&self, v: VariantId) -> Option<&Target> {
        self.targets[v].get(self.grounds[v]?)
    }

    /// Whether a variant takes a parent for another platform than the one it is built for, such as that of the engine.
    pub fn crosses(&self, v: VariantId, parent: VariantId) -> bool {
        self.crossed[v].contains(&parent)
    }

    /// The variants with a parent that lacks a platform that they need, each with the fault.
    pub fn lacking(&self) -> impl Iterator<Item = (VariantId, &Diagnostic)> {
        self.lacking.iter().map(|(v, fault)| (*v, fault))
    }

    /// Parents before children, otherwise in the order of the manifest.
    pub fn order(&self) -> &[VariantId] {
        &self.order
    }

    /// These variants and all their ancestors.
    pub fn with_ancestors(&self, from: &BTreeSet<VariantId>) -> BTreeSet<VariantId> {
        reach(Reversed(&self.edges), from)
    }

    /// These variants and all their descendants.
    pub fn with_descendants(&self, from: &BTreeSet<VariantId>) -> BTreeSet<VariantId> {
        reach(&self.edges, from)
    }

    /// The level of each variant: 0 if its only parents are bases, else one more than its highest parent.
    pub fn levels(&self) -> TiVec<VariantId, usize> {
        let mut levels: TiVec<VariantId, usize> = ti_vec![0; self.targets.len()];
        for v in self.order.iter().copied() {
            let above = self.parents(v).map(|parent| levels[parent] + 1);
            levels[v] = above.max().unwrap_or(0);
        }
        levels
    }

    /// The subgraph of these variants and the edges between them.
    pub fn part(&self, wanted: &BTreeSet<VariantId>) -> Self {
        let mut edges = DiGraphMap::new();
        for v in self.edges.nodes().filter(|v| wanted.contains(v)) {
            edges.add_node(v);
        }
        let inside = self
            .edges
            .all_edges()
            .map(|(parent, child, ())| (parent, child));
        edges.extend(
            inside.filter(|(parent, child)| wanted.contains(parent) && wanted.contains(child)),
        );
        Self {
            order: order(&edges),
            edges,
            ..self.clone()
        }
    }
}

fn reach<G>(graph: G, from: &BTreeSet<VariantId>) -> BTreeSet<VariantId>
where
    G: IntoNeighbors<NodeId = VariantId> + Visitable,
{
    let mut walk = Dfs::empty(graph);
    walk.stack.extend(from);
    std::iter::from_fn(|| walk.next(graph)).collect()
}

/// Goes up from each variant in turn. In a cycle, one of its variants comes before its parent.
fn order(edges: &DiGraphMap<VariantId, ()>) -> Vec<VariantId> {
    let up = Reversed(edges);
    let mut walk = DfsPostOrder::empty(up);
    let mut order = Vec::with_capacity(edges.node_count());
    for v in edges.nodes() {
        walk.move_to(v);
        order.extend(std::iter::from_fn(|| walk.next(up)));
    }
    order
}

#[cfg(test)]
mod tests;
