//! The options of commands that carry out a plan.

use super::Format;
use super::reporters::STEP_SUMMARY;
use crate::commands::{Exit, Host, check_results, complain};
use crate::line::Ready;
use crate::manifest::MOST_RETRIES;
use crate::request::Builder;
use crate::workspace::Workspace;
use std::path::{Path, PathBuf};

/// How a plan is carried out, and how that is shown.
#[derive(clap::Args, Debug, Default)]
pub struct How {
    /// Use no published or staged image as cache: only the engine's own cache
    #[arg(long)]
    pub(in crate::commands) no_cache_from: bool,
    /// Build on this engine: a Docker context, or an address such as ssh://user@host; may be repeated to build on several at once.
    /// KILN_ENGINES lists them in the environment [default: the engine of DOCKER_HOST or of the current context]
    #[arg(long = "engine", value_name = "NAME")]
    pub(in crate::commands) engines: Vec<String>,
    /// The number of parallel builds on each engine [default: the engine's processors, 2 to 8]
    #[arg(short, long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(in crate::commands) jobs: Option<u16>,
    /// How often a build whose step failed is tried again, for all images; 0 for never [default: what `retries` says]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(0..=i64::from(MOST_RETRIES)))]
    pub(in crate::commands) retries: Option<u32>,
    /// Continue with everything that does not depend on a failed step (the default)
    #[arg(long, conflicts_with = "fail_fast")]
    pub(in crate::commands) keep_going: bool,
    /// Start nothing new after the first failure
    #[arg(long)]
    pub(in crate::commands) fail_fast: bool,
    /// The builder of the engine to use [default: BuildKit if the engine supports it]
    #[arg(long, value_enum)]
    pub(in crate::commands) builder: Option<BuilderName>,
    /// Write the results to a file in JUnit's XML: images, checks, and public tags; a tag that is held counts as skipped
    #[arg(long, value_name = "FILE")]
    pub(in crate::commands) junit: Option<PathBuf>,
    /// Write a summary in Markdown to a file: the table, why each image was built, and failures [default: the job summary in GitHub
    /// Actions]
    #[arg(long, value_name = "FILE")]
    pub(in crate::commands) summary: Option<PathBuf>,
    /// Hide the output of builds; a failed build still shows its last lines
    #[arg(short, long)]
    pub(in crate::commands) quiet: bool,
}

impl How {
    /// The builder that the user names.
    pub(in crate::commands) fn builder(&self) -> Option<Builder> {
        self.builder.map(|builder| match builder {
            BuilderName::Buildkit => Builder::BuildKit,
            BuilderName::Classic => Builder::Classic,
        })
    }

    /// The options about builds, and whether each is given.
    pub(in crate::commands) fn of_builds(&self) -> [(&'static str, bool); 5] {
        [
            ("--no-cache-from", self.no_cache_from),
            ("--engine", !self.engines.is_empty()),
            ("--jobs", self.jobs.is_some()),
            ("--retries", self.retries.is_some()),
            ("--builder", self.builder.is_some()),
        ]
    }

    /// Refuses files of results that the command reads, or that are the same file.
    ///
    /// # Errors
    /// The command line is wrong; the message was shown.
    pub(in crate::commands) fn check_results(
        &self,
        workspace: (&Workspace, &Ready),
        plan: Option<&Path>,
        host: &Host,
    ) -> Result<(), Exit> {
        let page = host.env.get(STEP_SUMMARY).map(Path::new);
        let files = [
            (STEP_SUMMARY, page.filter(|_| self.summary.is_none())),
            ("--summary", self.summary.as_deref()),
            ("--junit", self.junit.as_deref()),
        ];
        check_results(&files, workspace, plan)
    }

    /// Refuses `--quiet` where no output of builds is shown as lines.
    ///
    /// # Errors
    /// The command line is wrong; the message was shown.
    pub(in crate::commands) fn refuse_quiet(&self, format: Option<Format>) -> Result<(), Exit> {
        match format {
            Some(Format::Json | Format::Bars) if self.quiet => {
                complain(
                    "--quiet has no effect with --format json or bars: leave it out, or use --format plain",
                );
                Err(Exit::Wrong)
            }
            _ => Ok(()),
        }
    }
}

/// A builder of the engine.
#[derive(clap::ValueEnum, Debug, Clone, Copy)]
pub enum BuilderName {
    Buildkit,
    Classic,
}
