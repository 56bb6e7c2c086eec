//! A plan as a value: closed, so that it means the same on another machine.

use crate::manifest::{Proof, Syntax};
use crate::matrix::{DeferredTag, Fleet, Hook, TagKind, VariantName};
use crate::memory::{Inputs, Line, Scope, Upgrade, Versions};
use crate::name::EngineVersion;
use crate::name::{Digest, Domain, Platform, Reference, Repository};
use crate::plan::{Applied, Build, Held, Lock, PlannedRecipe, PlannedVariant, Reason};
use crate::request::{FaultKind, WorldError};
use crate::tag::deferred::Deferred;
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
    pub variants: IndexMap<VariantName, PlannedVariant>,
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

/// The run that a plan is made for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The commit.
    pub revision: Option<String>,
    /// The time of the commit, in seconds since 1970.
    pub committed: Option<i64>,
    /// When the registries were read, in milliseconds since 1970.
    pub surveyed: i64,
    /// The time of the run, in seconds since 1970: that of `--now`, else that of the start. Decisions depend on it, such as
    /// whether a failing image is tried again. The order of two runs does not: that is a fact, and [`Origin::surveyed`] has it.
    #[serde(default)]
    pub now: i64,
    /// Whose newest images this run makes: the branch, or the pull request. `None` for a git tag.
    pub scope: Option<Scope>,
    /// The default branch, if it is another one: `None` in runs on the default branch.
    pub default: Option<Scope>,
    /// The git tag that the run is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git_tag: Option<String>,
}

impl Origin {
    /// Whether it is a run on the default branch, or outside of a git repository.
    pub fn is_default(&self) -> bool {
        let is_outside = self.scope.is_none() && self.git_tag.is_none() && self.revision.is_none();
        self.default.is_none() || is_outside
    }

    /// The default branch, if its name is known.
    pub fn default_branch(&self) -> Option<&str> {
        match self.default.as_ref().or(self.scope.as_ref())? {
            Scope::Branch(name) => Some(name),
            Scope::PullRequest(_) => None,
        }
    }

    /// What this run writes into the record of an image before it moves a tag to it.
    pub fn line(&self, versions: &Versions, was: Option<Digest>) -> Line {
        Line {
            versions: versions.clone(),
            revision: self.revision.clone(),
            committed: self.committed,
            surveyed: self.surveyed,
            was,
            withdrew: BTreeSet::new(),
            back_from: None,
            scope: self.scope.clone(),
            varies: false,
            once: false,
        }
    }
}

/// Why an outside image is not known, or what a public tag names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unknown {
    /// The kind of the failure.
    pub kind: FaultKind,
    /// What was requested.
    pub what: String,
    /// The reason, with the place that names the image and a way out.
    pub why: String,
    /// For a public tag of the fleet, where the manifest declares its image: `kiln.kdl:6:1`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Arc<str>>,
}

impl From<&Unknown> for WorldError {
    fn from(unknown: &Unknown) -> Self {
        WorldError::fault(unknown.kind, &unknown.what, &unknown.why)
    }
}

impl From<&WorldError> for Unknown {
    fn from(error: &WorldError) -> Self {
        let (what, why) = match error {
            WorldError::Fault { what, why, .. } => (what.clone(), why.clone()),
            other => (String::from("the image"), other.to_string()),
        };
        Self {
            kind: error.kind(),
            what,
            why,
            published: None,
        }
    }
}

/// What a plan leaves as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remarks {
    /// Variants of which it is not known whether their packages can be upgraded, and why.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unasked: BTreeMap<VariantName, String>,
    /// Variants with `refresh "upgrades"` whose images have no database of packages that kiln knows.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub unpackaged: BTreeSet<VariantName>,
    /// By variant, the packages with newer versions, where all packages were looked up.
    pub newer: BTreeMap<VariantName, BTreeSet<Upgrade>>,
    /// Repositories that were not read and to which this run writes nothing, and why.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unwritten: BTreeMap<Repository, String>,
    /// Kept variants whose outside images have moved, with what moved.
    pub older_bases: BTreeMap<VariantName, Vec<Reason>>,
    /// By parent that is built or moved: the variants that are based on it and not selected.
    pub left_behind: BTreeMap<VariantName, usize>,
    /// Variants whose names lead to images without a record.
    pub unrecorded: usize,
    /// Public tags that kiln wrote and that no variant has any more.
    pub orphaned: BTreeSet<Reference>,
    /// Fixed tags on images without a record: they stay where they are.
    pub stray_fixed: BTreeSet<Reference>,
    /// Fixed tags that name different images in the registries of their variant, with what each names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub differing: BTreeMap<Reference, Digest>,
    /// Moving tags on images without a record, with those images: this run replaces them.
    pub replaced: BTreeMap<Reference, Digest>,
}

/// A step's index in [`Plan::steps`] of the same plan.
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
    /// Why it is in the plan: all that apply, the most important first; at least one.
    pub reasons: Vec<Reason>,
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
        /// Its name.
        image: Reference,
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
    pub counted: Option<DeferredTag>,
    /// The versions that the tag is written for.
    pub versions: Versions,
    /// Whether the tag differs from run to run.
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
    /// This run may not write it.
    Held(Held),
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
        let pairs = variants.map(|v| (v.staging.clone(), v.trusted_staging.clone()));
        pairs
            .filter_map(|(own, trusted)| Some((own?, trusted?)))
            .collect()
    }

    /// The domains of all registries that the plan reads or writes.
    pub fn domains(&self) -> BTreeSet<Domain> {
        let variants = || self.variants.values();
        let staging =
            variants().flat_map(|variant| variant.staging.iter().chain(&variant.trusted_staging));
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
        let mut reasons = self.steps.iter().flat_map(|step| &step.reasons);
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
