//! The pointers of branches that exist, and what a run on another branch, or in a clone without all branches, does not see.

use crate::commands::{tell, warn};
use crate::line::Ready;
use crate::memory::Scope;
use crate::name::Tag;
use crate::plan::Origin;
use crate::workspace::Workspace;
use crate::workspace::git::{self, Partial};
use std::collections::BTreeSet;

/// The pointers of the fleet's variants on the branches that this clone knows, on the default branch and in the pull request
/// of this run. Those of other branches count as gone: what they name is removed by age.
pub(super) fn pointers(workspace: &Workspace, ready: &Ready) -> BTreeSet<Tag> {
    let facts = &ready.inputs.git;
    let mut branches = git::branches(workspace.root());
    branches.extend(facts.branch.clone());
    branches.insert(
        facts
            .default_branch
            .clone()
            .unwrap_or_else(|| "main".into()),
    );
    let scopes = branches.into_iter().map(Scope::Branch);
    let request = facts.pull_request.clone().map(Scope::PullRequest);
    let scopes: Vec<Scope> = scopes.chain(request).collect();
    let variants = ready.names.iter().zip(&ready.fleet.variants);
    variants
        .flat_map(|(name, variant)| {
            let pointer = |scope: &Scope| scope.pointer(&ready.fleet.name, &variant.image, name);
            scopes.iter().map(pointer).collect::<Vec<_>>()
        })
        .collect()
}

/// Warns if this clone may lack branches: their newest images are not protected.
pub(super) fn warn_if_partial(workspace: &Workspace) {
    if let Some(why) = git::partial(workspace.root()) {
        warn(partial(why));
    }
}

fn partial(why: Partial) -> &'static str {
    match why {
        Partial::NoRepository => {
            "this folder is not in a git repository, so the newest images of other branches are not protected\n  run it in a clone that has all branches"
        }
        Partial::Shallow => {
            "this clone is shallow and may lack branches; the newest images of branches that it lacks are not protected\n  fetch all branches: `git remote set-branches origin '*' && git fetch --unshallow`"
        }
        Partial::SomeBranches => {
            "this clone does not fetch all branches; the newest images of branches that it lacks are not protected\n  fetch all branches: `git remote set-branches origin '*' && git fetch`"
        }
    }
}

/// Says why `--orphans` found nothing, if that is because of where it runs.
pub(super) fn tell_if_elsewhere(origin: &Origin) {
    if let Some(text) = elsewhere(origin) {
        tell(&text);
    }
}

/// Tags are orphaned for the branch whose runs wrote them.
fn elsewhere(origin: &Origin) -> Option<String> {
    let Some(Scope::Branch(default)) = &origin.default else {
        return None;
    };
    let here = match (&origin.scope, &origin.git_tag) {
        (Some(Scope::Branch(branch)), _) => format!("on `{branch}`"),
        (Some(Scope::PullRequest(number)), _) => format!("for pull request {number}"),
        (None, Some(tag)) => format!("for the git tag `{tag}`"),
        (None, None) => return None,
    };
    Some(format!(
        "--orphans looked only for tags that runs {here} wrote, and found none\n  for the others, run it on the newest commit of `{default}`"
    ))
}

#[cfg(test)]
mod tests;
