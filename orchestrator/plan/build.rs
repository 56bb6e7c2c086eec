//! The planner of `kiln build` and `kiln nightly`: builds what has a reason to be built, keeps the rest, and publishes in
//! order.

mod close;
mod emit;
mod remarks;

use super::decide::{Decision, Decisions, State, decide};
use super::moves::{Mover, SharedTagPlan};
use crate::graph::Graph;
use crate::matrix::{Fleet, Latest, VariantId, VariantName};
use crate::memory::{Part, Versions};
use crate::name::{Digest, Platform};
use crate::plan::{Action, Facts, Materials, Options, Plan, Reason, Step, StepId};
use std::collections::BTreeSet;
use std::sync::Arc;
use typed_index_collections::{TiVec, ti_vec};

/// Plans a run over the selected variants and their ancestors. Linear in variants, tags and edges.
pub fn build(materials: &Materials<'_>, facts: &Facts, options: &Options<'_>) -> Plan {
    let wanted = materials.graph.with_ancestors(&options.selected);
    let decisions = decide(materials, facts, options, &wanted);
    let order = materials.graph.order().iter().copied();
    let order: Vec<VariantId> = order.filter(|v| wanted.contains(v)).collect();
    let mut planner = Planner::new(materials, facts, options, decisions);
    // Most variants are built, checked, staged and published, and a list of a million steps is not copied as it grows.
    planner.steps.reserve(order.len() * 4);
    planner.shares.close(&order);
    for &v in &order {
        planner.emit(v);
    }
    planner.finish(&wanted)
}

/// The steps of one variant that others wait for.
#[derive(Debug, Clone, Default)]
struct Emitted {
    /// By platform: the step after which its children can be built.
    present: Vec<(Platform, StepId)>,
    /// The steps after which the image is in the registry and has passed its checks.
    ready: Vec<StepId>,
    /// The step after which the values that its tags wait for are known.
    probed: Option<StepId>,
    /// The steps after which all its public tags are written, and those of what it is based on.
    published: Vec<StepId>,
}

struct Planner<'a> {
    materials: &'a Materials<'a>,
    fleet: &'a Fleet,
    graph: &'a Graph,
    facts: &'a Facts,
    options: &'a Options<'a>,
    decisions: Decisions,
    shares: SharedTagPlan,
    /// Whether each variant is in this plan.
    planned: TiVec<VariantId, bool>,
    emitted: TiVec<VariantId, Emitted>,
    steps: TiVec<StepId, Step>,
    reasons: Shared,
    /// Variants that differ in other axes have the same ones.
    versions: Latest<Versions>,
}

/// The reasons of steps, as far as many have the same: most steps follow others, and a variant mostly has the reasons of the one
/// before.
struct Shared {
    follows: Arc<[Reason]>,
    latest: Latest<[Reason]>,
}

impl Shared {
    fn share(&mut self, reasons: Vec<Reason>) -> Arc<[Reason]> {
        match *self.follows == *reasons {
            true => self.follows.clone(),
            false => self.latest.share(reasons),
        }
    }
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            follows: Arc::new([Reason::Follows]),
            latest: Latest::default(),
        }
    }
}

impl<'a> Planner<'a> {
    fn new(
        materials: &'a Materials<'a>,
        facts: &'a Facts,
        options: &'a Options<'a>,
        decisions: Decisions,
    ) -> Self {
        let Materials { fleet, graph, .. } = *materials;
        Self {
            materials,
            fleet,
            graph,
            facts,
            options,
            decisions,
            shares: SharedTagPlan::of(fleet),
            planned: ti_vec![false; fleet.variants.len()],
            emitted: ti_vec![Emitted::default(); fleet.variants.len()],
            steps: TiVec::new(),
            reasons: Shared::default(),
            versions: Latest::default(),
        }
    }

    fn mover(&self) -> Mover<'a> {
        Mover {
            fleet: self.fleet,
            facts: self.facts,
            options: self.options,
        }
    }

    fn name(&self, v: VariantId) -> VariantName {
        self.materials.names[v].clone()
    }

    /// The images of a variant that exist before the run, if it has one on each platform.
    fn parts(&self, v: VariantId) -> Option<Vec<&Part>> {
        let decisions = self.decisions.of(v);
        let parts: Option<Vec<&Part>> = decisions.iter().map(Decision::part).collect();
        parts.filter(|parts| !parts.is_empty())
    }

    /// What the tags of a variant will name, if that is known before the run.
    fn expected(&self, v: VariantId) -> Option<Digest> {
        Some(Part::whole(self.parts(v)?))
    }

    /// The current image of a variant, if it is kept on each platform and has no other ones.
    fn kept(&self, v: VariantId) -> Option<Digest> {
        let decisions = self.decisions.of(v);
        let kept = |decision: &Decision| matches!(decision.state, State::Kept(_));
        if decisions.is_empty() || !decisions.iter().all(kept) {
            return None;
        }
        // One image is kept out of an index that has more; an index is kept as it is, or combined anew.
        let expected = self.expected(v)?;
        let current = self.facts.current.get(&v)?;
        (decisions.len() == 1 || current.digest == expected).then_some(expected)
    }

    /// Whether the image of a variant stays: it is kept as a whole, or nothing is tried.
    fn stays(&self, v: VariantId) -> bool {
        self.kept(v).is_some() || self.decisions.is_skipped(v)
    }

    /// The image of a variant as it is before the run, if the run leaves it alone.
    fn standing(&self, v: VariantId) -> Option<Digest> {
        let current = || self.facts.current.get(&v).map(|current| current.digest);
        match self.decisions.is_skipped(v) {
            true => current(),
            false => self.kept(v),
        }
    }

    fn push(
        &mut self,
        variant: VariantId,
        platform: Option<&Platform>,
        action: Action,
        reasons: Vec<Reason>,
        after: Vec<StepId>,
    ) -> StepId {
        let reasons = self.reasons.share(reasons);
        self.steps.push_and_get_key(Step {
            variant: self.name(variant),
            platform: platform.cloned(),
            action,
            reasons,
            after,
        })
    }

    /// The variants among these that are not selected and are based on others of them are left behind.
    fn left_behind(&self, wanted: &BTreeSet<VariantId>) -> BTreeSet<VariantId> {
        let all = self.graph.with_descendants(wanted);
        all.difference(wanted).copied().collect()
    }
}

#[cfg(test)]
mod tests;
