//! `{now:%Y.%m}`: the one captured clock, in UTC.
//!
//! The argument is a format as `strftime` has it; without one it is `%Y%m%d`.
//!
//! | pattern | on 2026-08-03 | kind |
//! | --- | --- | --- |
//! | `{now:%Y.%m}` | `2026.08` | moving: it is written again within the month |
//! | `{now}` | `20260803` | fixed: a full date |
//! | `{now:%Y-%m-%d}-22.04` | `2026-08-03-22.04` | fixed |
//!
//! A full date is fixed by nature: a second run on one day keeps what the first one wrote.

use super::{Filled, Placeholder, PlaceholderFacts, Unfilled};
use jiff::tz::TimeZone;

/// Without a format of its own.
const DEFAULT: &str = "%Y%m%d";

/// Fills the place from the clock.
pub fn fill(placeholder: &Placeholder, facts: &PlaceholderFacts) -> Result<Filled, Unfilled> {
    let format = placeholder.argument.as_deref().unwrap_or(DEFAULT);
    let zoned = facts.now.to_zoned(TimeZone::UTC);
    match jiff::fmt::strtime::format(format, &zoned) {
        Ok(text) => Ok(Filled {
            text,
            fixed: is_full_date(format),
        }),
        Err(fault) => Unfilled::wrong(
            format!("`{format}` is no time format: {fault}"),
            "write it as `strftime` has it: `{now:%Y.%m}`",
        ),
    }
}

/// Whether a format names the day of a year: what has that never comes again.
fn is_full_date(format: &str) -> bool {
    let has = |letters: &str| {
        letters.chars().any(|letter| {
            format.contains(&format!("%{letter}")) || format.contains(&format!("%-{letter}"))
        })
    };
    let day = (has("mbB") && has("de")) || has("j");
    has("FDsc") || (has("YyGC") && day)
}
