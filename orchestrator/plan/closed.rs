//! A plan as a value: closed, so that it means the same on another machine.

use crate::manifest::{Proof, Syntax};
use crate::matrix::{Fleet, Hook, VariantName, read_through};
use crate::name::{Domain, EngineVersion, Reference, Repository};
use crate::plan::{
    Action, Applied, Build, Lock, Move, MoveState, Origin, PlannedRecipe, PlannedVariant, Reason,
    Remarks, Step, StepId, Unknown,
};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use typed_index_collections::TiVec;

/// A plan for a whole run. It names variants and images as people do and holds everything that its steps need but the
/// bytes of build contexts, which it names by digest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The workspace's name.
    pub fleet: String,
    /// What the Dockerfiles may use.
    pub syntax: Syntax,
    /// The oldest engine that the workspace declares.
    pub engine: EngineVersion,
    /// What is attached to each image.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub attest: BTreeSet<Proof>,
    /// Whether public tags are written to registries, or only to the engine.
    pub push: bool,
    /// Without `push`: whether what is staged is used.
    pub reuse: bool,
    /// What the steps of each variant need, in the order of the fleet. Steps of one variant share it.
    pub variants: IndexMap<VariantName, Box<PlannedVariant>>,
    /// The digest of each outside image that a build names; empty until the registries were queried.
    pub bases: BTreeMap<Reference, Lock>,
    /// The outside images that could not be looked up, and why: what is built on them fails with this. Also public tags that
    /// could not be read: what is published there fails.
    pub unknown: BTreeMap<Reference, Unknown>,
    /// The run that the plan was made for.
    pub origin: Origin,
    /// What is not done, and why a person may want to know.
    pub remarks: Remarks,
    /// Who owns the references of repositories for which tags are read from images, so that each has one owner.
    pub declared: BTreeMap<Reference, VariantName>,
    /// The steps, in an order in which they could run one by one.
    pub steps: TiVec<StepId, Step>,
    /// How much of a plan that was saved is carried out; `None` for one that was made in the same run.
    #[serde(skip)]
    pub applied: Option<Applied>,
    /// The file that it was read from, as the command line names it.
    #[serde(skip)]
    pub file: Option<String>,
}

impl Plan {
    /// A plan without steps for a fleet.
    pub fn of(fleet: &Fleet, push: bool) -> Self {
        Self {
            fleet: fleet.name.clone(),
            syntax: fleet.syntax,
            engine: fleet.engine,
            attest: fleet.attest.clone(),
            push,
            ..Self::default()
        }
    }

    /// Whether the run depends on what registries have.
    pub fn reads(&self) -> bool {
        self.push || self.reuse
    }

    /// Whether something that a nightly run looks at could not be looked up: an outside image, a public tag, or packages.
    pub fn is_incomplete(&self) -> bool {
        !self.unknown.is_empty() || !self.remarks.unasked.is_empty()
    }

    /// The same plan for a run that runs no hook.
    #[must_use]
    pub fn without_hooks(mut self) -> Self {
        for variant in self.variants.values_mut() {
            variant.hooks = Arc::default();
        }
        self
    }

    /// What the steps of a variant need.
    pub fn variant(&self, name: &VariantName) -> &PlannedVariant {
        &self.variants[name]
    }

    /// A variant on each of its platforms, in their order.
    pub fn builds_of<'a>(&'a self, name: &'a VariantName) -> impl Iterator<Item = Build> + 'a {
        let platforms = self.variant(name).platforms.iter();
        platforms.map(move |platform| Build::of(name, platform))
    }

    /// By staging repository that only this run and others like it write to: the one of other runs, which it reads through to.
    pub fn read_through(&self) -> BTreeMap<Repository, Repository> {
        let variants = self.variants.values();
        read_through(variants.map(|v| (v.staging.as_ref(), v.trusted_staging.as_deref())))
    }

