use crate::commands::{Checksums, Exit, Global, Host, complain, load, print};

/// Write one Dockerfile a variant under .circleci/images, or check that those there are up to date
///
/// Needs no engine and no network. Only files that kiln wrote are changed or removed.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  kiln generate\n  kiln generate --check")]
pub struct Args {
    /// Write nothing: show what differs, and exit with 1 if anything does
    #[arg(long)]
    check: bool,
}

/// Runs `kiln generate`.
pub fn run(args: Args, global: &Global, host: &Host) -> Exit {
    let (workspace, ready) = match load(global, host, Checksums::Must) {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    let changes = match workspace.changes(&ready.recipes) {
        Ok(changes) => changes,
        Err(why) => {
            complain(&why.to_string());
            return Exit::Failed;
        }
    };
    if args.check {
        print(&changes.diff());
        if changes.is_empty() {
            Exit::Done
        } else {
            Exit::Failed
        }
    } else {
        match changes.write() {
            Ok(()) => {
                print(&changes.summary());
                Exit::Done
            }
            Err(why) => {
                complain(&why.to_string());
                Exit::Failed
            }
        }
    }
}
