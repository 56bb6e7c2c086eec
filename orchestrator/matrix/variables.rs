//! Variables: the values given to a run, checked against the manifest's declarations.

mod defaults;

use crate::manifest::{Variable, VariableKind};
use crate::matrix::Inputs;
use crate::matrix::faults::Faults;
use crate::name::Version;
use crate::tag::PlaceholderFacts;
use crate::text::{Diagnostic, Shown, Spanned, did_you_mean};
pub(super) use defaults::reached;
use defaults::{Defaults, Reported};
use std::collections::{BTreeMap, HashSet};

/// How environment variables that set variables of the manifest begin.
pub const PREFIX: &str = "KILN_VAR_";

/// Every declared variable's value: `--var`, else the environment, else the default.
pub(super) fn resolve(
    declared: &[Variable],
    inputs: &Inputs,
    faults: &mut Faults,
) -> BTreeMap<String, String> {
    unknown(declared, &inputs.variables).for_each(|fault| faults.push(fault));
    let mut given = from_environment(declared, &inputs.environment, faults);
    given.extend(inputs.variables.clone());
    let mut defaults = Defaults::new(declared);
    let names = declared.iter().map(|variable| variable.name.value.clone());
    let mut values: BTreeMap<String, String> = names.map(|name| (name, String::new())).collect();
    for at in defaults.order(faults) {
        let facts = PlaceholderFacts {
            now: inputs.now,
            git: &inputs.git,
            variables: &values,
        };
        let made = defaults.made(at, &facts, faults);
        let variable = &declared[at];
        let value = match (of(variable, &given), made) {
            (Some(own), _) => {
                checked(variable, own).unwrap_or_else(|fault| faults.push(fault));
                Some(own.clone())
            }
            (None, Ok(Some(made))) => {
                let checked = checked(variable, &made.text);
                checked.unwrap_or_else(|fault| faults.push(made.fault(fault)));
                Some(made.text)
            }
            (None, Ok(None)) => {
                faults.push(missing(variable));
                None
            }
            (None, Err(Reported)) => None,
        };
        let value = value.unwrap_or_else(|| instead(variable, at));
        values.insert(variable.name.value.clone(), value);
    }
    twice(declared).for_each(|fault| faults.push(fault));
    values
}

/// Names that are declared again.
fn twice(declared: &[Variable]) -> impl Iterator<Item = Diagnostic> {
    let mut known = HashSet::new();
    let again = declared
        .iter()
        .filter(move |one| !known.insert(one.name.as_str()));
    again.map(|variable| {
        let message = format!("variable `{}` is declared twice", *variable.name);
        Diagnostic::error("matrix::twice", message).at(variable.name.span, "again here")
    })
}

/// A value for a variable that has none, so that what uses it is not reported as well. Each has one of its own.
fn instead(variable: &Variable, number: usize) -> String {
    match (variable.one_of.first(), variable.kind) {
        (Some(first), _) => first.value.clone(),
        (None, VariableKind::Bool) => String::from("true"),
        (None, _) => number.to_string(),
    }
}

/// What `KILN_VAR_*` sets. One environment may serve several workspaces, so a name that this one does not
/// declare is a warning.
fn from_environment(
    declared: &[Variable],
    environment: &BTreeMap<String, String>,
    faults: &mut Faults,
) -> BTreeMap<String, String> {
    let known: HashSet<String> = declared.iter().map(|one| plain(&one.name)).collect();
    let mut given = BTreeMap::new();
    for (written, value) in environment {
        let Some(name) = written.strip_prefix(PREFIX).map(plain) else {
            continue;
        };
        if known.contains(&name) {
            given.insert(name, value.clone());
            continue;
        }
        let near = did_you_mean(&name, known.iter().map(String::as_str));
        let message = format!("{written} is not used: no variable `{name}` is declared");
        faults.push(Diagnostic::warning("matrix::unknown-variable", message).maybe_help(near));
    }
    given
}

/// The value given for a variable. Environment variables cannot spell every name: capitals match lower-case letters,
/// and `_` matches `-`.
fn of<'a>(variable: &Variable, given: &'a BTreeMap<String, String>) -> Option<&'a String> {
    let name = variable.name.as_str();
    given.get(name).or_else(|| given.get(&plain(name)))
}

fn plain(name: &str) -> String {
    name.to_lowercase().replace('_', "-")
}

fn unknown<'a>(
    declared: &'a [Variable],
    given: &'a BTreeMap<String, String>,
) -> impl Iterator<Item = Diagnostic> + 'a {
    let names = || declared.iter().map(|variable| variable.name.as_str());
    let known: HashSet<String> = names()
        .flat_map(|name| [name.to_owned(), plain(name)])
        .collect();
    given
        .keys()
        .filter(move |name| !known.contains(*name))
        .map(move |name| {
            let near = did_you_mean(name, names());
            Diagnostic::error(
                "matrix::unknown-variable",
                format!("no variable `{name}` is declared"),
            )
            .help(format!(
                "declare it in the manifest: `variable \"{name}\" default=\"…\"`"
            ))
            .maybe_help(near)
        })
}

