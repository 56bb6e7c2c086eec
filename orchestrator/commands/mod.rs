//! One file per subcommand. The doc comment of its `Args` is its help. Every command runs a prefix of [`crate::line`].

pub(crate) mod apply;
pub(crate) mod build;
pub(crate) mod ci;
pub(crate) mod diff;
pub(crate) mod doctor;
pub(crate) mod generate;
pub(crate) mod graph;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod inspect;
pub(crate) mod list;
pub(crate) mod lock;
pub(crate) mod nightly;
pub(crate) mod plan;
pub(crate) mod prune;
pub(crate) mod release;
pub(crate) mod stale;
pub(crate) mod rollback;
pub(crate) mod tags;
pub(crate) mod test;
pub(crate) mod validate;
pub(crate) mod why;

pub(crate) mod ci_log;
mod emulation;
mod engines;
mod interruption;
mod load;
mod older;
mod one_image;
mod planned;
mod result_file;
mod reviewed;
mod saved;
mod secrets;
mod world;
mod written;

pub use interruption::Interruption;
pub(crate) use load::show_all;
pub use load::{
    Demand, Demands, load, load_as, load_beside, load_fleet, load_fleet_with_sources,
    load_selected, load_selected_in, select,
};
pub(crate) use result_file::{ResultFile, check_results, write_results};
pub use reviewed::{check_committed, check_reviewed, check_set};
pub use world::World;
pub(crate) use written::{
    complain, guarded, print, print_json, set_guard, tell, unwritten, warn, why_unwritten,
    write_error, write_error_json,
};

use crate::host::Environment;
use crate::report::CiLog;
use crate::text::Shown as _;
use std::path::PathBuf;

/// The exit code of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// Everything was done.
    Done = 0,
    /// Something failed: a build, a push, a check.
    Failed = 1,
    /// The manifest or the command line is not valid.
    Wrong = 2,
    /// An engine or a registry did not respond.
    Unreachable = 3,
    /// A saved plan does not fit any more: something has changed since it was made.
    Changed = 4,
    /// A signal stopped it.
    Stopped = 130,
}

/// The machine that kiln runs on, read once at the start.
#[derive(Debug, Clone)]
pub struct Host {
    /// The environment variables.
    pub env: Environment,
    /// The time of the start.
    pub now: jiff::Timestamp,
    /// Whether standard error is a terminal.
    pub colour: bool,
    /// The log of the CI system that it runs in, if it reads commands from it.
    pub log: Option<CiLog>,
    /// How signals end the command.
    pub interruption: Interruption,
}

impl Host {
    /// Refuses what a run whose workspace is not trusted must not do. `action` writes to registries.
    ///
    /// # Errors
    /// The workspace is not trusted; the message was shown.
    pub(crate) fn refuse_untrusted(&self, action: &str, instead: &str) -> Result<(), Exit> {
        if !self.env.is_untrusted() {
            return Ok(());
        }
        complain(&format!(
            "{action} writes to registries, and a run with --untrusted (or KILN_UNTRUSTED=1) does not\n  {instead}, or leave out --untrusted if you trust the workspace"
        ));
        Err(Exit::Wrong)
    }

    /// Refuses to move or delete tags from a hook of another run: it would start the same hook again, without end.
    ///
    /// # Errors
    /// This process was started by a hook; the message was shown.
    pub(crate) fn refuse_in_hook(&self, action: &str) -> Result<(), Exit> {
        let Some(hook) = self.env.get("KILN_HOOK") else {
            return Ok(());
        };
        let hook = hook.shown();
        complain(&format!(
            "{action} changes tags, and this is a hook of another run of kiln (KILN_HOOK={hook})\n  run it after that run has ended; if this is not a hook, unset KILN_HOOK"
        ));
        Err(Exit::Wrong)
    }
}

/// What help puts the options of every command under.
const EVERYWHERE: &str = "Options of every command";

/// The heading of the options about a run.
const RUN: &str = "Options of every command but init and import";

