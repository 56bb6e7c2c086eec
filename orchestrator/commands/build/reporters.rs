//! What shows a run: on the terminal, in the log of a CI system, and in files.

use crate::commands::build::How;
use crate::commands::{Exit, Host, guarded, unwritten, warn, why_unwritten};
use crate::report::{Grouped, Json, Junit, Labels, Plain, Reporter, Terminal};
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
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
        let file = ResultFile::create("--junit", path)?;
        all.push(Box::new(Junit::new(file, labels.clone())));
    }
    Ok(all)
}

/// A file that is opened before the run and written after it. What the disk does not take is a warning: it does not change how the
/// run ended.
pub(super) struct ResultFile {
    file: File,
    /// What names it.
    option: &'static str,
    path: PathBuf,
}

impl ResultFile {
    fn create(option: &'static str, path: &Path) -> Result<Self, Exit> {
        let file = File::create(path).map_err(|why| unwritten(option, path, &why))?;
        let path = path.to_owned();
        Ok(Self { file, option, path })
    }

    fn warned(&self, why: &io::Error) {
        if why.kind() != ErrorKind::Interrupted {
            warn(&why_unwritten(Some(self.option), &self.path, why));
        }
    }
}

impl Write for ResultFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes);
        written.inspect_err(|why| self.warned(why))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
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

/// The file of the job summary, which is opened before the run: that of `--summary`, else the one that GitHub names.
pub(super) fn summary_file(args: &How, host: &Host) -> Result<Option<ResultFile>, Exit> {
    if let Some(path) = &args.summary {
        return ResultFile::create("--summary", path).map(Some);
    }
    let option = "GITHUB_STEP_SUMMARY";
    let Some(path) = host.env.get(option).map(PathBuf::from) else {
        return Ok(None);
    };
    let opened = OpenOptions::new().append(true).create(true).open(&path);
    Ok(match opened {
        Ok(file) => Some(ResultFile { file, option, path }),
        Err(why) => {
            warn(&why_unwritten(Some(option), &path, &why));
            None
        }
    })
}
