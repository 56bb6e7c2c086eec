//! The fleet as a pipeline of a CI system: one model, and one writer per system.
//!
//! ```text
//!                         .- circleci -.
//! Ready -> jobs (Pipeline) -- gitlab  --> YAML -> limits: the system reads it
//!                         '- github   -'
//! ```
//!
//! One job saves the plan, others build their parts of it, each in a fresh clone, and a last one publishes what was staged.
//! The edges between the jobs are those of the fleet. The same fleet and options give the same text, so that a file can be
//! compared with what would be written today.

mod circleci;
mod command;
mod cron;
mod github;
mod gitlab;
mod jobs;
mod limits;
mod matrix;
mod names;
mod pipeline;
mod text;

pub use command::CRON;
pub use cron::check_cron;
pub use limits::TooLarge;
pub use matrix::{Left, matrix};
pub use pipeline::{Login, Need, Pipeline};
pub use text::{command_of, is_written, system_of, workspace_of};

use serde_json::Value;
use std::collections::BTreeSet;

/// The systems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum System {
    /// CircleCI.
    CircleCi,
    /// GitLab CI/CD.
    GitLab,
    /// GitHub Actions.
    GitHub,
}

/// What one build job builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// One variant; it starts when its parents are built.
    Variant,
    /// Variants of one level; it starts when the level before has ended.
    Level,
}

/// How the jobs of GitLab reach an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Docker {
    /// Each job starts one of its own, as a service.
    InDocker,
    /// The jobs run on a machine that has one.
    Shell,
    /// The jobs run in containers, and the socket of the machine's engine is bound into them.
    Socket,
}

/// How much of a pipeline is in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All jobs.
    Whole,
    /// A job that computes the others in each pipeline, so that the file does not change with the fleet.
    Outer,
    /// What that job computes.
    Inner,
}

/// How a pipeline is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// What one build job builds.
    pub by: By,
    /// Which part of the pipeline is written.
    pub part: Part,
    /// The image with kiln that jobs run in.
    pub image: Option<String>,
    /// The command that installs kiln.
    pub install: Option<String>,
    /// The machines that jobs run on: `runs-on`, `tags` or `resource_class`.
    pub runners: Vec<String>,
    /// The branches whose pushes publish; without one, those that the system's users expect.
    pub branches: Vec<String>,
    /// The contexts of CircleCI with credentials.
    pub contexts: Vec<String>,
    /// How the jobs of GitLab reach an engine.
    pub docker: Docker,
    /// The secrets of GitHub that the job that publishes gets, for hooks.
    pub secrets: BTreeSet<String>,
    /// When GitHub starts the nightly run.
    pub cron: String,
    /// Variables of the manifest, `NAME=VALUE`.
    pub variables: Vec<String>,
    /// Where the file is in the repository, if that is not the usual place.
    pub out: Option<String>,
}

impl System {
    /// The name of the system.
    pub fn title(self) -> &'static str {
        match self {
            Self::CircleCi => "CircleCI",
            Self::GitLab => "GitLab",
            Self::GitHub => "GitHub",
        }
    }

    /// Its name on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::CircleCi => "circleci",
            Self::GitLab => "gitlab",
            Self::GitHub => "github",
        }
    }

    /// The system with this word.
    pub fn named(word: &str) -> Option<Self> {
        let all = [Self::CircleCi, Self::GitLab, Self::GitHub];
        all.into_iter().find(|system| system.word() == word)
    }

    /// The usual place of the file in a repository.
    pub fn place(self) -> &'static str {
        match self {
            Self::CircleCi => ".circleci/config.yml",
            Self::GitLab => ".gitlab/kiln.yml",
            Self::GitHub => ".github/workflows/kiln.yml",
        }
    }
}

/// The text of the file.
///
/// # Errors
/// The system would not read it.
pub fn write(system: System, pipeline: &Pipeline, options: &Options) -> Result<String, TooLarge> {
    limits::check_jobs(system, options.by, pipeline.jobs.len())?;
    let (text, size) = sized(system, pipeline, options);
    limits::check(system, options.by, size)?;
    Ok(text)
}

/// The text of the file, and its size as its system counts it.
fn sized(system: System, pipeline: &Pipeline, options: &Options) -> (String, usize) {
    let value: Value = match system {
        System::CircleCi => circleci::write(pipeline, options),
        System::GitLab => gitlab::write(pipeline, options),
        System::GitHub => github::write(pipeline, options),
    };
    let text = text::text(system, pipeline, options, &value);
    let size = match system {
        System::CircleCi => circleci::compiled(pipeline, &value, &text),
        System::GitLab | System::GitHub => text.len(),
    };
    (text, size)
}

#[cfg(test)]
mod tests;
