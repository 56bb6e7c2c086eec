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
//! A format without a `%` is an error: `{now:YYYYMMDD}` would be the same text every day.
//!
//! A full date is always fixed: a second run on the same day keeps what the first one wrote.

use super::{Filled, Placeholder, PlaceholderFacts, Unfilled};
use jiff::tz::TimeZone;

/// The format if none is specified.
const DEFAULT: &str = "%Y%m%d";

/// Fills the placeholder with the time.
pub fn fill(placeholder: &Placeholder, facts: &PlaceholderFacts) -> Result<Filled, Unfilled> {
    let format = placeholder.argument.as_deref().unwrap_or(DEFAULT);
    // A text that is the same every day is not a time.
    if !format.replace("%%", "").contains('%') {
        return Unfilled::wrong(
            format!("`{{now:{format}}}` has no part of the time"),
            meant(format),
        );
    }
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

/// How other tools write the parts of a time, and how `strftime` does.
const PARTS: [(&str, &str); 20] = [
    ("YYYY", "%Y"),
    ("yyyy", "%Y"),
    ("2006", "%Y"),
    ("YY", "%y"),
    ("yy", "%y"),
    ("MMM", "%b"),
    ("MM", "%m"),
    ("DDD", "%j"),
    ("DD", "%d"),
    ("dd", "%d"),
    ("HH", "%H"),
    ("hh", "%H"),
    ("mm", "%M"),
    ("ss", "%S"),
    ("SS", "%S"),
    ("01", "%m"),
    ("02", "%d"),
    ("15", "%H"),
    ("04", "%M"),
    ("05", "%S"),
];

/// The help for a format of another tool: `YYYYMMDD`, or Go's `2006.01.02`.
fn meant(format: &str) -> String {
    let mut out = String::new();
    let mut rest = format;
    while let Some(first) = rest.chars().next() {
        let part = PARTS.iter().find(|(part, _)| rest.starts_with(part));
        // `mm` behind a year is a month, behind hours it is minutes.
        let (part, text) = match part {
            Some(("mm", _)) if !out.contains("%H") => ("mm", "%m"),
            Some(part) => *part,
            None => (&rest[..first.len_utf8()], &rest[..first.len_utf8()]),
        };
        out.push_str(text);
        rest = &rest[part.len()..];
    }
    let is_whole = out
        .replace("%", "")
        .chars()
        .all(|c| "YymdHMSbjT-._".contains(c));
    match is_whole && out.contains('%') {
        true => format!("did you mean `{{now:{out}}}`?"),
        false => {
            String::from("write a `strftime` format: `{now:%Y.%m}`, or `{now}` for `{now:%Y%m%d}`")
        }
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
