//! Declarations that nothing uses.

use crate::matrix::scope::Scope;
use crate::text::{Diagnostic, Spanned};
use std::collections::HashSet;

/// A warning for each base, tool set and variable that nothing names.
pub(super) fn unused(scope: &Scope) -> Vec<Diagnostic> {
    let (bases, toolsets, variables) = (
        scope.used.bases.borrow(),
        scope.used.toolsets.borrow(),
        scope.used.variables.borrow(),
    );
    let manifest = scope.manifest;
    let mut idle = Vec::new();
    let mut tell = |kind: &str, name: &Spanned<String>| {
        let fault = Diagnostic::warning(
            "matrix::unused",
            format!("{kind} `{}` is never used", name.as_str()),
        );
        idle.push(fault.at(name.span, "declared here").help("remove it"));
    };
    manifest
        .bases
        .iter()
        .enumerate()
        .filter(|(index, _)| !bases.contains(index))
        .for_each(|(_, base)| tell("base", &base.name));
    let mut reached: HashSet<usize> = toolsets.clone();
    let mut open: Vec<usize> = reached.iter().copied().collect();
    while let Some(set) = open.pop().and_then(|index| manifest.toolsets.get(index)) {
        let needed = set
            .needs
            .iter()
            .filter_map(|need| scope.toolsets.get(need.item.toolset.as_str()));
        open.extend(needed.filter(|index| reached.insert(**index)));
    }
    let idle_set = |(index, set): &(usize, &crate::manifest::Toolset)| {
        !reached.contains(index) && !set.library
    };
    manifest
        .toolsets
        .iter()
        .enumerate()
        .filter(idle_set)
        .for_each(|(_, set)| tell("tool set", &set.name));
    manifest
        .variables
        .iter()
        .filter(|variable| !variables.contains(variable.name.as_str()))
        .for_each(|one| tell("variable", &one.name));
    idle
}
