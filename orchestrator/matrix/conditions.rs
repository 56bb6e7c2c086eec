//! `on=`: which runs may move a tag.
//!
//! | `on=` | open when |
//! | --- | --- |
//! | (none) | the default branch is built, or the workspace is not in a git repository |
//! | `"branch:main"`, `"branch:release-*"` | that branch is built |
//! | `"tag:v*"` | a matching git tag is built |
//! | `"schedule"` | a schedule started the run |
//! | `"release"` | the run is a release |
//!
//! With several conditions one is enough. The conditions of a tag and of its repository must both hold; one without
//! conditions leaves the decision to the other.

use super::cell_set::glob;
use super::fleet::Permission;
use super::{GitFacts, Inputs};
use crate::manifest::Condition;

/// The permission that these conditions result in for this run.
pub(super) fn permission(conditions: &[Condition], inputs: &Inputs) -> Permission {
    if conditions.is_empty() {
        return Permission::Unspecified(default_branch(&inputs.git).map(Into::into));
    }
    if conditions.iter().any(|condition| holds(condition, inputs)) {
        return Permission::Granted;
    }
    let wanted = conditions.iter().map(written).collect::<Vec<_>>().join(" ");
    Permission::Denied(format!("only on={wanted} moves it; this is {}", here(&inputs.git)).into())
}

/// Why the default rule denies; `None` if it grants.
fn default_branch(git: &GitFacts) -> Option<String> {
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
    let default = git.default_branch.as_deref().unwrap_or("main");
    Some(format!(
        "only the default branch (`{default}`) moves it; this is {}",
        here(git)
    ))
}

fn holds(condition: &Condition, inputs: &Inputs) -> bool {
    let fits = |pattern: &str, name: &Option<String>| {
        name.as_deref().is_some_and(|name| glob(pattern, name))
    };
    match condition {
        Condition::Branch(pattern) => fits(pattern, &inputs.git.branch),
        Condition::Tag(pattern) => fits(pattern, &inputs.git.tag),
        Condition::Schedule(_) => inputs.event.schedule,
        Condition::Release(_) => inputs.event.release,
    }
}

fn written(condition: &Condition) -> String {
    match condition {
        Condition::Branch(pattern) => format!("\"branch:{}\"", pattern.as_str()),
        Condition::Tag(pattern) => format!("\"tag:{}\"", pattern.as_str()),
        Condition::Schedule(_) => String::from("\"schedule\""),
        Condition::Release(_) => String::from("\"release\""),
    }
}

fn here(git: &GitFacts) -> String {
    match (&git.branch, &git.tag) {
        (_, Some(tag)) => format!("git tag `{tag}`"),
        (Some(branch), None) => format!("branch `{branch}`"),
        (None, None) => String::from("no branch"),
    }
}
