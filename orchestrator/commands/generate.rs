use crate::commands::{Demand, Demands, Exit, Global, Host, complain, load, print, why_unwritten};
use crate::workspace::{GenerateError, Workspace};

/// Write one Dockerfile per variant under .circleci/images
///
/// With --check, compare the existing files instead. Needs no engine and no network. Changes and removes only
/// files that kiln wrote.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  kiln generate\n  kiln generate --check")]
pub struct Args {
    /// Write nothing; show the differences and exit with 1 if there are any
    #[arg(long)]
    check: bool,
}

/// Runs `kiln generate`.
pub fn run(args: Args, global: &Global, host: &Host) -> Exit {
    let demands = Demands {
        checksums: Demand::Must,
        ..Demands::NONE
    };
    let loaded = global.refuse_set("generate");
    let (workspace, ready) = match loaded.and_then(|()| load(global, host, demands)) {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    let changes = match workspace.changes(&ready.recipes.raw) {
        Ok(changes) => changes,
        Err(why) => return ungenerated(&workspace, &why),
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
            Err(why) => ungenerated(&workspace, &why),
        }
    }
}

/// Shows why files cannot be read or written.
pub(super) fn ungenerated(workspace: &Workspace, why: &GenerateError) -> Exit {
    let text = match why {
        GenerateError::Unwritten { path, source } => {
            why_unwritten(None, &workspace.root().join(path), source)
        }
        other => other.to_string(),
    };
    complain(&text);
    Exit::Failed
}
