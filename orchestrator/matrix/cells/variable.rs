//! `when var:NAME="pattern"`: whether the value that a variable has in this run matches.
//!
//! The patterns are those of axes: a text, a text with `*`, or a range for a variable of `kind="version"`, each perhaps
//! with `!` before it. The empty text is one, too: `!` alone is every other value.

use crate::manifest::{Variable, VariableKind, VariableMatch, When};
use crate::matrix::cells::cell_set::{glob, plain};
use crate::matrix::cells::lookup::Lookup;
use crate::matrix::faults::Faults;
use crate::matrix::variables::check;
use crate::name::{Range, Version};
use crate::text::{Diagnostic, Label, Mend, Shown, Spanned, suggest};

/// Whether a block of settings applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::matrix) enum Applies {
    /// In every run.
    Always,
    /// In this run, because of the values that variables have.
    Now,
    /// Not in this run, because of the values that variables have.
    NotNow,
}

/// A parsed pattern.
struct Pattern {
    /// Whether it has `!` before it.
    refuses: bool,
    /// Whether it is the same in every run.
    is_literal: bool,
    fit: Fit,
}

enum Fit {
    Text(String),
    Glob(String),
    Range(Range),
}

/// Whether a `when` applies with the values of this run; faults are reported.
pub(in crate::matrix) fn applies<'m>(
    when: &'m When,
    lookup: &Lookup<'_, 'm>,
    faults: &mut Faults,
) -> Applies {
    let mut applies = match when.variables.is_empty() {
        true => Applies::Always,
        false => Applies::Now,
    };
    for one in &when.variables {
        if !matches(one, lookup, faults) {
            applies = Applies::NotNow;
        }
    }
    applies
}

fn matches<'m>(one: &'m VariableMatch, lookup: &Lookup<'_, 'm>, faults: &mut Faults) -> bool {
    let scope = lookup.scope;
    let name = one.variable.as_str();
    let declared = &scope.manifest.variables;
    let Some(variable) = declared.iter().find(|one| one.name.as_str() == name) else {
        let is_axis = lookup.axes.iter().any(|axis| axis.name() == name);
        faults.push(undeclared(&one.variable, declared, is_axis));
        return false;
    };
    let mut used = scope.used.variables.borrow_mut();
    used.insert(name.to_owned());
    drop(used);
    let value = scope.variables.get(name).map(String::as_str);
    let filled = |pattern: &'m Spanned<String>, faults: &mut Faults| plain(pattern, lookup, faults);
    is_match(one, (variable, value), filled, faults)
}

/// Whether the value of a variable matches; faults are reported. `filled` are the patterns with the values of variables in
/// them.
pub(in crate::matrix) fn is_match<'m>(
    one: &'m VariableMatch,
    (variable, value): (&Variable, Option<&str>),
    filled: impl Fn(&'m Spanned<String>, &mut Faults) -> Option<String>,
    faults: &mut Faults,
) -> bool {
    let patterns = one.patterns.iter().map(|pattern| {
        let filled = filled(pattern, faults)?;
        read(pattern, &filled, variable, faults)
    });
    // All of their faults are reported.
    let patterns: Vec<Option<Pattern>> = patterns.collect();
    let Some(patterns) = patterns.into_iter().collect::<Option<Vec<Pattern>>>() else {
        return false;
    };
    let possible = possible(variable);
    let is_possible = possible.is_empty() || possible.iter().any(|value| fits(&patterns, value));
    if !is_possible && patterns.iter().all(|pattern| pattern.is_literal) {
        faults.push(never(one, &possible));
    }
    value.is_some_and(|value| fits(&patterns, value))
}

/// All values that a variable may have, if they are listed.
fn possible(variable: &Variable) -> Vec<&str> {
    let listed = variable.one_of.iter().map(|one| one.as_str());
    let empty = variable.default.is_none().then_some("");
    match (variable.one_of.is_empty(), variable.kind) {
        (false, _) => listed.chain(empty).collect(),
        (true, VariableKind::Bool) => ["true", "false"].into_iter().chain(empty).collect(),
        (true, _) => Vec::new(),
    }
}

