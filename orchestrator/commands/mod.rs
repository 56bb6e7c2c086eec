//! One subcommand a file; its doc comment is its help. Every command is a prefix of one line.

pub mod build;
pub mod generate;
pub mod graph;
pub mod import;
pub mod init;
pub mod list;
pub mod lock;
pub mod plan;
pub mod tags;
pub mod test;
pub mod validate;

mod line;
mod world;

pub(crate) use line::show_all;
pub use line::{Checksums, load, load_fleet, load_selected, select};
pub use world::World;

use crate::host::Environment;
use std::path::PathBuf;

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    Done = 0,
    Failed = 1,
    Wrong = 2,
    Unreachable = 3,
}

/// The machine, as the door saw it.
#[derive(Debug, Clone)]
pub struct Host {
    pub env: Environment,
    pub now: jiff::Timestamp,
    /// Whether standard error is a terminal.
    pub colour: bool,
}

/// What every command takes.
#[derive(clap::Args, Debug, Clone)]
pub struct Global {
    /// The workspace: the folder with kiln.kdl, or one below it
    #[arg(
        short = 'C',
        long,
        value_name = "DIR",
        default_value = ".",
        global = true
    )]
    pub workspace: PathBuf,
    /// Set a variable of the manifest (also: KILN_VAR_NAME in the environment)
    #[arg(long = "var", value_name = "NAME=VALUE", global = true)]
    pub variables: Vec<String>,
    /// The moment that {now} stands for, instead of the clock's: 2026-08-03 or 2026-08-03T06:00:00Z
    #[arg(long, value_name = "TIME", global = true)]
    pub now: Option<String>,
    /// The branch this run is for, instead of git's and the CI system's: only the default branch moves tags, unless they say `on`
    #[arg(long, value_name = "NAME", env = "KILN_BRANCH", global = true)]
    pub branch: Option<String>,
    /// Why this run was started, for tags with on="schedule" or on="release"; GitLab and GitHub say it themselves
    #[arg(long, value_name = "EVENT", env = "KILN_EVENT", global = true)]
    pub event: Option<EventName>,
    /// How faults of the manifest are shown
    #[arg(long, value_enum, default_value = "text", global = true)]
    pub diagnostics: DiagnosticsFormat,
}

/// Why a run was started.
#[derive(clap::ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventName {
    Schedule,
    Release,
    /// Neither, whatever the CI system says
    None,
}

/// How faults of the manifest are shown.
#[derive(clap::ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiagnosticsFormat {
    Text,
    Json,
}

/// Writes to standard output; a reader that went away ends nothing.
pub(crate) fn print(text: &str) {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}

/// One line of complaint on standard error.
pub(crate) fn complain(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr().lock(), "error: {text}");
}
