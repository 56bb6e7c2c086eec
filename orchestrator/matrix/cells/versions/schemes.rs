//! Warnings about dates and build numbers on an axis of versions.

use super::warning;
use crate::matrix::cells::axis::{Axis, Value};
use crate::name::Version;
use crate::tag::Rung;
use crate::text::{Diagnostic, Shown};

/// The least number that is rather a date or a build than a version.
const LEAST: u64 = 1000;

/// The length of a year and a month.
const SERIES: usize = 7;

/// A warning if `none` or `latest` belongs to a date or a build number, beside versions with dots: Alpine's `20240923` is not
/// later than `3.21.0`.
pub(in crate::matrix) fn mixed(axis: &Axis, alive: &[bool]) -> Option<Diagnostic> {
    let stable = |(value, alive): (&'_ Value, &bool)| {
        let version = value.version.clone();
        version.filter(|version| *alive && !version.is_prerelease())
    };
    let versions: Vec<Version> = axis.values.iter().zip(alive).filter_map(stable).collect();
    let dotted = versions.iter().filter(|one| one.numbers().len() > 1);
    let highest = dotted.max_by_key(|version| version.numbers()[0])?;
    let is_other = |version: &Version| match version.numbers() {
        [number] => *number >= LEAST && *number / 2 > highest.numbers()[0],
        _ => false,
    };
    let is_owner = |value: &&Value| {
        let is_top = value.owned.iter().any(|rung| rung.is_top());
        is_top && value.version().is_some_and(is_other)
    };
    // A range says which versions these rungs belong to.
    let owner = axis.values.iter().find(is_owner);
    let owner = owner.filter(|_| axis.latest.is_none())?;
    let others = versions.iter().filter(|version| is_other(version));
    let lowest = others.map(|version| version.numbers()[0]).min()?;
    let shown = owner.name.shown();
    let message = format!(
        "`{shown}` has the rungs of the highest version, such as `latest`, and is rather a date or a build than a later version than `{highest}`"
    );
    let help = format!(
        "write `latest=\"<{lowest}\"` on the axis, which leaves them to the other versions; \
         or name the value by a word: `value \"edge\" token=\"{shown}\"`"
    );
    Some(warning(message, owner.declared.name.span).help(help))
}

/// A warning for each date with hyphens on an axis with the rung `minor`, which it does not have: `2024-12-01`.
pub(in crate::matrix) fn hyphenated(axis: &Axis) -> Vec<Diagnostic> {
    let one = |value: &Value| {
        let dotted = dotted(&value.name).filter(|_| value.version.is_some())?;
        let (name, series) = (value.name.shown(), dotted.get(..SERIES)?);
        let message = format!(
            "`{name}` has no rung `minor`, since its numbers have hyphens between them and not dots"
        );
        let help = format!(
            "name the value by the version: `value \"{dotted}\" token=\"{name}\"` has the rung `{series}`; \
             or remove `minor` from the rungs of the axis"
        );
        Some(warning(message, value.declared.name.span).help(help))
    };
    let has_minor = axis.rungs.contains(&Rung::Minor);
    let values = axis.values.iter().filter(|_| has_minor);
    values.filter_map(one).collect()
}

/// A date with dots: `2024.12.01` of `2024-12-01`.
fn dotted(name: &str) -> Option<String> {
    let numbers: Vec<&str> = name.split('-').collect();
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_date = match numbers.as_slice() {
        [year, month, day] => year.len() == 4 && month.len() == 2 && day.len() == 2,
        [year, month] => year.len() == 4 && month.len() == 2,
        _ => false,
    };
    let is_date = is_date && numbers.iter().all(|number| is_digits(number));
    is_date.then(|| numbers.join("."))
}
