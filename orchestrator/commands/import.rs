use crate::commands::{Exit, Global, Host, complain, print, show_all, tell};
use crate::import::{self, File, Input};
use crate::text::kdl::LARGEST_FILE;
use crate::text::{Diagnostics, Sources};
use crate::workspace::{self, MANIFEST, WriteError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Convert a file of another tool to a manifest
///
/// Reads a library file of Docker's Official Images, the manifest of a cimg repository, or a file for docker buildx
/// bake. Reports what it cannot convert, with its line. Writes a manifest only if it publishes exactly what the file
/// describes. Needs no engine, no network and no workspace.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  kiln import stackbrew library/golang --stdout\n  kiln import cimg manifest --output fleet\n  kiln import bake docker-bake.hcl"
)]
pub struct Args {
    /// The format of the file
    #[arg(value_enum)]
    format: Format,
    /// The file, or - for standard input
    file: PathBuf,
    /// The folder for kiln.kdl, instead of the workspace
    #[arg(long, value_name = "DIR", conflicts_with = "stdout")]
    output: Option<PathBuf>,
    /// Write the manifest to standard output and no files
    #[arg(long)]
    stdout: bool,
    /// Overwrite existing files
    #[arg(long)]
    force: bool,
    /// The name of the image or the workspace [default: the name of the file]
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
    if let Err(exit) = global.refuse_run("import") {
        return exit;
    }
    match go(&args, global, host) {
        Ok(()) => Exit::Done,
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
}

fn go(args: &Args, global: &Global, host: &Host) -> Result<(), Failure> {
    let path = args.file.display().to_string();
    let bytes =
        read(&args.file).map_err(|why| Failure::Wrong(format!("{path} cannot be read: {why}")))?;
    // A file that was cut at the size limit may be cut within a character; it is refused for its size.
    let text = match String::from_utf8(bytes) {
        Err(odd) if odd.as_bytes().len() > LARGEST_FILE => {
            String::from_utf8_lossy(odd.as_bytes()).into_owned()
        }
        other => other.map_err(|_| Failure::Wrong(format!("{path} is not UTF-8 text")))?,
    };
    let mut sources = Sources::default();
    let mut faults = Diagnostics::default();
    let stem = args
        .file
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .filter(|stem| stem != "-");
    let name = args.name.clone().or(stem).unwrap_or_default();
    let input = Input {
        source: sources.add(path, text.as_str()),
        text: &text,
        name: &name,
    };
    let found = import::import(args.format.into(), input, &mut faults);
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

/// Reads the file, at most one byte more than the size limit.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = LARGEST_FILE as u64 + 1;
    if path == Path::new("-") {
        io::stdin().lock().take(most).read_to_end(&mut bytes)?;
    } else {
        std::fs::File::open(path)?
            .take(most)
            .read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

/// Writes the files, the manifest last.
fn write(folder: &Path, files: &[File], force: bool) -> Result<(), Failure> {
    let all = files
        .iter()
        .map(|file| (file.path.as_str(), file.text.as_str()));
    workspace::write(folder, all, force).map_err(|why| match &why {
        WriteError::There(_) => Failure::Wrong(format!(
            "{why}\n  write to another folder with --output DIR, look at the result with --stdout, or overwrite it with --force"
        )),
        WriteError::Io { .. } => Failure::Io(why.to_string()),
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
