//! Tool sets with the run's variables filled in; parameters are filled in when tool sets are rendered.

use crate::manifest::Toolset;
use crate::matrix::cells::lookup::inside;
use crate::matrix::faults::Faults;
use crate::matrix::fleet::param_text::ParamText;
use crate::matrix::scope::Scope;
use crate::tag::{Unfilled, variable};
use crate::text::{Diagnostic, Spanned};
use indexmap::IndexMap;

/// Every tool set with `{var:NAME}` replaced; faults are reported.
pub(in crate::matrix) fn toolsets(
    scope: &Scope,
    faults: &mut Faults,
) -> IndexMap<String, Toolset<ParamText>> {
    let mut looked_up = |set: &Toolset| set.map(&mut |text| look_up(text, scope, faults));
    let sets = scope.manifest.toolsets.iter();
    sets.map(|set| (set.name.value.clone(), looked_up(set)))
        .collect()
}

/// Fills in values from the end, so that earlier byte ranges stay valid. An invalid pattern is reported
/// when it is rendered.
fn look_up(written: &Spanned<String>, scope: &Scope, faults: &mut Faults) -> ParamText {
    let parsed = ParamText::new(written.clone());
    let mut text = written.clone();
    let mut replaced = false;
    for placeholder in parsed.placeholders().rev().filter(|one| one.name == "var") {
        match variable::fill_text(placeholder, &scope.facts()) {
            Ok(filled) => {
                let used = &mut scope.used.variables.borrow_mut();
                let name = placeholder.argument.as_deref().map(variable::filtered);
                used.extend(name.map(|(name, _)| name.to_owned()));
                let literal = filled.text.replace('{', "{{").replace('}', "}}");
                text.value
                    .replace_range(placeholder.range.clone(), &literal);
                replaced = true;
            }
            Err(Unfilled::Wrong(why, help)) => {
                faults.push(
                    Diagnostic::error("matrix::placeholder", why)
                        .at(inside(&text, &placeholder.range), "here")
                        .help(help),
                );
            }
            Err(
                Unfilled::Missing(_)
                | Unfilled::Skipped(_)
                | Unfilled::Unmatched { .. }
                | Unfilled::Deferred(_),
            ) => {}
        }
    }
    match replaced {
        true => ParamText::new(text),
        false => parsed,
    }
}