    /// The domains of all registries that the plan reads or writes.
    pub fn domains(&self) -> BTreeSet<Domain> {
        let variants = || self.variants.values();
        let staging = variants().flat_map(|v| v.staging.iter().chain(v.trusted_staging.as_deref()));
        let public = variants().flat_map(|variant| variant.publish.iter());
        let bases = self.bases.keys().map(|base| &base.repository);
        let all = staging.chain(public).chain(bases);
        all.map(|repository| repository.domain().clone()).collect()
    }

    /// Every build of the plan, with how it is done.
    pub fn recipes(&self) -> impl Iterator<Item = (Build, &PlannedRecipe)> {
        self.steps.iter().filter_map(|step| {
            let recipe = self.variant(&step.variant).recipe.as_ref()?;
            Some((
                step.build().filter(|_| step.action == Action::Build)?,
                recipe,
            ))
        })
    }

    /// The step with this id.
    pub fn step(&self, id: StepId) -> &Step {
        &self.steps[id]
    }

    /// Every step with its id.
    pub fn iter(&self) -> impl Iterator<Item = (StepId, &Step)> {
        self.steps.iter_enumerated()
    }

    /// The number of builds.
    pub fn builds(&self) -> usize {
        self.steps
            .iter()
            .filter(|s| s.action == Action::Build)
            .count()
    }

    /// The number of builds that happen only if a parent does not come out the same.
    pub fn conditional_builds(&self) -> usize {
        let steps = self.steps.iter();
        steps.filter(|step| self.is_conditional(step)).count()
    }

    /// Whether a step builds only if a parent does not come out the same.
    pub fn is_conditional(&self, step: &Step) -> bool {
        let planned = || {
            let (variant, build) = (self.variant(&step.variant), step.build()?);
            let mut platforms = variant.platforms.iter();
            let at = platforms.position(|one| *one == build.platform)?;
            variant.recipe.as_ref()?.build(at)
        };
        step.action == Action::Build && planned().is_some_and(|planned| planned.unless.is_some())
    }

    /// The steps that try nothing because of a failure, or since the image was withdrawn.
    pub fn skips(&self) -> impl Iterator<Item = &Step> {
        let steps = self.steps.iter();
        steps.filter(|step| matches!(step.action, Action::Skip { .. }))
    }

    /// The number of public tags that are written.
    pub fn writes(&self) -> usize {
        self.moves().filter(|m| m.state == MoveState::Write).count()
    }

    /// Every public tag in the plan.
    pub fn moves(&self) -> impl Iterator<Item = &Move> {
        self.steps.iter().flat_map(|s| match &s.action {
            Action::Move { moves, .. } | Action::Share { moves, .. } => moves.as_slice(),
            _ => &[],
        })
    }

    /// The hooks of a step that writes tags in a registry: those of all its variants, in order; the same command is one hook.
    pub fn hooks_of(&self, step: &Step) -> Vec<&Hook> {
        if !self.push || step.due() == 0 {
            return Vec::new();
        }
        let owners = step.owners().map(|owner| &owner.variant);
        let variants: Vec<&VariantName> = match &step.action {
            Action::Move { .. } => vec![&step.variant],
            _ => owners.collect(),
        };
        let mut all: Vec<&Hook> = Vec::new();
        for hook in variants.into_iter().flat_map(|v| &*self.variant(v).hooks) {
            let is_same = |known: &&Hook| (known.phase, &known.run) == (hook.phase, &hook.run);
            if !all.iter().any(is_same) {
                all.push(hook);
            }
        }
        all
    }

    /// Whether it was made without asking a registry.
    pub fn is_offline(&self) -> bool {
        let mut reasons = self.steps.iter().flat_map(|step| step.reasons.iter());
        reasons.any(|reason| *reason == Reason::Offline)
    }

    /// Whether an engine is needed.
    pub fn needs_engine(&self) -> bool {
        self.steps.iter().any(|s| {
            matches!(
                s.action,
                Action::Build
                    | Action::Use { .. }
                    | Action::Check
                    | Action::Probe
                    | Action::Name { .. }
            )
        })
    }
}
