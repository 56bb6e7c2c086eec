//! `on=`: which runs may move a tag.
//!
//! | `on=` | open when |
//! | --- | --- |
//! | (none) | the default branch is built, or the workspace is not in a git repository |
//! | `"branch:main"`, `"branch:release-*"` | that branch is built |
//! | `"tag:v*"` | a matching git tag is built |
//! | `"schedule"` | a schedule started the run |
//! | `"release"` | the run is a release |
//! | `"pull-request"` | the run checks a pull request |
//!
//! A pull request opens only what names it with `on="pull-request"`: its head may have any name, `main` too.
//!
//! With several conditions one is enough. The conditions of a tag and of its repository must both hold; one without
//! conditions leaves the decision to the other.

#[cfg(test)]
mod tests;

use crate::manifest::Condition;
use crate::matrix::cells::cell_set::glob;
use crate::matrix::fleet::public_tag::Permission;
use crate::matrix::{GitFacts, Inputs, Trigger};

/// Why a pull request may not move a tag that does not name it.
const PULL_REQUEST: &str = "this is a pull request; only tags with on=\"pull-request\" move";

/// The permission that these conditions result in for this run.
pub(in crate::matrix) fn permission(conditions: &[Condition], inputs: &Inputs) -> Permission {
    if conditions.is_empty() {
        return Permission::Unspecified(default_rule(inputs).map(Into::into));
    }
    let open = || conditions.iter().filter(|one| holds(one, inputs));
    if open().any(|one| matches!(one, Condition::Release(_) | Condition::Tag(_))) {
        return Permission::Released;
    }
    if open().next().is_some() {
        return Permission::Granted;
    }
    if inputs.event == Trigger::PullRequest {
        return Permission::Denied(PULL_REQUEST.into());
    }
    let listed = |word: fn(&Condition) -> String, between: &str| {
        let words: Vec<String> = conditions.iter().map(word).collect();
        words.join(between)
    };
    Permission::Denied(
        format!(
            "this is {}, and tags with on={} move {}",
            here(&inputs.git),
            listed(written, " "),
            listed(runs, " or ")
        )
        .into(),
    )
}

impl Inputs {
    /// Why this run is not one on the default branch; `None` if it is. Outside of a git repository, every run is.
    pub fn off_default(&self) -> Option<String> {
        default_rule(self)
    }
}

/// Why the default rule, for tags without conditions, denies; `None` if it grants.
fn default_rule(inputs: &Inputs) -> Option<String> {
    if inputs.event == Trigger::PullRequest {
        return Some(String::from(PULL_REQUEST));
    }
    let git = &inputs.git;
    if git.branch.is_none() && git.tag.is_none() && git.sha.is_none() {
        return None;
    }
    let is_default = |branch: &str| match &git.default_branch {
        Some(default) => branch == default,
        None => matches!(branch, "main" | "master"),
    };
    if git.branch.as_deref().is_some_and(is_default) {
        return None;
    }
    let default = match &git.default_branch {
        Some(default) => format!("`{default}`"),
        None => String::from("`main` or `master`; `CI_DEFAULT_BRANCH` names another"),
    };
    Some(format!(
        "this is {}, and tags move on the default branch ({default})",
        here(&inputs.git)
    ))
}

fn holds(condition: &Condition, inputs: &Inputs) -> bool {
    let fits = |pattern: &str, name: &Option<String>| {
        name.as_deref().is_some_and(|name| glob(pattern, name))
    };
    let is_pull_request = inputs.event == Trigger::PullRequest;
    match condition {
        Condition::Branch(pattern) => !is_pull_request && fits(pattern, &inputs.git.branch),
        Condition::Tag(pattern) => !is_pull_request && fits(pattern, &inputs.git.tag),
        // A branch may be scheduled, too: what it builds is not for the tags of the default branch.
        Condition::Schedule(_) => {
            inputs.event == Trigger::Schedule && default_rule(inputs).is_none()
        }
        Condition::Release(_) => {
            let released = inputs.git.tag.is_some() || default_rule(inputs).is_none();
            inputs.event == Trigger::Release && released
        }
        Condition::PullRequest(_) => is_pull_request,
    }
}

/// The runs that a condition lets move a tag: `in pull requests`.
fn runs(condition: &Condition) -> String {
    match condition {
        Condition::Branch(pattern) => format!("on branch `{}`", pattern.as_str()),
        Condition::Tag(pattern) => format!("for git tags `{}`", pattern.as_str()),
        Condition::Schedule(_) => String::from("in scheduled runs of the default branch"),
        Condition::Release(_) => String::from("in releases"),
        Condition::PullRequest(_) => String::from("in pull requests"),
    }
}

fn written(condition: &Condition) -> String {
    match condition {
        Condition::Branch(pattern) => format!("\"branch:{}\"", pattern.as_str()),
        Condition::Tag(pattern) => format!("\"tag:{}\"", pattern.as_str()),
        Condition::Schedule(_) => String::from("\"schedule\""),
        Condition::Release(_) => String::from("\"release\""),
        Condition::PullRequest(_) => String::from("\"pull-request\""),
    }
}

fn here(git: &GitFacts) -> String {
    let GitFacts { branch, tag, .. } = git;
    match (branch, tag) {
        (_, Some(tag)) => format!("git tag `{tag}`"),
        (Some(branch), None) => format!("branch `{branch}`"),
        (None, None) => String::from("a run without a branch"),
    }
}
