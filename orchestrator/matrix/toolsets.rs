//! Tool sets with the run's variables in them; parameters are filled in when they are rendered.

use super::faults::Faults;
use super::scope::Scope;
use super::text::inside;
use crate::manifest::{Toolset, ToolsetItem};
use crate::tag::{Pattern, Unfilled, variable};
use crate::text::{Diagnostic, Spanned};
use indexmap::IndexMap;

/// Every tool set, `{var:NAME}` replaced; faults are told.
pub(super) fn toolsets(scope: &Scope, faults: &mut Faults) -> IndexMap<String, Toolset> {
    let mut all = IndexMap::new();
    for toolset in &scope.manifest.toolsets {
        let mut toolset = toolset.clone();
        for item in &mut toolset.items {
            texts(item).into_iter().for_each(|text| replace(text, scope, faults));
        }
        toolset.checks.iter_mut().flat_map(|check| check.open_mut()).for_each(|text| replace(text, scope, faults));
        all.insert(toolset.name.value.clone(), toolset);
    }
    all
}

fn texts(item: &mut ToolsetItem) -> Vec<&mut Spanned<String>> {
    match item {
        ToolsetItem::Packages(names) => names.iter_mut().collect(),
        ToolsetItem::Run(text) | ToolsetItem::Env(_, text) => vec![text],
        ToolsetItem::Archive(archive) => vec![&mut archive.url, &mut archive.into],
        ToolsetItem::File(file) => vec![&mut file.path, &mut file.into],
    }
}

/// Puts values in from the end, so that places before them stay. A text that is no pattern is told
/// where it is rendered.
fn replace(text: &mut Spanned<String>, scope: &Scope, faults: &mut Faults) {
    let Ok(pattern) = text.parse::<Pattern>() else { return };
    let slots: Vec<_> = pattern.slots().filter(|slot| slot.name == "var").cloned().collect();
    for slot in slots.into_iter().rev() {
        match variable::fill(&slot, &scope.facts()) {
            Ok(filled) => {
                scope.used.variables.borrow_mut().extend(slot.argument);
                text.value.replace_range(slot.range, &filled.text.replace('{', "{{").replace('}', "}}"));
            }
            Err(Unfilled::Wrong(why, help)) => {
                faults.push(Diagnostic::error("matrix::placeholder", why).at(inside(text, &slot.range), "here").help(help));
            }
            Err(Unfilled::Missing(_) | Unfilled::Skipped(_) | Unfilled::Later(_)) => {}
        }
    }
}
