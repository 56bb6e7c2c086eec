//! What every task of a run holds: the plan, the engine and the registries, and what the steps have made so far.

use crate::engine::Engine;
use crate::host::Hooks;
use crate::matrix::VariantName;
use crate::memory::{Part, Revisions};
use crate::name::{Digest, Domain, Platform, Reference, Repository, Tag};
use crate::plan::{Build, Plan, PlannedRecipe, StepId};
use crate::registry::Registry;
use crate::registry::credentials::Credentials;
use crate::request::{Builder, Credential, EngineInfo, FaultKind, SecretValues, WorldError};
use crate::run::hooks::HookRuns;
use crate::run::images::Images;
use crate::run::ledger::Ledger;
use crate::run::local::{Local, Present};
use crate::run::mask::Mask;
use crate::run::{EngineId, Event, EventKind, Pool};
use crate::survey;
use crate::tree::Tree;
use parking_lot::Mutex;
use std::collections::{BTreeSet, HashMap};
use std::ops::Deref;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

/// How a run is stopped early.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    /// Builds and transfers are cancelled; a tag that is being written is finished first.
    pub soon: CancellationToken,
    /// Everything is cancelled, and nothing is cleaned up: the next run does that.
    pub now: CancellationToken,
}

/// Everything a step works with: what the whole run has, and the engine that the step runs on.
#[derive(Clone)]
pub struct RunContext {
    state: Arc<RunState>,
    /// `None` for steps that run on no engine.
    at: Option<EngineId>,
}

/// Everything a run works with: a closed plan, the systems outside, and what the steps have made so far. It knows no
/// fleet: the plan holds what its steps need.
pub struct RunState {
    parts: RunParts,
    pub(super) images: Images,
    pub(super) tags: Ledger,
    pub(super) hook_runs: HookRuns,
    pub(super) previous: survey::Known,
    /// What builders have advised against, with its place.
    warned: Mutex<BTreeSet<String>>,
    /// Hides the values of secrets in what builders say.
    pub(super) mask: Mask,
    pub(super) events: UnboundedSender<Event>,
    pub(super) began: Instant,
}

/// What a caller gathers for a run; the rest of [`RunState`] is the run's own.
pub struct RunParts {
    /// The plan, with its bases.
    pub plan: Plan,
    /// The build contexts that the plan names, by digest.
    pub contexts: HashMap<Digest, Arc<Tree>>,
    /// The engines; none if the plan needs none.
    pub engines: Pool,
    /// What runs hooks. `None` for runs that have none.
    pub hooks: Option<Arc<dyn Hooks>>,
    /// All registries.
    pub registry: Arc<dyn Registry>,
    /// The credentials of registries, each read when it is used.
    pub credentials: Credentials,
    /// What builds may mount.
    pub secrets: Arc<SecretValues>,
    /// A word of this run in all local names.
    pub run: String,
    /// Whether previous images are looked for.
    pub cache: bool,
    /// How often a build whose step failed is tried again, instead of what the plan says.
    pub retries: Option<u32>,
    /// The history of the workspace.
    pub history: Arc<dyn Revisions>,
    /// Tags that may go backwards.
    pub allow_older: BTreeSet<Tag>,
    /// How the run is stopped early.
    pub stop: Stop,
}

/// A short random word that no other run on the same engine has: lower-case letters and digits. Engines find the names
/// of killed runs by its form (`engine/docker/lease/names.rs`).
pub fn run_id() -> String {
    let number: u64 = rand::random();
    format!("k{:09x}", number & 0xf_ffff_ffff)
}

impl Deref for RunContext {
    type Target = RunState;

    fn deref(&self) -> &RunState {
        &self.state
    }
}

impl Deref for RunState {
    type Target = RunParts;

    fn deref(&self) -> &RunParts {
        &self.parts
    }
}

impl RunContext {
    /// Adds the run's own state and a channel for its events.
    pub fn new(parts: RunParts, events: UnboundedSender<Event>) -> Self {
        let state = RunState {
            images: Images::new(&parts.plan, parts.engines.size()),
            mask: Mask::new(&parts.secrets),
            tags: Ledger::default(),
            parts,
            hook_runs: HookRuns::default(),
            previous: Default::default(),
            warned: Mutex::default(),
            events,
            began: Instant::now(),
        };
        Self {
            state: Arc::new(state),
            at: None,
        }
    }

    /// The same for a step that runs on this engine.
    pub(super) fn on(&self, engine: Option<EngineId>) -> Self {
        Self {
            state: self.state.clone(),
            at: engine,
        }
    }

    /// The same for work on the image of a build: on an engine that has it, if one is in reach.
    pub(super) fn near(&self, build: &Build) -> Self {
        let with = self.images.engines_with(build);
        if self.at.is_some_and(|at| with.contains(&at)) {
            return self.clone();
        }
        let mut with = with.into_iter().filter(|id| self.engines.is_alive(*id));
        let native = || {
            let mut alive = self.engines.alive();
            alive.find(|id| self.is_native(*id, &build.platform))
        };
        let engine = with.next().or_else(native).or(self.place());
        self.on(engine)
    }

