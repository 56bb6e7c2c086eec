mod check;

use crate::commands::{Exit, Global, Host, complain, print, show_all, tell};
use crate::import::{self, File, Input};
use crate::text::kdl::LARGEST_FILE;
use crate::text::{Diagnostics, Sources};
use crate::workspace::{self, MANIFEST, WriteError};
use std::ffi::OsStr;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Convert a file of another tool to a manifest
///
/// Reads a library file of Docker's Official Images, the manifest of a cimg repository, or a file for docker buildx
/// bake. Reports what it cannot convert, with its line. Writes a manifest only if it publishes exactly what the file
/// describes. Needs no engine and no network.
///
/// With --check it compares instead: what the file publishes now with what kiln.kdl publishes. It reports every
/// difference and writes nothing.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  kiln import stackbrew library/golang --stdout\n  kiln import cimg manifest --output fleet\n  kiln import bake docker-bake.hcl\n  kiln import bake docker-bake.hcl core --stdout\n  kiln import bake docker-bake.hcl --check"
)]
pub struct Args {
    /// The format of the file
    #[arg(value_enum)]
    format: Format,
    /// The file, or - for standard input. For bake: one or more files, or a folder with the files that bake reads by
    /// itself, then the names of targets and groups to import instead of all
    #[arg(required = true, value_name = "FILE")]
    words: Vec<PathBuf>,
    /// The folder for kiln.kdl, instead of the workspace
    #[arg(long, value_name = "DIR", conflicts_with = "stdout")]
    output: Option<PathBuf>,
    /// Compare what the file publishes now with what kiln.kdl publishes; exit code 1 if they differ
    #[arg(long, conflicts_with_all = ["stdout", "output", "force"])]
    check: bool,
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
    let found = import::import_all(args.format.into(), &inputs, targets, &mut faults);
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

/// The files of the command line with their texts.
struct Texts {
    call: Call,
    /// In the order of the paths.
    texts: Vec<String>,
    /// The name of the image or the workspace.
    name: String,
}

impl Texts {
    fn new(args: &Args) -> Result<Self, Failure> {
        let call = Call::new(args).map_err(Failure::Wrong)?;
        let texts = call.paths.iter().map(|path| text(path));
        let texts = texts.collect::<Result<_, _>>().map_err(Failure::Wrong)?;
        let name = args.name.clone();
        Ok(Self {
            name: name.unwrap_or_else(|| call.name(args.format)),
            texts,
            call,
        })
    }

    fn inputs(&self, sources: &mut Sources) -> Vec<Input<'_>> {
        let all = self.call.paths.iter().zip(&self.texts);
        all.map(|(path, text)| Input {
            source: sources.add(path.display().to_string(), text.as_str()),
            text,
            name: &self.name,
        })
        .collect()
    }
}

/// What the words of the command line name.
struct Call {
    paths: Vec<PathBuf>,
    targets: Vec<String>,
    /// Files that bake would read besides, and kiln does not.
    beside: Vec<PathBuf>,
}

/// The files that bake reads by itself, in its order.
const DEFAULTS: [&str; 4] = [
    "docker-bake.json",
    "docker-bake.hcl",
    "docker-bake.override.json",
    "docker-bake.override.hcl",
];

/// Those of Compose, which bake reads before its own.
const COMPOSE: [&str; 4] = [
    "compose.yaml",
    "compose.yml",
    "docker-compose.yaml",
    "docker-compose.yml",
];

impl Call {
    fn new(args: &Args) -> Result<Self, String> {
        let Some((first, rest)) = args.words.split_first() else {
            return Err(String::from("no file is named"));
        };
        let mut call = Call {
            paths: vec![first.clone()],
            targets: Vec::new(),
            beside: Vec::new(),
        };
        if let (Format::Stackbrew | Format::Cimg, Some(second)) = (args.format, rest.first()) {
            let second = second.display();
            return Err(format!(
                "`{second}` is one file too many: this format has one file"
            ));
        }
        if matches!(args.format, Format::Bake) {
            match first.is_dir() {
                true => call.folder(first)?,
                false => is_bake(first)?,
            }
        }
        for word in rest {
            let named = word
                .extension()
                .is_some_and(|end| end == "hcl" || end == "json");
            match word.is_file() || named {
                true => call.paths.push(word.clone()),
                false => call.targets.push(word.display().to_string()),
            }
        }
        Ok(call)
    }

