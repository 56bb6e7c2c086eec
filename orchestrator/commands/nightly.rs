use crate::commands::build::{self, Purpose, Running, carry_out};
use crate::commands::{EventName, Exit, Global, Host, complain, plan};
use crate::memory::Compared;
use clap::ValueEnum as _;
use std::path::PathBuf;
use std::str::FromStr;

/// Rebuild and publish what has gone stale: a base, a parent or a recipe has changed, or a refresh is due
///
/// Compares each image with what it would be made from today, prints the reasons, rebuilds what differs and what of the
/// selection is based on it, and publishes what passes its checks. An image that comes out the same keeps its digest. Runs as the
/// event `schedule`; in a pull request it remains a pull request. If a tool set has refresh "upgrades", containers ask for newer
/// packages, also with --dry-run. Ends with 1 if something failed, or if a base or packages could not be looked up.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  kiln nightly --dry-run\n  kiln nightly --dry-run --format markdown\n  kiln nightly\n  kiln nightly core --jobs 4"
)]
pub struct Args {
    /// The variants to look at, by image, variant or public reference [default: all]
    selectors: Vec<String>,
    /// Show what would be rebuilt, and why, as `kiln plan` does; build and write nothing
    #[arg(long)]
    dry_run: bool,
    /// With --dry-run: show also what does not change
    #[arg(long, requires = "dry_run")]
    all: bool,
    /// With --dry-run: save the plan to a file that `kiln apply` carries out
    #[arg(short, long, value_name = "FILE", requires = "dry_run")]
    out: Option<PathBuf>,
    /// How to show progress (auto, bars, plain, json); with --dry-run, how to show the plan (text, json, markdown)
    #[arg(long, default_value = "auto")]
    format: Format,
    #[command(flatten)]
    running: Running,
}

/// How to show progress, or the plan: a word for one of them, or for both.
#[derive(Debug, Clone, Copy)]
pub struct Format {
    run: Option<build::Format>,
    plan: Option<plan::Format>,
}

/// How the result of a command with `--dry-run` is shown.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shown {
    Plan(plan::Format),
    Run(build::Format),
}

/// Runs `kiln nightly`.
///
/// # Errors
/// The run did not begin; the message was shown.
pub async fn run(args: Args, global: &Global, host: &Host) -> Result<Exit, Exit> {
    global.refuse_set("nightly")?;
    let global = global.as_event(EventName::Schedule, host);
    args.running.how.refuse_quiet(args.format.run)?;
    if let (true, Some(option)) = (args.dry_run, args.running.of_run()) {
        return Err(wrong(&format!(
            "{option} has no effect with --dry-run: leave it out"
        )));
    }
    match args.format.shown(args.dry_run, args.all)? {
        Shown::Plan(format) => Ok(show(&args, format, &global, host).await),
        Shown::Run(format) => publish(&args, format, &global, host).await,
    }
}

impl Args {
    /// Whether it writes events to standard output.
    pub fn writes_events(&self) -> bool {
        self.format.writes_events(self.dry_run)
    }
}

fn wrong(why: &str) -> Exit {
    complain(why);
    Exit::Wrong
}

async fn show(args: &Args, format: plan::Format, global: &Global, host: &Host) -> Exit {
    let preview = plan::Preview {
        command: "kiln nightly --dry-run",
        selectors: &args.selectors,
        compared: Compared::Everything,
        force: args.running.force,
        no_cache: args.running.is_without_cache(),
        retry: args.running.retry,
        all_packages: false,
        allow_older: &args.running.allow_older,
        offline: false,
        out: args.out.as_deref(),
        results: None,
    };
    plan::show(preview, format, args.all, global, host).await
}

async fn publish(
    args: &Args,
    format: build::Format,
    global: &Global,
    host: &Host,
) -> Result<Exit, Exit> {
    host.refuse_untrusted("`kiln nightly`", "add --dry-run")?;
    host.refuse_in_hook("`kiln nightly`")?;
    let purpose = Purpose {
        push: true,
        reuse: false,
        compared: Compared::Everything,
        format,
    };
    carry_out(&args.selectors, purpose, &args.running, global, host).await
}

impl FromStr for Format {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let run = build::Format::from_str(word, false).ok();
        let plan = match run {
            Some(build::Format::Auto) => Some(plan::Format::Text),
            _ => plan::Format::from_str(word, false).ok(),
        };
        match (run, plan) {
            (None, None) => {
                Err("expected auto, bars, plain or json; with --dry-run text, json or markdown")
            }
            (run, plan) => Ok(Self { run, plan }),
        }
    }
}

impl Format {
    /// Whether a command writes events to standard output.
    pub(super) fn writes_events(self, dry_run: bool) -> bool {
        self.run == Some(build::Format::Json) && !dry_run
    }

    /// The format of the plan, or of the run.
    ///
    /// # Errors
    /// The command line is wrong; the message was shown.
    pub(super) fn shown(self, dry_run: bool, all: bool) -> Result<Shown, Exit> {
        if all && matches!(self.plan, Some(plan::Format::Json | plan::Format::Markdown)) {
            return Err(wrong(
                "--all has no effect with --format json or markdown: leave it out",
            ));
        }
        match (dry_run, self.plan, self.run) {
            (true, Some(format), _) => Ok(Shown::Plan(format)),
            (false, _, Some(format)) => Ok(Shown::Run(format)),
            (true, ..) => Err(wrong(
                "with --dry-run, --format takes text, json or markdown",
            )),
            (false, ..) => Err(wrong(
                "--format takes auto, bars, plain or json; text and markdown need --dry-run",
            )),
        }
    }
}
