//! Finding the workspace, and reading its manifest with all includes.

#[cfg(test)]
mod tests;

use crate::manifest;
use crate::text::kdl::{self, Document, LARGEST_FILE};
use crate::text::{Diagnostic, Diagnostics, Shown, SourceId, Sources, Span, Spanned};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The manifest's file name.
pub const MANIFEST: &str = "kiln.kdl";

/// The maximum size of all files of a manifest together, in bytes.
const LARGEST_MANIFEST: usize = 8 * 1024 * 1024;

/// The code of files that include each other.
const CYCLE: &str = "workspace::cycle";

/// Neither the start folder nor any folder above it has a manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no `{MANIFEST}` in {} or in any folder above it", .0.display())]
pub struct NoWorkspace(pub PathBuf);

impl NoWorkspace {
    /// How to solve it.
    pub fn help(&self) -> String {
        String::from(
            "change to the folder of your fleet, name it with `--workspace DIR`, or begin one with `kiln init`",
        )
    }
}

/// The nearest folder with a manifest: `start` or one above it.
pub fn find(start: &Path) -> Result<PathBuf, NoWorkspace> {
    let absolute = std::path::absolute(start).unwrap_or_else(|_| start.to_owned());
    let found = absolute
        .ancestors()
        .find(|folder| folder.join(MANIFEST).is_file());
    found.map(Path::to_owned).ok_or(NoWorkspace(absolute))
}

/// Reads `kiln.kdl` in `root` and the files it includes, each once, in file order. A file that cannot be read is a
/// diagnostic; the others are returned all the same.
pub fn load(root: &Path) -> (Sources, Vec<Document>, Diagnostics) {
    let mut loader = Loader {
        root: root.to_owned(),
        files: Vec::new(),
        size: 0,
        sources: Sources::default(),
        documents: Vec::new(),
        out: Diagnostics::default(),
    };
    // Links in the path of the workspace are the user's; links inside must not lead out of it.
    match root.canonicalize() {
        Ok(real) => {
            loader.root = real;
            loader.follow();
        }
        Err(error) => loader.out.push(Diagnostic::error(
            "workspace::read",
            format!("the folder {} cannot be read: {error}", root.display()),
        )),
    }
    (loader.sources, loader.documents, loader.out)
}

/// A file that was read, and the file that included it.
struct Included {
    path: PathBuf,
    by: Option<usize>,
}

/// A file that is still to be read.
struct Pending {
    path: String,
    /// The place of the `include`, and the file that has it.
    at: Option<(Span, usize)>,
}

struct Loader {
    root: PathBuf,
    files: Vec<Included>,
    size: usize,
    sources: Sources,
    documents: Vec<Document>,
    out: Diagnostics,
}

impl Loader {
    fn follow(&mut self) {
        let mut seen = BTreeSet::new();
        let mut pending = vec![Pending {
            path: MANIFEST.to_owned(),
            at: None,
        }];
        while let Some(next) = pending.pop() {
            let Some(path) = self.resolve(&next) else {
                continue;
            };
            if seen.insert(path.clone()) {
                let includes = self.read(&next, path);
                let by = self.files.len().saturating_sub(1);
                pending.extend(includes.into_iter().rev().map(|include| Pending {
                    path: include.value,
                    at: Some((include.span, by)),
                }));
            }
        }
    }

    fn fault(&mut self, file: &Pending, code: &'static str, message: String, help: &str) {
        let by = file.at.and_then(|(_, by)| self.documents.get_mut(by));
        if let Some(by) = by {
            // What the file declares is not known, unless it was read already.
            by.whole &= code == CYCLE;
        }
        let fault = Diagnostic::error(code, message).help(help);
        self.out.push(match file.at {
            Some((span, _)) => fault.at(span, "included here"),
            None => fault,
        });
    }

