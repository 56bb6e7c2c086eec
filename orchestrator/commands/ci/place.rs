//! Where the file of a pipeline is.

use crate::ci::{System, command_of, is_written, system_of, workspace_of};
use crate::commands::{Exit, complain, print, unwritten};
use crate::text::count;
use crate::workspace::{self, WriteError, git};
use similar::TextDiff;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The most lines of differences that are shown.
const MOST_SHOWN: usize = 60;

/// The largest file that is compared, in bytes.
const LARGEST: u64 = 16 << 20;

/// The place of a pipeline's file.
pub(super) struct Place {
    /// The file; `None` for standard output.
    file: Option<PathBuf>,
    /// Its path in the repository, if it is not the usual place.
    pub unusual: Option<String>,
    /// The folder of the workspace in the repository, if it is not the repository's own.
    pub folder: Option<String>,
    /// The place as messages name it: from the current folder.
    shown: String,
    /// What keeps the system from reading the file there.
    obstacle: Option<Obstacle>,
    system: System,
}

/// What keeps a system from reading a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Obstacle {
    /// The workspace is in no repository, so that nothing says where its top is.
    NoRepository,
    /// The file is outside of the repository.
    Outside,
    /// The system reads other places.
    Elsewhere,
}

impl Place {
    /// # Errors
    /// A path is not UTF-8; the message was shown.
    pub fn of(system: System, out: Option<&Path>, workspace: &Path) -> Result<Self, Exit> {
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let workspace = real(workspace);
        let found = git::clone_folder(&workspace).map(|path| real(&path));
        let found = found.filter(|path| workspace.starts_with(path));
        let is_in_repository = found.is_some();
        let repository = found.unwrap_or_else(|| workspace.clone());
        let folder = match workspace.strip_prefix(&repository) {
            Ok(below) if !below.as_os_str().is_empty() => Some(text(below)?),
            _ => None,
        };
        let usual = repository.join(system.place());
        let (file, unusual) = match out {
            None => (Some(usual), None),
            Some(out) if out == Path::new("-") => (None, None),
            Some(out) if out.is_dir() => {
                let usual = Path::new(system.place()).file_name();
                complain(&format!(
                    "--out {}: it is a folder\n  give the name of a file, such as {}",
                    out.display(),
                    out.join(usual.unwrap_or_default()).display()
                ));
                return Err(Exit::Wrong);
            }
            Some(out) => {
                let file = absolute(out);
                let below = file.strip_prefix(&repository).unwrap_or(&file);
                let unusual = text(below)?;
                (
                    Some(file),
                    Some(unusual).filter(|path| path != system.place()),
                )
            }
        };
        let shown = file.as_deref().map(from_here);
        let obstacle = match (&file, &unusual) {
            (None, _) => None,
            (Some(file), _) if !file.starts_with(&repository) => Some(Obstacle::Outside),
            (_, Some(path)) if !is_read(system, path) => Some(Obstacle::Elsewhere),
            _ if !is_in_repository => Some(Obstacle::NoRepository),
            _ => None,
        };
        Ok(Self {
            shown: shown.unwrap_or_else(|| "standard output".into()),
            file,
            unusual,
            folder,
            obstacle,
            system,
        })
    }

    /// The place as messages name it.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Its path in the repository.
    fn path(&self) -> &str {
        self.unusual.as_deref().unwrap_or(self.system.place())
    }

    /// Why no pipeline would come from the file, and a way out.
    pub fn note(&self) -> Option<String> {
        let (title, place) = (self.system.title(), self.system.place());
        Some(match (self.obstacle?, self.system) {
            (Obstacle::Outside, _) => format!(
                "note: the file is outside of the repository, where no job finds it; --out - shows what would be written, and without --out it is {place}"
            ),
            (Obstacle::NoRepository, _) => format!(
                "note: the workspace is in no git repository, so the file is in the workspace; {title} looks at the top of a repository: run `git init` there, then this command again"
            ),
            (Obstacle::Elsewhere, System::GitHub) => format!(
                "note: GitHub does not read {}: it reads the files in .github/workflows at the top of the repository that end with .yml or .yaml",
                self.path()
            ),
            (Obstacle::Elsewhere, _) => format!(
                "note: {title} reads {place} and not {}; continue with it from there, or move it there",
                self.path()
            ),
        })
    }

    /// The command that has written the file that exists there, if kiln has written it.
    pub fn earlier_command(&self) -> Option<String> {
        let old = read(self.file.as_deref()?).ok()?;
        is_written(&old).then(|| command_of(&old).map(str::to_owned))?
    }

    /// Whether it is a file, and not standard output.
    pub fn is_file(&self) -> bool {
        self.file.is_some()
    }

    /// Writes the text, to a temporary file that is then renamed.
    ///
    /// # Errors
    /// A file exists that kiln has not written, or for another workspace, or it cannot be written; the message was shown.
    pub fn write(&self, text: &str) -> Result<(), Exit> {
        let Some((file, (folder, name))) = self.file.as_ref().zip(self.parts()) else {
            print(text);
            return Ok(());
        };
        self.refuse_foreign(file, text)?;
        let files = [(name, text)];
        let written = workspace::write(folder, files.into_iter(), true);
        written.map_err(|why| match why {
            WriteError::Io { path, source } => unwritten("--out", &path, &source),
            why @ WriteError::There(_) => self.failed(&why.to_string()),
        })
    }

    fn parts(&self) -> Option<(&Path, &str)> {
        let file = self.file.as_ref()?;
        Some((file.parent()?, file.file_name()?.to_str()?))
    }

