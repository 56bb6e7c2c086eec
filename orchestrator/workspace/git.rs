//! Facts from git and the CI system about the revision that is built.

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
    "CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME",
    "GITHUB_HEAD_REF",
];
const TAG: &[&str] = &["CIRCLE_TAG", "CI_COMMIT_TAG"];
/// Variables that are set only in pipelines for pull requests. CircleCI sets CIRCLE_PULL_REQUEST for every push to a
/// branch with an open pull request, so it is not one of them; the ones of CircleCI here are set for forks only.
const PULL_REQUEST: &[&str] = &[
    "CIRCLE_PR_NUMBER",
    "CIRCLE_PR_REPONAME",
    "CIRCLE_PR_USERNAME",
    "CI_MERGE_REQUEST_IID",
    "CI_EXTERNAL_PULL_REQUEST_IID",
    "GITHUB_HEAD_REF",
];
const SHA: &[&str] = &["CIRCLE_SHA1", "CI_COMMIT_SHA", "GITHUB_SHA"];

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
    let found = event(env);
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
    }
    (git, event)
}

/// Collects the facts. A workspace outside of any repository has none, which is not an error.
fn facts(root: &Path, env: &Environment) -> GitFacts {
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

/// What triggered the run, if the CI system reports it. CircleCI has no variable for schedules and releases.
fn event(env: &Environment) -> Trigger {
    let sources = ["CI_PIPELINE_SOURCE", "GITHUB_EVENT_NAME"];
    let is = |word: &str| sources.iter().any(|source| env.get(source) == Some(word));
    if is_pull_request(env) {
        Trigger::PullRequest
    } else if is("schedule") {
        Trigger::Schedule
    } else if is("release") {
        Trigger::Release
    } else {
        Trigger::Other
    }
}

/// Looks only at the event: `pull_request_target` and similar events report the base as their branch, and the head of a
/// pull request may be called `main`.
fn is_pull_request(env: &Environment) -> bool {
    let starts = |name: &str, prefix: &str| env.get(name).is_some_and(|v| v.starts_with(prefix));
    let source = env.get("CI_PIPELINE_SOURCE");
    matches!(
        source,
        Some("merge_request_event" | "external_pull_request_event")
    ) || starts("GITHUB_EVENT_NAME", "pull_request")
        || starts("GITHUB_REF", "refs/pull/")
        || starts("CIRCLE_BRANCH", "pull/")
        || PULL_REQUEST.iter().any(|name| env.get(name).is_some())
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

/// `None` if libgit2 cannot read the repository (reftable, sha256, split index) or there is none.
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

#[cfg(test)]
#[path = "git_tests.rs"]
mod tests;
