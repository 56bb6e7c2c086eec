//! A plan as a value: closed, so that it means the same on another machine.

use crate::manifest::{EngineVersion, Syntax};
use crate::matrix::{DeferredTag, TagKind};
use crate::name::{Digest, Domain, Platform, Reference, Repository};
use crate::plan::{Build, Lock, PlannedRecipe, PlannedVariant, VariantName};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A plan for a whole run. It names variants and images as people do and holds everything that its steps need but the
/// bytes of build contexts, which it names by digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The workspace's name.
    pub fleet: String,
    /// What the Dockerfiles may use.
    pub syntax: Syntax,
    /// The oldest engine that the workspace declares.
    pub engine: EngineVersion,
    /// Whether public tags are written to registries, or only to the engine.
    pub push: bool,
    /// What the steps of each variant need, in the order of the fleet. Steps of one variant share it.
    pub variants: IndexMap<VariantName, PlannedVariant>,
    /// The digest of each outside image that a build names; empty until the registries were queried.
    pub bases: BTreeMap<Reference, Lock>,
    /// Who owns the references of repositories for which tags are read from images, so that each has one owner.
    pub declared: BTreeMap<Reference, VariantName>,
    /// The steps, in an order in which they could run one by one.
    pub steps: Vec<Step>,
}

/// A step's index in [`Plan::steps`] of the same plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StepId(pub u32);

/// One action of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The variant that it is about.
    pub variant: VariantName,
    /// `None` if the step is about the variant on all its platforms.
    pub platform: Option<Platform>,
    /// What it does.
    pub action: Action,
    /// Why it is in the plan.
    pub reason: Reason,
    /// All of these have succeeded before this one starts.
    pub after: Vec<StepId>,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Build the image on the engine.
    Build,
    /// Pull a kept image to the engine: a child that is built needs it, or its checks changed.
    Fetch {
        /// The digest in the staging repository.
        digest: Digest,
    },
    /// Take an image by its name, only to check it.
    Use {
        /// Its name.
        image: Reference,
        /// Where it is taken from.
        from: UseFrom,
    },
    /// Run the checks of the image on the engine.
    Check,
    /// Record in the registry that a staged image has passed its current checks.
    MarkChecked {
        /// The digest of the image.
        digest: Digest,
    },
    /// Read the values that its tags wait for from the image on the engine.
    Probe,
    /// Push the content tag and read it back; copy it to each public repository.
    Stage,
    /// Combine the staged platforms in one index.
    Index,
    /// Write public tags in a registry, in this order, and read each back; those that were read from the image first.
    Move {
        /// The digest that the variant is kept at; `None` if this run stages it.
        kept: Option<Digest>,
        /// The tags in the order in which they are written.
        moves: Vec<Move>,
        /// The tags that are read from the image.
        deferred: Vec<DeferredMove>,
    },
    /// Combine the images of several variants in one index, and write the tags that they share.
    Share {
        /// The variants that share the tags, in the order of the index.
        owners: Vec<Owner>,
        /// The tags in the order in which they are written.
        moves: Vec<Move>,
    },
    /// Give the image its public tags on the engine.
    Name {
        /// The names.
        references: Vec<Reference>,
    },
    /// Build nothing: the staged image is up to date.
    Keep {
        /// The digest of the image.
        digest: Digest,
    },
}

/// Where an image is taken from that is only checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum UseFrom {
    /// The engine has it.
    Engine,
    /// Its registry, by the digest that it serves now; removed from the engine afterwards.
    Registry,
    /// The engine if it has it, otherwise its registry.
    Either,
}

/// One of the variants that share tags.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The variant.
    pub variant: VariantName,
    /// The digest that it is kept at; `None` if this run stages it.
    pub kept: Option<Digest>,
}

/// One write of a public tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// The public reference.
    pub reference: Reference,
    /// Fixed or moving.
    pub kind: TagKind,
    /// What the tag pointed to when the plan was made.
    pub was: Option<Digest>,
    /// What happens to it.
    pub state: MoveState,
    /// The image that has a revision already and needs no other one.
    pub unless: Option<Digest>,
}

