//! Facts from git and the CI system about the revision that is built.

mod ci;
mod clone;
mod history;
mod tag;

pub use clone::{Partial, partial};
pub use history::History;

use crate::host::Environment;
use crate::matrix::{GitFacts, Trigger};
use git2::{DescribeFormatOptions, DescribeOptions, Oid, Repository, StatusOptions};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the command line specifies about the revision, instead of git and the CI system.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// The branch.
    pub branch: Option<String>,
    /// What started the run.
    pub event: Option<Trigger>,
}

/// The revision that is built, and why the run was started.
///
/// A pull request remains one unless `--event none` is given: a branch or an event that is configured for all jobs must
/// not allow a pull request to move other tags. A pull request is never a run for a git tag.
pub fn revision(root: &Path, env: &Environment, overrides: Overrides) -> (GitFacts, Trigger) {
    let found = ci::event(env);
    let event = match overrides.event {
        None | Some(Trigger::Schedule | Trigger::Release) if found == Trigger::PullRequest => found,
        other => other.unwrap_or(found),
    };
    let mut git = facts(root, env);
    if overrides.branch.is_some() {
        (git.branch, git.tag) = (overrides.branch, None);
    }
    if event == Trigger::PullRequest {
        git.tag = None;
        git.pull_request = ci::pull_request(env);
    }
    (git, event)
}

/// When the CI system created the pipeline, if it says that. The same in all of its jobs, also in one that is run again.
///
/// # Errors
/// A sentence with a way out, if what the CI system says is not a time.
pub fn pipeline_created(env: &Environment) -> Result<Option<jiff::Timestamp>, String> {
    ci::created(env)
}

/// Collects the facts that do not depend on the event. A workspace outside of any repository has none, which is not an
/// error.
fn facts(root: &Path, env: &Environment) -> GitFacts {
    let sha = ci::sha(env);
    let sha = sha.as_deref();
    let own = of_git2(root, sha).unwrap_or_else(|| of_command(root, sha));
    let default_branch = env.get("CI_DEFAULT_BRANCH").map(str::to_owned);
    GitFacts {
        branch: ci::branch(env).or(own.branch),
        tag: ci::tag(env).or(own.tag),
        default_branch: default_branch.or(own.default_branch),
        pipeline: ci::pipeline(env),
        ..own
    }
}

/// The files of the workspace that differ from the checked-out commit, by path from the root of the repository: changed, new, or
/// gone. Ignored files do not count.
pub fn uncommitted(root: &Path) -> Vec<String> {
    uncommitted_of_git2(root).unwrap_or_else(|| {
        let args = ["status", "--porcelain", "--untracked-files=all", "--", "."];
        let lines = command(root, &args).unwrap_or_default();
        let path = |line: &str| {
            line.trim_start()
                .split_once(' ')
                .map(|(_, path)| path.trim().to_owned())
        };
        lines.lines().filter_map(path).collect()
    })
}

fn uncommitted_of_git2(root: &Path) -> Option<Vec<String>> {
    let repository = Repository::discover(root).ok()?;
    let top = repository.workdir()?.canonicalize().ok()?;
    let root = root.canonicalize().ok()?;
    let below = root.strip_prefix(&top).ok()?;
    let mut options = StatusOptions::new();
    options
        .include_untracked(true)
        .recurse_untracked_dirs(true)
        .include_ignored(false);
    if !below.as_os_str().is_empty() {
        options.pathspec(below).disable_pathspec_match(true);
    }
    let statuses = repository.statuses(Some(&mut options)).ok()?;
    let paths = statuses
        .iter()
        .filter_map(|entry| entry.path().ok().map(str::to_owned));
    Some(paths.collect())
}

/// The branches that the clone knows, its own and those of its remotes, without the name of the remote.
pub fn branches(root: &Path) -> BTreeSet<String> {
    let of_git2 = || {
        let repository = Repository::discover(root).ok()?;
        let all = repository.references().ok()?.flatten();
        let names = all.filter_map(|reference| reference.name().map(str::to_owned).ok());
        Some(names.collect::<Vec<_>>())
    };
    let of_command = || {
        let lines = command(root, &["for-each-ref", "--format=%(refname)"]);
        let lines = lines.unwrap_or_default();
        lines.lines().map(str::to_owned).collect()
    };
    let branch = |name: &String| {
        let own = name.strip_prefix("refs/heads/");
        let other = || name.strip_prefix("refs/remotes/")?.split_once('/');
        let branch = own.or_else(|| Some(other()?.1));
        branch.filter(|branch| *branch != "HEAD").map(str::to_owned)
    };
    let names: Vec<String> = of_git2().unwrap_or_else(of_command);
    names.iter().filter_map(branch).collect()
}

