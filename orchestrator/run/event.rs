//! The events of a run, for reports.

use crate::name::{Digest, Reference};
use crate::plan::StepId;
use crate::request::WorldError;
use crate::run::CheckResult;
use std::time::Duration;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Since the run began.
    pub at: Duration,
    pub kind: EventKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKind {
    StepStarted {
        step: StepId,
    },
    /// A step of a build began or was found in a cache.
    Progress {
        step: StepId,
        text: String,
        cached: bool,
    },
    /// A line that a build printed.
    Output {
        step: StepId,
        line: String,
    },
    /// A check has its verdict.
    Checked {
        step: StepId,
        proof: Box<CheckResult>,
    },
    /// Worth knowing, but not a failure: cache problems, an adopted image, a retry.
    Note {
        step: StepId,
        text: String,
    },
    StepDone {
        step: StepId,
        done: Done,
    },
    StepFailed {
        step: StepId,
        failure: Failure,
    },
    /// The step will not run because `by` failed.
    Blocked {
        step: StepId,
        by: StepId,
    },
    /// The run is being stopped: nothing new starts.
    Stopping,
}

/// The result of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    Built {
        image: Digest,
        cached: usize,
        ran: usize,
        cache: CacheUse,
    },
    Fetched,
    /// An image was taken only to check it.
    Used {
        /// Its name, with the digest that the registry served.
        image: String,
    },
    /// All checks passed.
    Checked {
        passed: usize,
    },
    /// This many values that its tags wait for were read from the image.
    Probed {
        values: usize,
    },
    /// The registry records that the image passed its checks.
    MarkedChecked {
        digest: Digest,
    },
    /// `adopted`: another run had staged this build first.
    Staged {
        digest: Digest,
        adopted: bool,
    },
    Indexed {
        digest: Digest,
    },
    Moved {
        digest: Digest,
        written: Vec<Reference>,
    },
    /// Shared tags; without a digest if all of them are up to date or held.
    Shared {
        digest: Option<Digest>,
        written: Vec<Reference>,
    },
    Named {
        names: Vec<Reference>,
    },
    Kept {
        digest: Digest,
    },
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
    pub error: WorldError,
    /// `path:line` of the Dockerfile, if a build step failed.
    pub place: Option<String>,
    /// Tags that were written before the failure.
    pub written: Vec<Reference>,
}

impl From<WorldError> for Failure {
    fn from(error: WorldError) -> Self {
        Self {
            error,
            place: None,
            written: Vec::new(),
        }
    }
}
