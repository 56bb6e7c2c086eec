//! The words of paths that may be names: without folders that only group others, or that only have a Dockerfile.

use super::asked::Asked;
use super::filename;
use super::word::{
    is_distro, is_group, is_version, is_weak_version, is_workshop, name_and_version,
};
use std::collections::{HashMap, HashSet};

/// Where the Dockerfiles are.
pub(super) struct Folders<'a> {
    /// Folders that have a plain `Dockerfile`.
    plain: HashSet<String>,
    /// For each folder, the words that follow it.
    next: HashMap<String, HashSet<&'a str>>,
}

/// A path without the words that are not part of any name.
pub(super) struct Cut<'a> {
    /// The folders before the rest.
    pub above: String,
    pub words: Vec<&'a str>,
    /// Whether the folder of the first word has a plain `Dockerfile`.
    pub is_plain: bool,
    /// Whether it is a kind of the Dockerfile beside it, which has no name: `Dockerfile.dev`.
    pub is_kind: bool,
}

impl<'a> Folders<'a> {
    pub fn new(paths: &[&'a str]) -> Self {
        let (mut plain, mut next) = (HashSet::new(), HashMap::<String, HashSet<&str>>::new());
        for path in paths {
            let (folders, file) = words(path);
            for at in 0..folders.len() {
                let above = folders[..at].join("/");
                next.entry(above).or_default().insert(folders[at]);
            }
            let (word, _) = filename::word(file).unwrap_or_default();
            if word.is_empty() {
                plain.insert(folders.join("/"));
            } else {
                next.entry(folders.join("/")).or_default().insert(word);
            }
        }
        Self { plain, next }
    }

    /// A path without the words that are not part of any name.
    pub fn cut(&self, path: &'a str, asked: &Asked) -> Cut<'a> {
        let (folders, file) = words(path);
        let (word, is_after) = filename::word(file).unwrap_or_default();
        let mut words = folders.clone();
        words.extend(self.kind_of_another(&folders, word, is_after, asked));
        let from = self.start(&folders, asked);
        let mut named: Vec<&str> = Vec::new();
        for (at, word) in words.iter().copied().enumerate().skip(from) {
            let is_folder = at < folders.len();
            if !is_folder || !self.is_inner(&folders, at, &named, asked) {
                named.push(word);
            }
        }
        let above = words[..from].join("/");
        // `Dockerfile.dev` beside a `Dockerfile` is a kind of it.
        let is_kind = is_after && from == folders.len() && self.plain.contains(&above);
        let first = words[..(from + 1).min(words.len())].join("/");
        Cut {
            words: named,
            is_plain: self.plain.contains(&first),
            is_kind: is_kind && !asked.is_whole(word),
            above,
        }
    }

    /// The words of a file's name: `Dockerfile.cuda.dev` beside `Dockerfile.cuda` is a kind of that one. Numbers behind a point
    /// are rather parts of a version.
    fn kind_of_another(
        &self,
        folders: &[&str],
        word: &'a str,
        is_after: bool,
        asked: &Asked,
    ) -> Vec<&'a str> {
        let beside = self.next.get(&folders.join("/"));
        let splits = word.match_indices('.').map(|(at, _)| at);
        let is_kind = |at: &usize| {
            let (name, kind) = (&word[..*at], &word[at + 1..]);
            let is_known = beside.is_some_and(|beside| beside.contains(name));
            is_known && !is_weak_version(name) && !is_version(kind) && !kind.is_empty()
        };
        match splits.rev().find(is_kind).filter(|_| is_after) {
            Some(at) if !asked.is_whole(word) => vec![&word[..at], &word[at + 1..]],
            _ if word.is_empty() => Vec::new(),
            _ => vec![word],
        }
    }

    /// The index of the first word that counts.
    fn start(&self, folders: &[&str], asked: &Asked) -> usize {
        let groups = |at: &usize| self.groups(&folders[..=*at], asked);
        (0..folders.len()).take_while(groups).count()
    }

    /// Whether a folder only groups others. `docker` is as often an image, beside others, and so is `tools`; and `build` is,
    /// if it is built for several versions or distributions.
    fn groups(&self, folders: &[&str], asked: &Asked) -> bool {
        let (Some((word, above)), folder) = (folders.split_last(), folders.join("/")) else {
            return false;
        };
        let is_beside = self
            .next
            .get(&above.join("/"))
            .is_some_and(|next| next.len() > 1);
        let versions = || {
            let next = self.next.get(&folder);
            next.is_some_and(|next| next.iter().all(|word| is_version(word)))
        };
        let systems = || {
            let next = self.next.get(&folder);
            next.is_some_and(|next| next.iter().all(|word| is_system(word)))
        };
        let is_made = || self.plain.contains(&folder) || versions();
        let is_often = (*word == "docker" && is_beside) || is_workshop(word);
        let is_image = (is_often && is_made()) || (*word == "build" && is_beside && systems());
        (is_group(word) || is_workshop(word)) && !asked.is_whole(word) && !is_image
    }

    /// Whether a folder is only where the one above it has its Dockerfiles: `api/docker/Dockerfile` is `api`, and
    /// `api/docker/Dockerfile.prod` is `api:prod`. `named` are the words above it that count.
    fn is_inner(&self, folders: &[&str], at: usize, named: &[&str], asked: &Asked) -> bool {
        let word = folders[at];
        let Some(name) = named.last().filter(|_| is_inner_word(word)) else {
            return false;
        };
        let mut tagged = named.iter();
        let is_asked = asked.is_whole(word)
            || asked.is_whole(&format!("{name}-{word}"))
            || tagged.any(|name| asked.tags_with(name, word));
        if is_group(name) || is_asked {
            return false;
        }
        let (above, inner) = (folders[..at].join("/"), folders[..=at].join("/"));
        let is_single = self.next.get(&above).is_some_and(|next| next.len() == 1);
        (is_single && !self.plain.contains(&above))
            || (at + 1 == folders.len() && self.has_kinds(&above, &inner))
    }

    /// Whether a folder has nothing but kinds of the image above it, and the folder above has none of these.
    fn has_kinds(&self, above: &str, inner: &str) -> bool {
        let (Some(kinds), Some(others)) = (self.next.get(inner), self.next.get(above)) else {
            return false;
        };
        !self.plain.contains(inner)
            && kinds.is_disjoint(others)
            && !kinds.iter().any(|kind| is_version(kind))
    }
}

/// A folder that an image's own folder may have its Dockerfiles in.
fn is_inner_word(word: &str) -> bool {
    is_group(word) || matches!(word, "ci" | "context")
}

/// A version, or a distribution: `debian`, `ubuntu-22.04`.
fn is_system(word: &str) -> bool {
    let named = name_and_version(word);
    is_version(word) || is_distro(named.map_or(word, |(name, _)| name)) || is_weak_version(word)
}

/// The folders of a path that are not hidden, unless all are, and the file.
fn words(path: &str) -> (Vec<&str>, &str) {
    let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
    let all = || folders.split('/').filter(|word| !word.is_empty());
    let shown: Vec<&str> = all().filter(|word| !word.starts_with('.')).collect();
    (
        if shown.is_empty() {
            all().collect()
        } else {
            shown
        },
        file,
    )
}
