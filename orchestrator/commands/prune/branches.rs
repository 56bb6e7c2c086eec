//! The pointers of branches that exist.

use crate::line::Ready;
use crate::memory::Scope;
use crate::name::Tag;
use crate::workspace::Workspace;
use crate::workspace::git;
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
