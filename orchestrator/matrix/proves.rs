//! What a variant must prove: its own checks, and those of the tool sets it uses, filled in.

use super::compile::CheckRule;
use super::faults::Faults;
use super::fleet::Use;
use super::scope::Scope;
use super::text::CellView;
use crate::check::Check;
use crate::name::Version;
use crate::tag::{Part, Pattern};
use crate::text::{Diagnostic, Diagnostics, Spanned, suggest};
use indexmap::IndexMap;

/// All checks of one variant; faults are told.
pub(super) fn checks(own: &[&CheckRule], uses: &[Use], cell: CellView, scope: &Scope, faults: &mut Faults) -> Vec<Check> {
    let mut checks = Vec::new();
    for used in uses {
        let toolset = scope.toolsets.get(used.toolset.as_str()).map(|index| &scope.manifest.toolsets[*index]);
        for declared in toolset.into_iter().flat_map(|toolset| &toolset.checks) {
            let mut out = Diagnostics::default();
            let fill = |text: Spanned<&str>| match with_params(&text, &used.params, scope) {
                Ok(filled) => Some(filled),
                Err(fault) => {
                    faults.push(fault.at(text.span, "here").at(used.span, "used here"));
                    None
                }
            };
            checks.extend(declared.fill(fill, &mut out));
            faults.take(out);
        }
    }
    for rule in own {
        let mut out = Diagnostics::default();
        let fill = |text: Spanned<&str>| rule.texts.iter().find(|known| known.source.span == text.span)?.fill(cell, faults);
        checks.extend(rule.declared.fill(fill, &mut out));
        faults.take(out);
    }
    checks
}

/// A text of a tool set with its parameters filled in, and variables.
fn with_params(text: &str, params: &IndexMap<String, String>, scope: &Scope) -> Result<String, Diagnostic> {
    let pattern: Pattern = text.parse().map_err(|fault: crate::tag::PatternError| Diagnostic::error("matrix::pattern", fault.message))?;
    let mut filled = String::with_capacity(text.len());
    for part in pattern.parts {
        let slot = match part {
            Part::Text(text) => {
                filled.push_str(&text);
                continue;
            }
            Part::Slot(slot) => slot,
        };
        let value = match (&slot.argument, slot.name.as_str()) {
            (None, name) => params.get(name),
            (Some(variable), "var") => {
                scope.used.variables.borrow_mut().insert(variable.clone());
                scope.variables.get(variable)
            }
            _ => None,
        };
        let Some(value) = value else {
            let near = suggest(&slot.name, params.keys().map(String::as_str)).map(|near| format!("did you mean `{{{near}}}`?"));
            return Err(
                Diagnostic::error("matrix::unknown-placeholder", format!("the tool set has no parameter `{}`", slot.name)).maybe_help(near)
            );
        };
        filled.push_str(&field(value, slot.field.as_deref())?);
    }
    Ok(filled)
}

/// `{param.minor}` of a version; the whole of what is none.
fn field(value: &str, field: Option<&str>) -> Result<String, Diagnostic> {
    let count = match field {
        None => return Ok(value.to_owned()),
        Some("major") => 1,
        Some("minor") => 2,
        Some(other) => {
            return Err(
                Diagnostic::error("matrix::unknown-field", format!("a parameter has no `{other}`")).help("only `.major` and `.minor`")
            );
        }
    };
    let version: Option<Version> = value.parse().ok();
    Ok(version.and_then(|version| version.series(count).map(ToOwned::to_owned)).unwrap_or_else(|| value.to_owned()))
}