/// The folder of the clone that a workspace is in; `None` outside of git.
pub fn clone_folder(root: &Path) -> Option<PathBuf> {
    let of_git2 = || {
        let repository = Repository::discover(root).ok()?;
        repository.workdir().map(Path::to_owned)
    };
    let of_command = || command(root, &["rev-parse", "--show-toplevel"]);
    of_git2().or_else(|| of_command().map(PathBuf::from))
}

/// The URL of the remote: `origin`, else the first one.
pub fn remote(root: &Path) -> Option<String> {
    let of_git2 = || {
        let repository = Repository::discover(root).ok()?;
        let remotes = repository.remotes().ok()?;
        let first = || {
            remotes
                .iter()
                .flatten()
                .find_map(|name| repository.find_remote(name?).ok())
        };
        let remote = repository.find_remote("origin").ok().or_else(first)?;
        remote.url().ok().map(str::to_owned)
    };
    of_git2().or_else(|| command(root, &["remote", "get-url", "origin"]))
}

/// `sha` is the commit that is built, if it is not HEAD. `None` if libgit2 cannot read the repository (reftable, sha256,
/// split index) or there is none.
fn of_git2(root: &Path, sha: Option<&str>) -> Option<GitFacts> {
    let repository = Repository::discover(root).ok()?;
    let head = repository.head().ok()?;
    let id = match sha {
        Some(text) => Oid::from_str(text).ok(),
        None => head.target(),
    };
    let commit = id.and_then(|id| repository.find_commit(id).ok());
    let branch = if repository.head_detached().unwrap_or(true) {
        None
    } else {
        head.shorthand().ok().map(str::to_owned)
    };
    let describe = |options: &mut DescribeOptions| {
        let found = repository.describe(options).ok()?;
        found
            .format(Some(DescribeFormatOptions::new().dirty_suffix("-dirty")))
            .ok()
    };
    let default_branch = repository
        .find_reference("refs/remotes/origin/HEAD")
        .ok()
        .and_then(|r| {
            let target = r.symbolic_target().ok().flatten()?.to_owned();
            target
                .strip_prefix("refs/remotes/origin/")
                .map(str::to_owned)
        });
    Some(GitFacts {
        sha: sha
            .map(str::to_owned)
            .or_else(|| Some(head.target()?.to_string())),
        committed: commit.map(|commit| commit.time().seconds()),
        branch,
        tag: tag::of_git2(&repository),
        describe: describe(
            DescribeOptions::new()
                .describe_tags()
                .show_commit_oid_as_fallback(true),
        ),
        default_branch,
        ..GitFacts::default()
    })
}

/// The `git` command reads repositories that libgit2 cannot.
fn of_command(root: &Path, sha: Option<&str>) -> GitFacts {
    let git = |args: &[&str]| command(root, args);
    let sha = match sha {
        Some(text) => Some(text.to_owned()),
        None => git(&["rev-parse", "HEAD"]),
    };
    GitFacts {
        committed: sha.as_deref().and_then(|sha| committed(root, sha)),
        sha,
        branch: git(&["symbolic-ref", "--short", "HEAD"]),
        tag: tag::of_command(root),
        describe: git(&["describe", "--tags", "--always", "--dirty"]),
        default_branch: git(&["symbolic-ref", "--short", "refs/remotes/origin/HEAD"])
            .and_then(|b| b.strip_prefix("origin/").map(str::to_owned)),
        ..GitFacts::default()
    }
}

/// The commit time of a commit, in seconds since 1970.
fn committed(root: &Path, sha: &str) -> Option<i64> {
    if !is_commit_id(sha) {
        return None;
    }
    let line = command(root, &["rev-list", "--timestamp", "--max-count=1", sha])?;
    line.split_whitespace().next()?.parse().ok()
}

/// Whether the text is the whole id of a commit. Anything else could be read as an option or as a name.
fn is_commit_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// The output of a git command, trimmed.
fn command(root: &Path, args: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(args)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests;