    fn is_native(&self, engine: EngineId, platform: &Platform) -> bool {
        let member = self.engines.get(engine);
        member.is_some_and(|member| member.info.platform.runs(platform))
    }

    /// The engine of this step; `None` if it runs on no engine.
    pub(super) fn at(&self) -> Option<EngineId> {
        self.at
    }

    /// The engine of this step, else the first one in reach, else the first one.
    fn place(&self) -> Option<EngineId> {
        let first = || self.engines.iter().next().map(|(id, _)| id);
        self.at
            .or_else(|| self.engines.alive().next())
            .or_else(first)
    }

    /// What the run has on the engine of this step.
    pub(super) fn local(&self) -> &Local {
        self.images.on(self.place().unwrap_or(EngineId(0)))
    }

    pub(super) fn say(&self, kind: EventKind) {
        // The listener may be gone; the run continues.
        let _ = self.events.send(Event {
            at: self.began.elapsed(),
            kind,
        });
    }

    /// How the plan builds a variant.
    pub(super) fn recipe(&self, build: &Build) -> Result<&PlannedRecipe, WorldError> {
        let recipe = self.plan.variant(&build.variant).recipe.as_ref();
        recipe.ok_or_else(|| {
            let why = "the plan has no recipe for it";
            WorldError::fault(FaultKind::Ours, build.variant.as_str(), why)
        })
    }

    pub(super) fn note(&self, step: StepId, text: impl Into<String>) {
        self.say(EventKind::Note {
            step,
            text: self.mask.text(text.into()),
        });
    }

    /// Notes what a builder advises against in a step's Dockerfile: once per place, however many variants have it.
    pub(super) fn warn(&self, step: StepId, line: Option<usize>, text: &str) {
        let variant = self.plan.variant(&self.plan.step(step).variant);
        let (place, origin) = match variant.recipe.as_ref().zip(line) {
            Some((recipe, line)) => (format!("{}: ", recipe.place(line)), recipe.origin(line)),
            None => (String::new(), String::new()),
        };
        if self.warned.lock().insert(format!("{origin} {text}")) {
            self.note(step, format!("warning: {place}{text}"));
        }
    }

    pub(super) fn engine(&self) -> Result<(&dyn Engine, &EngineInfo), WorldError> {
        let none = || WorldError::unreachable("the engine", "this run was planned without one");
        let member = self.place().and_then(|engine| self.engines.get(engine));
        member
            .map(|member| (&*member.engine, &member.info))
            .ok_or_else(none)
    }

    pub(super) fn hooks(&self) -> Result<&dyn Hooks, WorldError> {
        let none = || WorldError::refused("a hook", "this run was started without hooks");
        self.hooks.as_deref().ok_or_else(none)
    }

    pub(super) fn builder(&self) -> Builder {
        self.engine()
            .map_or(Builder::BuildKit, |(_, info)| info.builder)
    }

    /// Where a variant is staged. Commands that publish require a workspace with a `stage` before they plan.
    pub(super) fn staging_of(&self, v: &VariantName) -> Result<&Repository, WorldError> {
        let why = "it cannot be staged, since the workspace has no `stage`";
        let none = || WorldError::refused(v.as_str(), why);
        self.plan.variant(v).staging.as_ref().ok_or_else(none)
    }

    /// The staged images of a variant, in the order of its platforms.
    pub(super) fn staged_parts(&self, v: &VariantName) -> Result<Vec<Part>, WorldError> {
        let part = |build: Build| {
            let part = self.images.known(&build).and_then(|image| image.part);
            let why = format!("{} is not staged", build.platform);
            part.ok_or_else(|| WorldError::refused(v.as_str(), why))
        };
        self.plan.builds_of(v).map(part).collect()
    }

    /// The image of a build that is on the engine.
    pub(super) fn present(&self, build: &Build) -> Result<Present, WorldError> {
        let absent = || WorldError::refused(build.variant.as_str(), "it is not on the engine");
        self.local().present(build).ok_or_else(absent)
    }

    /// Whether a tag may go backwards.
    pub(super) fn allows_older(&self, reference: &Reference) -> bool {
        let tag = reference.tag.clone().unwrap_or_else(Tag::latest);
        self.allow_older.contains(&tag)
    }

    /// The credential that an engine gets for this registry. Read each time: it may be one that is valid for less time than the
    /// run takes.
    pub(super) async fn credential(
        &self,
        domain: &Domain,
    ) -> Result<Option<Credential>, WorldError> {
        let found = self.credentials.get(domain).await?;
        Ok(found.map(|found| found.credential))
    }

    /// The run's own name of an image, which no registry can answer for. It begins with the word of the run, so that it
    /// is found if the run is killed.
    pub(super) fn local_name(&self, build: &Build) -> String {
        let Build { variant, platform } = build;
        let image = path_word(&self.plan.variant(variant).image);
        let name = &Digest::of(variant.as_str()).hex()[..8];
        format!(
            "localhost/kiln/{image}:{}-{name}-{}",
            self.run,
            platform.slug()
        )
    }
}

/// Any text as a component of a repository's path.
fn path_word(text: &str) -> String {
    let word: String = text
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .collect();
    let word = word.trim_matches('-');
    if word.is_empty() {
        "image".into()
    } else {
        word.into()
    }
}
