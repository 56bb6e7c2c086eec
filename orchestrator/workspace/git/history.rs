//! Which of two commits is the older one, as far as this clone can say.

use super::{command, is_commit_id};
use crate::memory::{Order, Revisions};
use git2::{Oid, Repository};
use parking_lot::Mutex;
use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

/// The history of the repository that a workspace is in. Clones share one repository and its answers.
#[derive(Clone)]
pub struct History(Arc<Mutex<Inner>>);

struct Inner {
    reader: Reader,
    /// A fleet asks about few pairs of commits, once per tag.
    known: HashMap<(String, String), Option<bool>>,
}

enum Reader {
    LibGit(Repository),
    /// The `git` command reads repositories that libgit2 cannot.
    Command(PathBuf),
}

impl History {
    /// The history of the repository around this folder. Without one, no commit is known.
    pub fn open(root: &Path) -> Self {
        let reader = match Repository::discover(root) {
            Ok(repository) => Reader::LibGit(repository),
            Err(_) => Reader::Command(root.to_owned()),
        };
        Self(Arc::new(Mutex::new(Inner {
            reader,
            known: HashMap::new(),
        })))
    }

    /// Whether commit `older` is an ancestor of commit `newer`, or the same commit.
    ///
    /// `None` where this clone does not know one of them, or where its history ends too early to say. Both are whole
    /// ids. Reads files, and blocks meanwhile; each pair is looked up once.
    pub fn is_ancestor(&self, older: &str, newer: &str) -> Option<bool> {
        if !is_commit_id(older) || !is_commit_id(newer) {
            return None;
        }
        let pair = (older.to_ascii_lowercase(), newer.to_ascii_lowercase());
        // A lookup that panicked leaves no half answer behind.
        let mut inner = self.0.lock();
        if let Some(known) = inner.known.get(&pair) {
            return *known;
        }
        let found = match &inner.reader {
            Reader::LibGit(repository) => of_git2(repository, &pair.0, &pair.1),
            Reader::Command(root) => of_command(root, &pair.0, &pair.1),
        };
        inner.known.insert(pair, found);
        found
    }
}

impl std::fmt::Debug for History {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("History").finish_non_exhaustive()
    }
}

fn of_git2(repository: &Repository, older: &str, newer: &str) -> Option<bool> {
    let commit = |id: &str| Some(repository.find_commit(Oid::from_str(id).ok()?).ok()?.id());
    let (older, newer) = (commit(older)?, commit(newer)?);
    if older == newer {
        return Some(true);
    }
    if !repository.is_shallow() {
        return repository.graph_descendant_of(newer, older).ok();
    }
    let text = fs::read_to_string(repository.commondir().join("shallow")).ok()?;
    let ends: BTreeSet<&str> = text.lines().map(str::trim).collect();
    match reaches(repository, newer, older, &ends) {
        // A descendant is not an ancestor, whatever lies beyond the end of this clone's history.
        None if reaches(repository, older, newer, &ends) == Some(true) => Some(false),
        found => found,
    }
}

/// Whether a walk from `start` through all parents meets `wanted`; `None` if it does not, but met a commit whose parents
/// this clone does not have.
fn reaches(
    repository: &Repository,
    start: Oid,
    wanted: Oid,
    ends: &BTreeSet<&str>,
) -> Option<bool> {
    let mut is_whole = true;
    let mut seen = BTreeSet::from([start]);
    let mut open = vec![start];
    while let Some(id) = open.pop() {
        if id == wanted {
            return Some(true);
        }
        match repository.find_commit(id) {
            Ok(commit) if !ends.contains(id.to_string().as_str()) => {
                open.extend(commit.parent_ids().filter(|parent| seen.insert(*parent)));
            }
            _ => is_whole = false,
        }
    }
    is_whole.then_some(false)
}

fn of_command(root: &Path, older: &str, newer: &str) -> Option<bool> {
    if !has_commit(root, older) || !has_commit(root, newer) {
        return None;
    }
    let found = merge_base(root, older, newer)?;
    if found || ends(root).is_some_and(|ends| ends.is_empty()) {
        return Some(found);
    }
    // A descendant is not an ancestor, whatever lies beyond the end of this clone's history.
    if merge_base(root, newer, older)? {
        return Some(false);
    }
    let roots = command(root, &["rev-list", "--max-parents=0", newer])?;
    let ends = ends(root)?;
    (!roots.lines().any(|id| ends.contains(id))).then_some(false)
}

/// The commits whose parents this clone does not have.
fn ends(root: &Path) -> Option<BTreeSet<String>> {
    if command(root, &["rev-parse", "--is-shallow-repository"])? == "false" {
        return Some(BTreeSet::new());
    }
    let file = command(root, &["rev-parse", "--git-path", "shallow"])?;
    let text = fs::read_to_string(root.join(file)).ok()?;
    Some(text.lines().map(|line| line.trim().to_owned()).collect())
}

fn has_commit(root: &Path, id: &str) -> bool {
    status(root, &["cat-file", "-e", &format!("{id}^{{commit}}")]) == Some(0)
}

fn merge_base(root: &Path, older: &str, newer: &str) -> Option<bool> {
    match status(root, &["merge-base", "--is-ancestor", older, newer])? {
        0 => Some(true),
        1 => Some(false),
        _ => None,
    }
}

/// How a git command ended. A partial clone must not ask its server for a commit that it does not have.
fn status(root: &Path, args: &[&str]) -> Option<i32> {
    let mut git = Command::new("git");
    git.arg("-C").arg(root).args(args);
    git.env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_TERMINAL_PROMPT", "0");
    git.output().ok()?.status.code()
}

impl Revisions for History {
    fn order(&self, own: &str, other: &str) -> Order {
        if own.eq_ignore_ascii_case(other) {
            return Order::Same;
        }
        match self.is_ancestor(own, other) {
            Some(true) => Order::Older,
            Some(false) => Order::NotOlder,
            None => Order::Unknown,
        }
    }
}

#[cfg(test)]
mod tests;
