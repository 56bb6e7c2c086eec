//! Build contexts: the files of the workspace that are sent to a build.

use super::files::{Files, way_out};
use crate::dockerfile::Ignore;
use crate::matrix::{Body, Variant};
use crate::text::{Diagnostic, Shown, Sources, Span, Spanned, line_bytes};
use crate::tree::{Content, Tree};
use parking_lot::Mutex;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Folders at the workspace's root that no context includes: they change with every run and every fetch.
pub const NEVER_SENT: [&str; 2] = [".git", ".kiln"];

/// A folder used as the build context of one Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// Relative to the workspace; empty for the workspace itself.
    folder: String,
    /// The hand-written Dockerfile: its own `.dockerignore` file takes precedence.
    dockerfile: Option<String>,
}

/// Build contexts and copied files of a whole fleet, each read once.
#[derive(Debug, Default)]
pub(super) struct Contexts {
    folders: BTreeMap<Key, Option<Arc<Tree>>>,
    ignored: BTreeMap<Key, Ignored>,
    copied: BTreeMap<String, Option<Arc<Tree>>>,
    /// The context of variants that send nothing.
    empty: Arc<Tree>,
    /// Both together, which variants share.
    trees: Mutex<BTreeMap<Joined, Option<Arc<Tree>>>>,
}

/// The ignore file of a context.
#[derive(Debug, Default)]
pub(super) struct Ignored {
    /// Its path in the workspace; empty without one.
    pub file: String,
    pub patterns: Ignore,
}

/// A folder, and the paths that are copied beside it.
type Joined = (Option<Key>, Vec<String>);

/// A path without `.`, `..` and repeated slashes; `None` if it is absolute or leads out of the workspace.
pub fn normal(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    if path.starts_with('/') || path.contains('\0') {
        return None;
    }
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

impl Key {
    /// The folder that is never sent and that a path of this context is in, if there is one.
    pub fn never_sent(&self, path: &str) -> Option<&'static str> {
        let is_never = |path: &str| {
            let first = path.split('/').next();
            NEVER_SENT.into_iter().find(|name| first == Some(*name))
        };
        // A context that begins in such a folder has its files.
        match is_never(&self.folder) {
            Some(_) => None,
            None => is_never(&below(&self.folder, path)),
        }
    }

    /// A folder that no Dockerfile is named for.
    pub fn folder(folder: String) -> Self {
        Self {
            folder,
            dockerfile: None,
        }
    }
}

/// The folder that is never sent and that a path of the variant's build context is in, if there is one.
pub fn never_sent(variant: &Variant, path: &str) -> Option<&'static str> {
    let (key, _) = key(variant)?.ok()?;
    key.never_sent(path)
}

/// The folder that is the variant's build context; `None` if the context consists only of copied files.
pub(super) fn key(variant: &Variant) -> Option<Result<(Key, Span), Diagnostic>> {
    let dockerfile = match &variant.body {
        Body::Template(_) => None,
        Body::Dockerfile(path) => match normal(path) {
            Some(normal) => Some((normal, path.span)),
            None => return Some(Err(outside(path))),
        },
    };
    let (folder, span) = match (&variant.context, &dockerfile) {
        (Some(path), _) => match normal(path) {
            Some(folder) => (folder, path.span),
            None => return Some(Err(outside(path))),
        },
        (None, Some((file, span))) => (
            file.rsplit_once('/')
                .map_or("", |(folder, _)| folder)
                .to_owned(),
            *span,
        ),
        (None, None) => return None,
    };
    Some(Ok((
        Key {
            folder,
            dockerfile: dockerfile.map(|(path, _)| path),
        },
        span,
    )))
}

/// The fault of a path that leaves the workspace.
pub(super) fn outside(path: &Spanned<String>) -> Diagnostic {
    let message = format!("`{}` leads out of the workspace", path.shown());
    Diagnostic::error("render::outside", message)
        .at(path.span, "here")
        .help("a path is relative to the workspace and stays inside it")
}

