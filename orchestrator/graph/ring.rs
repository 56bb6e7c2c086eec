//! Finds dependency cycles and reports each of them in full.

use crate::graph::{Graph, Target, declared};
use crate::matrix::{Fleet, Parent, Variant, VariantId};
use crate::render::Recipe;
use crate::text::{Diagnostic, Diagnostics, Span};
use petgraph::algo::{kosaraju_scc, toposort};
use std::collections::{BTreeSet, HashMap};
use typed_index_collections::TiSlice;

/// The most members of a cycle that a message names; the middle of a longer one is cut out.
const NAMED: usize = 64;

/// The most places that one report points at.
const SHOWN: usize = 8;

/// Reports each cycle once, starting and ending at its first variant in the manifest.
pub(super) fn check(
    fleet: &Fleet,
    recipes: &TiSlice<VariantId, Recipe>,
    graph: &Graph,
    faults: &mut Diagnostics,
) {
    if toposort(&graph.edges, None).is_ok() {
        return;
    }
    // Not Tarjan's algorithm, which petgraph writes as a recursion: a chain may be as long as the fleet.
    let mut components: Vec<BTreeSet<VariantId>> = kosaraju_scc(&graph.edges)
        .into_iter()
        .map(|variants| variants.into_iter().collect())
        .collect();
    components.sort();
    for component in components {
        let Some(ring) = walk(graph, &component) else {
            continue;
        };
        faults.push(report(fleet, recipes, graph, &ring));
    }
}

/// Goes from child to parent inside one component until it meets a variant again.
fn walk(graph: &Graph, component: &BTreeSet<VariantId>) -> Option<Vec<VariantId>> {
    let first = *component.first()?;
    let inside = |v: VariantId| graph.parents(v).find(|p| component.contains(p));
    if component.len() == 1 && inside(first) != Some(first) {
        return None;
    }
    let mut path = vec![first];
    let mut seen = HashMap::from([(first, 0)]);
    loop {
        let next = inside(*path.last()?)?;
        path.push(next);
        if let Some(at) = seen.insert(next, path.len() - 1) {
            path.drain(..at);
            return Some(path);
        }
    }
}

fn report(
    fleet: &Fleet,
    recipes: &TiSlice<VariantId, Recipe>,
    graph: &Graph,
    ring: &[VariantId],
) -> Diagnostic {
    let mut labels: Vec<String> = ring.iter().map(|v| fleet.variant(*v).label()).collect();
    if labels.len() > NAMED {
        let more = labels.len() - NAMED;
        labels.splice(NAMED / 2..NAMED / 2 + more, [format!("({more} more)")]);
    }
    let (message, help) = match ring {
        [only, again] if only == again => (
            format!("`{}` is based on itself", labels[0]),
            itself(fleet.variant(*only)),
        ),
        _ => (
            format!(
                "these variants depend on each other: {}",
                labels.join(" -> ")
            ),
            "base one of them on a `base`, or on an image outside the cycle".into(),
        ),
    };
    let mut fault = Diagnostic::error("graph::ring", message).help(help);
    for pair in ring.windows(2).take(SHOWN) {
        let parent = fleet.variant(pair[1]).label();
        fault = fault.at(
            edge(fleet, recipes, graph, pair[0], pair[1]),
            format!("is based on {parent}"),
        );
    }
    fault
}

/// What to do about a variant that is based on itself.
fn itself(variant: &Variant) -> String {
    let declares = variant.parent == Some(Parent::Variant(variant.id));
    let axis = variant.cells.axes().last().filter(|_| declares);
    match axis {
        Some(axis) => format!(
            "name the axis in which the variant that it is based on differs, such as `from image=\"{}\" {axis}=\"…\"`",
            variant.image
        ),
        None => "an image cannot begin with what it publishes itself: name an image from outside, such as `debian:12`".into(),
    }
}

/// Where the child names its parent: its `contexts`, a hand-written Dockerfile, otherwise its `from` or where its image is
/// declared.
fn edge(
    fleet: &Fleet,
    recipes: &TiSlice<VariantId, Recipe>,
    graph: &Graph,
    child: VariantId,
    parent: VariantId,
) -> Span {
    let at = graph
        .targets(child)
        .iter()
        .position(|t| *t == Target::Variant(parent));
    let recipe = recipes.iter().find(|r| r.variant == child);
    if let Some(context) = recipe.and_then(|r| r.context_of(r.image_refs.get(at?)?)) {
        return context.span;
    }
    // A generated Dockerfile may not exist yet: the manifest's line counts.
    let by_hand = recipe.filter(|recipe| !recipe.generated);
    let image_ref = by_hand.and_then(|r| Some(r.span(r.image_refs.get(at?)?)));
    image_ref.unwrap_or_else(|| declared::place(fleet.variant(child)))
}