    /// The files of a folder that bake reads by itself.
    fn folder(&mut self, folder: &Path) -> Result<(), String> {
        let existing = |names: [&str; 4]| -> Vec<PathBuf> {
            let paths = names.into_iter().map(|name| folder.join(name));
            paths.filter(|path| path.is_file()).collect()
        };
        self.paths = existing(DEFAULTS);
        self.beside = existing(COMPOSE);
        match (self.paths.is_empty(), self.beside.first()) {
            (true, Some(compose)) => Err(no_compose(compose)),
            (true, None) => Err(format!(
                "{} has none of the files that bake reads by itself: {}",
                folder.display(),
                DEFAULTS.join(", ")
            )),
            (false, _) => Ok(()),
        }
    }

    fn tell_beside(&self) {
        self.beside.iter().for_each(|path| {
            tell(&format!(
                "warning: {} is not read: kiln imports no Compose files",
                path.display()
            ));
        });
    }

    /// The name of the image or the workspace: that of the first file.
    fn name(&self, format: Format) -> String {
        let path = self.paths.first();
        // A library file is called like its image, and that may have a dot: `rocket.chat`.
        let has_extension = |path: &&PathBuf| {
            let extension = path.extension().unwrap_or_default();
            !matches!(format, Format::Stackbrew) || extension == "stackbrew" || extension == "txt"
        };
        let stem = match path.filter(has_extension) {
            Some(path) => path.file_stem(),
            None => path.and_then(|path| path.file_name()),
        };
        let stem = stem.map(|stem| stem.to_string_lossy().into_owned());
        stem.filter(|stem| stem != "-").unwrap_or_default()
    }
}

/// Whether a word may name a bake file; `Err` is what else it is.
fn is_bake(word: &Path) -> Result<(), String> {
    let is_yaml = |end: &OsStr| end == "yml" || end == "yaml";
    let has_end = word.extension().is_some();
    if word.extension().is_some_and(is_yaml) {
        return Err(no_compose(word));
    }
    if has_end || word.exists() || word == Path::new("-") {
        return Ok(());
    }
    let shown = word.display();
    Err(format!(
        "{shown} does not exist\n  to import the target or group `{shown}` of the bake files in this folder, write `kiln import bake . {shown}`"
    ))
}

/// How a Compose file becomes a bake file.
fn no_compose(path: &Path) -> String {
    let shown = path.display();
    format!(
        "{shown} is a Compose file, and kiln imports only bake files\n  convert it with `docker buildx bake -f {shown} --print > docker-bake.json`, and import that file"
    )
}

/// The text of a file; `Err` is what is wrong with it.
fn text(path: &Path) -> Result<String, String> {
    let shown = path.display();
    if path.is_dir() {
        return Err(format!(
            "{shown} is a folder\n  name the file in it that describes the images, such as {shown}/golang"
        ));
    }
    let bytes = read(path).map_err(|why| format!("{shown} cannot be read: {why}"))?;
    // A file that was cut at the size limit may be cut within a character; it is refused for its size.
    let text = match String::from_utf8(bytes) {
        Err(odd) if odd.as_bytes().len() > LARGEST_FILE => {
            String::from_utf8_lossy(odd.as_bytes()).into_owned()
        }
        other => other.map_err(|odd| {
            let from = encoding(odd.as_bytes());
            format!("{shown} is not UTF-8 text\n  convert it first: `iconv -f {from} -t utf-8 {shown} > NEW`")
        })?,
    };
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

/// The likely encoding of a text that is not UTF-8, as iconv calls it.
fn encoding(bytes: &[u8]) -> &'static str {
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "utf-16",
        [_, 0, ..] => "utf-16le",
        [0, ..] => "utf-16be",
        _ => "latin1",
    }
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
