//! Whether a clone has all branches of its remote.

use super::command;
use git2::{Direction, Repository};
use std::path::Path;

/// Why a clone may lack branches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Partial {
    /// The folder is in no repository.
    NoRepository,
    /// Its history was cut off, and that usually goes with a single branch.
    Shallow,
    /// It fetches only the branches that its configuration lists.
    SomeBranches,
}

/// Why the clone around this folder may lack branches of its remote; `None` if it fetches all.
pub fn partial(root: &Path) -> Option<Partial> {
    match Repository::discover(root) {
        Ok(repository) if repository.is_shallow() => Some(Partial::Shallow),
        Ok(repository) => fetches_some(&repository).then_some(Partial::SomeBranches),
        Err(_) => of_command(root),
    }
}

fn fetches_some(repository: &Repository) -> bool {
    let Ok(remote) = repository.find_remote("origin") else {
        return false;
    };
    let all = remote.refspecs();
    let mut fetched = all.filter(|one| one.direction() == Direction::Fetch);
    !fetched.any(|one| one.src().is_ok_and(|from| from.contains('*')))
}

/// The `git` command reads repositories that libgit2 cannot.
fn of_command(root: &Path) -> Option<Partial> {
    let git = |args: &[&str]| command(root, args);
    match git(&["rev-parse", "--is-shallow-repository"]).as_deref() {
        None => return Some(Partial::NoRepository),
        Some("true") => return Some(Partial::Shallow),
        Some(_) => {}
    }
    let fetched = git(&["config", "--get-all", "remote.origin.fetch"]);
    let some = |fetched: String| !fetched.contains('*');
    fetched.is_some_and(some).then_some(Partial::SomeBranches)
}

#[cfg(test)]
mod tests;
