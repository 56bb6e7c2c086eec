//! The files of a build context that a build reads.

use super::ignore::{Glob, clean};
use crate::tree::{Content, Tree};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a build for one platform reads from its context.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reads {
    /// Everything, or it cannot be known.
    All,
    /// These paths; none if the build reads nothing.
    Paths(BTreeSet<ReadPath>),
}

/// A path that an instruction reads, with everything below it. It is relative to the context, without `.`, `..` and slashes
/// at its ends.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ReadPath {
    /// Without wildcards.
    Plain(String),
    /// With `*`, `?`, `[…]` or escapes.
    Pattern(String),
}

/// The most paths that are followed through links; a context with more of them is read as a whole.
const MOST_PATHS: usize = 10_000;

/// The most links that builders follow for one path.
const MOST_LINKS: usize = 255;

impl Default for Reads {
    fn default() -> Self {
        Reads::Paths(BTreeSet::new())
    }
}

impl Reads {
    /// Adds a path as an instruction writes it: with wildcards if it is not `literal`.
    pub(super) fn add(&mut self, written: &str, literal: bool) {
        let path = clean(written);
        let Reads::Paths(paths) = self else {
            return;
        };
        if path.is_empty() {
            *self = Reads::All;
        } else if literal || !path.contains(['*', '?', '[', '\\']) {
            paths.insert(ReadPath::Plain(path));
        } else if Glob::new(&path).is_ok() {
            paths.insert(ReadPath::Pattern(path));
        } else {
            *self = Reads::All;
        }
    }

    /// Whether nothing is read.
    pub fn is_nothing(&self) -> bool {
        *self == Reads::default()
    }

    /// Together with what another build reads.
    pub fn with(&self, other: &Reads) -> Reads {
        match (self, other) {
            (Reads::Paths(own), Reads::Paths(more)) => Reads::Paths(own | more),
            _ => Reads::All,
        }
    }

    /// The paths without wildcards that builders need.
    pub fn literal(&self) -> impl Iterator<Item = String> {
        let known = self.known().filter(|(_, is_literal)| *is_literal);
        known.map(|(path, _)| path)
    }

    /// The paths, of a pattern the folder before its first wildcard, and whether they are literal.
    pub(super) fn known(&self) -> impl Iterator<Item = (String, bool)> {
        let known = |path: &ReadPath| (path.known(), matches!(path, ReadPath::Plain(_)));
        let paths = match self {
            Reads::All => None,
            Reads::Paths(paths) => Some(paths.iter().map(known)),
        };
        let known = paths.into_iter().flatten();
        known.filter(|(path, _)| !path.is_empty())
    }

    /// The part of a context that is read. A link that a path leads through, or names, is followed as builders follow it:
    /// inside the context.
    pub fn of(&self, tree: &Arc<Tree>) -> Arc<Tree> {
        match self {
            Reads::All => Arc::clone(tree),
            Reads::Paths(paths) => match chosen(tree, paths) {
                Some(chosen) if chosen.len() < tree.len() => Arc::new(chosen),
                _ => Arc::clone(tree),
            },
        }
    }
}

/// What is at a path that a context lacks.
pub enum Absent<'t> {
    /// Nothing.
    Nothing,
    /// A link that leads to nothing: its path and its target.
    Link(String, &'t str),
}

/// What is at a path of a context, if builders find no file or folder there. They follow links inside the context.
pub fn absent<'t>(tree: &'t Tree, path: &str) -> Option<Absent<'t>> {
    let (mut path, mut absent) = (path.to_owned(), Absent::Nothing);
    for _ in 0..MOST_LINKS {
        let Some((link, target)) = link_in(tree, &path) else {
            let is_there = tree.get(&path).is_some() || tree.below(&path).next().is_some();
            return (!is_there).then_some(absent);
        };
        let next = ReadPath::Plain(path).follow(&link, target).flatten();
        absent = Absent::Link(link, target);
        path = match next {
            Some(ReadPath::Plain(next)) => next,
            _ => return None,
        };
    }
    Some(absent)
}