    /// The canonical path of a file. It must be inside the workspace, and must not include itself.
    fn resolve(&mut self, file: &Pending) -> Option<PathBuf> {
        let path = match self.root.join(&file.path).canonicalize() {
            Ok(path) => path,
            Err(error) => {
                let help = "paths are relative to the folder of `kiln.kdl`";
                self.fault(
                    file,
                    "workspace::read",
                    format!("`{}` cannot be read: {}", file.path.shown(), reason(&error)),
                    help,
                );
                return None;
            }
        };
        if !path.starts_with(&self.root) {
            let help = "a link inside the workspace must not lead out of it: copy the file into the workspace";
            self.fault(
                file,
                "workspace::outside",
                format!("`{}` is a link out of the workspace", file.path.shown()),
                help,
            );
            return None;
        }
        if let Some(ring) = self.ring(&path, file.at.map(|(_, by)| by)) {
            self.fault(
                file,
                CYCLE,
                format!("files include each other: {ring}"),
                "remove this `include`: the file is already included",
            );
            return None;
        }
        Some(path)
    }

    /// The files from this one down to the one that includes it again.
    fn ring(&self, path: &Path, by: Option<usize>) -> Option<String> {
        let chain: Vec<&Path> = std::iter::successors(by, |at| self.files.get(*at)?.by)
            .filter_map(|at| Some(self.files.get(at)?.path.as_path()))
            .collect();
        let start = chain.iter().position(|other| *other == path)?;
        let names = chain[..=start]
            .iter()
            .rev()
            .copied()
            .chain([path])
            .map(|p| format!("`{}`", self.shown(p)));
        Some(names.collect::<Vec<_>>().join(" → "))
    }

    /// A path as the manifest would write it.
    fn shown(&self, path: &Path) -> String {
        let inside = path.strip_prefix(&self.root).unwrap_or(path);
        inside
            .components()
            .map(|part| part.as_os_str().to_string_lossy())
            .collect::<Vec<_>>()
            .join("/")
    }

    /// Reads a file and returns the paths it includes.
    fn read(&mut self, file: &Pending, path: PathBuf) -> Vec<Spanned<String>> {
        let bytes = match bytes(&path) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.fault(
                    file,
                    "workspace::read",
                    format!("`{}` cannot be read: {}", file.path.shown(), reason(&error)),
                    "a manifest must be a regular file",
                );
                return Vec::new();
            }
        };
        self.size += bytes.len();
        if self.size > LARGEST_MANIFEST {
            let message = format!(
                "the files of the manifest are larger than {} MiB in total",
                LARGEST_MANIFEST >> 20
            );
            self.fault(
                file,
                "workspace::too-large",
                message,
                "split the fleet into several workspaces",
            );
            return Vec::new();
        }
        let shown = self.shown(&path);
        self.files.push(Included {
            path,
            by: file.at.map(|(_, by)| by),
        });
        let document = self.parse(shown, bytes);
        let includes = manifest::includes(&document, &mut self.out);
        self.documents.push(document);
        includes
    }

    fn parse(&mut self, shown: String, bytes: Vec<u8>) -> Document {
        match String::from_utf8(bytes) {
            Ok(text) => {
                let source = self.sources.add(shown, text.as_str());
                kdl::parse(source, &text, &mut self.out)
            }
            // A file that is too large may be cut off within a character; its size is the error to report then.
            Err(error) if error.as_bytes().len() > LARGEST_FILE => {
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                let source = self.sources.add(shown, text.as_str());
                kdl::parse(source, &text, &mut self.out)
            }
            Err(error) => {
                let (good, text) = (
                    error.utf8_error().valid_up_to(),
                    String::from_utf8_lossy(error.as_bytes()).into_owned(),
                );
                let source = self.sources.add(shown.clone(), text);
                self.out.push(
                    Diagnostic::error("workspace::encoding", format!("`{shown}` is not UTF-8"))
                        .at(place(source, good), "the first byte that is not UTF-8")
                        .help("save the file as UTF-8"),
                );
                Document {
                    source,
                    nodes: Vec::new(),
                    whole: false,
                }
            }
        }
    }
}

/// The span of the replacement character at this offset.
fn place(source: SourceId, offset: usize) -> Span {
    let end = offset + char::REPLACEMENT_CHARACTER.len_utf8();
    Span::of(source, &(offset..end))
}

/// A file's content, at most one byte more than is allowed, which shows that it is too large. Only regular files
/// are opened, since reading a pipe could block forever.
fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    if !path.metadata()?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?
        .take(LARGEST_FILE as u64 + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => String::from("the file does not exist"),
        io::ErrorKind::PermissionDenied => String::from("permission denied"),
        _ => error.to_string(),
    }
}
