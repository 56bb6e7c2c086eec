//! The options of commands that build.

use super::How;
use std::path::PathBuf;

/// How a run builds and reports.
#[derive(clap::Args, Debug, Default)]
pub struct Running {
    /// Build the selected variants again, without cache, and publish the new images
    #[arg(long)]
    pub(in crate::commands) force: bool,
    /// With --force: build with the engine's cache, which --force leaves out
    #[arg(long, requires = "force", conflicts_with = "no_cache")]
    pub(super) cache: bool,
    /// Run every step of what is built: without the engine's cache and without previous images
    #[arg(long)]
    pub(super) no_cache: bool,
    /// Try images again that are failing: by default, a run leaves them to later `kiln nightly` runs unless they are selected by
    /// name or their recipe has changed
    #[arg(long)]
    pub(in crate::commands) retry: bool,
    /// Look whether the SBOM and the provenance of each image still exist, and attach again what was deleted: by default, a run
    /// believes what it has recorded
    #[arg(long)]
    pub(super) check_proofs: bool,
    /// Let this tag move to an older version or revision: TAG, IMAGE:TAG or a whole reference; may be repeated
    #[arg(long, value_name = "TAG")]
    pub(in crate::commands) allow_older: Vec<String>,
    /// Refuse to build if kiln.lock is incomplete or the files under .circleci/images differ from what would be built;
    /// without it, such files are a warning
    #[arg(long)]
    pub(super) locked: bool,
    #[command(flatten)]
    pub(in crate::commands) how: How,
}

impl Running {
    /// A run that builds nothing.
    pub(in crate::commands) fn reporting(junit: Option<PathBuf>, summary: Option<PathBuf>) -> Self {
        Self {
            how: How {
                junit,
                summary,
                ..How::default()
            },
            ..Self::default()
        }
    }

    /// The first option that a run needs to have an effect, and a plan does not have.
    pub(in crate::commands) fn of_run(&self) -> Option<&'static str> {
        let given = [
            ("--no-cache", self.no_cache),
            ("--no-cache-from", self.how.no_cache_from),
            ("--check-proofs", self.check_proofs),
            ("--engine", !self.how.engines.is_empty()),
            ("--jobs", self.how.jobs.is_some()),
            ("--locked", self.locked),
            ("--retries", self.how.retries.is_some()),
            ("--keep-going", self.how.keep_going),
            ("--fail-fast", self.how.fail_fast),
            ("--builder", self.how.builder.is_some()),
            ("--junit", self.how.junit.is_some()),
            ("--summary", self.how.summary.is_some()),
            ("--quiet", self.how.quiet),
        ];
        given
            .iter()
            .find(|(_, is_given)| *is_given)
            .map(|(option, _)| *option)
    }

    /// Whether what is built is built without any cache.
    pub(in crate::commands) fn is_without_cache(&self) -> bool {
        self.no_cache || (self.force && !self.cache)
    }
}
