//! Declarations that nothing uses.

use super::scope::Scope;
use crate::text::{Diagnostic, Spanned};

/// A warning for each base, tool set and variable that nothing names.
pub(super) fn unused(scope: &Scope) -> Vec<Diagnostic> {
    let (bases, toolsets, variables) = (scope.used.bases.borrow(), scope.used.toolsets.borrow(), scope.used.variables.borrow());
    let manifest = scope.manifest;
    let mut idle = Vec::new();
    let mut tell = |kind: &str, name: &Spanned<String>| {
        let fault = Diagnostic::warning("matrix::unused", format!("{kind} `{}` is never used", name.as_str()));
        idle.push(fault.at(name.span, "declared here").help("take it out"));
    };
    manifest.bases.iter().enumerate().filter(|(index, _)| !bases.contains(index)).for_each(|(_, base)| tell("base", &base.name));
    manifest.toolsets.iter().enumerate().filter(|(index, _)| !toolsets.contains(index)).for_each(|(_, set)| tell("tool set", &set.name));
    manifest.variables.iter().filter(|variable| !variables.contains(variable.name.as_str())).for_each(|one| tell("variable", &one.name));
    idle
}