/// The first link that a path leads through or ends at, with its target.
fn link_in<'t>(tree: &'t Tree, path: &str) -> Option<(String, &'t str)> {
    let folders = path.match_indices('/').map(|(end, _)| end);
    let mut ends = folders.chain([path.len()]);
    ends.find_map(|end| match &tree.get(&path[..end])?.content {
        Content::Link(target) => Some((path[..end].to_owned(), target.as_str())),
        _ => None,
    })
}

/// The entries at and below the paths; `None` if links lead to too many paths.
fn chosen(tree: &Tree, paths: &BTreeSet<ReadPath>) -> Option<Tree> {
    let links: Vec<(&str, &str)> = tree
        .iter()
        .filter_map(|(path, entry)| match &entry.content {
            Content::Link(target) => Some((path, target.as_str())),
            _ => None,
        })
        .collect();
    let mut seen = paths.clone();
    let mut todo: Vec<ReadPath> = paths.iter().cloned().collect();
    let mut chosen = Tree::default();
    while let Some(path) = todo.pop() {
        path.choose(tree, &mut chosen);
        for (link, target) in &links {
            let Some(followed) = path.follow(link, target) else {
                continue;
            };
            if let Some(entry) = tree.get(link) {
                chosen.add(*link, entry.clone());
            }
            match followed {
                Some(next) if seen.insert(next.clone()) => todo.push(next),
                Some(_) => {}
                // The link leads to the context itself.
                None => return None,
            }
        }
        if seen.len() > MOST_PATHS {
            return None;
        }
    }
    Some(chosen)
}

impl ReadPath {
    fn text(&self) -> &str {
        match self {
            ReadPath::Plain(text) | ReadPath::Pattern(text) => text,
        }
    }

    /// The path up to its first wildcard.
    fn known(&self) -> String {
        match self {
            ReadPath::Plain(text) => text.clone(),
            ReadPath::Pattern(text) => {
                let parts = text.split('/');
                let known = parts.take_while(|part| !part.contains(['*', '?', '[', '\\']));
                known.collect::<Vec<_>>().join("/")
            }
        }
    }

    fn choose(&self, tree: &Tree, chosen: &mut Tree) {
        match self {
            ReadPath::Plain(path) => {
                let own = tree.get(path).map(|entry| (path.as_str(), entry));
                for (path, entry) in own.into_iter().chain(tree.below(path)) {
                    chosen.add(path, entry.clone());
                }
            }
            ReadPath::Pattern(pattern) => {
                let Ok(glob) = Glob::new(pattern) else {
                    return;
                };
                for (path, entry) in tree.iter().filter(|(path, _)| glob.covers(path)) {
                    chosen.add(path, entry.clone());
                }
            }
        }
    }

    /// If the path leads through a link or ends at it: where it leads then, `None` for the context itself.
    fn follow(&self, link: &str, target: &str) -> Option<Option<ReadPath>> {
        let depth = link.split('/').count();
        let mut parts = self.text().split('/');
        let upper: Vec<&str> = parts.by_ref().take(depth).collect();
        let rest: Vec<&str> = parts.collect();
        let upper = upper.join("/");
        let leads = match self {
            ReadPath::Plain(_) => upper == link,
            ReadPath::Pattern(_) => Glob::new(&upper).is_ok_and(|glob| glob.is(link)),
        };
        if !leads {
            return None;
        }
        let folder = match target.starts_with('/') {
            true => "",
            false => link.rsplit_once('/').map_or("", |(folder, _)| folder),
        };
        let next = clean(&format!("{folder}/{target}/{}", rest.join("/")));
        Some(match (next.is_empty(), self) {
            (true, _) => None,
            (_, ReadPath::Plain(_)) => Some(ReadPath::Plain(next)),
            (_, ReadPath::Pattern(_)) => Some(ReadPath::Pattern(next)),
        })
    }
}

#[cfg(test)]
mod tests;