/// Whether a command refuses an option about a run.
pub fn has_no_effect(command: &str, option: &str) -> bool {
    let commands: &[&str] = match option {
        "variables" => &["apply", "init"],
        "now" => &["apply", "ci", "init"],
        "branch" => &["apply", "ci", "graph", "init", "lock"],
        "event" => &["apply", "ci", "graph", "init", "lock", "release"],
        "set" => &[
            "apply", "ci", "diff", "doctor", "generate", "init", "inspect", "lock", "nightly",
            "prune", "release", "rollback", "stale", "tags",
        ],
        _ => &[],
    };
    commands.contains(&command)
}

/// The options of every command.
#[derive(clap::Args, Debug, Clone)]
pub struct Global {
    /// The workspace: the folder with kiln.kdl, or a folder below it
    #[arg(
        short = 'C',
        long,
        value_name = "DIR",
        default_value = ".",
        global = true, help_heading = EVERYWHERE
    )]
    pub workspace: PathBuf,
    /// Set a variable of the manifest; KILN_VAR_NAME in the environment does the same
    #[arg(long = "var", value_name = "NAME=VALUE", global = true, help_heading = RUN)]
    pub variables: Vec<String>,
    /// Change an image for this run: IMAGE.arg.NAME=VALUE or IMAGE.platforms=linux/amd64,linux/arm64. What it makes is not
    /// pushed to tags that move. Only for build, graph, list, plan, test, validate and why
    #[arg(long, value_name = "CHANGE", global = true, help_heading = RUN)]
    pub set: Vec<String>,
    /// The time of this run, instead of the current time: 2026-08-03 or 2026-08-03T06:00:00Z. It counts for {now} in tags,
    /// for `until`, and for when a failing image is tried again
    #[arg(long, value_name = "TIME", global = true, help_heading = RUN)]
    pub now: Option<String>,
    /// The branch of this run, instead of the one from git or the CI system. Tags move only on the default branch, unless `on` says otherwise.
    /// A pull request remains a pull request. Not for graph and lock [env: KILN_BRANCH]
    #[arg(long, value_name = "NAME", global = true, help_heading = RUN)]
    pub branch: Option<String>,
    /// What started this run, for tags with on="schedule", on="release" or on="pull-request"; most CI systems report it. Not for graph and lock [env: KILN_EVENT]
    #[arg(long, value_name = "EVENT", global = true, help_heading = RUN)]
    pub event: Option<EventName>,
    /// The format of errors and warnings about the manifest
    #[arg(long, value_enum, default_value = "text", global = true, help_heading = EVERYWHERE)]
    pub diagnostics: DiagnosticsFormat,
    /// Do not trust the workspace, as for a pull request from outside: push nothing, read no credential, run no hook, and give
    /// builds nothing of this machine. KILN_UNTRUSTED=1 in the environment does the same
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    pub untrusted: bool,
}

impl Global {
    /// Refuses the options about a run, for a command that has none.
    ///
    /// # Errors
    /// The command line is wrong; the message was shown.
    pub(crate) fn refuse_run(&self, command: &str) -> Result<(), Exit> {
        self.refuse_because(command, "it reads no manifest\n  leave it out")
    }

    /// Refuses the options about a run, and says why they have no effect.
    ///
    /// # Errors
    /// The command line is wrong; the message was shown.
    pub(crate) fn refuse_because(&self, command: &str, why: &str) -> Result<(), Exit> {
        let given = [
            ("--var", !self.variables.is_empty()),
            ("--set", !self.set.is_empty()),
        ];
        refuse_first(given.into_iter().chain(self.of_the_run()), |option| {
            format!("{option} has no effect on `kiln {command}`: {why}")
        })
    }