impl Contexts {
    /// Reads every folder and every copied path once, in parallel.
    pub fn load(
        keys: &BTreeMap<Key, Span>,
        copied: &BTreeMap<String, Span>,
        files: &dyn Files,
        sources: &mut Sources,
        faults: &mut Vec<Diagnostic>,
    ) -> Self {
        let ignored: BTreeMap<Key, Ignored> = keys
            .iter()
            .map(|(key, span)| (key.clone(), ignored(key, *span, files, sources, faults)))
            .collect();
        let folders: Vec<_> = keys
            .par_iter()
            .map(|(key, span)| (folder(key, &ignored[key].patterns, files), key, *span))
            .collect();
        let nothing = Ignore::default();
        let copied: Vec<_> = copied
            .par_iter()
            .map(|(path, span)| (files.tree(path, &nothing), path, *span))
            .collect();
        let mut keep = |tree: Result<Arc<Tree>, String>, path: &str, span: Span| {
            tree.map_err(|why| {
                let fault = Diagnostic::error("render::context", why).at(span, "named here");
                faults.push(fault.help(way_out(path, files)))
            })
            .ok()
        };
        Self {
            folders: folders
                .into_iter()
                .map(|(tree, key, span)| (key.clone(), keep(tree, &key.folder, span)))
                .collect(),
            copied: copied
                .into_iter()
                .map(|(tree, path, span)| (path.clone(), keep(tree, path, span)))
                .collect(),
            ignored,
            empty: Arc::default(),
            trees: Mutex::default(),
        }
    }

    /// The ignore file of a folder.
    pub fn ignored(&self, key: &Key) -> Option<&Ignored> {
        self.ignored.get(key)
    }

    /// A folder of the workspace; `None` after a fault.
    pub fn folder(&self, key: &Key) -> Option<Arc<Tree>> {
        self.folders.get(key)?.clone()
    }

    /// The build context of a variant: its folder and the files that its tool sets copy; `None` after a fault. Variants with
    /// the same ones share it, so that it is hashed once.
    pub fn tree(&self, key: Option<&Key>, copied: &[Spanned<String>]) -> Option<Arc<Tree>> {
        let folder = match key {
            Some(key) => self.folder(key)?,
            None => self.empty.clone(),
        };
        if copied.is_empty() {
            return Some(folder);
        }
        let paths: Vec<&str> = copied.iter().map(|path| path.as_str()).collect();
        let joined = || self.joined(&folder, &paths).map(Arc::new);
        let key = (
            key.cloned(),
            paths.iter().map(|path| (*path).to_owned()).collect(),
        );
        self.trees.lock().entry(key).or_insert_with(joined).clone()
    }

    /// A folder with the files that tool sets copy; `None` after a fault.
    fn joined(&self, folder: &Tree, copied: &[&str]) -> Option<Tree> {
        let mut tree = folder.clone();
        for path in copied {
            let more = self.copied.get(*path)?.clone()?;
            // What tool sets copy is kept beside the Dockerfile in git, which has no empty folders.
            let kept = more
                .iter()
                .filter(|(_, entry)| entry.content != Content::Folder);
            for (below, entry) in kept {
                let at = if below.is_empty() {
                    (*path).to_owned()
                } else {
                    format!("{path}/{below}").trim_start_matches('/').to_owned()
                };
                tree.add(at, entry.clone());
            }
        }
        Some(tree)
    }
}

/// The ignore file of a context: `<Dockerfile>.dockerignore` if it exists, otherwise the context's `.dockerignore`.
fn ignored(
    key: &Key,
    span: Span,
    files: &dyn Files,
    sources: &mut Sources,
    faults: &mut Vec<Diagnostic>,
) -> Ignored {
    let own = key
        .dockerfile
        .iter()
        .map(|path| format!("{path}.dockerignore"));
    for path in own.chain([below(&key.folder, ".dockerignore")]) {
        match files.lossy(&path) {
            Ok(None) => {}
            Ok(Some(text)) => {
                let (patterns, found) = Ignore::parse(&text);
                if !found.is_empty() {
                    let source = sources.add(path.clone(), text.clone());
                    faults.extend(found.into_iter().map(|fault| {
                        let line = line_bytes(&text, fault.line);
                        let span = Span::of(source, &line);
                        Diagnostic::error("render::ignore", fault.message).at(span, "here")
                    }));
                }
                return Ignored {
                    file: path,
                    patterns,
                };
            }
            Err(why) => {
                faults.push(Diagnostic::error("render::ignore", why).at(span, "for this context"))
            }
        }
    }
    Ignored::default()
}

/// A folder without what its ignore file excludes. As with Docker, Dockerfile and ignore file are part of it unless a
/// pattern matches them.
fn folder(key: &Key, ignore: &Ignore, files: &dyn Files) -> Result<Arc<Tree>, String> {
    let tree = files.tree(&key.folder, ignore)?;
    if tree.get("").is_some() {
        return Err(format!("`{}` is not a folder", key.folder));
    }
    Ok(tree)
}

/// A path below a folder, which is empty for the workspace itself.
pub fn below(folder: &str, path: &str) -> String {
    match folder {
        "" => path.to_owned(),
        folder => format!("{folder}/{path}"),
    }
}
