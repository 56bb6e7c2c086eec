//! The git tag of the commit that is checked out, for runs whose CI system names none.

use super::command;
use crate::name::Version;
use git2::Repository;
use std::cmp::Reverse;
use std::path::Path;

/// The tag on HEAD, as libgit2 reads it.
pub(super) fn of_git2(repository: &Repository) -> Option<String> {
    let head = repository.head().ok()?.peel_to_commit().ok()?.id();
    let all = repository.references_glob("refs/tags/*").ok()?.flatten();
    let own = all.filter(|tag| tag.peel_to_commit().is_ok_and(|commit| commit.id() == head));
    let names = own.filter_map(|tag| Some(tag.name().ok()?.strip_prefix("refs/tags/")?.to_owned()));
    best(names)
}

/// The same for repositories that only git reads.
pub(super) fn of_command(root: &Path) -> Option<String> {
    let lines = command(root, &["tag", "--points-at", "HEAD"])?;
    best(lines.lines().map(str::to_owned))
}

/// The highest version; the first in alphabetical order if none is a version.
pub(super) fn best(names: impl Iterator<Item = String>) -> Option<String> {
    names.max_by_key(|name| (name.parse::<Version>().ok(), Reverse(name.clone())))
}