    fn refuse_foreign(&self, file: &Path, text: &str) -> Result<(), Exit> {
        let Ok(there) = file.symlink_metadata() else {
            return Ok(());
        };
        if !there.is_file() {
            let why = "it exists and is not a regular file\n  give another place with --out";
            return Err(self.failed(why));
        }
        if there.len() == 0 {
            return Ok(());
        }
        let Some(old) = read(file).ok().filter(|old| is_written(old)) else {
            return Err(self.failed("kiln has not written this file, so it is not overwritten\n  give another place with --out and compare the two, or remove it first"));
        };
        if let Some(other) = other_system(&old, self.system) {
            return Err(self.failed(&format!(
                "it is the pipeline of {}, so it is not overwritten\n  give that of {} a file of its own with --out, or remove the old file",
                other.title(), self.system.title()
            )));
        }
        match (workspace_of(&old), workspace_of(text)) {
            (Some(other), Some(own)) if other != own => Err(self.failed(&format!("it is the pipeline of another workspace (`{other}`), so it is not overwritten\n  give this one a file of its own with --out, or remove the old file if the workspace has moved"))),
            _ => Ok(()),
        }
    }

    /// Shows how the file differs from the text.
    ///
    /// # Errors
    /// There is nothing to compare, or the file cannot be read; the message was shown.
    pub fn compare(&self, text: &str) -> Result<Exit, Exit> {
        let Some(file) = &self.file else {
            complain(
                "--check compares a file, and --out - names none\n  leave out --out, or give the name of the file",
            );
            return Err(Exit::Wrong);
        };
        if file.symlink_metadata().is_err() {
            complain(&format!(
                "{} does not exist\n  run the same command without --check to write it",
                self.shown()
            ));
            return Ok(Exit::Failed);
        }
        let old = read(file).map_err(|why| self.failed(&why))?;
        if old == text {
            return Ok(Exit::Done);
        }
        if let Some(other) = other_system(&old, self.system) {
            complain(&format!(
                "{} is the pipeline of {}, and not that of {}\n  give the place of that one with --out",
                self.shown(),
                other.title(),
                self.system.title()
            ));
            return Ok(Exit::Failed);
        }
        print(&self.difference(&old, text));
        complain(&format!(
            "{} differs from what would be written\n  {}",
            self.shown(),
            way_out(&old, text)
        ));
        Ok(Exit::Failed)
    }

    fn difference(&self, old: &str, new: &str) -> String {
        let path = self.path();
        let diff = TextDiff::from_lines(old, new);
        let mut diff = diff.unified_diff();
        let diff = diff
            .context_radius(3)
            .header(&format!("a/{path}"), &format!("b/{path}"))
            .to_string();
        let shown: String = diff.split_inclusive('\n').take(MOST_SHOWN).collect();
        match diff.lines().count().saturating_sub(MOST_SHOWN) {
            0 => shown,
            more => format!("{shown}… and {}\n", count(more, "more line")),
        }
    }

    fn failed(&self, why: &str) -> Exit {
        complain(&format!("{}: {why}", self.shown()));
        Exit::Wrong
    }
}

/// The system that a file is for, if it is another one.
fn other_system(old: &str, own: System) -> Option<System> {
    System::named(system_of(old)?).filter(|system| *system != own)
}

/// How a file is brought up to date whose text would be another one now.
fn way_out(old: &str, new: &str) -> String {
    if !is_written(old) {
        return "kiln has not written it: give the place of kiln's file with --out".into();
    }
    match command_of(old).filter(|old| command_of(new) != Some(old)) {
        Some(command) => format!(
            "it was written with other options: run `{command}` at the top of the repository, or the same command as now without --check to change the options; then commit the file"
        ),
        None => "run the same command without --check, and commit the file".into(),
    }
}

/// Whether the system reads a file at this place of a repository; GitLab reads every file that another one includes.
fn is_read(system: System, path: &str) -> bool {
    match system {
        System::GitLab => true,
        System::CircleCi => path == system.place(),
        System::GitHub => path.strip_prefix(".github/workflows/").is_some_and(|name| {
            !name.contains('/') && (name.ends_with(".yml") || name.ends_with(".yaml"))
        }),
    }
}

/// The path of a file from the current folder.
fn from_here(file: &Path) -> String {
    let here = absolute(&Path::new(".").join("x"));
    let here = here.parent().unwrap_or(Path::new("/"));
    let shared = here.components().zip(file.components());
    let shared = shared.take_while(|(one, other)| one == other).count();
    let up = here.components().count() - shared;
    // Two paths without a folder in common are easier to read from the root.
    if shared < 2 {
        return file.display().to_string();
    }
    let ups = std::iter::repeat_n(Path::new(".."), up);
    let rest = file.components().skip(shared);
    let path: PathBuf = ups
        .chain(rest.map(|one| Path::new(one.as_os_str())))
        .collect();
    path.display().to_string()
}

fn read(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|why| why.to_string())?;
    let read = file.take(LARGEST).read_to_end(&mut bytes);
    read.map_err(|why| why.to_string())?;
    String::from_utf8(bytes).map_err(|_| String::from("it is not UTF-8 text"))
}

/// The path as it is, with the folder that exists without links.
fn absolute(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let folder = path
        .parent()
        .and_then(|folder| fs::canonicalize(folder).ok());
    match (folder, path.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => path,
    }
}

fn text(path: &Path) -> Result<String, Exit> {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        complain(&format!(
            "{}: its name is not UTF-8, so no file can name it\n  rename it",
            path.display()
        ));
        Exit::Wrong
    })
}
