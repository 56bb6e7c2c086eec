//! Which variant is based on which.
//!
//! Edges come from the manifest's `from` and from every image that a Dockerfile names: FROM, COPY --from and
//! RUN --mount=from. Every reference that is a public name of the fleet is an edge, in generated and in hand-written files.

mod connect;
mod platforms;
mod ring;
mod show;

use crate::matrix::VariantId;
use crate::name::Reference;
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::BTreeSet;

/// What an image name in a Dockerfile refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// An image of this fleet.
    Variant(VariantId),
    /// An image from outside.
    Base(Reference),
}

/// The fleet as a directed acyclic graph: edges go from parent to child.
#[derive(Debug, Clone)]
pub struct Graph {
    graph: DiGraph<VariantId, ()>,
    /// Sorted and distinct.
    parents: Vec<Vec<VariantId>>,
    children: Vec<Vec<VariantId>>,
    /// By variant: one target per image reference of its recipe, in the same order.
    targets: Vec<Vec<Target>>,
    /// The parents that a variant takes for another platform than its own.
    crossed: Vec<BTreeSet<VariantId>>,
    order: Vec<VariantId>,
}

impl Graph {
    /// The parents of a variant: it is built after all of them.
    pub fn parents(&self, v: VariantId) -> &[VariantId] {
        &self.parents[v.0 as usize]
    }

    /// The children of a variant.
    pub fn children(&self, v: VariantId) -> &[VariantId] {
        &self.children[v.0 as usize]
    }

    /// What each image name in a variant's Dockerfile refers to, in the order of [`crate::render::Recipe::image_refs`].
    pub fn targets(&self, v: VariantId) -> &[Target] {
        &self.targets[v.0 as usize]
    }

    /// Whether a variant takes a parent for another platform than the one it is built for, such as that of the engine.
    pub fn crosses(&self, v: VariantId, parent: VariantId) -> bool {
        self.crossed[v.0 as usize].contains(&parent)
    }

    /// Parents before children, otherwise in the order of the manifest. Variants that a cycle blocks are left out.
    pub fn order(&self) -> &[VariantId] {
        &self.order
    }

    /// These variants and all their ancestors.
    pub fn with_ancestors(&self, from: &BTreeSet<VariantId>) -> BTreeSet<VariantId> {
        reach(from, |v| self.parents(v))
    }

    /// These variants and all their descendants.
    pub fn with_descendants(&self, from: &BTreeSet<VariantId>) -> BTreeSet<VariantId> {
        reach(from, |v| self.children(v))
    }

    /// The level of each variant: 0 if its only parents are bases, else one more than its highest parent.
    pub fn levels(&self) -> Vec<usize> {
        let mut levels = vec![0; self.parents.len()];
        for v in &self.order {
            levels[v.0 as usize] = self
                .parents(*v)
                .iter()
                .map(|p| levels[p.0 as usize] + 1)
                .max()
                .unwrap_or(0);
        }
        levels
    }

    /// The subgraph of these variants and the edges between them.
    pub fn part(&self, wanted: &BTreeSet<VariantId>) -> Self {
        let mut part = self.clone();
        let keep = |edges: &mut Vec<Vec<VariantId>>| {
            edges
                .iter_mut()
                .for_each(|ends| ends.retain(|v| wanted.contains(v)))
        };
        keep(&mut part.parents);
        keep(&mut part.children);
        part.order.retain(|v| wanted.contains(v));
        part.graph
            .retain_nodes(|graph, node| wanted.contains(&graph[node]));
        part
    }

    fn node(v: VariantId) -> NodeIndex {
        NodeIndex::new(v.0 as usize)
    }
}

fn reach<'a>(
    from: &BTreeSet<VariantId>,
    next: impl Fn(VariantId) -> &'a [VariantId],
) -> BTreeSet<VariantId> {
    let mut seen = from.clone();
    let mut open: Vec<VariantId> = from.iter().copied().collect();
    while let Some(v) = open.pop() {
        open.extend(next(v).iter().copied().filter(|n| seen.insert(*n)));
    }
    seen
}

#[cfg(test)]
mod tests;
