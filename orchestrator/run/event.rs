//! The events of a run, for reports.

use crate::manifest::Proof;
use crate::name::{Digest, Reference};
use crate::plan::{Held, StepId};
use crate::request::{HookPhase, WorldError};
use crate::run::{CheckResult, HookResult};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Since the run began.
    pub at: Duration,
    /// What happened.
    pub kind: EventKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKind {
    /// A step started.
    StepStarted {
        /// Which one.
        step: StepId,
        /// The engine that runs it, if the run has several and the step needs one.
        engine: Option<Arc<str>>,
    },
    /// A step of a build began or was found in a cache.
    Progress {
        /// The plan's step.
        step: StepId,
        /// The build's step, as the builder names it.
        text: String,
        /// Whether it was found in a cache.
        cached: bool,
    },
    /// A line that a build printed.
    Output {
        /// The plan's step.
        step: StepId,
        /// The line without its end.
        line: String,
    },
    /// A check has its verdict.
    Checked {
        /// The plan's step.
        step: StepId,
        /// The check with its verdict.
        result: Box<CheckResult>,
    },
    /// A hook started.
    HookStarted {
        /// The plan's step.
        step: StepId,
        /// When it runs.
        phase: HookPhase,
        /// Its name, or its command in short.
        title: String,
    },
    /// A hook ended. What failed for one step of the run is an event of each step that needs it.
    Hooked {
        /// The plan's step.
        step: StepId,
        /// The hook with its result.
        result: Box<HookResult>,
    },
    /// Worth knowing, but not a failure: cache problems, an adopted image, a retry.
    Note {
        /// The plan's step.
        step: StepId,
        /// One sentence without a full stop.
        text: String,
    },
    /// A step succeeded.
    StepDone {
        /// Which one.
        step: StepId,
        /// Its result.
        done: Done,
    },
    /// A step failed.
    StepFailed {
        /// Which one.
        step: StepId,
        /// Why.
        failure: Failure,
    },
    /// The step will not run because `by` failed.
    Blocked {
        /// The step that will not run.
        step: StepId,
        /// The step that failed.
        by: StepId,
    },
    /// An engine does not answer any more: others go on with its steps.
    EngineGone {
        /// Its name.
        engine: Arc<str>,
        /// Why.
        why: String,
        /// The steps that start again: what was running there, and what only it had.
        steps: Vec<StepId>,
    },
    /// An engine that was gone, or did not answer at the start, answers and is used.
    EngineBack {
        /// Its name.
        engine: Arc<str>,
        /// Whether it did not answer at the start, so that this run has not used it before.
        is_new: bool,
    },
    /// An engine that did not answer at the start answers, and the run cannot use it.
    EngineRefused {
        /// Its name.
        engine: Arc<str>,
        /// Why.
        why: String,
    },
    /// The run is being stopped: nothing new starts.
    Stopping,
}

/// The result of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// An image was built.
    Built {
        /// The engine's id of the image.
        image: Digest,
        /// The number of steps that came from a cache.
        cached: usize,
        /// The number of steps that ran.
        ran: usize,
        /// Where the cache came from.
        cache: CacheUse,
    },
    /// An image was taken only to check it.
    Used {
        /// Its name, with the digest that the registry served.
        image: String,
    },
    /// All checks passed.
    Checked {
        /// Their number.
        passed: usize,
    },
    /// The values that its tags wait for were read from the image.
    Probed {
        /// Their number.
        values: usize,
    },
    /// It is recorded to have passed all checks of today.
    CheckedBefore,
    /// The registry records that the image passed its checks.
    MarkedChecked,
    /// The image is in the staging repository.
    Staged {
        /// The digest of the image.
        digest: Digest,
        /// Whether another run had staged this build first.
        adopted: bool,
    },
    /// The platforms are combined in one index.
    Indexed {
        /// The digest of the index.
        digest: Digest,
    },
    /// The images have their proofs.
    Attested {
        /// Those that were attached; empty if they were there.
        proofs: BTreeSet<Proof>,
    },
    /// The public tags are as planned.
    Moved {
        /// The digest that they name.
        digest: Digest,
        /// The tags that were written.
        written: Vec<Reference>,
        /// The tags that other runs have written meanwhile, and that stay where they are.
        held: Vec<(Reference, Held)>,
        /// The tags that named it already when they were to be written.
        there: Vec<Reference>,
    },
    /// The shared tags are as planned.
    Shared {
        /// The digest of the index; `None` if all tags are up to date or held.
        digest: Option<Digest>,
        /// The tags that were written.
        written: Vec<Reference>,
        /// The tags that other runs have written meanwhile, and that stay where they are.
        held: Vec<(Reference, Held)>,
        /// The tags that named it already when they were to be written.
        there: Vec<Reference>,
    },
    /// The image has its public names on the engine.
    Named {
        /// The names.
        names: Vec<Reference>,
    },
    /// The current image is kept.
    Kept {
        /// The digest of the image.
        digest: Digest,
    },
    /// Nothing was built: its parents came out the same, or it did.
    Same {
        /// The digest of the image.
        digest: Digest,
    },
    /// Nothing was tried because of a failure: the image and its tags stay as they are.
    Skipped {
        /// The digest of the image that stays, if there is one.
        digest: Option<Digest>,
        /// The reason, with the first step of the variant that was not tried.
        why: Option<String>,
    },
    /// An image of the same inputs was staged.
    Taken {
        /// The digest of the image.
        digest: Digest,
    },
}

impl Done {
    /// The public tags that the step wrote.
    pub fn written(&self) -> &[Reference] {
        match self {
            Self::Moved { written, .. } | Self::Shared { written, .. } => written,
            _ => &[],
        }
    }
}

/// Where the cache of a build came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CacheUse {
    /// The previous image, by digest.
    From(Reference),
    /// None, and why.
    None(String),
}

/// Why a step failed, and where to look next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Why.
    pub error: WorldError,
    /// Whether nothing was tried, since a public repository of the image could not be read.
    pub unread: bool,
    /// `path:line` of the Dockerfile, if a build step failed.
    pub place: Option<Box<str>>,
    /// Tags that were written before the failure.
    pub written: Vec<Reference>,
    /// The engine that it failed on, if the run has several.
    pub engine: Option<Arc<str>>,
}

impl Failure {
    /// Whether its tags have moved, and only a hook after that failed.
    pub fn is_after_move(&self) -> bool {
        matches!(&self.error, WorldError::Hook(hook) if hook.phase == HookPhase::AfterMove)
    }
}

impl From<WorldError> for Failure {
    fn from(error: WorldError) -> Self {
        Self {
            error,
            unread: false,
            place: None,
            written: Vec::new(),
            engine: None,
        }
    }
}
