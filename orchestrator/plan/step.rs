//! The steps of a plan: what each does, for which image, and why.

use crate::matrix::{DeferredTag, TagKind, VariantName};
use crate::memory::{Inputs, Versions};
use crate::name::{Digest, Platform, Reference, Repository};
use crate::plan::{Build, Held, Reason};
use crate::tag::deferred::Deferred;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A step's index in [`Plan::steps`](crate::plan::Plan::steps) of the same plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StepId(pub u32);

impl From<usize> for StepId {
    fn from(place: usize) -> Self {
        Self(u32::try_from(place).unwrap_or(u32::MAX))
    }
}

impl From<StepId> for usize {
    fn from(id: StepId) -> Self {
        id.0 as usize
    }
}

/// One action of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The variant that it is about.
    pub variant: VariantName,
    /// `None` if the step is about the variant on all its platforms.
    pub platform: Option<Platform>,
    /// What it does.
    pub action: Action,
    /// Why it is in the plan: all that apply, the most important first; at least one. Steps with the same reasons mostly share
    /// them.
    pub reasons: Arc<[Reason]>,
    /// All of these have succeeded before this one starts.
    pub after: Vec<StepId>,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Build the image on the engine.
    Build,
    /// Take an image by its name, only to check it.
    Use {
        /// Its name. A plan has few of these steps and many others, which need not have room for it.
        image: Box<Reference>,
        /// Where it is taken from.
        from: UseFrom,
    },
    /// Run the checks of the image on the engine.
    Check,
    /// Record in the registry that an image which is not built has passed its current checks.
    MarkChecked,
    /// Read the values that its tags wait for from the image on the engine.
    Probe,
    /// Push the content tag and read it back; copy it to each public repository.
    Stage,
    /// Combine the staged platforms in one index.
    Index,
    /// Attach the proofs that the images of the variant lack: to those in the staging repository, and to those in public
    /// repositories.
    Attest,
    /// Write public tags in a registry, in this order, and read each back; those that were read from the image first.
    Move {
        /// The tags in the order in which they are written.
        moves: Vec<Move>,
        /// The tags that are read from the image.
        deferred: Vec<DeferredMove>,
    },
    /// Combine the images of several variants in one index, and write the tags that they share.
    Share {
        /// The variants that share the tags, in the order of the fleet.
        owners: Vec<Owner>,
        /// The tags in the order in which they are written.
        moves: Vec<Move>,
    },
    /// Give the image its public tags on the engine.
    Name {
        /// The names.
        references: Vec<Reference>,
    },
    /// Build nothing: the current image is up to date.
    Keep {
        /// The digest of the image.
        digest: Digest,
    },
    /// Build nothing, and leave the image and its tags as they are: the same inputs failed before, or a parent has no image to
    /// build on.
    Skip {
        /// The digest of the current image; `None` if there is none.
        digest: Option<Digest>,
    },
    /// Find the image where another job has staged it, which has also checked it. Only parts of saved plans have such steps.
    Find,
    /// Build nothing: an image of today's inputs is staged.
    Take {
        /// The digest of the image.
        digest: Digest,
        /// Today's inputs.
        inputs: Box<Inputs>,
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
    /// The pattern of a counted tag: if another run took its number, the next one is written.
    pub counted: Option<Box<DeferredTag>>,
    /// The versions that the tag is written for.
    pub versions: Arc<Versions>,
    /// Whether the tag differs from run to run, or with the value of a variable.
    pub varies: bool,
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
    /// It points to the right image, and this run is for a higher version or a later commit than the one that wrote it:
    /// only the record changes, so that an older run does not move the tag back.
    Renew,
    /// It is fixed and was written before.
    Kept,
    /// This run may not write it. Most tags are written, and need not have room for the reason.
    Held(Box<Held>),
}

impl Step {
    /// Whether it decides which image the variant has: what it builds, keeps, skips or takes.
    pub fn settles_image(&self) -> bool {
        matches!(
            self.action,
            Action::Build
                | Action::Keep { .. }
                | Action::Skip { .. }
                | Action::Take { .. }
                | Action::Find
        )
    }

    /// Whether nothing is built since the image, or one that it is based on, was withdrawn.
    pub fn is_withdrawn(&self) -> bool {
        self.reason().is_withdrawn()
    }

    /// The most important reason.
    pub fn reason(&self) -> &Reason {
        self.reasons.first().unwrap_or(&Reason::Follows)
    }

    /// Whether it leaves out what the author of an image has changed, because an image that it is based on is failing.
    pub fn is_blocked(&self) -> bool {
        let waits = self
            .reasons
            .iter()
            .any(|reason| matches!(reason, Reason::ParentFailing { .. }));
        let is_skip = matches!(self.action, Action::Skip { .. });
        is_skip && waits && self.reasons.iter().any(Reason::is_own)
    }

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

impl DeferredMove {
    /// The tag with the values that were read from the image, by command line; `None` if one is missing or the result is not
    /// a valid tag.
    pub fn reference(&self, value: impl Fn(&str) -> Option<String>) -> Option<Reference> {
        let all: Option<Vec<String>> = self.tag.probes().map(&value).collect();
        all?;
        let filled = self.tag.fill(|deferred| match deferred {
            Deferred::Probe(line) => value(line).unwrap_or_default(),
            Deferred::Revision => String::new(),
        });
        Some(Reference::tagged(self.repository.clone(), filled.ok()?))
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
            Action::Use { .. } => "use",
            Action::Check => "check",
            Action::Probe => "probe",
            Action::MarkChecked => "mark",
            Action::Stage => "stage",
            Action::Index => "index",
            Action::Attest => "attest",
            Action::Move { .. } => "move",
            Action::Share { .. } => "share",
            Action::Name { .. } => "name",
            Action::Keep { .. } => "keep",
            Action::Skip { .. } => "skip",
            Action::Take { .. } => "take",
            Action::Find => "find",
        }
    }
}
