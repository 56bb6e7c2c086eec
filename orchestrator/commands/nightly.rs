use crate::commands::build::{Purpose, Running, carry_out};
use crate::commands::plan::{Format, show};
use crate::commands::planned::Wanted;
use crate::commands::{EventName, Exit, Global, Host};
use crate::memory::Compared;

/// Rebuild and publish what has gone stale: its base, a parent or its recipe changed
///
/// Compares each image with what it would be made from today, prints the reasons, rebuilds what differs and everything that
/// is based on it, and publishes what passes its checks. An image that comes out the same keeps its digest. Runs as the
/// event `schedule`; in a pull request it remains a pull request.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  kiln nightly --dry-run\n  kiln nightly\n  kiln nightly core --jobs 4"
)]
pub struct Args {
    /// The variants to look at, by image, variant or public reference [default: all]
    selectors: Vec<String>,
    /// Show what would be rebuilt, and why; build and write nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    running: Running,
}

/// Runs `kiln nightly`.
pub async fn run(args: Args, global: &Global, host: &Host) -> Exit {
    let global = Global {
        event: global.event.or(Some(EventName::Schedule)),
        ..global.clone()
    };
    if args.dry_run {
        let compared = |wanted: Wanted| Wanted {
            compared: Compared::Everything,
            ..wanted
        };
        return show(&args.selectors, compared, Format::Text, &global, host).await;
    }
    let purpose = Purpose {
        push: true,
        reuse: false,
        compared: Compared::Everything,
    };
    carry_out(&args.selectors, purpose, &args.running, &global, host).await
}
