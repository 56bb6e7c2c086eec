//! Declarations that nothing uses.

use super::scope::Scope;
use crate::manifest::ToolsetItem;
use crate::tag::Pattern;
use crate::text::{Diagnostic, Spanned};
use std::collections::HashSet;

/// A warning for each base, tool set and variable that nothing names.
pub(super) fn unused<'a>(scope: &'a Scope) -> impl Iterator<Item = Diagnostic> + 'a {
    let used = &scope.used;
    let idle = |kind: &str, name: &Spanned<String>| {
        Diagnostic::warning("matrix::unused", format!("{kind} `{}` is never used", name.as_str()))
            .at(name.span, "declared here")
            .help("take it out")
    };
    let bases = scope.manifest.bases.iter().enumerate().filter(|(index, _)| !used.bases.borrow().contains(index));
    let toolsets = scope.manifest.toolsets.iter().enumerate().filter(|(index, _)| !used.toolsets.borrow().contains(index));
    let named = variables_of_items(scope);
    let variables = scope
        .manifest
        .variables
        .iter()
        .filter(move |v| !used.variables.borrow().contains(v.name.as_str()) && !named.contains(v.name.as_str()));
    let bases = bases.map(move |(_, base)| idle("base", &base.name));
    let toolsets = toolsets.map(move |(_, toolset)| idle("tool set", &toolset.name));
    bases.chain(toolsets).chain(variables.map(move |variable| idle("variable", &variable.name)))
}

/// The variables that tool sets name: their texts are filled when they are rendered.
fn variables_of_items(scope: &Scope) -> HashSet<String> {
    let mut named = HashSet::new();
    for item in scope.manifest.toolsets.iter().flat_map(|toolset| &toolset.items) {
        let texts: Vec<&Spanned<String>> = match item {
            ToolsetItem::Packages(names) => names.iter().collect(),
            ToolsetItem::Run(text) => vec![text],
            ToolsetItem::Env(_, text) => vec![text],
            ToolsetItem::Archive(archive) => vec![&archive.url, &archive.into],
            ToolsetItem::File(file) => vec![&file.path, &file.into],
        };
        for pattern in texts.into_iter().filter_map(|text| text.parse::<Pattern>().ok()) {
            named.extend(pattern.slots().filter(|slot| slot.name == "var").filter_map(|slot| slot.argument.clone()));
        }
    }
    named
}
