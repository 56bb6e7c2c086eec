//! What git and the CI system know about the revision that is built.

use crate::host::Environment;
use crate::matrix::{GitFacts, Trigger};
use git2::{DescribeFormatOptions, DescribeOptions, Repository};
use std::path::Path;
use std::process::Command;

/// CI variables that name the branch, in order of preference. A checkout in CI is usually detached, so git alone
/// does not know the branch.
const BRANCH: &[&str] = &[
    "CIRCLE_BRANCH",
    "CI_COMMIT_BRANCH",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
    "GITHUB_HEAD_REF",
];
const TAG: &[&str] = &["CIRCLE_TAG", "CI_COMMIT_TAG"];
const SHA: &[&str] = &["CIRCLE_SHA1", "CI_COMMIT_SHA", "GITHUB_SHA"];

/// Collects the facts. A workspace outside of any repository has none, which is not an error.
pub fn facts(root: &Path, env: &Environment) -> GitFacts {
    let first = |names: &[&str]| names.iter().find_map(|n| env.get(n)).map(str::to_owned);
    let own = of_git2(root).unwrap_or_else(|| of_command(root));
    let (ref_branch, ref_tag) = github_ref(env);
    GitFacts {
        sha: first(SHA).or(own.sha),
        branch: first(BRANCH).or(ref_branch).or(own.branch),
        tag: first(TAG).or(ref_tag).or(own.tag),
        describe: own.describe,
        default_branch: env
            .get("CI_DEFAULT_BRANCH")
            .map(str::to_owned)
            .or(own.default_branch),
    }
}

/// What triggered the run, if the CI system reports it: GitLab and GitHub do; CircleCI has no variable for it.
pub fn event(env: &Environment) -> Trigger {
    let is = |word: &str| {
        env.get("CI_PIPELINE_SOURCE") == Some(word) || env.get("GITHUB_EVENT_NAME") == Some(word)
    };
    Trigger {
        schedule: is("schedule"),
        release: is("release"),
    }
}

/// GitHub uses one variable for branches and tags.
fn github_ref(env: &Environment) -> (Option<String>, Option<String>) {
    let name = env.get("GITHUB_REF_NAME").map(str::to_owned);
    match env.get("GITHUB_REF_TYPE") {
        Some("branch") => (name, None),
        Some("tag") => (None, name),
        _ => (None, None),
    }
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

/// `None` where libgit2 cannot read the repository (reftable, sha256, split index) or there is none.
fn of_git2(root: &Path) -> Option<GitFacts> {
    let repository = Repository::discover(root).ok()?;
    let head = repository.head().ok()?;
    let sha = head.target().map(|id| id.to_string());
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
    let tag = repository
        .describe(
            DescribeOptions::new()
                .describe_tags()
                .max_candidates_tags(0),
        )
        .ok()
        .and_then(|d| d.format(None).ok());
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
        sha,
        branch,
        tag,
        describe: describe(
            DescribeOptions::new()
                .describe_tags()
                .show_commit_oid_as_fallback(true),
        ),
        default_branch,
    })
}

/// The `git` command reads repositories that libgit2 cannot.
fn of_command(root: &Path) -> GitFacts {
    let git = |args: &[&str]| command(root, args);
    GitFacts {
        sha: git(&["rev-parse", "HEAD"]),
        branch: git(&["symbolic-ref", "--short", "HEAD"]),
        tag: git(&["describe", "--tags", "--exact-match"]),
        describe: git(&["describe", "--tags", "--always", "--dirty"]),
        default_branch: git(&["symbolic-ref", "--short", "refs/remotes/origin/HEAD"])
            .and_then(|b| b.strip_prefix("origin/").map(str::to_owned)),
    }
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