    /// The options that say which run this is, and whether each is given.
    fn of_the_run(&self) -> [(&'static str, bool); 3] {
        [
            ("--now", self.now.is_some()),
            ("--branch", self.branch.is_some()),
            ("--event", self.event.is_some()),
        ]
    }

    /// The options for a command that is always the same event. A pull request remains one, also if only the environment says
    /// so.
    pub(crate) fn as_event(&self, own: EventName, host: &Host) -> Self {
        let is_pull_request = host.env.get("KILN_EVENT") == Some("pull-request");
        let event = match is_pull_request {
            true => EventName::PullRequest,
            false => own,
        };
        Self {
            event: self.event.or(Some(event)),
            ..self.clone()
        }
    }

    /// The machine as this run may use it: `--untrusted` or `KILN_UNTRUSTED=1` limit it, and nothing lifts that.
    ///
    /// # Errors
    /// `KILN_UNTRUSTED` has another value; the message was shown.
    pub(crate) fn limited(&self, host: Host) -> Result<Host, Exit> {
        let empty = host.env.is_empty("KILN_UNTRUSTED").then_some("");
        let unreadable = host.env.is_unreadable("KILN_UNTRUSTED");
        // It shows what it is: set, and neither 1 nor 0.
        let other = empty.or(unreadable.then_some("\u{fffd}"));
        let untrusted = match host.env.get("KILN_UNTRUSTED").or(other) {
            None | Some("0") => self.untrusted,
            Some("1") => true,
            Some(other) => {
                complain(&format!(
                    "KILN_UNTRUSTED={}: expected 1 for a workspace that is not trusted, or 0\n  set it to one of them, or do not set it",
                    other.escape_debug()
                ));
                return Err(Exit::Wrong);
            }
        };
        Ok(match untrusted {
            true => Host {
                env: host.env.untrusted(),
                ..host
            },
            false => host,
        })
    }

    /// Refuses `--set` for a command whose result stays.
    ///
    /// # Errors
    /// The command line is wrong; the message was shown.
    pub(crate) fn refuse_set(&self, command: &str) -> Result<(), Exit> {
        self.no_set(&format!(
            "changes a single run, and what `kiln {command}` does stays\n  leave it out, or write the change into the manifest"
        ))
    }

    /// Refuses what changes a single run, for a command that writes a file for all later ones.
    ///
    /// # Errors
    /// The command line is wrong; the message was shown.
    pub(crate) fn refuse_single_run(&self, command: &str) -> Result<(), Exit> {
        self.refuse_set(command)?;
        refuse_first(self.of_the_run(), |option| {
            format!(
                "{option} is for a single run, and the file that `kiln {command}` writes is for all\n  leave it out"
            )
        })
    }

    /// Refuses what says which run this is, for a command that does the same on every branch and for every event.
    ///
    /// # Errors
    /// The command line is wrong; the message was shown.
    pub(crate) fn refuse_branch(&self, command: &str) -> Result<(), Exit> {
        let [_, branch, event] = self.of_the_run();
        refuse_first([branch, event], |option| {
            format!(
                "{option} has no effect on `kiln {command}`: it decides which tags a run moves\n  leave it out"
            )
        })
    }

    /// Refuses `--set` for a command that shows nothing that depends on it.
    ///
    /// # Errors
    /// The command line is wrong; the message was shown.
    pub(crate) fn refuse_set_without_effect(&self, command: &str) -> Result<(), Exit> {
        self.no_set(&format!(
            "has no effect on `kiln {command}`: it changes what a run builds\n  leave it out"
        ))
    }

    fn no_set(&self, why: &str) -> Result<(), Exit> {
        if self.set.is_empty() {
            return Ok(());
        }
        complain(&format!("--set {why}"));
        Err(Exit::Wrong)
    }
}

/// Refuses the first option that is given, with this message.
fn refuse_first(
    options: impl IntoIterator<Item = (&'static str, bool)>,
    message: impl Fn(&str) -> String,
) -> Result<(), Exit> {
    let mut options = options.into_iter();
    match options.find(|(_, is_given)| *is_given) {
        None => Ok(()),
        Some((option, _)) => {
            complain(&message(option));
            Err(Exit::Wrong)
        }
    }
}

/// What started a run.
#[derive(clap::ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventName {
    /// A scheduled run; has no effect in a pull request
    Schedule,
    /// A release; has no effect in a pull request
    Release,
    /// Only tags with on="pull-request" move
    PullRequest,
    /// None of these, even if the CI system reports one of them; not a pull request either
    None,
}

/// The format of errors and warnings about the manifest.
#[derive(clap::ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiagnosticsFormat {
    Text,
    Json,
}

/// The output format of commands that show something.
#[derive(clap::ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputFormat {
    Text,
    Json,
}
