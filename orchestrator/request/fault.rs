//! Why an engine, a registry or a server did not do what it was asked, and of which kind that is.

use std::fmt;

/// What kind of fault it is. Decided once, where the response is read; exit codes and retries depend on
/// it, and never on the words of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// Nobody answers, or what answers is broken.
    NotReachable,
    /// The credential is missing, wrong, or does not allow it.
    NotAllowed,
    /// It does not exist.
    NotFound,
    /// Too many requests: the same one will be answered later.
    Throttled,
    /// The engine's disk is full.
    DiskFull,
    /// Out of memory, or killed for it.
    Memory,
    /// The engine cannot use what it remembers of earlier steps: without its cache the same build may succeed.
    CacheLost,
    /// A fetched file is not the one that was locked.
    ChecksumMismatch,
    /// Someone else changed it while the run was at work.
    ChangedMeanwhile,
    /// The run was stopped from outside.
    Stopped,
    /// A bug in kiln.
    Ours,
    /// It ran and failed: a build step, a check.
    Failed,
    /// It was refused for a reason of its own.
    Refused,
}

impl FaultKind {
    /// Whether nobody could do it now, but the same request may succeed later: exit code 3.
    pub fn is_unreachable(self) -> bool {
        matches!(self, Self::NotReachable | Self::Throttled)
    }

    /// Whether no repetition changes the answer.
    pub fn is_final(self) -> bool {
        matches!(self, Self::NotAllowed | Self::Stopped | Self::Ours)
    }

    /// `not-reachable`: the name in events.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotReachable => "not-reachable",
            Self::NotAllowed => "not-allowed",
            Self::NotFound => "not-found",
            Self::Throttled => "throttled",
            Self::DiskFull => "disk-full",
            Self::Memory => "memory",
            Self::CacheLost => "cache-lost",
            Self::ChecksumMismatch => "checksum-mismatch",
            Self::ChangedMeanwhile => "changed-meanwhile",
            Self::Stopped => "stopped",
            Self::Ours => "ours",
            Self::Failed => "failed",
            Self::Refused => "refused",
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why an engine or a registry did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorldError {
    /// Nobody answered, or the answer was no.
    #[error("{what}{}: {why}", if kind.is_unreachable() { " is out of reach" } else { "" })]
    Fault {
        kind: FaultKind,
        what: String,
        why: String,
    },
    /// A build step failed.
    #[error(transparent)]
    Build(Box<BuildFailure>),
    /// An image did not prove what it should.
    #[error(transparent)]
    Check(#[from] CheckFailure),
    /// The run was stopped from outside.
    #[error("stopped")]
    Stopped,
}

impl WorldError {
    /// A fault of any kind.
    pub fn fault(kind: FaultKind, what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Fault {
            kind,
            what: what.into(),
            why: why.into(),
        }
    }

    /// Nobody answers, or what answers is broken.
    pub fn unreachable(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::fault(FaultKind::NotReachable, what, why)
    }

    /// It answered, and refused for a reason of its own.
    pub fn refused(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::fault(FaultKind::Refused, what, why)
    }

    /// What kind of fault it is.
    pub fn kind(&self) -> FaultKind {
        match self {
            Self::Fault { kind, .. } => *kind,
            Self::Build(failure) => failure.kind,
            Self::Check(_) => FaultKind::Failed,
            Self::Stopped => FaultKind::Stopped,
        }
    }
}

impl From<BuildFailure> for WorldError {
    fn from(failure: BuildFailure) -> Self {
        WorldError::Build(Box::new(failure))
    }
}

/// A step that failed, with what a person needs to find out why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BuildFailure {
    /// `Failed`, unless the cause is known better.
    pub kind: FaultKind,
    /// What the builder said: `process "/bin/sh -c false" did not complete successfully: exit code: 1`.
    pub message: String,
    /// The step as the builder names it.
    pub step: Option<String>,
    /// The line of the sent Dockerfile (from 1) that the step stands on.
    pub line: Option<usize>,
    /// The last lines of the step's output.
    pub output: Vec<String>,
    /// The exit code of the step's command.
    pub exit_code: Option<i64>,
}

/// Checks that an image did not pass.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} of {of} checks failed", failed.len())]
pub struct CheckFailure {
    pub failed: Vec<FailedCheck>,
    /// How many there were in all.
    pub of: usize,
}

/// One check that was not passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedCheck {
    /// `run go version`
    pub title: String,
    /// Where it is declared: `kiln.kdl:12:5`.
    pub place: Option<String>,
    /// One sentence without a full stop.
    pub why: String,
    /// The last lines of what the image printed.
    pub evidence: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(kind: FaultKind, text: &str, name: &str) {
        let error = WorldError::fault(kind, "ghcr.io/acme/go", "503");
        assert_eq!((error.to_string().as_str(), kind.name()), (text, name));
    }

    #[test]
    fn what_may_pass_is_out_of_reach() {
        let away = "ghcr.io/acme/go is out of reach: 503";
        check(FaultKind::NotReachable, away, "not-reachable");
        check(FaultKind::Throttled, away, "throttled");
        check(FaultKind::NotFound, "ghcr.io/acme/go: 503", "not-found");
        check(FaultKind::Refused, "ghcr.io/acme/go: 503", "refused");
    }

    #[test]
    fn every_error_has_a_kind() {
        let checks = CheckFailure {
            failed: Vec::new(),
            of: 1,
        };
        assert_eq!(WorldError::from(checks).kind(), FaultKind::Failed);
        assert_eq!(WorldError::Stopped.kind(), FaultKind::Stopped);
        assert_eq!(WorldError::refused("a", "b").kind(), FaultKind::Refused);
        assert!(WorldError::unreachable("a", "b").kind().is_unreachable());
    }
}
