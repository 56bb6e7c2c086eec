//! What a run says, for whoever listens.

use crate::name::{Digest, Reference};
use crate::plan::StepId;
use crate::request::WorldError;
use crate::run::CheckResult;
use std::time::Duration;

/// One thing that happened.
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
    /// A build's own step began, or was found in a cache.
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
    /// A check came to its verdict.
    Checked {
        step: StepId,
        proof: Box<CheckResult>,
    },
    /// Worth knowing, no failure: cache trouble, an adopted image, a retry.
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
    /// The step will not run, since `by` failed.
    Blocked {
        step: StepId,
        by: StepId,
    },
    /// The run is being stopped: nothing new starts.
    Stopping,
}

/// What a step came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    Built {
        image: Digest,
        cached: usize,
        ran: usize,
        cache: CacheUse,
    },
    Fetched,
    /// An image was taken for its checks alone.
    Used {
        /// As people read it: its name, with the digest that the registry served.
        image: String,
    },
    /// All checks passed.
    Checked {
        passed: usize,
    },
    /// What its tags wait for is read from the image: so many values.
    Probed {
        values: usize,
    },
    /// The registry knows that the image passed its checks.
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
    /// Tags of several variants; without a digest where all of them stand, or are held.
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

/// Where a build's cache came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CacheUse {
    /// The previous image, by digest.
    From(Reference),
    /// None, and why.
    None(String),
}

/// Why a step failed, and where a person looks next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub error: WorldError,
    /// `path:line` of the Dockerfile, where a build step failed.
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
