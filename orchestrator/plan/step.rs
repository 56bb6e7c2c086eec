//! The words of a plan.

use crate::matrix::{DeferredTag, TagKind, VariantId};
use crate::name::{Digest, Platform, Reference, Repository};
use serde::Serialize;

/// A plan for a whole run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// In an order in which they could run one by one.
    pub steps: Vec<Step>,
    /// Whether public tags are written to registries, or only to the engine.
    pub push: bool,
}

/// Names a step: its place in [`Plan::steps`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct StepId(pub u32);

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub variant: VariantId,
    /// `None` where the step is about the variant on all its platforms.
    pub platform: Option<Platform>,
    pub action: Action,
    pub reason: Reason,
    /// All of these are done, and well done, before this one starts.
    pub after: Vec<StepId>,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Build the image on the engine.
    Build,
    /// Bring an image that is kept to the engine, since one that is built stands on it.
    Fetch { digest: Digest },
    /// Let the image on the engine prove what its checks ask for.
    Check,
    /// Note in the registry that a staged image has passed the checks it has today.
    MarkChecked { digest: Digest },
    /// Read from the image on the engine what its tags wait for.
    Probe,
    /// Push the content tag and read it back; copy it beside each public repository.
    Stage,
    /// Put the staged platforms together under one index.
    Index,
    /// Write public tags in a registry, in this order, and read each back.
    /// Those that wait for the image first.
    Move {
        moves: Vec<Move>,
        deferred: Vec<DeferredMove>,
    },
    /// Put the images of several variants together under one index, and write the tags that they share.
    Share {
        owners: Vec<Owner>,
        moves: Vec<Move>,
    },
    /// Give the image its public tags on the engine.
    Name { references: Vec<Reference> },
    /// The staged image is what the recipe asks for: nothing is built.
    Keep { digest: Digest },
}

/// One of the variants that share tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    pub variant: VariantId,
    /// Where it is kept; `None` where this run stages it.
    pub kept: Option<Digest>,
}

/// One write of a public tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    pub reference: Reference,
    pub kind: TagKind,
    /// What the tag pointed to when the plan was made.
    pub was: Option<Digest>,
    pub state: MoveState,
    /// The image that has a revision already: it needs no further one.
    pub unless: Option<Digest>,
}

/// One write of a public tag that is known once its image is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeferredMove {
    pub repository: Repository,
    pub tag: DeferredTag,
    /// Why this run may not write it.
    pub held: Option<String>,
}

/// What will happen to a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MoveState {
    /// It is written.
    Write,
    /// It points where it should.
    Current,
    /// It is written once and was written before.
    Kept,
    /// This run may not write it, and why: another branch, no schedule.
    Held(String),
}

/// Why a step is in the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The run keeps no registry in mind: whatever was asked for is built.
    Asked,
    /// Nothing was ever published under the variant's name.
    New,
    /// What is published was made from another recipe.
    RecipeChanged,
    /// A parent is built in this run.
    ParentBuilt(VariantId),
    /// The registry was not asked.
    Offline,
    /// The staged image of this recipe is the published one.
    UpToDate,
    /// The image of this recipe is staged, but some tag points elsewhere.
    Unpublished,
    /// The staged image is what the recipe asks for, but was never seen to pass the checks of today.
    ChecksChanged,
    /// Something that is built stands on it.
    StoodOn(VariantId),
    /// The variant's image is made in this run.
    Follows,
}

impl Plan {
    /// The step with this id.
    pub fn step(&self, id: StepId) -> &Step {
        &self.steps[id.0 as usize]
    }

    /// Every step with its id.
    pub fn iter(&self) -> impl Iterator<Item = (StepId, &Step)> {
        (0u32..).map(StepId).zip(&self.steps)
    }

    /// How many images are built.
    pub fn builds(&self) -> usize {
        self.steps
            .iter()
            .filter(|s| s.action == Action::Build)
            .count()
    }

    /// How many public tags are written.
    pub fn writes(&self) -> usize {
        self.moves().filter(|m| m.state == MoveState::Write).count()
    }

    /// Every public tag that the plan speaks of.
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
                    | Action::Check
                    | Action::Probe
                    | Action::Name { .. }
            )
        })
    }
}

impl Move {
    /// Whether it is the one write of a tag that is written once.
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
