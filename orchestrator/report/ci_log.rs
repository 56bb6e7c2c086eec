//! What a CI system understands in a log: parts that fold, and errors at lines of files.
//!
//! Each system reads commands out of the log. What a build or a manifest writes must never be one. On GitHub, kiln stops the
//! reading of commands except for its own ([`CiLog::begin`]), and breaks up those of others ([`Guard`]); those of GitLab need
//! control characters, which no text of others keeps (`text::harmless`).

mod github;
mod gitlab;
mod guard;

pub use github::GitHub;
pub use guard::{Guard, Guarded};

use std::time::Duration;

/// The log of a CI system.
#[derive(Debug, Clone)]
pub enum CiLog {
    /// GitHub Actions.
    GitHub(GitHub),
    /// GitLab CI.
    GitLab,
}

/// Lines of a log that fold.
pub(super) struct Part<'a> {
    /// A number that no other part of the run has.
    pub number: usize,
    /// What it is shown as.
    pub title: &'a str,
    /// Its lines, each with its end. They contain no control characters.
    pub lines: &'a str,
    /// When its first line came, since 1970.
    pub from: Duration,
    /// When its last line came, since 1970.
    pub to: Duration,
}

impl CiLog {
    /// How many errors are shown outside of the log: GitHub takes ten of a step.
    pub const ERRORS: usize = 10;

    /// The first output of kiln.
    pub fn begin(&self) -> String {
        match self {
            Self::GitHub(log) => log.begin(),
            Self::GitLab => String::new(),
        }
    }

    /// The last output of kiln.
    pub fn end(&self) -> String {
        match self {
            Self::GitHub(log) => log.end(),
            Self::GitLab => String::new(),
        }
    }

    pub(super) fn fold(&self, part: &Part<'_>) -> String {
        match self {
            Self::GitHub(log) => log.fold(part),
            Self::GitLab => gitlab::fold(part),
        }
    }

    /// An error that the system shows outside of the log, at its line if `place` is `path:line` or `path:line:column`; empty for a
    /// system that has no such thing.
    pub fn error(&self, place: Option<&str>, title: &str, text: &str) -> String {
        match self {
            Self::GitHub(log) => log.error(place, title, text),
            Self::GitLab => String::new(),
        }
    }
}

#[cfg(test)]
mod tests;
