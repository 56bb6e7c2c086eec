mod call;
mod check;
mod read;

use crate::commands::{Exit, Global, Host, complain, print, show_all, tell, why_unwritten};
use crate::import::{self, File};
use crate::text::kdl::LARGEST_FILE;
use crate::text::{Diagnostics, Sources};
use crate::workspace::{self, MANIFEST, WriteError};
use read::Texts;
use std::path::{Path, PathBuf};

/// Convert a file of another tool to a manifest
///
/// Reads a library file of Docker's Official Images, the manifest of a cimg repository, or a file for docker buildx
/// bake. Reports what it cannot convert, with its line. Writes a manifest only if it publishes exactly what the file
/// describes. Needs no engine and no network.
///
/// With --check it compares instead: what the file publishes now with what kiln.kdl publishes. It reports every
/// difference and writes nothing. Only --check reads a manifest: --var and the other options about a run are for it.
#[derive(clap::Args, Debug)]
#[command(
    override_usage = "kiln import [OPTIONS] <FORMAT> <FILE>...",
    after_help = "Examples:\n  kiln import stackbrew library/golang --stdout\n  kiln import cimg manifest --output fleet\n  kiln import bake docker-bake.hcl\n  kiln import bake docker-bake.hcl core --stdout\n  kiln import bake docker-bake.hcl --check"
)]
pub struct Args {
    /// The format of the file
    #[arg(value_enum)]
    format: Format,
    /// The file, or - for standard input. For bake: one or more files, or a folder with the files that bake reads by
    /// itself, then the names of targets and groups to import instead of all
    #[arg(required_unless_present = "files", value_name = "FILE")]
    words: Vec<PathBuf>,
    /// As bake has it; refused with the way out.
    #[arg(short = 'f', long = "file", value_name = "FILE", hide = true)]
    files: Vec<PathBuf>,
    /// The folder for kiln.kdl, instead of the workspace
    #[arg(long, value_name = "DIR", conflicts_with = "stdout")]
    output: Option<PathBuf>,
    /// Compare what the file publishes now with what kiln.kdl publishes; exit code 1 if they differ
    #[arg(long, conflicts_with_all = ["stdout", "output", "force"])]
    check: bool,
    /// Write the manifest to standard output and no files
    #[arg(long, conflicts_with = "force")]
    stdout: bool,
    /// Overwrite existing files
    #[arg(long)]
    force: bool,
    /// The name of the image or the workspace; with --check, the name given at the import [default: the name of the file]
    #[arg(long)]
    name: Option<String>,
}

/// The format of the imported file.
#[derive(clap::ValueEnum, Debug, Clone, Copy)]
pub enum Format {
    /// A library file of Docker's Official Images
    Stackbrew,
    /// The manifest of a cimg repository, with its GEN-CHECK
    Cimg,
    /// A file for docker buildx bake, HCL or JSON
    Bake,
}

/// Runs `kiln import`.
pub fn run(args: Args, global: &Global, host: &Host) -> Exit {
    let done = match args.check {
        true => check::check(&args, global, host),
        false => match global.refuse_run("import") {
            Ok(()) => go(&args, global, host),
            Err(exit) => return exit,
        },
    };
    match done {
        Ok(()) => Exit::Done,
        Err(Failure::Differs) => Exit::Failed,
        Err(Failure::Shown) => Exit::Wrong,
        Err(Failure::Wrong(why)) => {
            complain(&why);
            Exit::Wrong
        }
        Err(Failure::Io(why)) => {
            complain(&why);
            Exit::Failed
        }
    }
}

/// Why nothing was imported.
enum Failure {
    /// The errors in the file have been shown.
    Shown,
    /// The command line is wrong.
    Wrong(String),
    /// A file could not be written.
    Io(String),
    /// The manifest publishes something else; the differences have been shown.
    Differs,
}

fn go(args: &Args, global: &Global, host: &Host) -> Result<(), Failure> {
    let read = Texts::new(args)?;
    let mut sources = Sources::default();
    let mut faults = Diagnostics::default();
    let inputs = read.inputs(&mut sources);
    let targets = &read.call.targets;
    let read_in = |path: &str| {
        let own = args
            .output
            .as_deref()
            .and_then(|folder| dockerfile(folder, path));
        own.or_else(|| dockerfile(&global.workspace, path))
    };
    let format = args.format.into();
    let found = import::import_with(format, &inputs, targets, &read_in, &mut faults);
    read.call.tell_beside();
    show_all(&faults, &sources, global, host);
    let found = found.ok_or(Failure::Shown)?;
    if args.stdout {
        print(&found.manifest);
        found.files.iter().for_each(|file| {
            tell(&format!(
                "warning: {} is not written with --stdout",
                file.path
            ))
        });
        return Ok(());
    }
    let folder = args.output.as_ref().unwrap_or(&global.workspace);
    let mut files = found.files;
    files.push(File {
        path: String::from(MANIFEST),
        text: found.manifest,
    });
    write(folder, &files, args.force)?;
    for file in &files {
        print(&format!("wrote {}\n", folder.join(&file.path).display()));
    }
    Ok(())
}

/// A Dockerfile of a workspace, if it can be read.
fn dockerfile(folder: &Path, path: &str) -> Option<String> {
    let path = folder.join(path);
    let size = std::fs::metadata(&path)
        .ok()
        .filter(|found| found.is_file())?
        .len();
    let is_small = usize::try_from(size).is_ok_and(|size| size <= LARGEST_FILE);
    is_small.then(|| std::fs::read_to_string(path).ok())?
}

/// Writes the files, the manifest last.
fn write(folder: &Path, files: &[File], force: bool) -> Result<(), Failure> {
    let all = files
        .iter()
        .map(|file| (file.path.as_str(), file.text.as_str()));
    workspace::write(folder, all, force).map_err(|why| match &why {
        WriteError::Io { path, source } => Failure::Io(why_unwritten(None, path, source)),
        WriteError::There(_) => Failure::Wrong(format!(
            "{why}\n  write to another folder with --output DIR, look at the result with --stdout, or overwrite it with --force"
        )),
    })
}

impl From<Format> for import::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Stackbrew => import::Format::Stackbrew,
            Format::Cimg => import::Format::Cimg,
            Format::Bake => import::Format::Bake,
        }
    }
}
