//! `on=`: which runs may move a tag.
//!
//! | `on=` | open when |
//! | --- | --- |
//! | nothing | the default branch is built, or there is no git here at all |
//! | `"branch:main"`, `"branch:release-*"` | that branch is built |
//! | `"tag:v*"` | such a git tag is built |
//! | `"schedule"` | a schedule started the run |
//! | `"release"` | the run is a release |
//!
//! Several open it each. What a tag says and what its repository says must both hold; one that says
//! nothing leaves it to the other.

use super::cell_set::glob;
use super::fleet::Permission;
use super::{GitFacts, Inputs};
use crate::manifest::Condition;

/// What these conditions say about this run.
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

/// Why the default rule closes; `None` where it opens.
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
