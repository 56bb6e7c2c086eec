use crate::commands::plan::{Preview, planned};
use crate::commands::{
    EventName, Exit, Global, Host, OutputFormat, complain, print, print_json, write_results,
};
use crate::memory::Compared;
use crate::plan::freshness;
use crate::report::{stale_json, stale_junit, stale_text};
use std::path::PathBuf;

/// Show which images are stale and why: what `kiln nightly` would rebuild
///
/// Compares each image with what it would be made from today, as `kiln nightly` does, and shows those that differ with
/// everything that is based on them. A failing image is stale, also if the next night does not try it yet. Reads the
/// registries and changes nothing. Needs an engine only if a tool set has refresh "upgrades", or with --all-packages: a container of each
/// base asks for newer packages. Ends with 1 if an image is stale, or if a base or packages could not be looked up.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  kiln stale\n  kiln stale core --all\n  kiln stale --all-packages\n  kiln stale --format json\n  kiln stale --junit stale.xml"
)]
pub struct Args {
    /// The variants to look at, by image, variant or public reference [default: all]
    selectors: Vec<String>,
    /// Show also what is up to date, and all that the reasons rest on
    #[arg(long)]
    all: bool,
    /// List also the newer versions of packages that no tool set with refresh "upgrades" installed, such as those of the
    /// base: a newer base brings them, or --force. They do not make an image stale
    #[arg(long)]
    all_packages: bool,
    /// The output format
    #[arg(long, value_enum, default_value = "text")]
    format: OutputFormat,
    /// Write the result to a file in JUnit's XML: a stale image is a failed test
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

/// Runs `kiln stale`.
pub async fn run(args: Args, global: &Global, host: &Host) -> Exit {
    if args.all && args.format == OutputFormat::Json {
        complain("--all has no effect with --format json: leave it out");
        return Exit::Wrong;
    }
    match looked(&args, global, host).await {
        Ok(exit) | Err(exit) => exit,
    }
}

async fn looked(args: &Args, global: &Global, host: &Host) -> Result<Exit, Exit> {
    // `kiln nightly` does not take it either.
    global.refuse_set_without_effect("stale")?;
    let global = global.as_event(EventName::Schedule, host);
    let preview = Preview {
        command: "kiln stale",
        selectors: &args.selectors,
        compared: Compared::Everything,
        force: false,
        no_cache: false,
        retry: false,
        all_packages: args.all_packages,
        allow_older: &[],
        offline: false,
        out: None,
        results: args.junit.as_deref(),
    };
    let (plan, ..) = planned(&preview, &global, host).await?;
    if let Some(path) = &args.junit {
        write_results("--junit", path, &stale_junit(&plan))?;
    }
    match args.format {
        OutputFormat::Text => print(&stale_text(&plan, args.all)),
        OutputFormat::Json => print_json(&format!("{:#}\n", stale_json(&plan))),
    }
    let is_stale = freshness(&plan).iter().any(|one| one.is_stale());
    Ok(match is_stale || plan.is_incomplete() {
        true => Exit::Failed,
        false => Exit::Done,
    })
}