fn fits(patterns: &[Pattern], value: &str) -> bool {
    let fitting = |refuses: bool| {
        let mut own = patterns.iter().filter(move |one| one.refuses == refuses);
        own.any(|one| one.fit.fits(value))
    };
    let all_refuse = !patterns.is_empty() && patterns.iter().all(|one| one.refuses);
    (all_refuse || fitting(false)) && !fitting(true)
}

impl Fit {
    fn fits(&self, value: &str) -> bool {
        match self {
            Self::Text(text) => text == value,
            Self::Glob(pattern) => glob(pattern, value),
            Self::Range(range) => {
                let version: Option<Version> = value.parse().ok();
                version.is_some_and(|version| range.contains(&version))
            }
        }
    }
}

/// Parses a pattern; `None` if a fault is reported.
fn read(
    pattern: &Spanned<String>,
    filled: &str,
    variable: &Variable,
    faults: &mut Faults,
) -> Option<Pattern> {
    let text = filled.strip_prefix('!');
    let refuses = text.is_some();
    let text = text.unwrap_or(filled);
    // The value of another variable need not be one of this variable in every run.
    let is_literal = filled == pattern.value;
    match fit(text, variable, is_literal) {
        Ok(fit) => Some(Pattern {
            refuses,
            is_literal,
            fit,
        }),
        Err(mut fault) => {
            let (span, text) = (pattern.span, String::from("here"));
            let within = None;
            fault.labels.insert(0, Label { span, within, text });
            faults.push(fault);
            None
        }
    }
}

fn fit(text: &str, variable: &Variable, is_literal: bool) -> Result<Fit, Diagnostic> {
    let is_version = variable.kind == VariableKind::Version;
    let is_known = variable.one_of.iter().any(|one| one.as_str() == text);
    if is_known {
        return Ok(Fit::Text(text.to_owned()));
    }
    if is_version && Range::looks_like(text) {
        let range = text.parse::<Range>().map(Fit::Range);
        return range.map_err(|why| {
            Diagnostic::error("matrix::range", why.to_string())
                .help("use comparisons such as `>=` and `<`, separated by `,`, or end with `.*`")
        });
    }
    if is_literal && text.starts_with(['<', '>']) {
        let name = variable.name.as_str();
        let message = format!(
            "`{}` is a range, and variable `{name}` is not a version",
            text.shown()
        );
        return Err(Diagnostic::error("matrix::range", message)
            .at(variable.span, "declared here")
            .help("declare it with `kind=\"version\"`, or write a text, perhaps with `*` in it"));
    }
    if text.contains('*') {
        return Ok(Fit::Glob(text.to_owned()));
    }
    if is_literal {
        check(variable, text).map_err(|fault| match fault.help {
            None => fault.help("write a value that the variable may have"),
            Some(_) => fault,
        })?;
    }
    Ok(Fit::Text(text.to_owned()))
}

fn never(one: &VariableMatch, possible: &[&str]) -> Diagnostic {
    let name = one.variable.as_str();
    let values: Vec<String> = (possible.iter().filter(|value| !value.is_empty()))
        .map(|value| format!("`{}`", value.shown()))
        .collect();
    Diagnostic::error("matrix::when-never", "this `when` never matches")
        .at(one.variable.span, "no value of the variable matches")
        .help(format!("the values of `{name}`: {}", values.join(", ")))
}

/// The fault of a condition on a variable that is not declared.
pub(in crate::matrix) fn undeclared(
    name: &Spanned<String>,
    declared: &[Variable],
    is_axis: bool,
) -> Diagnostic {
    let near = suggest(name, declared.iter().map(|variable| variable.name.as_str()));
    let shown = name.shown();
    let near = near.filter(|_| !is_axis);
    let axis = is_axis.then(|| format!("`{shown}` is an axis: write `{shown}=\"…\"`"));
    let declare = format!("declare it: `variable \"{shown}\" default=\"…\"`");
    let fault = Diagnostic::error(
        "matrix::unknown-variable",
        format!("no variable `{shown}` is declared"),
    )
    .at(name.span, "here")
    .help(axis.unwrap_or(declare))
    .meant(name.span, near);
    // The place is that of the whole property.
    fault.read_as(near.map(|near| Mend::Word(name.span, format!("var:{near}"))))
}
