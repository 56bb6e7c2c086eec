//! `{now:%Y.%m}`: the time of the run, in UTC.
//!
//! The argument is a `strftime` format; the default is `%Y%m%d`.
//!
//! | pattern | on 2026-08-03 | kind |
//! | --- | --- | --- |
//! | `{now:%Y.%m}` | `2026.08` | moving: later runs in the same month write it again |
//! | `{now}` | `20260803` | fixed: a full date |
//! | `{now:%Y-%m-%d}-22.04` | `2026-08-03-22.04` | fixed |
//!
//! A full date is always fixed: a second run on the same day keeps what the first one wrote.

use super::{Filled, Placeholder, PlaceholderFacts, Unfilled};
use jiff::tz::TimeZone;

/// The format if none is specified.
const DEFAULT: &str = "%Y%m%d";

/// Fills the placeholder with the time.
pub fn fill(placeholder: &Placeholder, facts: &PlaceholderFacts) -> Result<Filled, Unfilled> {
    let format = placeholder.argument.as_deref().unwrap_or(DEFAULT);
    let zoned = facts.now.to_zoned_datetime(TimeZone::UTC);
    match jiff::fmt::strtime::format(format, &zoned) {
        Ok(text) => Ok(Filled {
            text,
            fixed: is_full_date(format),
            version: None,
        }),
        Err(fault) => Unfilled::wrong(
            format!("`{format}` is not a time format: {fault}"),
            "write a `strftime` format: `{now:%Y.%m}`",
        ),
    }
}

/// Whether a format contains a day and its year, so that its value is unique.
fn is_full_date(format: &str) -> bool {
    let has = |letters: &str| {
        letters.chars().any(|letter| {
            format.contains(&format!("%{letter}")) || format.contains(&format!("%-{letter}"))
        })
    };
    let day = (has("mbB") && has("de")) || has("j");
    has("FDsc") || (has("YyGC") && day)
}
