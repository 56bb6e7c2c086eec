//! Why a request to an engine, a registry or a server failed, and the kind of the failure.

use crate::request::HookFailure;
use std::fmt;

/// The kind of a failure. It is decided once, where the response is read. Exit codes and retries depend on
/// it, never on the text of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum FaultKind {
    /// There is no response, or only an invalid one.
    NotReachable,
    /// It answers, but cannot serve the request for now, as with a status of 5xx.
    Unavailable,
    /// The credential is missing, wrong, or does not allow it.
    NotAllowed,
    /// It does not exist.
    NotFound,
    /// Too many requests: the same request may succeed later.
    Throttled,
    /// The engine accepted the request and makes no progress: it has to be restarted.
    Stuck,
    /// The engine's disk is full.
    DiskFull,
    /// Out of memory, or killed for it.
    Memory,
    /// The engine cannot read its own build cache: without that cache, the same build may succeed.
    CacheLost,
    /// A downloaded file is not the one that was locked.
    ChecksumMismatch,
    /// Something else changed it during the run.
    ChangedMeanwhile,
    /// The run was stopped, by a signal or by another part of kiln.
    Stopped,
    /// A bug in kiln.
    Ours,
    /// A build step, a check or a hook ran and failed.
    Failed,
    /// It was not tried: the same inputs have failed before.
    Failing,
    /// The engine or registry refused the request for another reason.
    Refused,
}

impl FaultKind {
    /// Whether the other side is out of reach for now, and the same request may succeed later: exit code 3.
    pub fn is_unreachable(self) -> bool {
        matches!(self, Self::NotReachable | Self::Stuck) || self.is_passing()
    }

    /// Whether it is out of reach, or refuses the credential: what the run needs is closed to it, and exit code 3 says that this
    /// is not the fault of an image.
    pub fn is_closed(self) -> bool {
        self.is_unreachable() || self == Self::NotAllowed
    }

    /// Whether the other side answers, and the same request may succeed in a moment. A side that does not answer may
    /// stay silent for every request; this one does not.
    pub fn is_passing(self) -> bool {
        matches!(self, Self::Unavailable | Self::Throttled)
    }

    /// Whether a retry cannot change the result.
    pub fn is_final(self) -> bool {
        matches!(
            self,
            Self::NotAllowed | Self::Stuck | Self::Stopped | Self::Ours
        )
    }

    /// `not-reachable`: the name in events.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotReachable => "not-reachable",
            Self::Unavailable => "unavailable",
            Self::NotAllowed => "not-allowed",
            Self::NotFound => "not-found",
            Self::Throttled => "throttled",
            Self::Stuck => "stuck",
            Self::DiskFull => "disk-full",
            Self::Memory => "memory",
            Self::CacheLost => "cache-lost",
            Self::ChecksumMismatch => "checksum-mismatch",
            Self::ChangedMeanwhile => "changed-meanwhile",
            Self::Stopped => "stopped",
            Self::Ours => "ours",
            Self::Failed => "failed",
            Self::Failing => "failing",
            Self::Refused => "refused",
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a request to an engine or a registry failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorldError {
    /// There was no response, or the request was refused.
    #[error("{what}{}: {why}", if kind.is_unreachable() { " is out of reach" } else { "" })]
    Fault {
        /// What kind of failure it is.
        kind: FaultKind,
        /// What was requested, and of whom.
        what: String,
        /// The reason.
        why: String,
    },
    /// A build step failed.
    #[error(transparent)]
    Build(Box<BuildFailure>),
    /// An image failed some of its checks.
    #[error(transparent)]
    Check(#[from] CheckFailure),
    /// A hook failed.
    #[error(transparent)]
    Hook(Box<HookFailure>),
    /// The run was stopped, by a signal or by another part of kiln.
    #[error("stopped")]
    Stopped,
}

impl WorldError {
    /// A failure of any kind.
    pub fn fault(kind: FaultKind, what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Fault {
            kind,
            what: what.into(),
            why: why.into(),
        }
    }

    /// There is no response, or only an invalid one.
    pub fn unreachable(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::fault(FaultKind::NotReachable, what, why)
    }

    /// The request was refused.
    pub fn refused(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::fault(FaultKind::Refused, what, why)
    }

    /// A push to a repository that does not exist. Some registries create it with the first push, others never do, so
    /// another try changes nothing.
    pub fn no_repository(what: impl Into<String>, said: &str) -> Self {
        let why = format!(
            "{said}: create the repository first; like Amazon ECR, this registry does not create it with the first push"
        );
        Self::fault(FaultKind::NotFound, what, why)
    }

    /// The kind of the failure.
    pub fn kind(&self) -> FaultKind {
        match self {
            Self::Fault { kind, .. } => *kind,
            Self::Build(failure) => failure.kind,
            Self::Check(_) | Self::Hook(_) => FaultKind::Failed,
            Self::Stopped => FaultKind::Stopped,
        }
    }
}

impl From<BuildFailure> for WorldError {
    fn from(failure: BuildFailure) -> Self {
        WorldError::Build(Box::new(failure))
    }
}

impl From<HookFailure> for WorldError {
    fn from(failure: HookFailure) -> Self {
        WorldError::Hook(Box::new(failure))
    }
}

/// A build step that failed, with what a person needs to find the cause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BuildFailure {
    /// `Failed`, unless a more exact cause is known.
    pub kind: FaultKind,
    /// The builder's message: `process "/bin/sh -c false" did not complete successfully: exit code: 1`.
    pub message: String,
    /// The step as the builder names it.
    pub step: Option<String>,
    /// The line of the step in the sent Dockerfile, counted from 1.
    pub line: Option<usize>,
    /// The last lines of the step's output.
    pub output: Vec<String>,
    /// The exit code of the step's command.
    pub exit_code: Option<i64>,
    /// Whether a server that the build needs did not answer, or not well.
    pub is_unanswered: bool,
}

impl BuildFailure {
    /// Whether another try may succeed: a command ended with an error, or a server did not answer. What the builder refuses,
    /// such as a file that does not exist, it refuses again.
    pub fn may_pass(&self) -> bool {
        let command_failed = self.kind == FaultKind::Failed && self.exit_code.is_some();
        command_failed || self.is_unanswered || self.kind.is_unreachable()
    }
}

/// The checks that an image failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} of {of} checks failed", failed.len())]
pub struct CheckFailure {
    /// The failed checks.
    pub failed: Vec<FailedCheck>,
    /// The number of checks in total.
    pub of: usize,
}

/// One check that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedCheck {
    /// What identifies it in records.
    pub id: String,
    /// `run go version`
    pub title: String,
    /// Where it is declared: `kiln.kdl:12:5`.
    pub place: Option<String>,
    /// The reason: one sentence without a full stop.
    pub why: String,
    /// The last lines of the image's output.
    pub evidence: Vec<String>,
}

#[cfg(test)]
mod tests;
