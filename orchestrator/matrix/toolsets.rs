//! Tool sets with the run's variables filled in; parameters are filled in when tool sets are rendered.

use super::faults::Faults;
use super::scope::Scope;
use super::text::inside;
use crate::manifest::{Toolset, ToolsetItem};
use crate::tag::{Pattern, Unfilled, variable};
use crate::text::{Diagnostic, Spanned};
use indexmap::IndexMap;

/// Every tool set with `{var:NAME}` replaced; faults are reported.
pub(super) fn toolsets(scope: &Scope, faults: &mut Faults) -> IndexMap<String, Toolset> {
    let mut all = IndexMap::new();
    for toolset in &scope.manifest.toolsets {
        let mut toolset = toolset.clone();
        toolset
            .items
            .iter_mut()
            .flat_map(|on| texts(&mut on.item))
            .for_each(|text| replace(text, scope, faults));
        toolset
            .checks
            .iter_mut()
            .flat_map(|on| on.item.open_mut())
            .for_each(|text| replace(text, scope, faults));
        toolset
            .params
            .iter_mut()
            .filter_map(|(_, default)| default.as_mut())
            .for_each(|text| replace(text, scope, faults));
        let needs = toolset
            .needs
            .iter_mut()
            .flat_map(|on| on.item.params.iter_mut().map(|(_, text)| text));
        needs.for_each(|text| replace(text, scope, faults));
        all.insert(toolset.name.value.clone(), toolset);
    }
    all
}

fn texts(item: &mut ToolsetItem) -> Vec<&mut Spanned<String>> {
    match item {
        ToolsetItem::Packages(packages) => packages.lists().flatten().collect(),
        ToolsetItem::Run(text) | ToolsetItem::Env(_, text) => vec![text],
        ToolsetItem::Archive(archive) => [&mut archive.url, &mut archive.into]
            .into_iter()
            .chain(&mut archive.digest)
            .chain(&mut archive.strip)
            .chain(&mut archive.only)
            .chain(&mut archive.owner)
            .collect(),
        ToolsetItem::Fetch(fetch) => [&mut fetch.url, &mut fetch.into]
            .into_iter()
            .chain(&mut fetch.digest)
            .chain(&mut fetch.mode)
            .chain(&mut fetch.owner)
            .collect(),
        ToolsetItem::File(file) => [&mut file.path, &mut file.into]
            .into_iter()
            .chain(&mut file.mode)
            .chain(&mut file.owner)
            .collect(),
    }
}

/// Fills in values from the end, so that earlier byte ranges stay valid. An invalid pattern is reported
/// when it is rendered.
fn replace(text: &mut Spanned<String>, scope: &Scope, faults: &mut Faults) {
    let Ok(pattern) = text.parse::<Pattern>() else {
        return;
    };
    let placeholders: Vec<_> = pattern
        .placeholders()
        .filter(|placeholder| placeholder.name == "var")
        .cloned()
        .collect();
    for placeholder in placeholders.into_iter().rev() {
        match variable::fill(&placeholder, &scope.facts()) {
            Ok(filled) => {
                scope
                    .used
                    .variables
                    .borrow_mut()
                    .extend(placeholder.argument);
                text.value.replace_range(
                    placeholder.range,
                    &filled.text.replace('{', "{{").replace('}', "}}"),
                );
            }
            Err(Unfilled::Wrong(why, help)) => {
                faults.push(
                    Diagnostic::error("matrix::placeholder", why)
                        .at(inside(text, &placeholder.range), "here")
                        .help(help),
                );
            }
            Err(Unfilled::Missing(_) | Unfilled::Skipped(_) | Unfilled::Deferred(_)) => {}
        }
    }
}