fn missing(variable: &Variable) -> Diagnostic {
    let name = variable.name.as_str();
    Diagnostic::error(
        "matrix::variable-not-given",
        format!("variable `{name}` has no value"),
    )
    .at(variable.name.span, "has no default")
    .help(format!(
        "set it with `--var {name}=…` or `KILN_VAR_{name}`, or declare a `default=`"
    ))
}

/// Where a value is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// A run has it.
    Run,
    /// A condition names it. What needs no value may be compared with the empty text.
    Condition,
}

/// Checks a value in a condition against the declaration of its variable.
pub(in crate::matrix) fn check(variable: &Variable, value: &str) -> Result<(), Diagnostic> {
    match variable.default.is_none() && value.is_empty() {
        true => Ok(()),
        false => checked_in(variable, value, Use::Condition),
    }
}

/// The fault of a value that a variable cannot have.
fn fault(variable: &Variable, value: &str, place: Use, why: &str) -> Diagnostic {
    let name = variable.name.as_str();
    let message = match (value, why) {
        ("", "") if place == Use::Run => format!("variable `{name}` must not be empty"),
        ("", why) if place == Use::Run => format!("variable `{name}` must not be empty: {why}"),
        (_, "") => format!("variable `{name}` is never empty"),
        (_, why) => format!(
            "`{}` is not a value of variable `{name}`: {why}",
            value.shown()
        ),
    };
    let fault = Diagnostic::error("matrix::variable-value", message);
    match value.is_empty() && place == Use::Run {
        true => fault.help(way_out(variable)),
        false => fault,
    }
}

/// Checks a value of a run against the declaration of its variable.
fn checked(variable: &Variable, value: &str) -> Result<(), Diagnostic> {
    checked_in(variable, value, Use::Run)
}

fn checked_in(variable: &Variable, value: &str, place: Use) -> Result<(), Diagnostic> {
    let fault = |why: String| fault(variable, value, place, &why);
    let well_typed = match variable.kind {
        VariableKind::Text => true,
        VariableKind::Number => value.parse::<f64>().is_ok_and(f64::is_finite),
        VariableKind::Bool => matches!(value, "true" | "false"),
        VariableKind::Version => value.parse::<Version>().is_ok(),
    };
    let word = match variable.kind {
        VariableKind::Text => "text",
        VariableKind::Number => "a number",
        VariableKind::Bool => "`true` or `false`",
        VariableKind::Version => "a version",
    };
    if !well_typed {
        return Err(fault(format!("it must be {word}")).at(variable.span, "declared here"));
    }
    if !variable.one_of.is_empty() && !variable.one_of.iter().any(|one| one.as_str() == value) {
        let known = || variable.one_of.iter().map(|one| one.as_str());
        let near = did_you_mean(value, known());
        let all = known()
            .map(|one| format!("`{one}`"))
            .collect::<Vec<_>>()
            .join(", ");
        return Err(fault(format!("it must be one of {all}"))
            .at(variable.one_of[0].span, "declared here")
            .maybe_help(near));
    }
    match &variable.pattern {
        Some(pattern) => matches_pattern(pattern, value, fault),
        _ => Ok(()),
    }
}

/// What to do about an empty value.
fn way_out(variable: &Variable) -> String {
    let name = variable.name.as_str();
    let set = format!("set it with `--var {name}=…` or `KILN_VAR_{name}`");
    // What others make of a default may be the empty text itself.
    let is_text = |default: &&Spanned<String>| !default.is_empty() && !default.contains(['{', '}']);
    match variable.default.as_ref().filter(is_text) {
        Some(default) => format!("{set}, or leave it out: then it is `{}`", default.shown()),
        None => set,
    }
}

/// Why a value does not match; nothing if the pattern only refuses the empty text.
fn must_match(pattern: &str, value: &str) -> String {
    match (pattern, value) {
        (".+", "") => String::new(),
        _ => format!("it must match `{pattern}`"),
    }
}

fn matches_pattern(
    pattern: &Spanned<String>,
    value: &str,
    fault: impl Fn(String) -> Diagnostic,
) -> Result<(), Diagnostic> {
    let whole = regex::RegexBuilder::new(&format!("^(?:{})$", pattern.as_str()))
        .size_limit(1 << 20)
        .build();
    match whole {
        Ok(expression) if expression.is_match(value) => Ok(()),
        Ok(_) => Err(fault(must_match(pattern, value)).at(pattern.span, "declared here")),
        Err(_) => Err(Diagnostic::error(
            "matrix::variable-pattern",
            format!("`{}` is not a regular expression", pattern.as_str()),
        )
        .at(pattern.span, "here")),
    }
}
