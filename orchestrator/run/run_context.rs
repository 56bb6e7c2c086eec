//! What every task of a run holds: the values of the line, the two worlds, and what is known so far.

use crate::engine::Engine;
use crate::graph::Graph;
use crate::matrix::{Fleet, VariantId};
use crate::name::{Domain, Platform, Repository};
use crate::plan::{Facts, Ids, Plan, StepId};
use crate::registry::Registry;
use crate::render::Recipe;
use crate::request::{Builder, Credential, Credentials, EngineInfo, WorldError};
use crate::run::images::Images;
use crate::run::{Event, EventKind};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Instant;
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

/// The two ways a run is asked to end early.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    /// Builds and transfers are cancelled; a tag that is being written is finished first.
    pub soon: CancellationToken,
}

/// Everything a run works with.
pub struct RunContext {
    pub fleet: Fleet,
    pub recipes: Vec<Recipe>,
    pub graph: Graph,
    pub plan: Plan,
    pub facts: Facts,
    pub ids: Ids,
    /// `None` where the plan needs none.
    pub engine: Option<(Arc<dyn Engine>, EngineInfo)>,
    pub registry: Arc<dyn Registry>,
    pub credentials: Arc<Credentials>,
    /// A word of this run in all local names.
    pub run: String,
    /// Whether previous images are looked for.
    pub cache: bool,
    pub stop: Stop,
    pub(super) images: Images,
    pub(super) silent: Mutex<BTreeSet<Domain>>,
    pub(super) events: UnboundedSender<Event>,
    pub(super) began: Instant,
}

/// What a caller gathers for a run; the rest of [`RunContext`] is the run's own.
pub struct RunParts {
    pub fleet: Fleet,
    pub recipes: Vec<Recipe>,
    pub graph: Graph,
    pub plan: Plan,
    pub facts: Facts,
    pub ids: Ids,
    pub engine: Option<(Arc<dyn Engine>, EngineInfo)>,
    pub registry: Arc<dyn Registry>,
    pub credentials: Arc<Credentials>,
    pub run: String,
    pub cache: bool,
    pub stop: Stop,
}

/// A short random word that no other run on the same engine has: lower-case letters and digits.
pub fn run_id() -> String {
    let number: u64 = rand::random();
    format!("k{:09x}", number & 0xf_ffff_ffff)
}

impl RunContext {
    /// Joins the parts with a place for events.
    pub fn new(parts: RunParts, events: UnboundedSender<Event>) -> Self {
        let RunParts {
            fleet,
            recipes,
            graph,
            plan,
            facts,
            ids,
            engine,
            registry,
            credentials,
            run,
            cache,
            stop,
        } = parts;
        let (images, silent, began) = (Images::default(), Mutex::default(), Instant::now());
        Self {
            fleet,
            recipes,
            graph,
            plan,
            facts,
            ids,
            engine,
            registry,
            credentials,
            run,
            cache,
            stop,
            images,
            silent,
            events,
            began,
        }
    }

    pub(super) fn say(&self, kind: EventKind) {
        // Whoever listened may be gone; the run goes on.
        let _ = self.events.send(Event {
            at: self.began.elapsed(),
            kind,
        });
    }

    pub(super) fn note(&self, step: StepId, text: impl Into<String>) {
        self.say(EventKind::Note {
            step,
            text: text.into(),
        });
    }

    pub(super) fn engine(&self) -> Result<(&dyn Engine, &EngineInfo), WorldError> {
        let none = || WorldError::unreachable("the engine", "this run was planned without one");
        self.engine
            .as_ref()
            .map(|(engine, info)| (&**engine, info))
            .ok_or_else(none)
    }

    pub(super) fn builder(&self) -> Builder {
        self.engine
            .as_ref()
            .map_or(Builder::BuildKit, |(_, info)| info.builder)
    }

    /// Where a variant is staged. Commands that publish ask for a workspace with a `stage` before they plan.
    pub(super) fn stage_of(&self, v: VariantId) -> Result<&Repository, WorldError> {
        let variant = self.fleet.variant(v);
        let why = "it cannot be staged, since the workspace has no `stage`";
        let none = || WorldError::refused(variant.label(), why);
        variant.staging.as_ref().ok_or_else(none)
    }

    pub(super) fn credential(&self, domain: &Domain) -> Option<Credential> {
        self.credentials.get(domain).cloned()
    }

    /// The run's own name of an image, which no registry can answer for.
    pub(super) fn local_name(&self, v: VariantId, platform: &Platform) -> String {
        format!(
            "localhost/kiln/{}:{}-{}-{}",
            path_word(&self.fleet.variant(v).image),
            self.run,
            v.0,
            platform.slug()
        )
    }
}

/// Any text as a part of a repository's path.
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