/// One write of a public tag that is known once its image is built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeferredMove {
    /// The public repository.
    pub repository: Repository,
    /// The tag, with what it waits for.
    pub tag: DeferredTag,
    /// Why this run may not write it.
    pub held: Option<String>,
}

/// What will happen to a tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum MoveState {
    /// It is written.
    Write,
    /// It points to the right image.
    Current,
    /// It is fixed and was written before.
    Kept,
    /// This run may not write it, and why: another branch, no schedule.
    Held(String),
}

/// Why a step is in the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reason {
    /// Without `--push`, everything that is selected is built.
    Asked,
    /// Nothing is published under the variant's names.
    New,
    /// The published image was made from another recipe.
    RecipeChanged,
    /// A parent is built in this run.
    ParentBuilt(VariantName),
    /// The registry was not queried.
    Offline,
    /// The staged image of this recipe is the published one.
    UpToDate,
    /// The image of this recipe is staged, but some tag points elsewhere.
    Unpublished,
    /// The staged image is up to date, but is not recorded to have passed its current checks.
    ChecksChanged,
    /// A variant that is built is based on it.
    StoodOn(VariantName),
    /// It follows from the step before.
    Follows,
}

impl Plan {
    /// A plan of steps alone, for tests of what carries it out or shows it.
    #[cfg(test)]
    pub(crate) fn of_steps(steps: Vec<Step>, push: bool) -> Self {
        Self {
            fleet: String::from("w"),
            syntax: Syntax::default(),
            engine: EngineVersion::default(),
            push,
            variants: IndexMap::new(),
            bases: BTreeMap::new(),
            declared: BTreeMap::new(),
            steps,
        }
    }

    /// The same plan with the digest of each outside image.
    pub fn with_bases(self, bases: BTreeMap<Reference, Lock>) -> Self {
        Self { bases, ..self }
    }

    /// What the steps of a variant need.
    pub fn variant(&self, name: &VariantName) -> &PlannedVariant {
        &self.variants[name]
    }

    /// The domains of all registries that the plan reads or writes.
    pub fn domains(&self) -> BTreeSet<Domain> {
        let variants = || self.variants.values();
        let staging = variants().filter_map(|variant| variant.staging.as_ref());
        let public = variants().flat_map(|variant| &variant.publish);
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
        &self.steps[id.0 as usize]
    }

    /// Every step with its id.
    pub fn iter(&self) -> impl Iterator<Item = (StepId, &Step)> {
        (0u32..).map(StepId).zip(&self.steps)
    }

    /// The number of builds.
    pub fn builds(&self) -> usize {
        self.steps
            .iter()
            .filter(|s| s.action == Action::Build)
            .count()
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

    /// Whether an engine is needed.
    pub fn needs_engine(&self) -> bool {
        self.steps.iter().any(|s| {
            matches!(
                s.action,
                Action::Build
                    | Action::Fetch { .. }
                    | Action::Use { .. }
                    | Action::Check
                    | Action::Probe
                    | Action::Name { .. }
            )
        })
    }
}

impl Step {
    /// The variants that share the tags of this step; none for other steps.
    pub fn owners(&self) -> impl Iterator<Item = &Owner> {
        let owners = match &self.action {
            Action::Share { owners, .. } => owners.as_slice(),
            _ => &[],
        };
        owners.iter()
    }

    /// The variant and the platform that the step is about, if it is about one platform.
    pub fn build(&self) -> Option<Build> {
        let (variant, platform) = (self.variant.clone(), self.platform.clone()?);
        Some(Build { variant, platform })
    }
}

impl Move {
    /// Whether it is the first write of a fixed tag.
    pub fn is_first(&self) -> bool {
        self.kind == TagKind::Fixed && self.was.is_none()
    }
}

impl Action {
    /// One word for listings and events.
    pub fn word(&self) -> &'static str {
        match self {
            Action::Build => "build",
            Action::Fetch { .. } => "fetch",
            Action::Use { .. } => "use",
            Action::Check => "check",
            Action::Probe => "probe",
            Action::MarkChecked { .. } => "green",
            Action::Stage => "stage",
            Action::Index => "index",
            Action::Move { .. } => "move",
            Action::Share { .. } => "share",
            Action::Name { .. } => "name",
            Action::Keep { .. } => "keep",
        }
    }
}
