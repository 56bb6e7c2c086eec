//! What shows a run: on the terminal, in the log of a CI system, and in files.

use crate::commands::build::How;
use crate::commands::{Exit, Host, ResultFile, guarded};
use crate::report::{Grouped, Json, Junit, Labels, Plain, Reporter, Terminal};
use std::path::PathBuf;
use std::time::Duration;

/// How to show progress.
#[derive(clap::ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Auto,
    Bars,
    Plain,
    Json,
}

pub(super) type Reporters = Vec<Box<dyn Reporter>>;

/// What shows the run, and what writes it to a file.
pub(super) fn reporters(
    args: &How,
    format: Format,
    host: &Host,
    labels: &Labels,
) -> Result<Reporters, Exit> {
    let mut all = vec![reporter(args, format, host, labels.clone())];
    if let Some(path) = &args.junit {
        let file = ResultFile::replaced("--junit", path)?;
        all.push(Box::new(Junit::new(file, labels.clone())));
    }
    Ok(all)
}

fn reporter(args: &How, format: Format, host: &Host, labels: Labels) -> Box<dyn Reporter> {
    let bars = host.colour && host.env.get("CI").is_none() && host.env.get("TERM") != Some("dumb");
    let out = guarded(std::io::stderr(), false);
    match (format, &host.log) {
        (Format::Json, _) => Box::new(Json::new(guarded(std::io::stdout(), true), labels)),
        (Format::Bars, _) => Box::new(Terminal::new(labels)),
        (Format::Auto, _) if bars => Box::new(Terminal::new(labels)),
        (Format::Auto, Some(log)) => {
            let now = crate::host::now().as_second();
            let began = Duration::from_secs(u64::try_from(now).unwrap_or(0));
            Box::new(Grouped::new(out, labels, args.quiet, log.clone(), began))
        }
        (Format::Auto | Format::Plain, _) => Box::new(Plain::new(out, labels, args.quiet)),
    }
}

/// The variable with the file of GitHub's job summary.
pub(super) const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// The file of the job summary, which is checked before the run: that of `--summary`, else the one that GitHub names.
pub(super) fn summary_file(args: &How, host: &Host) -> Result<Option<ResultFile>, Exit> {
    if let Some(path) = &args.summary {
        return ResultFile::replaced("--summary", path).map(Some);
    }
    let path = host.env.get(STEP_SUMMARY).map(PathBuf::from);
    Ok(path.and_then(|path| ResultFile::appended(STEP_SUMMARY, path)))
}
