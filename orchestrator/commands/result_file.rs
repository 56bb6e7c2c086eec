//! The files that commands write their results to: `--junit`, `--summary`, `--output`.

use crate::commands::{Exit, complain, unwritten, warn, why_unwritten};
use crate::line::Ready;
use crate::render::Recipe;
use crate::tree::{Mode, Tree};
use crate::workspace::{self, Workspace};
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file that is checked before the run and written when it is flushed. What the disk does not take then is a warning: it
/// does not change how the run ended.
pub(crate) struct ResultFile {
    /// What names it.
    option: &'static str,
    path: PathBuf,
    text: Vec<u8>,
    /// Where the text is added to what is there; else it replaces that.
    end: Option<File>,
}

impl ResultFile {
    /// A file that is replaced.
    ///
    /// # Errors
    /// It cannot be written; the message was shown.
    pub fn replaced(option: &'static str, path: &Path) -> Result<Self, Exit> {
        let possible = workspace::check_replaceable(path);
        possible.map_err(|why| unwritten(option, path, &why))?;
        Ok(Self {
            option,
            path: path.to_owned(),
            text: Vec::new(),
            end: None,
        })
    }

    /// A file that grows. `None` if it cannot be written, with a warning.
    pub fn appended(option: &'static str, path: PathBuf) -> Option<Self> {
        match OpenOptions::new().append(true).create(true).open(&path) {
            Ok(file) => Some(Self {
                option,
                path,
                text: Vec::new(),
                end: Some(file),
            }),
            Err(why) => {
                warn(&why_unwritten(Some(option), &path, &why));
                None
            }
        }
    }

    fn save(&mut self) -> io::Result<()> {
        let text = std::mem::take(&mut self.text);
        match &mut self.end {
            _ if text.is_empty() => Ok(()),
            Some(file) => file.write_all(&text),
            None => workspace::replace(&self.path, &text),
        }
    }
}

impl Write for ResultFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let saved = self.save();
        saved.inspect_err(|why| {
            if why.kind() != ErrorKind::Interrupted {
                warn(&why_unwritten(Some(self.option), &self.path, why));
            }
        })
    }
}

/// Writes the text of a file of results.
///
/// # Errors
/// It cannot be written; the message was shown.
pub(crate) fn write_results(option: &str, path: &Path, text: &str) -> Result<(), Exit> {
    let written = workspace::replace(path, text.as_bytes());
    written.map_err(|why| unwritten(option, path, &why))
}

/// Refuses results in a file that the command reads, and two results in one file. Options and their files; `plan` is the file of
/// a saved plan. Warns about results in a build context.
///
/// # Errors
/// There is such a file; the message was shown.
pub(crate) fn check_results(
    files: &[(&str, Option<&Path>)],
    (workspace, ready): (&Workspace, &Ready),
    plan: Option<&Path>,
) -> Result<(), Exit> {
    let real = |path: &Path| path.canonicalize().ok();
    let plan = plan.and_then(real);
    let given = files
        .iter()
        .filter_map(|(name, file)| Some((*name, (*file)?)));
    let mut seen: Vec<(&str, PathBuf)> = Vec::new();
    for (name, path) in given {
        let Some(own) = real(path).or_else(|| std::path::absolute(path).ok()) else {
            continue;
        };
        let other = seen.iter().find(|(_, other)| *other == own);
        // Several results may go to one terminal or pipe.
        let other = other.filter(|_| !own.exists() || own.is_file());
        let why = match other {
            _ if plan.as_ref() == Some(&own) => "it is the saved plan".to_owned(),
            _ if workspace.has_read(&own) => "kiln reads this file of the workspace".to_owned(),
            Some((other, _)) => format!("{other} names the same file"),
            None => {
                if let Some(variant) = read_by(&own, workspace, ready) {
                    warn(&format!(
                        "{name} {}: `{variant}` has this file in its build context, so each run builds it again\n  \
                         give a file elsewhere, or exclude it in .dockerignore",
                        path.display()
                    ));
                }
                seen.push((name, own));
                continue;
            }
        };
        complain(&format!(
            "{name} {}: {why}, so it is not overwritten\n  give another file",
            path.display()
        ));
        return Err(Exit::Wrong);
    }
    Ok(())
}

/// The first variant whose build reads a file of its context, or will once it exists.
fn read_by(file: &Path, workspace: &Workspace, ready: &Ready) -> Option<String> {
    let folder = file.parent()?.canonicalize().ok()?;
    let contexts = workspace.contexts_of(&folder.join(file.file_name()?));
    let reads = |recipe: &&Recipe| {
        let variant = ready.fleet.variant(recipe.variant);
        let own = || {
            recipe
                .path
                .rsplit_once('/')
                .map_or("", |(folder, _)| folder)
        };
        let root = match &variant.context {
            Some(context) => context.as_str(),
            None if recipe.generated => return false,
            None => own(),
        };
        let Ok(root) = workspace.root().join(root).canonicalize() else {
            return false;
        };
        let mut below = contexts.iter().filter(|(context, _)| *context == root);
        below.any(|(_, below)| {
            let mut tree = Tree::default();
            tree.add_bytes(below.as_str(), Mode::Plain, Vec::new());
            let tree = Arc::new(tree);
            let mut reads = recipe.reads.iter();
            reads.any(|reads| !reads.of(&tree).is_empty())
        })
    };
    if contexts.is_empty() {
        return None;
    }
    let found = ready.recipes.iter().find(reads)?;
    Some(ready.fleet.variant(found.variant).label())
}
